package device_test

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/protocol/shtrih"
)

// short status of a real device and its answer (kkt vectors, Protocol1_big.log)
const (
	status10       = "0205101e0000000b"
	statusAnswer10 = "021010001e92020400009f2c00ff00760201b3"
)

// talk makes a Register over a script and runs f in a bubble of fake time.
func talk(t *testing.T, lines []string, f func(t *testing.T, r *device.Register), options ...device.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		host, register := newWire()
		finished := script(t, register, lines...)
		defer host.Close()
		r, err := device.New(t.Context(), device.WrapConn(host), options...)
		require.NoError(t, err)
		defer r.Close()
		f(t, r)
		finished()
		require.NoError(t, r.Close())
	})
}

func askStatus(r *device.Register) (shtrih.ShortStatusReply, error) {
	var reply shtrih.ShortStatusReply
	err := r.Exec(context.Background(), shtrih.ShortStatus{Password: 30}, &reply)
	return reply, err
}

func mustAskStatus(t *testing.T, r *device.Register) {
	t.Helper()
	reply, err := askStatus(r)
	require.NoError(t, err)
	assert.Equal(t, shtrih.ModeShiftClosed, reply.Mode.Mode())
	assert.EqualValues(t, 30, reply.Operator)
}

func TestCommandInProtocol1IsTheBytesOfARealLog(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06"), asksStatusInProtocol1)
}

func asksStatusInProtocol1(t *testing.T, r *device.Register) {
	assert.Equal(t, device.V1, r.Protocol())
	mustAskStatus(t, r)
}

// said collects what the driver writes, a piece each.
func said() (pieces *[]string, option device.Option) {
	pieces = new([]string)
	return pieces, device.WithTrace(func(d device.Direction, b []byte) {
		if d == device.ToRegister {
			*pieces = append(*pieces, hex.EncodeToString(b))
		}
	})
}

func TestConfirmationLeavesWithTheNextCommandOrAtTheEndOfTheOperation(t *testing.T) {
	pieces, option := said()
	// A refusal because of printing is waited out: 10h follows at once, then there is a pause.
	lines := greeting1("<05", ">15", "<0205e01e000000fb", ">06", says(frame1(h("E050"))), "<0605", ">15", "<"+status10, ">06",
		">"+statusAnswer10, "<0605", ">15", "<0205e01e000000fb", ">06", says(frame1(h("E0001E"))), "<06")
	talk(t, lines, func(t *testing.T, r *device.Register) {
		*pieces = nil
		require.NoError(t, r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil))
		assert.Equal(t, []string{"05", "0205e01e000000fb", "0605", status10, "0605", "0205e01e000000fb", "06"}, *pieces)
	}, option)
}

func TestReadIsNotEndedByTheDeadlineOfAnEarlierOne(t *testing.T) {
	pieces, option := said()
	synctest.Test(t, func(t *testing.T) {
		host, register := newWire()
		defer host.Close()
		finished := script(t, register, greeting1()...)
		r, err := device.New(t.Context(), device.WrapConn(host), option)
		require.NoError(t, err)
		defer r.Close()
		finished()
		const almost = 400 * time.Millisecond // of the 500 that a reaction may take
		time.Sleep(almost)
		finished = script(t, &slow{register, almost}, "<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06")
		*pieces = nil
		mustAskStatus(t, r)
		assert.Equal(t, []string{"05", status10, "06"}, *pieces, "nothing was repeated")
		finished()
	})
}

// slow says everything late.
type slow struct {
	io.ReadWriter
	late time.Duration
}

func (s *slow) Write(p []byte) (int, error) {
	time.Sleep(s.late)
	return s.ReadWriter.Write(p)
}

func TestSilenceAfterTheSyncMeansProtocol1(t *testing.T) {
	lines := append([]string{"<8F 00 00 0F 1D"}, greeting1()[2:]...)
	talk(t, append(lines, "<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06"), asksStatusInProtocol1)
}

func TestFixedProtocolIsNotProbed(t *testing.T) {
	talk(t, append(greeting1()[2:], "<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06"), asksStatusInProtocol1,
		device.WithProtocol(device.V1))
}

func TestLostAckIsFollowedByEnqAndTheAnswerComesOnce(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<"+status10, // no ACK comes
		"<05", ">06", ">"+statusAnswer10, "<06"), mustAskStatus)
}

func TestLostAnswerIsAskedForByEnq(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<"+status10, ">06", // no answer comes
		"<05", ">06", ">"+statusAnswer10, "<06"), mustAskStatus)
}

func TestNakMakesTheFrameGoAgain(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<"+status10, ">15",
		"<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06"), mustAskStatus)
}

func TestDamagedAnswerIsRefusedAndRepeated(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<"+status10, ">06", ">021010001e92020400009f2c00ff00760201b4",
		"<15", "<05", ">06", ">"+statusAnswer10, "<06"), mustAskStatus)
}

func TestAnswerThatStopsHalfWayIsRepeated(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<"+status10, ">06", ">021010001e9202",
		"<15", "<05", ">06", ">"+statusAnswer10, "<06"), mustAskStatus)
}

func TestGarbageBeforeTheAnswerIsSkipped(t *testing.T) {
	talk(t, greeting1("<05", ">FF0033", ">15", "<"+status10, ">06", ">00FF77", ">"+statusAnswer10, "<06"), mustAskStatus)
}

func TestAnswerInSingleBytesIsPutTogether(t *testing.T) {
	lines := greeting1("<05", ">15", "<"+status10, ">06")
	for _, b := range h(statusAnswer10) {
		lines = append(lines, says([]byte{b}))
	}
	talk(t, append(lines, "<06"), mustAskStatus)
}

func TestByteFFAfterAckIsSwallowed(t *testing.T) {
	talk(t, greeting1(">FF", "<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06", ">FF",
		"<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06", ">FF"), func(t *testing.T, r *device.Register) {
		mustAskStatus(t, r)
		mustAskStatus(t, r)
	})
}

func TestAnswerToAnEarlierCommandIsNotTakenForThisOne(t *testing.T) {
	talk(t, greeting1("<05", ">06", says(frame1(h("FF 46 00"))), "<06",
		"<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06"), mustAskStatus)
}

func TestOldDeviceThatAnswersFF37DoesNotKnowTheCommand(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<0206ff391e000000de", ">06", says(frame1(h("FF 37"))), "<06"),
		func(t *testing.T, r *device.Register) {
			err := r.Exec(t.Context(), shtrih.ExchangeStatus{Password: 30}, &shtrih.ExchangeStatusReply{})
			require.ErrorIs(t, err, shtrih.UnknownCommand)
		})
}

func TestWrongEchoIsNotAnAnswer(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<"+status10, ">06", says(frame1(h("11 00 1E"))), "<06"),
		func(t *testing.T, r *device.Register) {
			_, err := askStatus(r)
			require.ErrorIs(t, err, device.ErrBadAnswer)
			assert.ErrorIs(t, err, device.ErrNoLink, "10h only reads: it may be repeated")
			assert.NotErrorIs(t, err, device.ErrOutcomeUnknown)
		})
}

func TestWrongEchoOfACommandThatChangesThingsLeavesTheOutcomeUnknown(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<0205e01e000000fb", ">06", says(frame1(h("41 00 1E"))), "<06"),
		func(t *testing.T, r *device.Register) {
			err := r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil)
			require.ErrorIs(t, err, device.ErrOutcomeUnknown)
			assert.ErrorIs(t, err, device.ErrBadAnswer)
			assert.NotErrorIs(t, err, device.ErrNoLink)
		})
}

func TestRefusalIsTheResultWithCommandAndName(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<02068d1e0000000297", ">06", ">02028d73fc", "<06"), func(t *testing.T, r *device.Register) {
		err := r.Exec(t.Context(), shtrih.OpenReceipt{Password: 30, Type: 2}, nil) // a real log
		require.ErrorIs(t, err, shtrih.WrongMode)
		var op *device.OpError
		require.ErrorAs(t, err, &op)
		assert.Equal(t, shtrih.OpenReceiptCode, op.Command)
		assert.NotErrorIs(t, err, device.ErrNoLink)
		assert.NotErrorIs(t, err, device.ErrOutcomeUnknown)
	})
}

func TestSilentRegisterIsNoLink(t *testing.T) {
	for name, option := range map[string]device.Protocol{"auto": device.Auto, "v1": device.V1, "v2": device.V2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				host, _ := newWire()
				defer host.Close()
				started := time.Now()
				_, err := device.New(t.Context(), device.WrapConn(host), device.WithProtocol(option))
				require.ErrorIs(t, err, device.ErrNoLink)
				assert.Less(t, time.Since(started), 7*time.Second)
			})
		})
	}
}

func TestSilenceAfterTheCommandLeavesTheOutcomeUnknown(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<0205e01e000000fb", ">06"), func(t *testing.T, r *device.Register) {
		started := time.Now()
		err := r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil)
		require.ErrorIs(t, err, device.ErrOutcomeUnknown)
		assert.NotErrorIs(t, err, device.ErrNoLink)
		var unknown *device.UnknownOutcomeError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, shtrih.OpenShiftCode, unknown.Command)
		took := time.Since(started)
		assert.GreaterOrEqual(t, took, time.Minute, "E0h has a minute")
		assert.LessOrEqual(t, took, time.Minute+6*time.Second)
	})
}

func TestSilenceAfterACommandThatOnlyReadsIsNoLink(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<"+status10, ">06"), func(t *testing.T, r *device.Register) {
		started := time.Now()
		_, err := askStatus(r)
		require.ErrorIs(t, err, device.ErrNoLink)
		assert.NotErrorIs(t, err, device.ErrOutcomeUnknown)
		assert.InDelta(t, 12, time.Since(started).Seconds(), 4)
	})
}

func TestRegisterThatForgotTheAnswerLeavesTheOutcomeUnknown(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<0205e01e000000fb", ">06", "<05", ">15"), func(t *testing.T, r *device.Register) {
		err := r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil)
		require.ErrorIs(t, err, device.ErrOutcomeUnknown)
	})
}

func TestContextDeadlineLimitsTheCommand(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<0205e01e000000fb", ">06"), func(t *testing.T, r *device.Register) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		started := time.Now()
		err := r.Exec(ctx, shtrih.OpenShift{Password: 30}, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, device.ErrOutcomeUnknown)
		assert.Equal(t, 3*time.Second, time.Since(started))
	})
}

func TestCancelledContextSendsNothing(t *testing.T) {
	talk(t, greeting1(), func(t *testing.T, r *device.Register) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := r.Exec(ctx, shtrih.OpenShift{Password: 30}, nil)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, device.ErrNoLink)
	})
}

func TestCallAfterAnAbandonedCommandDiscardsItsLateAnswer(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<0205e01e000000fb", ">06", // given up here
		"<05", ">06", ">0203e0001efd", "<06", "<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06"),
		func(t *testing.T, r *device.Register) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			require.ErrorIs(t, r.Exec(ctx, shtrih.OpenShift{Password: 30}, nil), device.ErrOutcomeUnknown)
			mustAskStatus(t, r)
		})
}

func TestJunkWithoutEndEndsWithTheTimeOfTheCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, register := newWire()
		finished := script(t, register, greeting1("<05", ">15", "<"+status10, ">06")...)
		r, err := device.New(t.Context(), device.WrapConn(host))
		require.NoError(t, err)
		stop := make(chan struct{})
		go func() {
			for ticker := time.NewTicker(10 * time.Millisecond); ; {
				select {
				case <-ticker.C:
					_, _ = register.Write(h("00FF00"))
				case <-stop:
					ticker.Stop()
					return
				}
			}
		}()
		_, err = askStatus(r)
		require.ErrorIs(t, err, device.ErrNoLink)
		close(stop)
		finished()
		require.NoError(t, r.Close())
	})
}

func TestPrintingRegisterIsWaitedFor(t *testing.T) {
	busy, idle := h("10001e92020205009f2c0000007604 24"), h("10001e92020200009f2c000000760424")
	talk(t, greeting1(
		"<05", ">15", hears(frame1(h("40 1E000000"))), ">06", says(frame1(h("40 50"))), "<06",
		"<05", ">15", "<"+status10, ">06", says(frame1(busy)), "<06",
		"<05", ">15", "<"+status10, ">06", says(frame1(idle)), "<06",
		"<05", ">15", hears(frame1(h("40 1E000000"))), ">06", says(frame1(h("40 00 1E"))), "<06",
	), func(t *testing.T, r *device.Register) {
		require.NoError(t, r.Exec(t.Context(), shtrih.XReport{Password: 30}, nil))
	})
}

// Protocol 2

func TestProtocol2IsFoundBySync(t *testing.T) {
	talk(t, greeting2(hears(frame2(2, h("10 1E000000"))), says(frame2(2, h("10001e92020400009f2c00ff00760201")))),
		func(t *testing.T, r *device.Register) {
			assert.Equal(t, device.V2, r.Protocol())
			mustAskStatus(t, r)
		})
}

func TestLostAnswerInProtocol2IsAskedForWithTheSameNumber(t *testing.T) {
	command := frame2(2, h("E0 1E000000"))
	talk(t, greeting2(hears(command), hears(command), says(frame2(2, h("E0 00 1E")))), func(t *testing.T, r *device.Register) {
		require.NoError(t, r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil))
	}, device.WithTimeouts(quick()))
}

func TestDamagedAnswerInProtocol2IsDroppedAndAskedForAgain(t *testing.T) {
	command := frame2(2, h("E0 1E000000"))
	damaged := frame2(2, h("E0 00 1E"))
	damaged[len(damaged)-1] ^= 0x01
	talk(t, greeting2(hears(command), says(damaged), hears(command), says(frame2(2, h("E0 00 1E")))), func(t *testing.T, r *device.Register) {
		require.NoError(t, r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil))
	}, device.WithTimeouts(quick()))
}

func TestSilenceInProtocol2LeavesTheOutcomeUnknown(t *testing.T) {
	talk(t, greeting2(hears(frame2(2, h("E0 1E000000")))), func(t *testing.T, r *device.Register) {
		err := r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil)
		require.ErrorIs(t, err, device.ErrOutcomeUnknown)
	}, device.WithTimeouts(quick()))
}

// quick are time-outs that leave room for a repeat.
func quick() device.Timeouts {
	return device.Timeouts{Byte: 50 * time.Millisecond, Reaction: 100 * time.Millisecond, Default: time.Second}
}

// blockedWrite is a stream that takes nothing.
type blockedWrite struct{ *wire }

func (b blockedWrite) Write([]byte) (int, error) {
	return b.Read(make([]byte, 1)) // until it is closed
}

func TestWriteThatBlocksIsGivenUp(t *testing.T) {
	for name, end := range map[string]func() io.ReadWriteCloser{
		"with deadlines of its own": func() io.ReadWriteCloser { ours, _ := net.Pipe(); return ours },
		"wrapped":                   func() io.ReadWriteCloser { host, _ := newWire(); return blockedWrite{host} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				_, err := device.New(t.Context(), device.WrapConn(end()), device.WithProtocol(device.V1), device.WithTimeouts(quick()))
				require.ErrorIs(t, err, device.ErrNoLink)
				assert.LessOrEqual(t, time.Since(started), 5*time.Second)

				ctx, cancel := context.WithTimeout(t.Context(), 70*time.Millisecond) // less than a reaction takes
				defer cancel()
				started = time.Now()
				_, err = device.New(ctx, device.WrapConn(end()), device.WithTimeouts(quick()))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorIs(t, err, device.ErrNoLink)
				assert.Equal(t, 70*time.Millisecond, time.Since(started))
			})
		})
	}
}

// Closing

func TestCloseEndsARunningCommandAtOnce(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<0205e01e000000fb", ">06"), func(t *testing.T, r *device.Register) {
		failed := make(chan error, 1)
		go func() { failed <- r.Exec(context.Background(), shtrih.OpenShift{Password: 30}, nil) }()
		synctest.Wait()
		started := time.Now()
		require.NoError(t, r.Close())
		err := <-failed
		require.ErrorIs(t, err, device.ErrOutcomeUnknown)
		require.ErrorIs(t, err, device.ErrClosed)
		assert.Zero(t, time.Since(started))
		_, err = askStatus(r)
		require.ErrorIs(t, err, device.ErrClosed)
		require.ErrorIs(t, err, device.ErrNoLink)
	})
}

// hangingClose is a serial driver that drains for ever.
type hangingClose struct {
	*wire
	release chan struct{}
}

func (h hangingClose) Close() error { <-h.release; return h.wire.Close() }

func TestCloseDoesNotWaitForADriverThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, _ := newWire()
		stuck := hangingClose{host, make(chan struct{})}
		transport := device.WrapConn(stuck)
		started := time.Now()
		require.Error(t, transport.Close())
		assert.LessOrEqual(t, time.Since(started), 5*time.Second)
		close(stuck.release)
	})
}

func TestReadOfAWrappedStreamEndsWithItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, register := newWire()
		transport := device.WrapConn(host)
		require.NoError(t, transport.SetReadDeadline(time.Now().Add(time.Second)))
		_, err := transport.Read(make([]byte, 1))
		var timeout interface{ Timeout() bool }
		require.ErrorAs(t, err, &timeout)
		assert.True(t, timeout.Timeout())

		go func() { // moved while Read is blocked
			time.Sleep(time.Second)
			_ = transport.SetReadDeadline(time.Unix(1, 0))
		}()
		require.NoError(t, transport.SetReadDeadline(time.Time{}))
		started := time.Now()
		_, err = transport.Read(make([]byte, 1))
		require.ErrorAs(t, err, &timeout)
		assert.Equal(t, time.Second, time.Since(started))

		require.NoError(t, transport.SetReadDeadline(time.Time{}))
		_, _ = register.Write(h("0102"))
		one := make([]byte, 1)
		_, err = transport.Read(one)
		require.NoError(t, err)
		_, err = transport.Read(one)
		require.NoError(t, err)
		assert.Equal(t, byte(2), one[0])
		require.NoError(t, transport.Close())
		_, err = transport.Read(one)
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

// TCP

// listen serves connections one after another, each by the next function.
func listen(t *testing.T, serve ...func(net.Conn)) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, f := range serve {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f(conn)
			conn.Close()
		}
		listener.Close()
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return "tcp://" + listener.Addr().String()
}

func TestHalfClosedConnectionIsMadeAnewAndTheAnswerAskedFor(t *testing.T) {
	f := newFake()
	f.mode = 4
	f.fate = func(data []byte, before int) fate {
		if data[0] == 0xE0 {
			return hangUp
		}
		return deliver
	}
	url := listen(t, func(c net.Conn) {
		f.serve(halfClosing{c})
		_, _ = io.Copy(io.Discard, c) // the other direction stays open until the host leaves
	}, func(c net.Conn) { f.serve(c) })
	r, err := device.Open(t.Context(), url)
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil))
	assert.Equal(t, []string{"e0"}, f.codes(), "executed once")
}

// halfClosing closes only the direction to the host.
type halfClosing struct{ net.Conn }

func (c halfClosing) Close() error { return c.Conn.(*net.TCPConn).CloseWrite() }

func TestCommandIsNotSentTwiceOverANewConnection(t *testing.T) {
	f := newFake()
	f.mode = 4
	f.fate = func(data []byte, before int) fate {
		if data[0] == 0xE0 {
			return notAtAll
		}
		return deliver
	}
	url := listen(t, func(c net.Conn) { f.serve(c) }, func(c net.Conn) { f.serve(c) })
	r, err := device.Open(t.Context(), url)
	require.NoError(t, err)
	defer r.Close()
	err = r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil)
	require.ErrorIs(t, err, device.ErrOutcomeUnknown)
	assert.NotErrorIs(t, err, device.ErrNoLink)
	assert.Empty(t, f.codes())
}

func TestReadingCommandIsRepeatedOverANewConnection(t *testing.T) {
	f := newFake()
	dropped := false
	f.fate = func(data []byte, before int) fate {
		if data[0] == 0x10 && !dropped {
			dropped = true
			return notAtAll
		}
		return deliver
	}
	url := listen(t, func(c net.Conn) { f.serve(c) }, func(c net.Conn) { f.serve(c) })
	r, err := device.Open(t.Context(), url)
	require.NoError(t, err)
	defer r.Close()
	_, err = askStatus(r)
	require.NoError(t, err)
}

func TestProtocol2RepeatsTheNumberOverANewConnection(t *testing.T) {
	command := frame2(2, h("E0 1E000000"))
	url := listen(t,
		func(c net.Conn) {
			script(t, c, greeting2(hears(command))...)()
		},
		func(c net.Conn) {
			script(t, c, hears(command), says(frame2(2, h("E0 00 1E"))))()
		})
	r, err := device.Open(t.Context(), url)
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, r.Exec(t.Context(), shtrih.OpenShift{Password: 30}, nil))
}

func TestDeadPortIsNoLink(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	url := "tcp://" + listener.Addr().String()
	listener.Close()
	_, err = device.Open(t.Context(), url)
	require.ErrorIs(t, err, device.ErrNoLink)
	assert.Contains(t, err.Error(), url)
}

func TestVanishedRegisterAfterTheCommandIsUnknownNotNoLink(t *testing.T) {
	f := newFake()
	f.mode = 4
	f.fate = func(data []byte, before int) fate {
		if data[0] == 0xE0 {
			return hangUp
		}
		return deliver
	}
	url := listen(t, func(c net.Conn) { f.serve(c) })
	r, err := device.Open(t.Context(), url+"?connect=500")
	require.NoError(t, err)
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err = r.Exec(ctx, shtrih.OpenShift{Password: 30}, nil)
	require.ErrorIs(t, err, device.ErrOutcomeUnknown)
	assert.False(t, errors.Is(err, device.ErrNoLink))
}

func TestCommandThatFitsNoFrameIsNeitherLinkNorRegister(t *testing.T) {
	talk(t, greeting1("<05", ">15", "<"+status10, ">06", ">"+statusAnswer10, "<06"), func(t *testing.T, r *device.Register) {
		_, err := r.ExecRaw(t.Context(), make([]byte, 256))
		require.ErrorIs(t, err, shtrih.ErrTooLong)
		assert.NotErrorIs(t, err, device.ErrNoLink)
		assert.NotErrorIs(t, err, device.ErrOutcomeUnknown)
		mustAskStatus(t, r)
	})
}
