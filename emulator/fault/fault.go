// Package fault spoils a byte stream on purpose: it loses, doubles, flips, swaps, delays and cuts chosen bytes of
// either direction, and always the same ones.
//
// [Wrap] goes around any stream, real or in memory; [Pipe] is a cable in memory to wrap. A [Fault] names its byte by
// its place in the stream, so a run without faults counts the places ([Conn.Count]) and a loop over them strikes each
// one. Faults compose: those of one direction act in the order of their places; at one place a delay comes first, then a
// cut, then the others in the order they were given.
package fault

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Direction of a stream, seen from the host.
type Direction uint8

const (
	ToRegister   Direction = iota // what is written to the wrapped stream
	FromRegister                  // what is read from it
)

func (d Direction) String() string {
	return [...]string{"to-register", "from-register"}[d]
}

// Kind is what becomes of a byte.
type Kind uint8

const (
	Lose   Kind = iota // it does not arrive
	Double             // it arrives twice
	Flip               // some of its bits arrive inverted
	Swap               // it arrives after the byte that follows it, however late that is sent
	Delay              // it and everything behind it arrive later
	Cut                // it does not arrive, and the stream ends before it
)

var kinds = [...]string{"lose", "double", "flip", "swap", "delay", "cut"}

func (k Kind) String() string { return kinds[k] }

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Lose, Double, Flip, Swap, Delay, Cut} }

// ParseKind reads the name of a kind.
func ParseKind(s string) (Kind, error) {
	if i := slices.Index(kinds[:], s); i >= 0 {
		return Kind(i), nil
	}
	return 0, fmt.Errorf("fault: kind %q is not known; there are %s", s, strings.Join(kinds[:], ", "))
}

// ParseDirection reads the name of a direction.
func ParseDirection(s string) (Direction, error) {
	for _, d := range []Direction{ToRegister, FromRegister} {
		if s == d.String() {
			return d, nil
		}
	}
	return 0, fmt.Errorf("fault: direction %q is not known; there are %v and %v", s, ToRegister, FromRegister)
}

// Fault is one thing that happens to one byte, once.
type Fault struct {
	Kind      Kind
	Direction Direction
	// At is the place of the byte in the stream as it was sent, from 0: bytes that other faults lose or double do
	// not move it.
	At int64
	// Mask has the bits that Flip inverts; 0 means the lowest.
	Mask byte
	// For is how long Delay lasts.
	For time.Duration
}

func (f Fault) String() string {
	s := fmt.Sprintf("%v byte %d %v", f.Kind, f.At, f.Direction)
	switch f.Kind {
	case Flip:
		s += fmt.Sprintf(" by %02Xh", cmp.Or(f.Mask, 1))
	case Delay:
		s += fmt.Sprintf(" for %v", f.For)
	}
	return s
}

// stream is one direction: bytes go in, and what arrives at the other end comes out.
type stream struct {
	faults []Fault // not struck yet, by place
	count  int64   // bytes that went in
	held   []byte  // swapped, waits for the byte after it
}

func (s *stream) add(f Fault) {
	at := len(s.faults)
	for at > 0 && f.before(s.faults[at-1]) {
		at--
	}
	s.faults = slices.Insert(s.faults, at, f)
}

func (f Fault) before(g Fault) bool {
	if f.At != g.At {
		return f.At < g.At
	}
	rank := func(k Kind) int {
		switch k {
		case Delay:
			return 0
		case Cut:
			return 1
		}
		return 2
	}
	return rank(f.Kind) < rank(g.Kind)
}

// feed appends to out what arrives of in, until a fault of time or an end: then struck has it, the bytes before it are
// in out, and rest is what comes behind. Otherwise rest is empty.
func (s *stream) feed(out, in []byte, report func(Fault)) (arrived, rest []byte, struck *Fault) {
	for len(in) > 0 {
		if len(s.faults) == 0 && len(s.held) == 0 {
			s.count += int64(len(in))
			return append(out, in...), nil, nil
		}
		b := []byte{in[0]}
		swapped := false
		for len(s.faults) > 0 && s.faults[0].At <= s.count {
			f := s.faults[0]
			s.faults = s.faults[1:]
			if f.At < s.count {
				continue // added too late
			}
			report(f)
			switch f.Kind {
			case Lose:
				b = b[:0]
			case Double:
				b = append(b, b...)
			case Flip:
				for i := range b {
					b[i] ^= cmp.Or(f.Mask, 1)
				}
			case Swap:
				swapped = true
			case Delay:
				// What else strikes the byte does so when it goes on.
				return out, in, &f
			case Cut:
				return out, nil, &f
			}
		}
		in = in[1:]
		s.count++
		if swapped {
			s.held = append(s.held, b...)
			continue
		}
		out = append(append(out, b...), s.held...)
		s.held = s.held[:0]
	}
	return out, nil, nil
}
