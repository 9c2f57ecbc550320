package campaign

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
)

const (
	// leastBits is the evidence from which a detector is shown: less is rounded to nothing. Bits
	// against are shown beyond mostPrice only: up to there they are what it costs a detector to
	// have been asked, and say nothing (detectors/evalue.go).
	leastBits, mostPrice = 0.1, 0.5
)

// measure takes a new measurement of the members that live.
func (v *evaluation) measure(c *Campaign, f *search.Found) {
	score := &f.Score
	readTerms(c, f.Members, v.search, &score.Scores)
	c.judge(&score.Scores, len(f.Members), &v.engine.o.Policy)
	c.tally(f.Members, v.search)
	labels := labelsOf(f.Members, v.search)
	c.shown.listModels(f.Members, v.search, labels)
	c.drawSample(f.Members[:min(len(f.Members), v.engine.o.SampleMembers)], v.search, labels)
	members := make([]*index.Account, 0, len(f.Members))
	for _, i := range f.Members {
		members = append(members, v.search.Population.At(i))
	}
	c.shown.listShared(members, labels, v.search.Assessor.Context.Baseline.Share)
	if len(c.Evidence) > 0 && !c.outdated &&
		score.Coordination+score.Harvest < c.Coordination+c.Harvest {
		// Keep the strongest measurement: members that were stopped must not lower it.
		return
	}
	c.outdated = false
	c.Coordination, c.Harvest = score.Coordination, score.Harvest
	c.Families = score.Agreeing()
	if c.kind() == KindCampaign {
		c.Explanation = decision.Hypotheses[score.Explanation].Name
	}
	c.Evidence = c.Evidence[:0]
	for i := range v.engine.registry {
		d, m := &v.engine.registry[i], score.Measures[i]
		if !score.Measured[i] || m.Bits < leastBits && m.Bits >= -mostPrice {
			continue
		}
		e := detectors.Evidence{
			Detector: d.Spec.ID, Axis: d.Spec.Axis, Family: d.Spec.Family, Bits: tenths(m.Bits),
		}
		e.Observed, e.Expected, e.Note = d.Explain(f.Group, m)
		c.Evidence = append(c.Evidence, e)
	}
}

// readTerms reads what the provider's records say of one customer's accounts: nothing of accounts
// that are no customer, whatever purposes each has.
func readTerms(c *Campaign, members []int32, s *search.Search, score *decision.Scores) {
	var t measure.Terms
	if c.kind() == KindAccount || c.kind() == KindCampaign && score.Customer {
		t = s.Population.Terms(members)
	}
	score.Allowed = t.Allow()
	c.Contract, c.Purpose, c.Allowed = t.Contract, t.Purpose, score.Allowed
}

// tenths rounds to a tenth of a bit.
func tenths(bits float64) float64 { return math.Round(10*bits) / 10 }

// tally adds up what the members sent and received.
func (c *Campaign) tally(members []int32, s *search.Search) {
	var requests, output int64
	first, last := int64(math.MaxInt64), int64(0)
	for _, i := range members {
		p := &s.Population.At(i).Profile
		requests += int64(p.Requests)
		output += int64(p.OutputTokens)
		first, last = min(first, p.FirstSeen), max(last, p.LastSeen)
	}
	c.Requests = max(c.Requests, requests)
	c.shown.output = output
	if c.FirstSeen == 0 || first < c.FirstSeen {
		c.FirstSeen = first
	}
	c.LastSeen = max(c.LastSeen, last)
}

// labelsOf holds the readable forms of the members' values, by hash.
func labelsOf(members []int32, s *search.Search) map[uint64]string {
	labels := map[uint64]string{}
	for _, i := range members {
		s.Population.At(i).EachLabel(func(_ attribute.Attribute, hash uint64, text string) {
			labels[hash] = text
		})
	}
	return labels
}

// listModels lists the models that the members asked.
func (x *shown) listModels(members []int32, s *search.Search, labels map[uint64]string) {
	models := map[uint64]bool{}
	for _, i := range members {
		for _, m := range s.Population.At(i).Profile.Models {
			models[m.Hash] = true
		}
	}
	x.models = x.models[:0]
	for h := range models {
		if t := labels[h]; t != "" {
			x.models = append(x.models, t)
		}
	}
	slices.Sort(x.models)
}

// drawSample describes some of the members.
func (c *Campaign) drawSample(members []int32, s *search.Search, labels map[uint64]string) {
	c.shown.sample = c.shown.sample[:0]
	holds := c.holds(s.Population)
	for _, i := range members {
		a := s.Population.At(i)
		p := &a.Profile
		m := Member{
			Account: p.Account, Org: p.Org, Requests: p.Requests,
			FirstSeen: p.FirstSeen, LastSeen: p.LastSeen,
			Stack: labels[p.Value(attribute.Stack)], Lead: leadOf(a, c.Model),
		}
		l := c.fit(a, s, true, holds)
		m.Agreement, m.Families = l.Agreement()
		c.shown.sample = append(c.shown.sample, m)
	}
}
