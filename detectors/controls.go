package detectors

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/baseline"
)

// Compared says whom the members of a group were compared with (matched controls: Rosenbaum,
// Observational Studies, 2002). What a program does, all who use it do; so users of the same
// program come first, then accounts of the same kind of client, age and volume.
type Compared uint8

// The controls, the closest last.
const (
	WithAll Compared = iota
	WithKind
	WithAlike
	WithProgram
)

// String names the controls for findings.
func (w Compared) String() string {
	return [...]string{
		"all accounts", "accounts of the same kind", "accounts of the same kind, age and volume",
		"users of the same program",
	}[w]
}

// mostOwn is the share of the controls that may be the group's own. They are taken out by
// arithmetic, with what they were when the baseline was taken: at three quarters, what has changed
// about them since counts three times.
const mostOwn = 0.75

// stratum is whom the members of a stratum of the baseline are compared with.
type stratum struct {
	// counted is how many of the stratum's accounts are of the group.
	counted float64
	// feature is what control was chosen for: one more than the feature, 0 before any.
	feature baseline.Feature
	control control
	// n is the weight of the members that report the feature; mean and rank are the sums of their
	// figures in the group and of their ranks among the controls. inBaseline holds those of their
	// figures in the baseline, which differ where slices are measured.
	n, mean, rank float64
	inBaseline    struct{ n, mean, square, rank float64 }
}

// control is some accounts to compare with, of which the group's own are a share.
type control struct {
	*baseline.Controls
	own      float64
	compared Compared
}

// Match compares the members with users of the same program from now on, where there are enough.
// That takes time, so only groups that are about to be reported are matched.
func (g *Group) Match() {
	if g.matched || g.SameProgram == nil {
		return
	}
	g.matched = true
	if g.program = g.SameProgram(); g.program != nil {
		clear(g.ranks[:])
		g.strata = nil
	}
}

// control chooses whom the members of stratum s are compared with in a feature: the closest of
// which enough are left without the group's own.
func (g *Group) control(s baseline.Stratum, f baseline.Feature, c *Context) *stratum {
	at := &g.strata[s]
	if at.feature == f+1 {
		return at
	}
	*at = stratum{counted: at.counted, feature: f + 1}
	at.control = control{c.Baseline.Everybody(), g.SelfShare, WithAll}
	kind, own := c.Baseline.OfKind(s), g.kinds[c.Baseline.Kind(s)]
	if g.closer(&at.control, kind, WithKind, f, own) {
		g.closer(&at.control, c.Baseline.OfStratum(s), WithAlike, f, at.counted)
	}
	if g.program != nil {
		g.closer(&at.control, g.program, WithProgram, f, 0)
	}
	return at
}

// closer takes other controls, of which so many are the group's own, when enough are left.
func (g *Group) closer(
	to *control, others *baseline.Controls, as Compared, f baseline.Feature, own float64,
) bool {
	if others == nil || others.N == 0 {
		return false
	}
	share := own / float64(others.N)
	if share > mostOwn || (1-share)*float64(others.Known(f)) < baseline.LeastControls {
		return false
	}
	*to = control{others, share, as}
	return true
}

// countStrata says in which stratum each member lies, and counts the group's own accounts in the
// baseline's strata.
func (g *Group) countStrata(c *Context) {
	g.strata = make([]stratum, c.Baseline.Strata())
	each := math.Max(g.Scale, 1) * c.Baseline.Sampled()
	for i := range g.Members {
		m := &g.Members[i]
		m.stratum = c.Baseline.Stratum(m.Profile)
		if m.Counted != 0 {
			g.strata[m.Counted].counted += each * m.Weight
		}
	}
	clear(g.kinds[:])
	for s := 1; s < len(g.strata); s++ {
		g.kinds[c.Baseline.Kind(baseline.Stratum(s))] += g.strata[s].counted
	}
}

// ranked is how the members compare with their controls in a feature.
type ranked struct {
	// mean is the members' mean, auc their mean rank (the chance that a member exceeds a control),
	// median and others the controls' median and mean.
	mean, auc, median, others float64
	// sd is the controls' standard deviation.
	sd float64
	// n is the weight of the members that report it, controls the number of controls.
	n, controls float64
	compared    Compared
	ok          bool
}

// rank compares the members with their controls.
func (g *Group) rank(f baseline.Feature, c *Context) *ranked {
	if g.ranks[f] == nil {
		g.ranks[f] = g.compare(f, c)
	}
	return g.ranks[f]
}

func (g *Group) compare(f baseline.Feature, c *Context) *ranked {
	r := &ranked{}
	if g.strata == nil {
		g.countStrata(c)
	}
	var used []*stratum
	for i := range g.Members {
		m := &g.Members[i]
		x := m.figures()
		if !x.Known(f) {
			continue
		}
		at := g.control(m.stratum, f, c)
		q, ok := at.control.Rank(f, x[f])
		if !ok {
			continue
		}
		if at.n == 0 {
			used = append(used, at)
		}
		at.n += m.Weight
		at.mean += m.Weight * x[f]
		at.rank += m.Weight * q
		at.count(m, f, q)
	}
	among := g.exceeds(f)
	var by [WithProgram + 1]float64
	for i, at := range used {
		at.addTo(r, f, among)
		by[at.control.compared] += at.n
		same := func(o *stratum) bool { return o.control.Controls == at.control.Controls }
		if !slices.ContainsFunc(used[:i], same) {
			r.controls += (1 - at.control.own) * float64(at.control.Known(f))
		}
	}
	if r.n == 0 {
		return r
	}
	r.ok = true
	r.mean /= r.n
	r.auc /= r.n
	r.median /= r.n
	r.others /= r.n
	r.sd /= r.n
	for w, n := range by {
		if n > by[r.compared] {
			r.compared = Compared(w)
		}
	}
	return r
}

// count adds what a member is in the baseline, of which q is the rank of its figure in the group.
func (at *stratum) count(m *Member, f baseline.Feature, q float64) {
	x := m.Vector[f]
	if m.slice != nil {
		if !m.Vector.Known(f) {
			return
		}
		q, _ = at.control.Rank(f, x)
	}
	b := &at.inBaseline
	b.n += m.Weight
	b.mean += m.Weight * x
	b.square += m.Weight * x * x
	b.rank += m.Weight * q
}

// addTo adds what the members of a stratum show, without their own part of the controls; among is
// their mean rank among the latter.
func (at *stratum) addTo(r *ranked, f baseline.Feature, among float64) {
	own, b := at.control.own, &at.inBaseline
	if b.n == 0 {
		own = 0
	}
	n := math.Max(b.n, tiny)
	without := func(rank, among float64) float64 {
		return math.Max(0, math.Min(1, (rank-own*among)/(1-own)))
	}
	// Among its own the group ranks in the middle, unless slices are measured; what counts is its
	// rank among the others.
	auc := without(at.rank/at.n, among)
	// As many of its own lie below the others' median as the others rank above them.
	below := chanceRank*(1-own) + own*(1-without(b.rank/n, chanceRank))
	r.n += at.n
	r.mean += at.mean
	r.auc += at.n * auc
	r.median += at.n * at.control.Quantile(f, below)
	others := math.Max(0, (at.control.Mean(f)-own*b.mean/n)/(1-own))
	square := (at.control.MeanSquare(f) - own*b.square/n) / (1 - own)
	r.others += at.n * others
	r.sd += at.n * math.Sqrt(math.Max(0, square-others*others))
}

// weight is the number of members that counts. With few controls a mean is as uncertain as with
// few members: its variance goes with 1/members + 1/controls (Mann & Whitney 1947).
func (r *ranked) weight() float64 { return r.n * r.controls / (r.n + r.controls) }

// oneSided takes a standard error off a mean rank above chance. Evidence that can only be positive
// needs it, since chance goes up as often as down: without, random groups would earn bits on
// average.
func (r *ranked) oneSided() *ranked {
	x := *r
	x.auc = math.Max(chanceRank, r.auc-math.Sqrt(rankVariance/r.weight()))
	return &x
}

// rankVariance is that of one random rank, the variance of a uniform distribution.
const rankVariance = 1.0 / 12

// logOdds turns the members' mean rank into bits, log2(AUC / (1 - AUC)), shrunk towards chance as
// if priorWeight random accounts had joined the group.
func logOdds(r *ranked, priorWeight float64) float64 {
	n := r.weight()
	auc := (r.auc*n + chanceRank*priorWeight) / (n + priorWeight)
	auc = math.Max(leastRank, math.Min(1-leastRank, auc))
	return math.Log2(auc / (1 - auc))
}
