package gateway

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// apimPiece is a diagnostic record of API Management in an envelope of its own.
func apimPiece(category, id string, second float64, rest string) []byte {
	return fmt.Appendf(nil,
		`{"records":[{"time":"2026-11-02T10:%02d:%04.1fZ","category":%q,"correlationId":%q,"properties":{"correlationId":%q%s}}]}`,
		int(second)/60, second-float64(int(second)/60*60), category, id, id, rest)
}

func TestPiecesOfACallAreJoinedUntilTheWindowCloses(t *testing.T) {
	say := func(role, words string) string {
		b, err := json.Marshal(fmt.Sprintf(`[{"role":%q,"content":%q}]`, role, words))
		require.NoError(t, err)
		return string(b)
	}
	pieces := [][]byte{
		apimPiece("GatewayLogs", "c1", 0, `,"apimSubscriptionId":"sub"`),
		apimPiece(
			"GatewayLlmLogs", "c1", 0.2,
			`,"modelName":"m","promptTokens":9,"sequenceNumber":0,"requestMessages":`+
				say("user", "one"),
		),
		apimPiece(
			"GatewayLlmLogs", "c1", 0.2,
			`,"sequenceNumber":1,"requestMessages":`+say("user", "two"),
		),
		apimPiece(
			"GatewayLlmLogs", "c1", 0.2,
			`,"sequenceNumber":2,"requestMessages":`+say("user", "three"),
		),
		apimPiece(
			"GatewayLlmLogs", "c1", 0.3,
			`,"sequenceNumber":3,"responseMessages":`+say("assistant", "four"),
		),
		apimPiece(
			"GatewayLlmLogs", "c1", 0.3,
			`,"sequenceNumber":4,"responseMessages":`+say("assistant", "five"),
		),
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var first []string
	r := newReader(t, FormatAuto)
	for round := range 100 {
		got := joined(t, r, append(slices.Clone(pieces), pieces[rng.IntN(len(pieces))])...)
		if round == 0 {
			first = got.events
			require.Len(t, first, 1)
			for i, word := range []string{"one", "two", "three"} {
				require.Contains(t, first[0], fmt.Sprintf("Content.Input[%d].Text = %q", i, word))
			}
			require.Contains(t, first[0], `Content.Output = "four\nfive"`)
			require.Contains(t, first[0], `Account.ID = "sub"`)
		}
		require.Equal(t, first, got.events)
		rng.Shuffle(len(pieces), func(i, k int) { pieces[i], pieces[k] = pieces[k], pieces[i] })
	}
}

func TestCallsWhoseOtherHalfDoesNotComeInTimeAreCounted(t *testing.T) {
	r, got := newReader(t, FormatAuto), &collector{}
	half := func(category, id string, second float64) {
		r.Read(
			apimPiece(category, id, second, `,"modelName":"m","apimSubscriptionId":"s"`), got.visit,
		)
	}
	half("GatewayLlmLogs", "a", 0)
	half("GatewayLogs", "b", 119)
	half("GatewayLogs", "a", 119.5)
	half("GatewayLlmLogs", "c", 120)
	require.Empty(t, got.events)
	half("GatewayLogs", "d", 121)
	require.Len(t, got.events, 1, "a")
	require.Contains(t, got.events[0], `ID = "a"`)
	half("GatewayLogs", "e", 240)
	half("GatewayLogs", "f", 241)
	require.Equal(t, int64(1), r.TakeUnjoined(),
		"c; a GatewayLogs record without a model is nothing to miss")
	require.Equal(t, 1, got.skipped[ReasonUnjoined])
	half("GatewayLogs", "c", 242)
	r.Flush(got.visit)
	require.Len(t, got.events, 1)
	require.Zero(t, r.TakeUnjoined())
}
