package campaign

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
)

// Inspector looks at an engine's findings and accounts without changing the engine: what it does
// next is the same whether anybody has looked or not. It must not be used while the engine is.
type Inspector struct{ engine *Engine }

// NewInspector makes the inspector of an engine.
func NewInspector(e *Engine) Inspector { return Inspector{e} }

// Prepare completes an engine that was filled from stored state and profiles, and that only an
// inspector will use: an evaluation would do the same.
func (x Inspector) Prepare() {
	for _, t := range x.engine.tenants {
		t.population.IndexPending()
	}
}

// Subject is what is asked about: the UID of a finding, the identity of a campaign, or the name of
// an account. Tenant may be empty where the ID is of one tenant only.
type Subject struct{ ID, Tenant string }

// UnknownError says that nothing is known of what was asked about.
type UnknownError struct {
	Subject Subject
	// Unread says that the profiles were not read, so that accounts in no finding are not known.
	Unread bool
}

// Error says what IDs look like.
func (e *UnknownError) Error() string {
	where := ""
	if e.Subject.Tenant != "" {
		where = " in tenant " + e.Subject.Tenant
	}
	s := fmt.Sprintf("nothing is known of %q%s: give a finding's uid (such as "+
		"27f3b5a0-3c55-5b0e-9a57-2f7a3c6f4c11), a campaign's identity (such as "+
		"c-0123456789abcdef), or an account's name as the gateway sends it; closed findings are "+
		"forgotten after correlate.memory, and accounts after fingerprint.horizon of silence",
		e.Subject.ID, where)
	if e.Unread {
		s += "; without the profiles only accounts that a finding names are known"
	}
	return s
}

// AmbiguousError says that several tenants have what was asked about.
type AmbiguousError struct {
	Subject Subject
	Tenants []string
}

// Error lists the tenants.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q is known in the tenants %s: say which", e.Subject.ID,
		strings.Join(e.Tenants, ", "))
}

// resolved is what a subject means.
type resolved struct {
	about  About
	engine *Engine
	tenant *tenant
	// campaign is nil for an account; past says that an earlier finding of it was asked for.
	campaign *Campaign
	past     bool
}

// engines are the engine, and the one whose findings are in shadow beside it.
func (x Inspector) engines() []*Engine {
	if s := x.engine.Shadow(); s != nil && s != x.engine {
		return []*Engine{x.engine, s}
	}
	return []*Engine{x.engine}
}

// resolve finds out what is asked about: a finding, else a campaign, else an account.
func (x Inspector) resolve(s Subject) (resolved, error) {
	var found []resolved
	for _, find := range []func(t *tenant, id string) (resolved, bool){
		findFinding, findCampaign, findAccount,
	} {
		for _, e := range x.engines() {
			for _, name := range sortedKeys(e.tenants) {
				if s.Tenant != "" && s.Tenant != name {
					continue
				}
				if r, ok := find(e.tenants[name], s.ID); ok {
					r.engine, r.tenant = e, e.tenants[name]
					found = append(found, r)
				}
			}
			if len(found) > 0 {
				break
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			e := &AmbiguousError{Subject: s}
			for _, r := range found {
				e.Tenants = append(e.Tenants, r.tenant.name)
			}
			return resolved{}, e
		}
	}
	return resolved{}, &UnknownError{Subject: s, Unread: x.engine.Accounts() == 0}
}

func findFinding(t *tenant, id string) (resolved, bool) {
	for _, c := range t.campaigns {
		if slices.Contains(uidsOf(c), id) {
			return resolved{about: AboutFinding, campaign: c, past: id != c.UID()}, true
		}
	}
	return resolved{}, false
}

func findCampaign(t *tenant, id string) (resolved, bool) {
	for _, c := range t.campaigns {
		if c.ID == id {
			return resolved{about: AboutCampaign, campaign: c}, true
		}
	}
	return resolved{}, false
}

func findAccount(t *tenant, id string) (resolved, bool) {
	if t.population.Named(id) != nil {
		return resolved{about: AboutAccount}, true
	}
	for _, c := range t.campaigns {
		if _, ok := c.Members[id]; ok || slices.Contains(c.Unnamed, id) {
			return resolved{about: AboutAccount}, true
		}
	}
	return resolved{}, false
}

// Findings lists the findings as their last records said, in no order: the open ones, and with
// closed those that are remembered. Of what the members share and look like, it holds nothing.
func (x Inspector) Findings(closed bool) (out []*Finding) {
	for _, e := range x.engines() {
		for _, name := range sortedKeys(e.tenants) {
			for _, c := range e.tenants[name].campaigns {
				var f *Finding
				switch {
				case !c.Closed:
					f = c.finding(Update, c.Modified)
				case closed && c.Sequence > 0:
					f = c.finding(Close, c.Modified)
				default:
					continue
				}
				if e.inShadow {
					f.Shadow = &Shadow{All: e.o.Shadow.All, AlsoAlerted: c.AlsoAlerted}
				}
				out = append(out, f)
			}
		}
	}
	return out
}

// Explain explains a finding, a campaign or an account at event time now (Unix ms). The error is an
// *UnknownError or an *AmbiguousError.
func (x Inspector) Explain(s Subject, now int64) (*Explanation, error) {
	r, err := x.resolve(s)
	if err != nil {
		return nil, err
	}
	look, done := Inspector{r.engine}.look(r.tenant, now)
	defer done()
	out := &Explanation{
		Schema: explanationSchema, About: r.about, ID: s.ID, Tenant: r.tenant.name, AsOf: now,
		Accounts: r.tenant.population.Len(), NotMeasured: look.whyNot,
	}
	if r.campaign == nil {
		out.Measured = look.whyNot == ""
		out.Account = accountExplainer{look}.explain(s.ID)
		return out, nil
	}
	w := look.weigh(r.campaign)
	out.Measured, out.NotMeasured = w.whyNot == "", w.whyNot
	out.Group = groupExplainer{look, r.campaign, w}.explain()
	out.Group.State.Past = r.past
	return out, nil
}

// look is an evaluation in which nothing is done.
type look struct {
	*evaluation

	// whyNot says why nothing can be measured; the search is not set up then.
	whyNot string
}

// look sets a tenant up to be measured at event time now; done puts everything back.
func (x Inspector) look(t *tenant, now int64) (l look, done func()) {
	l.evaluation = &evaluation{engine: x.engine, tenant: t, now: now, changed: map[string]bool{}}
	switch n, least := t.population.Len(), x.engine.o.MinPopulation; {
	case n == 0:
		l.whyNot = "no profiles were read"
	case n < least:
		l.whyNot = fmt.Sprintf("%s live, fewer than correlate.min_population (%d)", plural(n), least)
	case !t.isReady(now, &x.engine.o):
		l.whyNot = "correlate.warm_up is not over"
	}
	if l.whyNot != "" {
		return l, func() {}
	}
	done = measure.Aside(t.population)
	l.evaluation = x.engine.compare(t, now)
	// Its own scratch memory, and no scores of earlier evaluations.
	l.search.Memory, l.search.Trace = &search.Memory{}, nil
	for _, c := range t.campaigns {
		if isMeasured(c) {
			l.search.Claims.Add(c.live(t.population))
		}
	}
	return l, done
}

// brief names a campaign's current finding.
func brief(c *Campaign) FindingBrief {
	return FindingBrief{
		UID: c.UID(), Campaign: c.ID, Title: title(c), Severity: c.Severity, Closed: c.Closed,
		CloseReason: c.CloseReason, Opened: c.Opened, LastSeen: c.LastSeen, Members: len(c.Members),
	}
}

// similarShare is from how much in common on other campaigns are told of: half of what makes a
// group more of a campaign that is known.
const similarShare = sameCampaign / 2

// similar lists the other campaigns that are like one, open or closed, the most alike first.
func (t *tenant) similar(c *Campaign) []SimilarCampaign {
	out := []SimilarCampaign{}
	if c.Model == nil {
		return out
	}
	for _, o := range t.campaigns {
		if o == c || o.Model == nil {
			continue
		}
		share := o.Model.Similar(c.Model)
		if share < similarShare {
			continue
		}
		s := SimilarCampaign{FindingBrief: brief(o), Share: hundredths(share)}
		for name := range c.Members {
			if _, ok := o.Members[name]; ok {
				s.InCommon++
			}
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b SimilarCampaign) int {
		return cmp.Compare(b.Share, a.Share)
	})
	return out
}

// hundredths rounds a figure to be shown, and makes one that is none 0.
func hundredths(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return math.Round(100*v)/100 + 0 // adding 0 turns -0 into 0
}
