package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// later moves a part.
func later(p part, seconds float64) part {
	p.from, p.to = p.from+seconds, p.to+seconds
	return p
}

func TestCallsWithIdsThatTheirCallerChoseAllCount(t *testing.T) {
	asks := func(trace uint16, span, parent byte, who, what string) part {
		return chat(
			trace, span, parent, "user.id", who, "gen_ai.input.messages", text("user", what),
		)
	}
	for name, parts := range map[string][]part{
		"one span id for two calls": {
			asks(1, 1, 0, "ann", "primes"), later(asks(1, 1, 0, "ann", "harvest"), 5),
		},
		"and with an unknown parent": {
			asks(1, 1, 9, "ann", "primes"), later(asks(1, 1, 9, "ann", "harvest"), 5),
		},
		"one span for the details": {details(1, 1, "primes"), later(details(1, 1, "harvest"), 1)},
		"details of one moment":    {details(1, 1, "primes"), details(1, 1, "harvest")},
		"one parent for two calls": {
			asks(1, 1, 9, "ann", "primes"), asks(1, 2, 9, "ann", "harvest"),
		},
		"each other's parent, in turns": {
			asks(1, 1, 2, "ann", "primes"), later(asks(1, 2, 1, "ann", "harvest"), 5),
		},
	} {
		t.Run(name, func(t *testing.T) {
			var apart [][]byte
			for _, p := range parts {
				apart = append(apart, request(t, true, p))
			}
			for _, records := range [][][]byte{apart, {request(t, false, parts...)}} {
				got := joined(t, newReader(t, "otlp"), records...)
				require.Len(t, got.events, 2)
				require.Contains(t, got.events[0]+got.events[1], `Text = "harvest"`)
				require.Contains(t, got.events[0]+got.events[1], `Text = "primes"`)
			}
		})
	}
}

func TestSpansInACircleGiveAnEvent(t *testing.T) {
	for size := byte(2); size < 9; size++ {
		var parts []part
		for i := range size {
			parts = append(parts, chat(
				1, i+1, (i+1)%size+1, "user.id", "ann",
				"gen_ai.input.messages", text("user", "harvest"),
			))
		}
		got := joined(t, newReader(t, "otlp"), request(t, true, parts...))
		require.Len(t, got.events, 1, size)
	}
}

func TestASpanThatIsDeliveredTwiceCountsOnce(t *testing.T) {
	for _, parent := range []byte{0, 9} {
		p := chat(1, 1, parent, "user.id", "ann", "gen_ai.input.messages", text("user", "primes"))
		require.Len(
			t, joined(t, newReader(t, "otlp"), request(t, true, p), request(t, false, p)).events, 1,
		)
	}
	d := details(1, 1, "primes")
	require.Len(
		t, joined(t, newReader(t, "otlp"), request(t, true, d), request(t, false, d)).events, 1,
	)
}
