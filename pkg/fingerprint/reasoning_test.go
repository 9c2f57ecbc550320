package fingerprint

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// carrying is a request that presents and mints reasoning blocks.
func carrying(n uint64, presented, minted []uint64) *Observation {
	o := request(1, n, origin+int64(n)*1000)
	o.Presented, o.Minted = presented, minted
	return o
}

func TestReasoningThatTheAccountWasNotGivenIsForeign(t *testing.T) {
	f, opts := newTest(t)
	f.Observe(carrying(1, nil, []uint64{11, 12}))
	f.Observe(carrying(2, []uint64{11, 21}, []uint64{13}))
	f.Observe(carrying(3, []uint64{13, 22, 12, 0}, nil))
	p := profileOf(f)
	require.Equal(t, []uint64{13, 12, 11}, p.Minted, "newest first")
	require.Equal(t, []uint64{22, 21}, p.Foreign)

	f.Observe(carrying(4, []uint64{21}, nil))
	require.Equal(t, []uint64{21, 22}, profileOf(f).Foreign, "what comes again is listed once")
	f.Observe(carrying(5, nil, []uint64{21}))
	require.Equal(t, []uint64{22}, profileOf(f).Foreign, "its record came late")

	g := observed(opts, carrying(6, []uint64{11, 31}, []uint64{22}))
	require.NoError(t, f.Merge(g))
	require.Equal(t, []uint64{31}, profileOf(f).Foreign, "what either was given is their own")
	require.Equal(t, []uint64{22, 21, 13, 12, 11}, profileOf(f).Minted)
}

func TestReasoningIsRememberedBeyondTheListAndForgottenInTime(t *testing.T) {
	f, opts := newTest(t)
	for n := range uint64(100) {
		f.Observe(carrying(n, nil, []uint64{hash(useReasoning, n)}))
	}
	require.Len(t, profileOf(f).Minted, MaxCarried)
	f.Observe(carrying(200, []uint64{hash(useReasoning, 3)}, nil))
	require.Empty(t, profileOf(f).Foreign)

	late := carrying(300, []uint64{hash(useReasoning, 3)}, nil)
	late.Time += millis(2*opts.ConversationWindow + time.Hour)
	f.Observe(late)
	require.Len(t, profileOf(f).Foreign, 1)
}
