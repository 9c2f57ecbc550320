package campaign

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/axiomhq/hyperloglog"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// BenchmarkEvaluate measures one evaluation over a live population in which one account in fifty
// has changed since the last.
func BenchmarkEvaluate(b *testing.B) {
	for _, c := range []struct {
		name     string
		accounts int
		anew     bool
		shadow   []string
	}{
		{"1000 accounts", 1_000, false, nil},
		{"10000 accounts", 10_000, false, nil},
		{"100000 accounts", 100_000, false, nil},
		{"100000 accounts with a new baseline each time", 100_000, true, nil},
		{"100000 accounts with a detector in shadow", 100_000, false, []string{"hours"}},
		{"1000000 accounts", 1_000_000, false, nil},
	} {
		b.Run(c.name+", a pool of 200 among them", func(b *testing.B) {
			e, changing := populated(b, c.accounts, c.shadow)
			at := e.Next()
			b.ReportAllocs()
			for b.Loop() {
				if c.anew {
					e.tenants["default"].population.Baseline = nil
				}
				for i := range changing {
					e.Upsert(changing[i])
				}
				e.Advance(at + 1)
				at = e.Next()
			}
			if e.Open() != 1 {
				b.Fatalf("%d campaigns open, want 1", e.Open())
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapAlloc)/float64(c.accounts), "heap-B/account")
			runtime.KeepAlive(e)
		})
	}
}

// populated is an engine that has evaluated a population of n accounts and found its campaign, and
// the accounts of it that change. shadow names detectors in shadow.
func populated(b *testing.B, n int, shadow []string) (*Engine, []fingerprint.Profile) {
	b.Helper()
	w := newWorld(7)
	o := DefaultOptions()
	o.Shadow.Detectors = shadow
	e, err := New(o)
	if err != nil {
		b.Fatal(err)
	}
	var changing []fingerprint.Profile
	feed := func() {
		for i := range w.out {
			p := w.out[i]
			w.fill(b, &p)
			if i%50 == 0 {
				changing = append(changing, p)
			}
			e.Upsert(p)
		}
		clear(w.out)
		w.out = w.out[:0]
	}
	// A part at a time, or the profiles would be held twice.
	for range 10 {
		w.people(n * 7 / 100)
		feed()
	}
	w.applications(n * 2 / 10)
	feed()
	w.tool(n * 8 / 100)
	feed()
	w.class(40)
	w.pool(200, 40)
	feed()
	w.out = nil
	e.Advance(w.now)
	e.Advance(w.now + o.Interval.Milliseconds() + 1)
	if e.Open() != 1 {
		b.Fatalf("found %d campaigns, want 1", e.Open())
	}
	return e, changing
}

// fill gives a profile the rest of what one has, so that it takes as much memory: readable labels,
// models, conversations, the sketch of its prompts.
func (w *world) fill(b *testing.B, p *fingerprint.Profile) {
	b.Helper()
	p.PromptHLL = w.promptHLL(b)
	for range 12 {
		p.Served = append(p.Served, w.hash())
	}
	for i := range uint64(2) {
		p.Models = append(p.Models, fingerprint.ModelUse{
			Hash: 3 + i, Count: p.Requests / 2, First: p.FirstSeen,
		})
		p.Values[attribute.Model] = append(
			p.Values[attribute.Model], fingerprint.Counted{Hash: 3 + i, Count: p.Requests / 2},
		)
	}
	for f := range attribute.NumKept {
		for _, v := range p.Values[f] {
			if f > attribute.Device {
				p.Labels = append(p.Labels, fingerprint.Label{
					Attribute: f, Hash: v.Hash, Text: fmt.Sprintf("%s %010x", f, v.Hash>>24),
				})
			}
		}
	}
}

// promptHLL is a sketch of forty prompts.
func (w *world) promptHLL(b *testing.B) []byte {
	b.Helper()
	s := hyperloglog.New()
	for range 40 {
		s.InsertHash(w.hash())
	}
	out, err := s.MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	return out
}
