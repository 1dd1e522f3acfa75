package device

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind is the kind of transport a URL names.
type Kind string

const (
	TCP    Kind = "tcp"
	Serial Kind = "serial"
)

const (
	// defaultTCPPort is the port of the desktop family (Protocol ККТ 1.17, table 21 field 4). The cash-core family
	// listens on 12345, which has to be written out.
	defaultTCPPort = "7778"
	// defaultBaud is the usual speed of current models; older ones come at 4800.
	defaultBaud = 115200
	// defaultConnectTimeout limits connecting when neither the URL nor the context does.
	defaultConnectTimeout = 5 * time.Second
)

// Target is a parsed register URL.
type Target struct {
	Kind    Kind
	Address string // TCP: host:port
	Port    string // serial: /dev/ttyACM0, COM3
	Baud    int    // serial

	ConnectTimeout time.Duration
	Timeout        time.Duration // 0 = the table of time-outs per command
	Protocol       Protocol
	Password       *uint32  // nil = the default
	Ignored        []string // options of the vendor's driver that mean nothing here
}

// URLError says what is wrong with a register URL and what would be right.
type URLError struct {
	URL     string // with the password masked
	Problem string
	Fix     string
}

func (e *URLError) Error() string {
	return fmt.Sprintf("register URL %q: %s; %s", e.URL, e.Problem, e.Fix)
}

const urlForms = "use tcp://host:port, serial:///dev/ttyACM0?baud=115200 or serial://COM3"

// ignoredOptions are the options that URLs written for the vendor's driver carry. They tune that driver, not the
// register, and are accepted so that such a URL works unchanged.
var ignoredOptions = map[string]bool{
	"plain_transfer":    true,
	"enq_mode":          true,
	"byte_timeout":      true,
	"max_retries":       true,
	"flow_control":      true,
	"reconnect_timeout": true,
	"software_control":  true,
	"lowlevel_protocol": true,
}

// ParseURL reads a register URL:
//
//	tcp://host[:port]                   port 7778 unless given
//	serial:///dev/ttyACM0?baud=115200   a port by its path
//	serial://COM3                       a port by its name
//
// Options: timeout (milliseconds, or a duration such as 30s; one limit for every command), connect (the same, for
// connecting), protocol (auto, 1, 2), password (1..4294967295, the register's operator password), baud. The options
// that the vendor's driver knows besides are accepted and listed in Target.Ignored; any other one is an error.
func ParseURL(raw string) (Target, error) {
	fail := func(problem, fix string) (Target, error) {
		return Target{}, &URLError{URL: maskURL(raw), Problem: problem, Fix: fix}
	}
	if strings.TrimSpace(raw) == "" {
		return fail("it is empty", urlForms)
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return fail("it has no scheme", urlForms)
	}
	rest, query, _ := strings.Cut(rest, "?")
	if strings.Contains(rest, "#") {
		return fail("it has a fragment (#…)", "remove it")
	}
	t := Target{Kind: Kind(strings.ToLower(scheme)), ConnectTimeout: defaultConnectTimeout, Protocol: Auto}
	switch t.Kind {
	case TCP:
		host, port, problem, fix := splitHostPort(strings.TrimSuffix(rest, "/"))
		if problem != "" {
			return fail(problem, fix)
		}
		t.Address = net.JoinHostPort(host, port)
	case Serial:
		t.Port, t.Baud = strings.TrimRight(rest, "/"), defaultBaud
		if t.Port == "" {
			return fail("it names no port", "write the port: serial:///dev/ttyACM0 (three slashes) or serial://COM3")
		}
		if name := strings.TrimLeft(t.Port, "/"); len(name) > 3 && strings.EqualFold(name[:3], "COM") {
			t.Port = name // serial:///COM3
		}
		if strings.ContainsFunc(t.Port, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) {
			return fail(fmt.Sprintf("port %q has characters that no port has", t.Port), "write the port: serial:///dev/ttyACM0 or serial://COM3")
		}
		if strings.HasPrefix(t.Port, "dev/") {
			return fail(fmt.Sprintf("port %q is a relative path", t.Port), "write three slashes: serial:///"+t.Port)
		}
	default:
		return fail(fmt.Sprintf("scheme %q is not known", scheme), urlForms)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return fail("its options cannot be read: "+err.Error(), "write them as ?name=value&name=value")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if n := len(values[name]); n > 1 {
			return fail(fmt.Sprintf("option %q is given %d times", name, n), "give it once")
		}
		if problem, fix := t.setOption(strings.ToLower(name), values[name][0]); problem != "" {
			return fail(problem, fix)
		}
	}
	return t, nil
}

// String gives the URL without options and without secrets.
func (t Target) String() string {
	if t.Kind == Serial {
		return fmt.Sprintf("serial://%s?baud=%d", t.Port, t.Baud)
	}
	return string(t.Kind) + "://" + t.Address
}

func (t *Target) setOption(name, value string) (problem, fix string) {
	bad := func(fix string) (string, string) {
		return fmt.Sprintf("option %s=%q is not valid", name, value), fix
	}
	switch name {
	case "timeout", "connect":
		d, ok := parseMilliseconds(value)
		if !ok {
			return bad("write milliseconds (30000) or a duration (30s), more than 0 and at most 1h")
		}
		if name == "timeout" {
			t.Timeout = d
		} else {
			t.ConnectTimeout = d
		}
	case "protocol":
		p, ok := map[string]Protocol{"auto": Auto, "1": V1, "v1": V1, "standard": V1, "2": V2, "v2": V2}[strings.ToLower(value)]
		if !ok {
			return bad("write auto, 1 or 2")
		}
		t.Protocol = p
	case "password":
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return "option password is not a number", "write the register's numeric password, for example password=30"
		}
		t.Password = new(uint32(n))
	case "baud", "baudrate", "baud_rate":
		n, err := strconv.Atoi(value)
		if t.Kind != Serial {
			return "option baud makes no sense over TCP", "remove it"
		}
		if err != nil || !validBaud[n] {
			return bad("write one of 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600")
		}
		t.Baud = n
	default:
		if !ignoredOptions[name] {
			return fmt.Sprintf("option %q is not known", name), "use timeout, connect, protocol, password or baud"
		}
		t.Ignored = append(t.Ignored, name)
	}
	return "", ""
}

// validBaud are the speeds of the register's own table (Protocol ККТ 1.17, command 14h).
var validBaud = map[int]bool{
	2400: true, 4800: true, 9600: true, 19200: true, 38400: true, 57600: true, 115200: true,
	230400: true, 460800: true, 921600: true,
}

func parseMilliseconds(s string) (time.Duration, bool) {
	d, err := time.ParseDuration(s)
	if n, numErr := strconv.ParseUint(s, 10, 31); numErr == nil {
		d, err = time.Duration(n)*time.Millisecond, nil
	}
	return d, err == nil && d > 0 && d <= time.Hour
}

// isHost tells a name or an address from what no resolver takes.
func isHost(s string) bool {
	if address, _, _ := strings.Cut(s, "%"); net.ParseIP(address) != nil { // fe80::1%eth0
		return !strings.ContainsAny(s, "[]")
	}
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r) {
			return false
		}
	}
	return true
}

func splitHostPort(s string) (host, port, problem, fix string) {
	const form = "write it as tcp://host:port, for example tcp://192.168.137.111:7778"
	if strings.ContainsAny(s, "/\\") {
		return "", "", "a TCP address has no path", form
	}
	if strings.Contains(s, "@") {
		return "", "", "a register has no user name", "put the operator password into ?password="
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		bare := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
		if strings.Contains(s, ":") && net.ParseIP(bare) == nil {
			return "", "", fmt.Sprintf("address %q is not host:port", s), form
		}
		host, port = bare, defaultTCPPort
	}
	if host == "" {
		return "", "", "it names no host", form
	}
	if !isHost(host) {
		return "", "", fmt.Sprintf("%q is not the name or the address of a host", host), form
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Sprintf("port %q is not a number from 1 to 65535", port), form
	}
	return host, port, "", ""
}

// maskURL hides the password of a URL that may not even parse.
func maskURL(raw string) string {
	const key = "password="
	i := strings.Index(strings.ToLower(raw), key)
	if i < 0 {
		return raw
	}
	start := i + len(key)
	end := len(raw)
	if j := strings.IndexByte(raw[start:], '&'); j >= 0 {
		end = start + j
	}
	return raw[:start] + "***" + raw[end:]
}
