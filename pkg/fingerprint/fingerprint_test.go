package fingerprint

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const start = int64(1_788_000_000_000)

func TestSmoke(t *testing.T) {
	opts := DefaultOptions()
	require.NoError(t, opts.Validate())
	f := New(&opts)
	for i := range 5000 {
		o := &Observation{Time: start + int64(i)*60_000, ID: uint64(i+1) * 0x9e3779b97f4a7c15, Tenant: "t", Account: "a", InputTokens: 10, OutputTokens: 20, ReasoningTokens: -1, Messages: 1, Status: StatusOK, HasText: true}
		o.Sketch.Exact = o.ID
		o.Facets[Stack] = 7
		o.Labels[Stack] = "curl/8"
		h := o.ID
		for range 10 {
			h = h*6364136223846793005 + 1442695040888963407
			o.Sketch.Turn = append(o.Sketch.Turn, h>>2)
		}
		o.Sketch.Turn = append(o.Sketch.Turn, 1, 2, 3)
		slices.Sort(o.Sketch.Turn)
		require.Equal(t, OutcomeCounted, f.Observe(o))
		b, err := o.MarshalBinary()
		require.NoError(t, err)
		var back Observation
		require.NoError(t, back.UnmarshalBinary(b))
		require.Equal(t, *o, back)
		if i%500 == 10 {
			b, err := f.MarshalBinary()
			require.NoError(t, err)
			g := New(&opts)
			require.NoError(t, g.UnmarshalBinary(b))
			b2, _ := g.MarshalBinary()
			require.Equal(t, b, b2)
			var p, q Profile
			f.Profile(&p)
			pb, err := p.MarshalBinary()
			require.NoError(t, err)
			require.NoError(t, q.UnmarshalBinary(pb))
			pb2, _ := q.MarshalBinary()
			require.Equal(t, pb, pb2)
			t.Log(i, len(b), len(pb), p.Prompts, p.Requests, p.Requests1h, p.Requests24h, len(p.Scaffold), p.Scaffold[0])
		}
	}
}
