package gateway

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// traffic is a random stream of calls of all kinds, their parts in records of their own, seconds
// apart, some of them out of order.
func traffic(t testing.TB, rng *rand.Rand, minutes int) (records [][]byte) {
	type timed struct {
		at   float64
		data []byte
	}
	var all []timed
	add := func(at, late float64, data []byte) {
		all = append(all, timed{at + late*rng.Float64(), data})
	}
	shift := func(p part, at float64) part {
		p.from, p.to = p.from+at, p.to+at
		return p
	}
	number := 0
	for at := 0.0; at < float64(60*minutes); at += rng.ExpFloat64() * 2 {
		number++
		trace := uint16(3 * number)
		kind := calls[rng.IntN(len(calls))]
		for _, p := range kind.parts {
			if rng.IntN(20) == 0 {
				continue // Lost.
			}
			p = shift(p, at)
			p.trace += trace
			add(at, []float64{1, 10, 40}[rng.IntN(3)], request(t, rng.IntN(2) == 0, p))
		}
		if rng.IntN(3) == 0 {
			id := fmt.Sprint("c", number)
			for n := range 3 {
				add(at, []float64{1, 10, 110}[rng.IntN(3)], apimPiece("GatewayLlmLogs", id, at,
					fmt.Sprintf(`,"modelName":"m","sequenceNumber":%d,"requestMessages":"x%d"`,
						n, n)))
			}
			add(at, 100, apimPiece("GatewayLogs", id, at, `,"apimSubscriptionId":"sub"`))
		}
	}
	slices.SortStableFunc(all, func(a, b timed) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	for _, a := range all {
		records = append(records, a.data)
	}
	return records
}

// visits reads a record and returns what came of it at which place.
func visits(r *Reader, n int, record []byte) (out []string) {
	i := 0
	r.Read(record, func(ev *event.Event, err error) bool {
		what := ev.ID
		if skip, ok := errors.AsType[*SkipError](err); ok {
			what = skip.Reason
		} else if err != nil {
			what = err.Error()
		}
		out = append(out, fmt.Sprintf(
			"%d.%d %s %d %q", n, i, what, ev.Usage.Output.V, ev.Content.Output,
		))
		i++
		return true
	})
	return out
}

func TestAReaderThatBeginsWhereMemoryEndsGoesOnAlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	records := traffic(t, rng, 20)
	require.Greater(t, len(records), 1000)
	whole := newReader(t, FormatAuto)
	clocks := make([]int64, len(records))
	held := make([]int, len(records))
	var want [][]string
	for i, record := range records {
		clocks[i], held[i] = whole.Clock(), whole.Held()
		want = append(want, visits(whole, i, record))
	}
	for range 60 {
		at := rng.IntN(len(records))
		from := at
		for from > 0 && clocks[from] > clocks[at]-whole.Memory().Milliseconds() {
			from--
		}
		again := newReader(t, FormatAuto)
		again.SetClock(clocks[from])
		for i := from; i < at; i++ {
			visits(again, i, records[i])
		}
		require.Equal(t, held[at], again.Held())
		for i := at; i < min(at+300, len(records)); i++ {
			require.Equal(t, want[i], visits(again, i, records[i]),
				"read again from %d to %d", from, at)
		}
	}
}
