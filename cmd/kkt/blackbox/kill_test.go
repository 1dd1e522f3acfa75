package blackbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	killLanes   = 2 // registers killed side by side
	killsALane  = 50
	longestLife = 120 * time.Millisecond
)

// TestKillingTheRegisterDuringSalesLosesNoAnsweredReceipt kills the emulator at
// random moments of starting and selling, as kill -9 does, and starts it again
// on the same directory: every answered document is there with the same sign,
// numbers have no gap, and no sale is there twice.
func TestKillingTheRegisterDuringSalesLosesNoAnsweredReceipt(t *testing.T) {
	t.Parallel()
	for lane := range killLanes {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			shop := &shop{state: t.TempDir(), dir: t.TempDir(), version: 1 + lane%2, answered: map[uint32]answer{}}
			random := rand.New(rand.NewPCG(20260302, uint64(lane)))
			for range killsALane {
				// One life in five is too short even to get ready.
				life := time.Duration(random.Int64N(int64(longestLife)))
				require.NoError(t, shop.live(life, random.IntN(5) == 0))
			}
			require.NoError(t, shop.audit())
			require.Greater(t, len(shop.answered), killsALane/2, "sales were made")
			t.Logf("%d kills, %d answered receipts, %d documents", killsALane, len(shop.answered), shop.last)
		})
	}
}

// shop is the cash program's own record of what the register answered.
type shop struct {
	state, dir string
	version    int
	price      uint64            // of the last sale tried; each has its own
	last       uint32            // last document known to exist
	answered   map[uint32]answer // by document number
}

type answer struct {
	sign  uint32
	price uint64
}

// live runs the register for a while, selling all the time, and kills it. With
// early the clock starts with the process, else with the first command.
func (s *shop) live(life time.Duration, early bool) error {
	r, err := begin(s.dir, "--state", s.state, "--clock", frozen, "--seed", "7")
	if err != nil {
		return err
	}
	defer r.kill()
	if early {
		defer time.AfterFunc(life/4, r.kill).Stop()
	}
	if err := r.awaitReady(); err != nil {
		if early && errors.Is(err, errEnded) && r.cmd.ProcessState.ExitCode() == -1 { // killed
			return nil
		}
		return err
	}
	if !early {
		defer time.AfterFunc(life, r.kill).Stop()
	}
	if err := s.work(r); !lost(err) {
		return err
	}
	<-r.exit
	if code := r.cmd.ProcessState.ExitCode(); code != -1 {
		return fmt.Errorf("kkt emu ended by itself with %d: %s", code, r.log)
	}
	return nil
}

// lost tells the end of a killed register from everything that must not happen.
func lost(err error) bool {
	for _, e := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// work checks what the last death left and then sells until the link is lost.
func (s *shop) work(r *register) error {
	l, err := r.dialTCP(s.version)
	if err != nil {
		return err
	}
	defer l.Close()
	c := newClient(l)
	if err := s.checkLast(c); err != nil {
		return err
	}
	for {
		if err := s.sell(c); err != nil {
			return err
		}
	}
}

// checkLast demands that the register knows every answered document and at most
// the one command more whose answer was lost.
func (s *shop) checkLast(c *client) error {
	now, err := c.storage()
	if err != nil {
		return err
	}
	if now.last != s.last && now.last != s.last+1 {
		return fmt.Errorf("last document %d, it was %d", now.last, s.last)
	}
	s.last = now.last
	if a, ok := s.answered[s.last]; ok {
		return s.checkReceipt(c, s.last, a)
	}
	return nil
}

func (s *shop) checkReceipt(c *client, n uint32, a answer) error {
	form, value, err := c.document(n)
	if err != nil {
		return err
	}
	list, err := parseTLV(value)
	if err != nil {
		return err
	}
	sign, total := list.all(1077), list.all(1020)
	if form != 3 || len(sign) != 1 || len(total) != 1 {
		return fmt.Errorf("document %d is no receipt", n)
	}
	if got := binary.BigEndian.Uint32(sign[0][2:]); got != a.sign || number(total[0]) != a.price {
		return fmt.Errorf("document %d: sign %d total %d, answered %d and %d", n, got, number(total[0]), a.sign, a.price)
	}
	return nil
}

// sell makes one receipt, in a new shift when none is open.
func (s *shop) sell(c *client) error {
	_, status, err := c.try(c.with([]byte{0x10}))
	if err != nil {
		return err
	}
	if mode := status[3]; mode == 4 {
		if _, err := s.step(c, c.openShift()); err != nil {
			return err
		}
		s.last++
	} else if mode != 2 {
		return fmt.Errorf("mode %02Xh", mode)
	}
	s.price++
	goods := coffee
	goods.price, goods.sum = s.price, s.price
	for _, command := range [][]byte{c.openReceipt(saleReceipt), c.item(goods)} {
		if _, err := s.step(c, command); err != nil {
			return err
		}
	}
	payload, err := s.step(c, c.closeReceipt(map[int]uint64{1: s.price}, 1))
	if err != nil {
		return err
	}
	n := uint32(number(payload[5:9]))
	if n != s.last+1 {
		return fmt.Errorf("document %d after %d", n, s.last)
	}
	s.last = n
	s.answered[n] = answer{uint32(number(payload[9:13])), s.price}
	return nil
}

func (s *shop) step(c *client, command []byte) ([]byte, error) {
	result, payload, err := c.try(command)
	if err == nil && result != 0 {
		err = fmt.Errorf("command % X refused: %02Xh", command, result)
	}
	return payload, err
}

// audit reads all documents after the last death.
func (s *shop) audit() error {
	r, err := launch(s.dir, "--state", s.state, "--clock", frozen, "--seed", "7")
	if err != nil {
		return err
	}
	defer r.kill()
	l, err := r.dialTCP(s.version)
	if err != nil {
		return err
	}
	defer l.Close()
	c := newClient(l)
	if err := s.checkLast(c); err != nil {
		return err
	}
	totals := map[uint64]uint32{}
	receipts := uint64(0)
	for n := uint32(1); n <= s.last; n++ {
		form, value, err := c.document(n)
		if err != nil {
			return err
		}
		list, err := parseTLV(value)
		if err != nil {
			return fmt.Errorf("document %d: %w", n, err)
		}
		if got := list.all(1040); len(got) != 1 || number(got[0]) != uint64(n) {
			return fmt.Errorf("document %d calls itself % X", n, got)
		}
		a, answered := s.answered[n]
		if form != 3 {
			if answered {
				return fmt.Errorf("document %d was a receipt and is a form %d", n, form)
			}
			continue
		}
		receipts++
		if got := list.all(1042); len(got) != 1 || number(got[0]) != receipts {
			return fmt.Errorf("document %d: receipt % X, not %d", n, got, receipts)
		}
		total := number(list.all(1020)[0])
		if other, ok := totals[total]; ok {
			return fmt.Errorf("documents %d and %d are the same sale", other, n)
		}
		totals[total] = n
		if answered {
			if err := s.checkReceipt(c, n, a); err != nil {
				return err
			}
		}
	}
	for n := range s.answered {
		if n > s.last {
			return fmt.Errorf("answered document %d is missing", n)
		}
	}
	return nil
}
