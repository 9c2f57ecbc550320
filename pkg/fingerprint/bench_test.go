package fingerprint

import (
	"runtime"
	"testing"
	"time"
)

func BenchmarkObserve(b *testing.B) {
	for name, kind := range map[string]func(account, n uint64, at int64) *Observation{
		"organic chat": chat,
		"a template with one slot": func(account, n uint64, at int64) *Observation {
			return templated(account, 7, n, at)
		},
		"64 + 64 shingles": func(account, n uint64, at int64) *Observation {
			o := request(account, n, at)
			o.Sketch.Turn = sorted(shingles(32, useTemplate, 1), shingles(32, useShingle, n))
			o.Sketch.System = sorted(shingles(64, useSystem, 1))
			return o
		},
	} {
		b.Run(name, func(b *testing.B) {
			f, list := steady(b, kind)
			before := f.seen
			n := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				o := list[n%uint64(len(list))]
				// Ids repeat after 4096 requests, far beyond what is remembered; time goes on.
				o.Time = f.last + 10_000
				if f.Observe(o) != OutcomeCounted {
					b.Fatal("not counted")
				}
				n++
			}
			if f.seen != before+n {
				b.Fatalf("counted %d of %d", f.seen-before, n)
			}
		})
	}
}

func BenchmarkProfile(b *testing.B) {
	f, list := steady(b, chat)
	var p Profile
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		list[i%len(list)].Time = f.last
		f.Observe(list[i%len(list)])
		i++
		b.StartTimer()
		f.Profile(&p)
	}
	if p.Requests == 0 || p.Prompts < 10_000 {
		b.Fatalf("%d requests, %d prompts", p.Requests, p.Prompts)
	}
}

func BenchmarkEncode(b *testing.B) {
	f, _ := steady(b, chat)
	var p Profile
	f.Profile(&p)
	o := sampleObservation()
	for name, x := range map[string]interface {
		AppendBinary(b []byte) ([]byte, error)
	}{"fingerprint": f, "profile": &p, "observation": o} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			var err error
			b.ReportAllocs()
			for b.Loop() {
				if buf, err = x.AppendBinary(buf[:0]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	f, _ := steady(b, chat)
	state, err := f.MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	profile, err := profileOf(f).MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	observation, err := sampleObservation().MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	var p Profile
	var o Observation
	for name, decode := range map[string]func() error{
		"fingerprint": func() error { return New(f.opts).UnmarshalBinary(state) },
		"profile":     func() error { return p.UnmarshalBinary(profile) },
		"observation": func() error { return o.Alias(observation) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := decode(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAccounts tells what an account of a fortnight costs: in memory, in the store and as a
// profile.
func BenchmarkAccounts(b *testing.B) {
	const accounts, requests = 500, 280
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		list := make([]*Fingerprint, accounts)
		opts := DefaultOptions()
		for i := range list {
			list[i] = New(&opts)
			for n := range uint64(requests) {
				at := origin + int64(n)*millis(14*24*time.Hour)/requests
				list[i].Observe(chat(uint64(i), n, at))
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		stored, profiles := 0, 0
		for _, f := range list {
			stored += len(encoded(b, f))
			profiles += len(encoded(b, profileOf(f)))
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/accounts, "heap-B/account")
		b.ReportMetric(float64(stored)/accounts, "stored-B/account")
		b.ReportMetric(float64(profiles)/accounts, "profile-B/account")
	}
}
