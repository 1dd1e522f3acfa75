package shtrih

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The rules are those of appendix 2 of Protocol ККТ 1.17 and of Protocol 2.0.
// Frames: 02 01 FC FD is FCh (from a real log), 8F 03 00 01 00 FC 7D E6 the same
// in version 2 with NUM 1.

const plainExchange = `
	> 05
	< 15
	> 0201FCFD
	< 06
	= FC
	! FC37
	< 0202FC37C9
`

func TestCommandIsAcknowledgedRunAndAnswered(t *testing.T) {
	playDevice(t, DeviceOptions{}, plainExchange+`
		> 06
		quiet
		> 05
		< 15     # the answer is forgotten
	`)
}

func TestFrameWithoutENQIsAccepted(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 0201FCFD
		< 06
		= FC
		! FC37
		< 0202FC37C9
		> 06
		> 0201FCFD
		< 06
		= FC
	`)
}

func TestENQAfterALostAnswerGetsTheSameAnswer(t *testing.T) {
	playDevice(t, DeviceOptions{}, plainExchange+`
		> 05           # straight from «wait confirmation»
		< 06 0202FC37C9
		time
		> 05           # after the time-out
		< 06 0202FC37C9
		> 06
		> 05
		< 15
	`)
}

func TestNothingIsExecutedWhileAnAnswerIsNotConfirmed(t *testing.T) {
	playDevice(t, DeviceOptions{}, plainExchange+`
		> 0201FCFD     # its first byte is «any other than ACK»
		quiet
		> 0201FCFD
		> 06           # too late
		> 05
		< 06 0202FC37C9
		> 06
		> 0201FCFD
		< 06
		= FC
	`)
}

func TestNAKAfterAnAnswerRepeatsNothingUntilENQ(t *testing.T) {
	playDevice(t, DeviceOptions{}, plainExchange+`
		> 15
		quiet
		> 05
		< 06 0202FC37C9
	`)
}

func TestDamagedFrameGetsNAKAndIsNotExecuted(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 0201FCFC
		< 15
		quiet
		> 020000       # length 0
		< 15
		> 0201FCFD
		< 06
		= FC
	`)
}

func TestTimeOutInsideAFrameGetsNAK(t *testing.T) {
	for _, part := range []string{"02", "0205", "0205111E", "0205111E000000"} {
		playDevice(t, DeviceOptions{}, `
			> `+part+`
			time
			< 15
			quiet
			> 0201FCFD
			< 06
			= FC
		`)
	}
}

func TestENQWhileACommandRunsIsAcknowledgedAndNoOtherBegins(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 0201FCFD
		< 06
		= FC
		> 05
		< 06
		> 0201FCFD
		quiet
		> 05 05
		< 0606
		! FC37
		< 0202FC37C9
		> 06
		> 05
		< 15
	`)
}

func TestControlBytesInsideAFrameAreData(t *testing.T) {
	// Lengths 5, 6, 2 and 21 look like ENQ, ACK, STX and NAK.
	playDevice(t, DeviceOptions{}, `
		> 0205 05060215 8F 9E
		< 06
		= 050602158F
	`)
}

func TestJunkBeforeSTXIsIgnored(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 00000000     # before the version is known
		> 05
		< 15
		> 00000000 0201FCFD
		< 06
		= FC
	`)
}

func TestJunkBeforeSTXGetsNAKByOption(t *testing.T) {
	playDevice(t, DeviceOptions{NAKJunk: true}, `
		> 00
		> 05
		< 15
		> 0000
		< 1515
		> 0201FCFD
		< 06
		= FC
	`)
}

func TestFFFollowsTheConfirmationByOption(t *testing.T) {
	// Seen on a real device: «-> 06», «-> 05», «<- FF», «<- 15» (javapos_shtrih
	// issue 59).
	playDevice(t, DeviceOptions{FFAfterAck: true}, plainExchange+`
		> 06
		< FF
		> 05
		< 15
	`)
}

func TestPowerOnForgetsTheAnswerAndTheCommand(t *testing.T) {
	playDevice(t, DeviceOptions{}, plainExchange+`
		power
		quiet
		> 06           # only ENQ, STX and 8F mean something now
		> 05
		< 15
		> 0201FCFD
		< 06
		= FC
		power
		quiet
		> 05
		< 15
	`)
	l := NewDeviceLink(DeviceOptions{})
	l.Input(nil, []byte{STX, 1, 0xFC, 0xFD})
	l.PowerOn()
	assert.Empty(t, l.Answer(nil, []byte{0xFC, 0x37}), "the command died with the power")
}

func TestNewConnectionKeepsTheUnconfirmedAnswer(t *testing.T) {
	playDevice(t, DeviceOptions{}, plainExchange+`
		unlock
		quiet
		> 06           # from a host that did not see the answer
		> 05
		< 06 0202FC37C9
	`)
}

func TestAnswerReadyAfterTheHostHasGoneWaitsForENQ(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 0201FCFD
		< 06
		= FC
		unlock
		! FC37         # nobody listens: nothing is sent
		quiet
		> 05
		< 06 0202FC37C9
	`)
	playDevice(t, DeviceOptions{}, `
		> 0201FCFD
		< 06
		= FC
		unlock
		> 05           # the next host is there already
		< 06
		! FC37
		< 0202FC37C9
		> 06
		> 05
		< 15
	`)
}

func TestHalfAFrameIsDroppedByANewConnection(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 0205111E
		unlock
		quiet
		> 8F0300010 0FC7DE6
		= FC
	`)
	playDevice(t, DeviceOptions{}, `
		> 8F030001
		unlock
		quiet
		> 0201FCFD
		< 06
		= FC
	`)
}

func TestVersion1RefusesTheProbeOfVersion2(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 05
		< 15
		> 8F00000F1D
		< 15
		> 0201FCFD
		< 06
		= FC
	`)
}

func TestVersion2IgnoresVersion1(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 8F00000F1D
		< 8F02000000A869
		> 05
		> 0201FCFD
		> 8F03000100FC7DE6
		= FC
	`)
}

// version2 is the beginning of a real session (logplayer, Protocol2_1.log), with
// the stuffed CRC of the first answer.
const version2 = `
	> 8F00000F1D
	< 8F02000000A869
	> 8F03000100FC7DE6
	= FC
	! FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4
	< 8F16000100FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4CA9F81
`

func TestVersion2RepeatsTheAnswerToTheSameNumber(t *testing.T) {
	playDevice(t, DeviceOptions{}, version2+`
		quiet
		> 8F03000100FC7DE6
		< 8F16000100FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4CA9F81
	`)
}

func TestVersion2SyncGivesTheLastAnswer(t *testing.T) {
	playDevice(t, DeviceOptions{}, version2+`
		> 8F00000F1D
		< 8F16000100FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4CA9F81
		unlock         # a new connection as well
		> 8F00000F1D
		< 8F16000100FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4CA9F81
		power          # but not after a power cut
		> 8F00000F1D
		< 8F02000000A869
	`)
}

func TestVersion2ExecutesOnlyTheNextNumber(t *testing.T) {
	playDevice(t, DeviceOptions{}, version2+`
		> `+frame2(t, 3, "FC")+`
		< 8F16000100FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4CA9F81
		> `+frame2(t, 0, "FC")+`
		< 8F16000100FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4CA9F81
		> 8F04000200F701AE7F
		= F701
	`)
}

func TestVersion2FirstNumberIsOne(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> `+frame2(t, 7, "FC")+`
		< 8F02000000A869
		> 8F03000100FC7DE6
		= FC
	`)
}

func TestVersion2NumbersWrap(t *testing.T) {
	l := NewDeviceLink(DeviceOptions{})
	for num := 1; num <= 0x10001; num++ {
		l.Input(nil, AppendFrame2(nil, uint16(num), []byte{0xFC}))
		data, ok := l.Command()
		if !ok {
			t.Fatalf("command %d was not taken", num)
		}
		assert.Equal(t, []byte{0xFC}, data)
		l.Answer(nil, []byte{0xFC, 0x37})
	}
}

func TestVersion2RepeatWhileTheCommandRunsGetsOneAnswer(t *testing.T) {
	// As a real device did with E0h (logplayer, Protocol2_1.log).
	playDevice(t, DeviceOptions{}, version2+`
		> 8F04000200F701AE7F
		= F701
		> 8F04000200F701AE7F
		> 8F00000F1D
		quiet
		! F737
		< `+frame2(t, 2, "F737")+`
		> 8F04000200F701AE7F
		< `+frame2(t, 2, "F737")+`
	`)
}

func TestVersion2DropsDamagedFrames(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 8F03000100FC7DE7     # CRC
		quiet
		> 8F0100010203         # length 1
		quiet
		> 8F0300019F00         # bad stuffing
		quiet
		> 8F0300018F03000100FC7DE6   # a bare 8F begins the next frame
		= FC
	`)
	playDevice(t, DeviceOptions{}, `
		> 8F0300019F8F03000100FC7DE6 # also after an escape
		= FC
	`)
}

func TestVersion2TimeOutInsideAFrameDropsIt(t *testing.T) {
	playDevice(t, DeviceOptions{}, `
		> 8F030001
		time
		quiet
		> 00FC7DE6             # its rest means nothing
		> 8F03000100FC7DE6
		= FC
	`)
}

func TestVersion2CommandMakesTheAnswerOfVersion1Obsolete(t *testing.T) {
	playDevice(t, DeviceOptions{}, plainExchange+`
		unlock
		> 8F03000100FC7DE6
		= FC
		! FC37
		< `+frame2(t, 1, "FC37")+`
		unlock
		> 05
		< 15
	`)
}

func TestAnswerWithoutACommandIsDropped(t *testing.T) {
	l := NewDeviceLink(DeviceOptions{})
	assert.Empty(t, l.Answer(nil, []byte{0xFC, 0}))
	assert.Equal(t, []byte{NAK}, l.Input(nil, []byte{ENQ}))
}
