package campaign

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// crowded is a desk whose pool has users of an honest tool beside it.
func crowded(t *testing.T, o Options) (*Engine, *Finding, []string, []string) {
	t.Helper()
	w := newWorld(41)
	w.people(300)
	w.applications(80)
	from := len(w.out)
	w.tool(60)
	var crowd []string
	for i := range w.out[from:] {
		crowd = append(crowd, w.out[from+i].Account)
	}
	pool := w.pool(40, 60)
	out, e, err := w.run(o, nil)
	require.NoError(t, err)
	list := findings(out)
	require.Len(t, list, 1)
	return e, list[0], pool, crowd
}

// findingWithout says whether a campaign would be a finding if the engine had no such detectors:
// it is measured anew, which the counterfactuals do not do.
func findingWithout(e *Engine, c *Campaign, names ...string) (bool, Severity) {
	less := *e
	less.registry = slices.DeleteFunc(slices.Clone(e.registry), func(d detectors.Detector) bool {
		return slices.Contains(names, d.Spec.ID)
	})
	l, done := NewInspector(&less).look(e.tenants[c.Tenant], e.Next())
	defer done()
	w := l.weigh(c)
	o := w.outcome(&w.score)
	return o.Finding, o.Severity
}

func TestWhatIsSaidToDecideDecides(t *testing.T) {
	sizes := map[int]bool{}
	for _, change := range []func(o *Options){
		func(*Options) {},
		func(o *Options) { o.Total, o.Coordination, o.Harvest = 1, -3, 0.2 },
		func(o *Options) { o.Total, o.Operator = 10, 10 },
		func(o *Options) { o.Total, o.Coordination = -2, -9 },
		func(o *Options) { o.Total, o.Coordination, o.Harvest = -6, -9, -3 },
	} {
		o := DefaultOptions()
		change(&o)
		// The finding is made by the default thresholds, and judged by others.
		e, f, _, _ := crowded(t, DefaultOptions())
		e.o = o
		c := e.tenants["default"].campaigns[0]
		g := inspect(t, e, f.UID).Group
		require.True(t, g.Holds)
		for _, x := range g.Evidence {
			if x.Without == nil {
				require.Zero(t, x.Bits)
				continue
			}
			finding, severity := findingWithout(e, c, x.Detector)
			require.Equal(t, finding, x.Without.Finding, x.Detector)
			require.Equal(t, severity, x.Without.Severity, x.Detector)
			require.Equal(t, !finding, slices.Contains(g.Differs.Deciding, x.Detector), x.Detector)
			require.Equal(t, finding, len(x.Without.Misses) == 0)
		}
		require.NotNil(t, g.Differs.Fewest)
		set := g.Differs.Fewest.Detectors
		sizes[len(set)] = true
		finding, _ := findingWithout(e, c, set...)
		require.False(t, finding, "without all of %v", set)
		require.NotEmpty(t, g.Differs.Fewest.Outcome.Misses)
		for i := range set {
			finding, _ := findingWithout(e, c, slices.Delete(slices.Clone(set), i, i+1)...)
			require.True(t, finding, "without %v but for %s", set, set[i])
		}
		require.Equal(t, len(set) <= exactSize, g.Differs.Fewest.Exact)
	}
	require.True(t, sizes[1] || sizes[2] || sizes[3], "%v", sizes)
	require.Greater(t, len(sizes), 2, "sets of several sizes were looked at: %v", sizes)
}

func TestTheLeastThatCouldGoIsTheLeast(t *testing.T) {
	e, f, _, _ := crowded(t, DefaultOptions())
	c := e.tenants["default"].campaigns[0]
	d := inspect(t, e, f.UID).Group.Differs
	l, done := NewInspector(e).look(e.tenants["default"], e.Next())
	defer done()
	w := l.weigh(c)
	for name, x := range map[string]struct {
		could float64
		of    func(less float64) bool
	}{
		"coordination": {*d.Coordination, func(less float64) bool {
			a := w.score
			a.Coordination -= less
			return w.passes(&a)
		}},
		"harvest": {*d.Harvest, func(less float64) bool {
			a := w.score
			a.Harvest -= less
			return w.passes(&a)
		}},
	} {
		require.True(t, x.of(x.could), name)
		require.False(t, x.of(x.could+0.02), name)
	}
}

func TestAsManyAccountsAsAreSaidToBeEnoughAre(t *testing.T) {
	o := DefaultOptions()
	e, f, _, _ := crowded(t, o)
	// A threshold that leaves no room for the price of a small group.
	e.o.Total += inspect(t, e, f.UID).Group.Rules[0].Excess - 0.5
	e.o.Operator = 99
	least := inspect(t, e, f.UID).Group.Differs.LeastAccounts
	require.Greater(t, least, o.Search.MinGroup)
	l, done := NewInspector(e).look(e.tenants["default"], e.Next())
	defer done()
	w := l.weigh(e.tenants["default"].campaigns[0])
	for n, want := range map[int]bool{least: true, least - 1: false} {
		a := w.score
		a.Size = float64(n)
		require.Equal(t, want, w.passes(&a), n)
	}
}

func TestAFactDoesWhatIsSaidWhenItComesTrue(t *testing.T) {
	for what, change := range map[string]func(p *fingerprint.Profile){
		"they are one customer in the open": func(p *fingerprint.Profile) { p.Org = "org-1" },
		"you vouch for them as one customer": func(p *fingerprint.Profile) {
			p.Org, p.Verified = "org-1", true
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(21)
			w.people(300)
			w.applications(80)
			names := w.pool(48, 60)
			_, e, err := w.run(DefaultOptions(), nil)
			require.NoError(t, err)
			g := inspect(t, e, e.tenants["default"].campaigns[0].ID).Group
			at := slices.IndexFunc(g.Differs.Facts, func(f Fact) bool { return f.If == what })
			require.GreaterOrEqual(t, at, 0)
			said := g.Differs.Facts[at].Outcome
			require.Contains(t, g.Differs.Says, g.Differs.Facts[at].Says)
			for i := range names {
				change(&w.out[len(w.out)-len(names)+i])
			}
			_, list := w.turns(t)
			require.Equal(t, said.Finding, len(list) == 1)
			require.Equal(t, said.Severity, list[0].Severity)
		})
	}
}
