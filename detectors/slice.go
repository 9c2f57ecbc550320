package detectors

import (
	"cmp"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// A group's slice is the members' requests that carry the group's text. On a leased account they
// are beside those of its owner, whose own programs make it an individual and whose answers are as
// short as anybody's; so what the group's work looks like is measured on its slice.

const (
	// sliceRequests is the number of requests from which a slice has figures of its own, as it is
	// from which an account's templated requests have (baseline.Sliced).
	sliceRequests = 3
	// slightPart is one in how many of an account's requests, or of its templated ones, the slice
	// is less than for their figures not to be its own.
	slightPart = 2
)

// templateSet is a set of the templates of an account: one bit for each.
type templateSet uint8

// allTemplates are all that an account's habits tell apart.
const allTemplates templateSet = 1<<fingerprint.MaxTemplates - 1

// slice finds the templates of each member that are the group's text: those named by a shared
// shingle.
func (g *Group) slice(shared map[uint64]*Shared) {
	var uses [fingerprint.MaxTemplates]fingerprint.TemplateUse
	g.sliceWeight, g.beside, g.sliced = 0, 0, false
	for i := range g.Members {
		m := &g.Members[i]
		m.templates, m.slice = 0, nil
		clear(m.texts[:])
		var all fingerprint.TemplateUse
		for k := range m.Profile.Habits.Uses(&uses) {
			if of := shared[uses[k].Name]; of != nil {
				m.templates |= 1 << k
				m.texts[k] = of.Text
				all.Add(&uses[k])
			}
		}
		if m.templates == 0 {
			continue
		}
		g.sliceWeight += m.Weight
		p := m.Profile
		if slightPart*all.Requests < p.WithText {
			g.beside += m.Weight
		}
		own := !baseline.Sliced(p) || slightPart*all.Requests < p.TemplateRequests
		if own && all.Requests >= sliceRequests {
			v := baseline.OfTemplate(m.Vector, p, &all)
			m.slice, g.sliced = &v, true
		}
	}
}

// work splits a member's habits into the group's slice and the rest: by the templates that are the
// group's text where most members show such ones, else by whether requests carry any template. ok
// is false for a member without such a template among others that have them.
func (g *Group) work(
	m *Member, h *fingerprint.Habits,
) (work, rest fingerprint.PartHabits, ok bool) {
	set := allTemplates
	if g.most(g.sliceWeight) {
		if set = m.templates; set == 0 {
			return work, rest, false
		}
	}
	for i := range h.Parts {
		if set>>i&1 == 1 {
			work.Add(&h.Parts[i])
		} else {
			rest.Add(&h.Parts[i])
		}
	}
	return work, rest, true
}

// eachSlice calls f with the templated requests of each member that is compared, and its others;
// with none where the group has no text.
func (g *Group) eachSlice(c *Context, f func(i int, slice, rest *fingerprint.PartHabits)) {
	if !g.Work.HasText() {
		return
	}
	for i := range g.Members[:min(len(g.Members), mostCompared)] {
		h := &c.habits
		if !g.Members[i].Profile.Habits.Unpack(h) {
			continue
		}
		if slice, rest, ok := g.work(&g.Members[i], h); ok {
			f(i, &slice, &rest)
		}
	}
}

// firstMembers is one in how many members have sent their first request by the group's templates
// when its work began: a single one may have had the text before.
const firstMembers = 10

// Began is the hour since 1970 in which the work by the group's templates began, 0 where unknown.
func (g *Group) Began() uint32 {
	var hours []uint32
	var uses [fingerprint.MaxTemplates]fingerprint.TemplateUse
	for i := range g.Members {
		m := &g.Members[i]
		var all fingerprint.TemplateUse
		for k := range m.Profile.Habits.Uses(&uses) {
			if m.templates>>k&1 == 1 {
				all.Add(&uses[k])
			}
		}
		if all.Since > 0 {
			hours = append(hours, all.Since)
		}
	}
	if len(hours) == 0 {
		return g.Since
	}
	slices.Sort(hours)
	first := hours[len(hours)/firstMembers]
	if g.Since > 0 {
		return min(first, g.Since)
	}
	return first
}

// templateWork is what a member sent by one template: it is compared with what others sent by it.
type templateWork struct {
	// template is the number of the text that the template is of, or its name where it is of none.
	template uint64
	part     fingerprint.PartHabits
}

// byTemplate is a member's work by template: by the group's where most members show such ones, else
// by its own. Templates of one text are one. The answer holds until it is asked again.
func (g *Group) byTemplate(c *Context, m *Member, h *fingerprint.Habits) []templateWork {
	out, set := c.work[:0], allTemplates
	if g.most(g.sliceWeight) {
		set = m.templates
	}
	for k := range h.Templates {
		template := cmp.Or(uint64(m.texts[k]), h.Templates[k].Name)
		if set>>k&1 == 0 || template == 0 {
			continue
		}
		i := slices.IndexFunc(out, func(w templateWork) bool { return w.template == template })
		if i < 0 {
			i = len(out)
			out = append(out, templateWork{template: template})
		}
		out[i].part.Add(&h.Parts[k])
	}
	c.work = out
	return out
}

// templatedOr are the members' requests by each template where the group has a text and most of
// them can be compared by such ones, else all of their requests.
func (g *Group) templatedOr(all, templated *pairs) *pairs {
	if 2*templated.comparable() >= all.len() && g.Work.HasText() {
		return templated
	}
	return all
}

// figures are a member's features in the group: of its slice where it has one.
func (m *Member) figures() *baseline.Vector {
	if m.slice != nil {
		return m.slice
	}
	return m.Vector
}

// isBeside says whether the group's text is in the smaller part of most members' requests, beside
// what the account does otherwise. What only the whole account shows, such as its hours, is then
// not the group's.
func (g *Group) isBeside() bool { return g.most(g.beside) }

// exceeds is the mean rank of the members' figures among what the same members are in the baseline:
// a half unless slices are measured.
func (g *Group) exceeds(f baseline.Feature) float64 {
	if !g.sliced {
		return chanceRank
	}
	sum, n := 0.0, 0.0
	for i := range g.Members {
		x := g.Members[i].figures()[f]
		if math.IsNaN(x) {
			continue
		}
		for j := range g.Members {
			y := g.Members[j].Vector[f]
			switch {
			case x > y:
				sum++
			case x == y:
				sum += chanceRank
			case math.IsNaN(y):
				continue
			}
			n++
		}
	}
	if n == 0 {
		return chanceRank
	}
	return sum / n
}
