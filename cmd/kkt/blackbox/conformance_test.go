//go:build conformance

package blackbox

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pythonLimit bounds one day through the package. Every answer it waits for in
// vain costs it two seconds.
const pythonLimit = time.Minute

// python names the interpreter; PYTHONPATH may point to a copy of the package.
func python() string {
	if name := os.Getenv("PYTHON"); name != "" {
		return name
	}
	return "python3"
}

// needsPackage skips where nothing is installed to run: the package is neither
// a part of this repository nor fetched by it.
func needsPackage(t *testing.T, name string) {
	t.Helper()
	out, err := exec.Command(python(), "-c", "import "+name).CombinedOutput()
	if err != nil {
		t.Skipf("%s cannot import %s (pip install %s): %v\n%s", python(), name, name, err, out)
	}
}

// sawPyshtrih is what testdata/pyshtrih_day.py prints.
type sawPyshtrih struct {
	Discovered []string
	Model      int
	Protocol   [2]int
	Name       string
	Storage    string
	Link       int

	Registrations int
	Fields        int
	Unreadable    [][3]int
	Text          string
	Number        int
	Beyond        int

	Closed, Open, Receipt, After, Clock int // modes

	Twice, Change        int
	Drawer, In, Out      int
	Sales, Returns, Kind int
	Shift                [3]any
	Unsent, Queue        int
	Second, Last         int
}

// pyshtrih is a driver written for real registers years before this program
// (github.com/oleg-golovanov/pyshtrih). It picks the class of the register, and
// with it the length of texts, by the name that the register tells.
//
//	go test -tags conformance -run Pyshtrih ./cmd/kkt/blackbox
func TestPyshtrihWorksADayOverAPseudoTerminal(t *testing.T) {
	needsPackage(t, "pyshtrih")
	for profile, want := range map[string]sawPyshtrih{
		"shtrih-m-01f":     {Discovered: []string{"ShtrihM01F"}, Model: 250, Name: "ШТРИХ-М-01Ф"},
		"shtrih-light-02f": {Discovered: []string{"ShtrihLight02F"}, Model: 252, Name: "ШТРИХ-ЛАЙТ-02Ф"},
	} {
		t.Run(profile, func(t *testing.T) {
			saw := pyshtrihDay(t, profile)

			require.Positive(t, saw.Fields, "fields of tables")
			require.Len(t, saw.Storage, 16)
			want.Fields, want.Storage = saw.Fields, saw.Storage
			want.Protocol, want.Link, want.Registrations = [2]int{1, 14}, 115200, 1
			want.Text, want.Number, want.Beyond = "Добро пожаловать", 7, 0x33
			want.Unreadable = [][3]int{}
			want.Closed, want.Open, want.Receipt, want.After, want.Clock = 4, 2, 8, 4, 4
			want.Twice = 0x73

			// 2 x 45.50 + 1.234 x 899.00 = 91.00 + 1109.37, paid with 1500.00; the
			// return of 45.50 goes to the card.
			want.Change = 150000 - 120037
			want.In, want.Out, want.Drawer = 50000, 20000, 50000-20000+120037
			want.Sales, want.Returns = 1, 1
			want.Shift = [3]any{"смена открыта", 1.0, 2.0}
			// Documents: 1 registration, 2 shift, 3 sale, 4 return, 5 closing, 6, 7.
			want.Kind, want.Unsent, want.Queue = 3, 4, 1
			want.Second, want.Last = 2, 7
			require.Equal(t, want, saw)
		})
	}
}

func pyshtrihDay(t *testing.T, profile string) sawPyshtrih {
	r := startRegister(t, "--pty", "--profile", profile)
	ctx, cancel := context.WithTimeout(t.Context(), pythonLimit)
	defer cancel()
	day := exec.CommandContext(ctx, python(), "testdata/pyshtrih_day.py", r.pty)
	day.Env = append(cleanEnvironment(), "PYTHONIOENCODING=utf-8")
	var stdout, stderr bytes.Buffer
	day.Stdout, day.Stderr = &stdout, &stderr
	require.NoError(t, day.Run(), "%s\n%s", &stderr, &stdout)
	var saw sawPyshtrih
	decoder := json.NewDecoder(&stdout)
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&saw))
	return saw
}
