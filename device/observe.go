package device

import (
	"time"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// Exchange is one command and its answer, as [WithObserver] reports it. A command that is repeated because the
// register was printing is one exchange each time; repeats of the protocol are part of their exchange.
type Exchange struct {
	Command shtrih.Code
	Data    []byte // DATA of the command, password and buyers' data included
	Answer  []byte // DATA of the answer; nil when none came
	Started time.Time
	Took    time.Duration
	Err     error // of the link; a refusal by the register stands in Answer
}

// WithObserver calls f after every command, on the goroutine of the operation. The bytes are valid during the call
// only.
func WithObserver(f func(Exchange)) Option { return func(s *settings) { s.observe = f } }

func (s *settings) observed(code shtrih.Code, data, answer []byte, started time.Time, took time.Duration, err error) {
	if s.observe != nil {
		s.observe(Exchange{Command: code, Data: data, Answer: answer, Started: started, Took: took, Err: err})
	}
}
