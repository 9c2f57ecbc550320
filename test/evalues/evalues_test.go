package evalues

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
)

// The kinds of groups: drawn from all accounts, drawn from those with as many requests (within a
// factor of two), candidates of the search, and candidates whose members were fitted.
const (
	uniform  = "uniform"
	band     = "band"
	selected = "selected"
	fitted   = "fitted"
)

// sets holds the bits of groups, by kind. A detector that says nothing of a group has no entry.
type sets map[string][]map[string]float64

func (s sets) add(kind string, bits map[string]float64) { s[kind] = append(s[kind], bits) }

var write = flag.String("write", "", "measure many worlds and write the figures to this file")

func TestBitsAreEvidence(t *testing.T) {
	s := size{
		seeds: []uint64{1, 2, 3, 4}, accounts: 300, duration: 30 * time.Hour,
		moments: 3, draws: 150,
	}
	if *write != "" {
		s = size{accounts: 500, duration: 40 * time.Hour, moments: 5, draws: 400}
		for seed := range uint64(16) {
			s.seeds = append(s.seeds, 100+seed)
		}
	}
	worlds := make([]sets, 0, len(s.seeds))
	for _, seed := range s.seeds {
		w := world{size: s, seed: seed}
		w.play(t)
		worlds = append(worlds, w.sets)
	}
	all := map[string]map[string]detectors.Figures{}
	for _, d := range detectors.All() {
		id := d.Spec.ID
		all[id] = map[string]detectors.Figures{}
		for _, kind := range []string{uniform, band, selected, fitted} {
			all[id][kind] = figures(worlds, kind, id)
		}
	}
	t.Log(table(all))
	if *write != "" {
		data, err := json.MarshalIndent(all, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(*write, append(data, '\n'), 0o644))
	}
	var wrong []string
	for id, of := range all {
		if f := of[uniform]; f.Mean-standardErrors*f.Error > 1+negligible && !broken[id] {
			wrong = append(wrong, fmt.Sprintf("%s: %.3f +- %.3f", id, f.Mean, f.Error))
		}
	}
	slices.Sort(wrong)
	require.Empty(t, wrong, "the mean of 2^bits over random groups is more than 1")
}

// negligible is what a mean may lie above 1: a hundredth of a bit. A detector that says nothing of
// most groups, and something of one in a thousand that have it by chance, cannot pay for these.
const negligible = 0.007

// broken lists the detectors that break the law, until they are mended. Their figures are in
// docs/detectors.md.
var broken = map[string]bool{
	// 1.03: the few accounts that import histories are in strata of their own.
	"unserved": true,
}

// standardErrors is how far above 1 a mean may lie: one law in 700 does by chance.
const standardErrors = 3

// rare is the quantile that is shown of the bits.
const rare = 0.999

// figures of a detector over the groups of a kind. What it says nothing of has 0 bits.
func figures(worlds []sets, kind, id string) (f detectors.Figures) {
	var bits []float64
	for _, w := range worlds {
		for _, b := range w[kind] {
			bits = append(bits, b[id])
			if _, ok := b[id]; ok {
				f.Measured++
			}
		}
	}
	if f.Groups = len(bits); f.Groups == 0 {
		return f
	}
	n := float64(len(bits))
	for _, b := range bits {
		f.Mean += math.Exp2(b) / n
	}
	// The groups of one world have accounts in common: the error is that of independent worlds, or
	// that of independent groups where it is larger.
	groups, clusters := 0.0, 0.0
	for _, w := range worlds {
		sum := 0.0
		for _, b := range w[kind] {
			d := math.Exp2(b[id]) - f.Mean
			groups += d * d
			sum += d
		}
		clusters += sum * sum
	}
	f.Error = math.Sqrt(math.Max(groups, clusters)) / n
	slices.Sort(bits)
	f.Rare = bits[min(len(bits)-1, int(rare*n))]
	return f
}

func table(all map[string]map[string]detectors.Figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-17s", "detector")
	for _, kind := range []string{uniform, band, selected, fitted} {
		fmt.Fprintf(&b, " | %-8s measured    mean   error 99.9 %%", kind)
	}
	b.WriteByte('\n')
	for _, d := range detectors.All() {
		fmt.Fprintf(&b, "%-17s", d.Spec.ID)
		for _, kind := range []string{uniform, band, selected, fitted} {
			f := all[d.Spec.ID][kind]
			fmt.Fprintf(&b, " | %8d %7d %8.3f %7.3f %6.2f",
				f.Groups, f.Measured, f.Mean, f.Error, f.Rare)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
