package campaign

import (
	"runtime"
	"testing"
)

// BenchmarkEvaluate measures one evaluation over a live population in which one account in fifty has changed since the last.
func BenchmarkEvaluate(b *testing.B) {
	for _, c := range []struct {
		accounts int
		anew     bool
		name     string
	}{
		{1_000, false, "1000 accounts"},
		{10_000, false, "10000 accounts"},
		{100_000, false, "100000 accounts"},
		{100_000, true, "100000 accounts with a new census each time"},
		{1_000_000, false, "1000000 accounts"},
	} {
		n := c.accounts
		b.Run(c.name+", a pool of 200 among them", func(b *testing.B) {
			w := newWorld(7)
			w.people(n * 7 / 10)
			w.applications(n * 2 / 10)
			w.tool(n * 8 / 100)
			w.class(40)
			w.pool(200, 40)
			o := DefaultOptions()
			_, e, err := w.run(o, nil)
			if err != nil {
				b.Fatal(err)
			}
			if e.Open() != 1 {
				b.Fatalf("found %d campaigns, want 1", e.Open())
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			at := e.Next()
			b.ReportAllocs()
			for b.Loop() {
				if c.anew {
					e.tenants["default"].census = nil
				}
				for i := 0; i < len(w.out); i += 50 {
					e.Upsert(w.out[i])
				}
				e.Advance(at + 1)
				at = e.Next()
			}
			if e.Open() != 1 {
				b.Fatalf("%d campaigns open, want 1", e.Open())
			}
			// The synthetic profiles are held twice, here and by the engine's slices into them: what is reported is the upper bound.
			b.ReportMetric(float64(m.HeapAlloc)/float64(n), "heap-B/account")
		})
	}
}
