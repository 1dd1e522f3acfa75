package shtrih

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func frame2(t testing.TB, num uint16, data string) string {
	t.Helper()
	return hex.EncodeToString(AppendFrame2(nil, num, unhex(t, data)))
}

func TestHostSendsTheCommandAfterNAKAndConfirmsTheAnswer(t *testing.T) {
	playHost(t, HostOptions{}, `
		start FC
		> 05
		< 15
		> 0201FCFD
		< 06
		< 0202FC37C9
		> 06
		done FC37
		< FF                   # dropped, and not seen by the next command
		start FC
		> 05
		< FF15                 # or it comes late
		> 0201FCFD
	`)
}

func TestHostReadsAwayTheAnswerToAnEarlierCommand(t *testing.T) {
	playHost(t, HostOptions{}, `
		start FC
		> 05
		< 06 0203E0001EFD
		> 06 05
		discarded E0001E
		< 15
		> 0201FCFD
		< 06 0202FC37C9
		> 06
		done FC37
		discarded E0001E
	`)
}

func TestHostTakesTheAnswerItMissed(t *testing.T) {
	playHost(t, HostOptions{}, `
		start FC
		> 05
		< 15
		> 0201FCFD
		time                   # the ACK was lost
		> 05
		< 06 06                # ENQ acknowledged; the lost ACK was only late
		< 0202FC37C9
		> 06
		done FC37
	`)
}

func TestHostRepeatsAFrameThatWasRefusedOrLost(t *testing.T) {
	playHost(t, HostOptions{}, `
		start FC
		> 05
		< 15
		> 0201FCFD
		< 15
		> 05
		< 15
		> 0201FCFD
		time
		> 05
		< 15
		> 0201FCFD
		< 06 0202FC37C9
		> 06
		done FC37
	`)
}

func TestHostAsksForADamagedAnswerAgain(t *testing.T) {
	playHost(t, HostOptions{}, `
		start FC
		> 05
		< 15
		> 0201FCFD
		< 06 0202FC37C8
		> 15
		< 0605                 # the rest of a frame with a damaged length
		time
		> 05
		< 06 0202FC37C9
		> 06
		done FC37
	`)
	playHost(t, HostOptions{}, `
		start FC
		> 05
		< 15
		> 0201FCFD
		< 06 0202FC
		time
		> 15 05
		< 06 0202FC37C9
		> 06
		done FC37
	`)
}

func TestHostWithoutAnswerToENQHasNoLink(t *testing.T) {
	playHost(t, HostOptions{Retries: 3}, `
		start FC
		> 05
		time
		> 05
		time
		> 05
		time
		nolink
	`)
}

func TestHostGivesUpAfterTenTriesByDefault(t *testing.T) {
	playHost(t, HostOptions{}, "start FC\n"+strings.Repeat("> 05\ntime\n", 10)+"nolink\n")
}

func TestHostThatSentTheFrameDoesNotKnowTheOutcome(t *testing.T) {
	playHost(t, HostOptions{Retries: 2}, `
		start FC
		> 05
		< 15
		> 0201FCFD
		time
		> 05
		time
		unknown
	`)
}

func TestHostNeverSendsAgainWhatTheRegisterTook(t *testing.T) {
	playHost(t, HostOptions{}, `
		start FC
		> 05
		< 15
		> 0201FCFD
		< 06
		time
		> 05
		< 15                   # it forgot: the power went
		unknown
	`)
}

func TestHostNeverSendsAgainWhatTheRegisterWasAnswering(t *testing.T) {
	playHost(t, HostOptions{}, `
		start FC
		> 05
		< 15
		> 0201FCFD
		time                   # the ACK was lost
		> 05
		< 06                   # an answer is in preparation
		time
		> 05
		< 15
		unknown
	`)
}

func TestHostNeverSendsAgainToARegisterThatMayHaveRestarted(t *testing.T) {
	playHost(t, HostOptions{}, `
		start FC
		> 05
		< 15
		> 0201FCFD
		time                   # the ACK was lost
		> 05
		time                   # it starts
		> 05
		< 15
		unknown
	`)
}

func TestHostIsNotCaughtByARegisterThatRepeatsForEver(t *testing.T) {
	playHost(t, HostOptions{Retries: 2}, `
		start FC
		> 05
		< 06 0203E0001EFD
		> 06 05
		< 06 0203E0001EFD
		> 06
		nolink
	`)
}

func TestHostOfVersion2LearnsTheNumberFirst(t *testing.T) {
	playHost(t, HostOptions{Version: V2}, `
		start FC
		> 8F00000F1D
		< 8F02000000A869
		> 8F03000100FC7DE6
		< 8F16000100FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4CA9F81
		done FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4
		start F701             # no sync any more
		> 8F04000200F701AE7F
		< 8F16000100FC000000010E9800D8D2D0C8D52DCDC0CDCE2DD4CA9F81  # late
		< `+frame2(t, 2, "F737")+`
		done F737
	`)
}

func TestHostOfVersion2RepeatsTheSameFrame(t *testing.T) {
	playHost(t, HostOptions{Version: V2}, `
		start FC
		> 8F00000F1D
		time
		> 8F00000F1D
		< 8F02000000A869
		> 8F03000100FC7DE6
		time
		> 8F03000100FC7DE6
		< 8F030001             # half an answer
		time
		< `+frame2(t, 1, "FC37")+`
		done FC37
	`)
}

func TestHostOfVersion2TakesUpTheNumberOfARegisterThatRestarted(t *testing.T) {
	playHost(t, HostOptions{Version: V2}, `
		start FC
		> 8F00000F1D
		< `+frame2(t, 0x1234, "E0001E")+`
		> `+frame2(t, 0x1235, "FC")+`
		< 8F02000000A869       # not executed: it repeats what it did last
		> 8F03000100FC7DE6
		< `+frame2(t, 1, "FC37")+`
		done FC37
	`)
}

func TestHostOfVersion2DoesNotKnowTheOutcomeWhenTheRegisterRestartedMeanwhile(t *testing.T) {
	playHost(t, HostOptions{Version: V2}, `
		start FC
		> 8F00000F1D
		< `+frame2(t, 0x1234, "E0001E")+`
		> `+frame2(t, 0x1235, "FC")+`
		time
		> `+frame2(t, 0x1235, "FC")+`
		< 8F02000000A869
		unknown
	`)
}

func TestHostOfVersion2WithoutAnswerToSyncHasNoLink(t *testing.T) {
	playHost(t, HostOptions{Version: V2, Retries: 2}, `
		start FC
		> 8F00000F1D
		time
		> 8F00000F1D
		time
		nolink
		start FC
		> 8F00000F1D
	`)
}

func TestHostRefusesWhatDoesNotFitAFrame(t *testing.T) {
	l := NewHostLink(HostOptions{})
	for _, size := range []int{0, MaxData1 + 1} {
		_, err := l.Start(nil, make([]byte, size))
		require.ErrorIs(t, err, ErrTooLong)
	}
	assert.Equal(t, WaitNothing, l.Wait())
	out, err := l.Start(nil, make([]byte, MaxData1))
	require.NoError(t, err)
	assert.Equal(t, []byte{ENQ}, out)
	assert.Equal(t, WaitReaction, l.Wait())
	_, err = l.Start(nil, []byte{0xFC})
	require.ErrorIs(t, err, ErrBusy)

	l = NewHostLink(HostOptions{Version: V2})
	_, err = l.Start(nil, make([]byte, MaxData2+1))
	require.ErrorIs(t, err, ErrTooLong)
}
