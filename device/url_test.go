package device_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openkkt/openkkt/device"
)

func TestURLsNameTheirTarget(t *testing.T) {
	for url, want := range map[string]string{
		"tcp://192.168.137.111:7778": "tcp://192.168.137.111:7778",
		"tcp://kassa.local":          "tcp://kassa.local:7778",
		"TCP://127.0.0.1:12345/":     "tcp://127.0.0.1:12345",
		"tcp://[::1]:7778":           "tcp://[::1]:7778",
		"tcp://[::1]":                "tcp://[::1]:7778",
		"tcp://192.168.137.111:7778?timeout=30000&plain_transfer=auto":   "tcp://192.168.137.111:7778",
		"serial:///dev/ttyACM0?baud=115200":                              "serial:///dev/ttyACM0?baud=115200",
		"serial:///dev/ttyACM0":                                          "serial:///dev/ttyACM0?baud=115200",
		"serial://COM3":                                                  "serial://COM3?baud=115200",
		"serial:///COM3":                                                 "serial://COM3?baud=115200",
		"serial://COM12?baudrate=4800":                                   "serial://COM12?baud=4800",
		"serial:///dev/serial/by-id/usb-SHTRIH-M_0-if00?protocol=1":      "serial:///dev/serial/by-id/usb-SHTRIH-M_0-if00?baud=115200",
		"tcp://h:1?protocol=v2&password=29&timeout=45s&enq_mode=auto":    "tcp://h:1",
		"serial:///dev/cu.usbmodem1?flow_control=none&byte_timeout=1000": "serial:///dev/cu.usbmodem1?baud=115200",
	} {
		target, err := device.ParseURL(url)
		require.NoError(t, err, url)
		assert.Equal(t, want, target.String())
		again, err := device.ParseURL(target.String())
		require.NoError(t, err)
		assert.Equal(t, want, again.String())
	}
}

func TestURLOptionsAreRead(t *testing.T) {
	target, err := device.ParseURL("tcp://h:1?timeout=30000&connect=2s&protocol=2&password=29&plain_transfer=auto&enq_mode=auto")
	require.NoError(t, err)
	assert.Equal(t, 30*time.Second, target.Timeout)
	assert.Equal(t, 2*time.Second, target.ConnectTimeout)
	assert.Equal(t, device.V2, target.Protocol)
	require.NotNil(t, target.Password)
	assert.EqualValues(t, 29, *target.Password)
	assert.Equal(t, []string{"enq_mode", "plain_transfer"}, target.Ignored)
}

func TestBadURLsSayWhatAndHow(t *testing.T) {
	for url, want := range map[string]string{
		"":                                "it is empty; use tcp://host:port",
		"  ":                              "it is empty",
		"192.168.0.1:7778":                "no scheme",
		"/dev/ttyACM0":                    "no scheme",
		"http://h:1":                      `scheme "http" is not known`,
		"emu:":                            "no scheme",
		"tcp://":                          "names no host",
		"tcp://:7778":                     "names no host",
		"tcp://h:0":                       "port \"0\"",
		"tcp://h:65536":                   "port \"65536\"",
		"tcp://h:port":                    "port \"port\"",
		"tcp://a:b:1":                     "not host:port",
		"tcp://h:1/path":                  "has no path",
		"tcp://user@h:1":                  "no user name",
		"tcp://h:1#x":                     "fragment",
		"serial://":                       "names no port",
		"serial:///":                      "names no port",
		"serial://dev/ttyACM0":            "three slashes: serial:///dev/ttyACM0",
		"serial://COM3?baud=12345":        "write one of 2400",
		"serial://COM3?baud=":             "write one of 2400",
		"tcp://h:1?baud=9600":             "no sense over TCP",
		"tcp://h:1?timeout=0":             "more than 0",
		"tcp://h:1?timeout=-5s":           "more than 0",
		"tcp://h:1?timeout=soon":          "milliseconds",
		"tcp://h:1?timeout=2h":            "at most 1h",
		"tcp://h:1?protocol=3":            "auto, 1 or 2",
		"tcp://h:1?password=secret":       "not a number",
		"tcp://h:1?password=99999999999":  "not a number",
		"tcp://h:1?tiemout=5":             `option "tiemout" is not known`,
		"tcp://h:1?timeout=1&timeout=2":   "2 times",
		"tcp://h:1?a=%zz":                 "cannot be read",
		"serial:///dev/ttyACM0?parity=no": `option "parity" is not known`,
	} {
		_, err := device.ParseURL(url)
		var bad *device.URLError
		require.ErrorAs(t, err, &bad, url)
		assert.Contains(t, err.Error(), want)
		assert.NotEmpty(t, bad.Fix)
	}
}

func TestPasswordOfABadURLIsMasked(t *testing.T) {
	for _, url := range []string{"tcp://h:1?password=123456&x=1", "tcp://h:1?x=1&Password=123456", "http://h?password=123456"} {
		_, err := device.ParseURL(url)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "123456")
	}
}

func FuzzParseURL(f *testing.F) {
	for _, url := range []string{"tcp://h:1?timeout=5", "serial:///dev/ttyACM0?baud=9600", "serial://COM3", "tcp://[::1]", "://", "tcp://%:?"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		target, err := device.ParseURL(url)
		if err != nil {
			return
		}
		again, err := device.ParseURL(target.String())
		if err != nil || again.String() != target.String() {
			t.Fatalf("%q gives %q, which gives %q, %v", url, target, again, err)
		}
	})
}
