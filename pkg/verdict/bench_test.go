package verdict

import (
	"fmt"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// implicatedRecord is a record as Stillwatch writes it: of account i, in a finding of 400.
func implicatedRecord(i int) (key, value []byte) {
	account := fmt.Sprintf("acct_%012d", i)
	return []byte("acme/" + account), fmt.Appendf(nil,
		`{"account":%q,"tenant":"acme","time":1772432400000,"status":"implicated","findings":[`+
			`{"uid":"a27d933d-0000-5000-8000-%012d","severity_id":4,"confidence":86,"since":1772428800000}]}`,
		account, i/400)
}

func filledTable(tb testing.TB, n int) *Table {
	tb.Helper()
	t := NewTable()
	for i := range n {
		require.NoError(tb, t.Update(implicatedRecord(i)))
	}
	return t
}

var sizes = []int{1_000, 1_000_000}

func BenchmarkLookup(b *testing.B) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			table := filledTable(b, n)
			runtime.GC()
			runtime.ReadMemStats(&after)
			// Names in an order that no cache foresees, and not the strings that the table holds.
			const asked = 1 << 16
			names := make([]string, asked)
			for i := range names {
				names[i] = fmt.Sprintf("acct_%012d", i*7919%n)
			}
			for _, who := range []struct {
				name  string
				found Status
			}{{"known", Implicated}, {"unknown", Unknown}} {
				tenant := "acme"
				if who.found == Unknown {
					tenant = "other"
				}
				b.Run(who.name, func(b *testing.B) {
					b.ReportAllocs()
					began := cpuTime(b)
					i := 0
					for b.Loop() {
						if s := table.Lookup(tenant, names[i&(asked-1)]); s.Status != who.found {
							b.Fatal(s.Status)
						}
						i++
					}
					b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
				})
			}
			b.Run("decision", func(b *testing.B) {
				opts := DefaultOptions()
				opts.StaleAfter = time.Hour
				c, err := New(opts, nil)
				require.NoError(b, err)
				c.table = table
				c.current(time.Now())
				b.ReportAllocs()
				began := cpuTime(b)
				i := 0
				for b.Loop() {
					if d := c.Decide("acme", names[i&(asked-1)]); d.Reason != ByFinding {
						b.Fatal(d.Reason)
					}
					i++
				}
				b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
			})
			b.Run("known in parallel", func(b *testing.B) {
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for i := 0; pb.Next(); i++ {
						if s := table.Lookup("acme", names[i&(asked-1)]); s.Status != Implicated {
							b.Error(s.Status)
						}
					}
				})
			})
			b.Run("memory", func(b *testing.B) {
				for b.Loop() {
					runtime.KeepAlive(table)
				}
				grown := float64(after.HeapAlloc) - float64(before.HeapAlloc)
				b.ReportMetric(grown/float64(n), "heap-B/account")
			})
		})
	}
}

func BenchmarkUpdate(b *testing.B) {
	const accounts = 100_000
	keys, values := make([][]byte, accounts), make([][]byte, accounts)
	for i := range accounts {
		keys[i], values[i] = implicatedRecord(i)
	}
	table := NewTable()
	b.ReportAllocs()
	began := cpuTime(b)
	i := 0
	for b.Loop() {
		if err := table.Update(keys[i%accounts], values[i%accounts]); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
}

// cpuTime is what this process has used of the processors, which on a machine that others use tells
// more than the time that has passed.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
