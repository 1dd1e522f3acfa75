package emulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Server serves a register over TCP to one client at a time, as the registers
// do. A second client is turned away: its connection is closed and the log says
// why.
type Server struct {
	listener net.Listener
	link     *Link
	log      *slog.Logger
}

// handover is how long a new client waits for the old connection's end: a
// client that reconnects at once must not be turned away because its old
// connection is still being closed.
const handover = 200 * time.Millisecond

// Listen opens a TCP address such as "127.0.0.1:7778"; port 0 takes a free one.
func (r *Register) Listen(address string, o LinkOptions) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	return r.NewServer(listener, o), nil
}

// NewServer serves on a listener, which it takes over.
func (r *Register) NewServer(listener net.Listener, o LinkOptions) *Server {
	return &Server{listener: listener, link: r.NewLink(o), log: r.log}
}

// Addr is the address listened on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close stops listening; Serve then ends without an error.
func (s *Server) Close() error { return s.listener.Close() }

// Serve accepts clients until ctx is done (the error is ctx.Err() then) or the
// server is closed (nil). It returns when the last connection has ended.
func (s *Server) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { s.listener.Close() })
	defer stop()

	var sessions sync.WaitGroup
	defer sessions.Wait()
	defer cancel()
	free := make(chan struct{}, 1) // holds a token while nobody is served
	free <- struct{}{}
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("emulator: %w", err)
		}
		if !s.take(free) {
			s.log.Warn("second client turned away: the register serves one at a time", "client", conn.RemoteAddr())
			conn.Close()
			continue
		}
		s.log.Info("client connected", "client", conn.RemoteAddr())
		sessions.Go(func() {
			err := s.link.Serve(ctx, conn)
			free <- struct{}{}
			s.log.Info("client gone", "client", conn.RemoteAddr(), "reason", err)
		})
	}
}

func (s *Server) take(free <-chan struct{}) bool {
	wait := time.NewTimer(handover)
	defer wait.Stop()
	select {
	case <-free:
		return true
	case <-wait.C:
		return false
	}
}
