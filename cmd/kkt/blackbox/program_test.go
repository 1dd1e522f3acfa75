package blackbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	program string // path of the built binary
	module  string // module root
)

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kkt-blackbox")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if module, err = moduleRoot(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	program = filepath.Join(dir, "kkt")
	build := exec.Command("go", "build", "-o", program, "./cmd/kkt")
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the test")
		}
		dir = parent
	}
}

// outcome is what one run of the program left behind.
type outcome struct {
	code           int
	stdout, stderr string
}

// runLimit bounds one command; nothing here is meant to take a tenth of it.
const runLimit = 20 * time.Second

// stopLimit is how long the emulator may take to end when it is interrupted.
const stopLimit = 5 * time.Second

func kkt(t testing.TB, args ...string) outcome {
	t.Helper()
	return kktWith(t, nil, nil, args...)
}

// kktWith runs the program with extra environment and standard input. KKT_*
// variables of the outside never reach it.
func kktWith(t testing.TB, env []string, stdin io.Reader, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(cleanEnvironment(), env...)
	cmd.Stdin = stdin
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err, "kkt %s", strings.Join(args, " "))
	}
	require.NoError(t, ctx.Err(), "kkt %s did not end", strings.Join(args, " "))
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// mustKkt is kkt for commands that have to succeed; it returns stdout.
func mustKkt(t testing.TB, args ...string) string {
	t.Helper()
	out := kkt(t, args...)
	require.Zero(t, out.code, "kkt %s\nstdout: %s\nstderr: %s", strings.Join(args, " "), out.stdout, out.stderr)
	return out.stdout
}

func cleanEnvironment() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "KKT_") {
			env = append(env, kv)
		}
	}
	return env
}

// register is a running `kkt emu`.
type register struct {
	url   string // tcp://127.0.0.1:port
	pty   string // /dev/pts/N when asked for
	ready string // path of the ready file
	cmd   *exec.Cmd
	exit  chan struct{} // closed when the process has ended
	log   *safeBuffer   // its stdout and stderr
}

func (r *register) address() string { return strings.TrimPrefix(r.url, "tcp://") }

// stop asks the process to end, as Ctrl-C does, and waits.
func (r *register) stop() error {
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-r.exit:
	case <-limit.C:
		r.kill()
		return fmt.Errorf("kkt emu does not end on an interrupt: %s", r.log)
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("kkt emu ended with %d: %s", code, r.log)
	}
	return nil
}

// kill is kill -9.
func (r *register) kill() {
	_ = r.cmd.Process.Kill()
	<-r.exit
}

// launch starts a register and returns when its ready file tells the address.
func launch(dir string, flags ...string) (*register, error) {
	r, err := begin(dir, flags...)
	if err != nil {
		return nil, err
	}
	return r, r.awaitReady()
}

// begin starts a register and does not wait for it.
func begin(dir string, flags ...string) (*register, error) {
	ready, err := os.MkdirTemp(dir, "ready")
	if err != nil {
		return nil, err
	}
	r := &register{ready: filepath.Join(ready, "kkt.env"), exit: make(chan struct{}), log: new(safeBuffer)}
	args := []string{"emu", "--listen", "tcp://127.0.0.1:0", "--ready-file", r.ready, "--quiet"}
	r.cmd = exec.Command(program, append(args, flags...)...)
	r.cmd.Env = cleanEnvironment()
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = r.cmd.Wait()
		close(r.exit)
	}()
	return r, nil
}

var errEnded = errors.New("kkt emu ended before it was ready")

// awaitReady polls for the ready file: the program offers no other signal.
func (r *register) awaitReady() error {
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	limit := time.NewTimer(runLimit)
	defer limit.Stop()
	for {
		text, err := os.ReadFile(r.ready)
		if err == nil {
			r.readReady(string(text))
			return nil
		}
		select {
		case <-poll.C:
		case <-r.exit:
			return fmt.Errorf("%w: exit code %d: %s", errEnded, r.cmd.ProcessState.ExitCode(), r.log)
		case <-limit.C:
			r.kill()
			return fmt.Errorf("kkt emu is not ready: %s", r.log)
		}
	}
}

func (r *register) readReady(text string) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "KKT_URL":
			r.url = value
		case "KKT_PTY":
			r.pty = value
		}
	}
}

// startRegister launches a register for the length of the test.
func startRegister(t testing.TB, flags ...string) *register {
	t.Helper()
	r, err := launch(t.TempDir(), flags...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.stop()) })
	return r
}

func (r *register) dial() (net.Conn, error) {
	return net.DialTimeout("tcp", r.address(), runLimit)
}

type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
