package campaign

import (
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

const (
	// leastBits is the evidence from which a detector is shown: less is rounded to nothing.
	leastBits = 0.1
	// sharedValues bounds the values shown of one trait, sharedShare is the share of members from
	// which a value is shown.
	sharedValues = 3
	sharedShare  = 0.1
)

// measure takes a new measurement of the members that live.
func (v *evaluation) measure(c *Campaign, f *search.Found) {
	score := &f.Score
	c.judge(&score.Scores, len(f.Members), &v.engine.o.Policy)
	labels := v.tally(c, f.Members)
	v.drawSample(c, f.Members, labels)
	v.listShared(c, labels)
	if len(c.Evidence) > 0 && score.Coordination+score.Harvest < c.Coordination+c.Harvest {
		// Keep the strongest measurement: members that were stopped must not lower it.
		return
	}
	c.Coordination, c.Harvest = score.Coordination, score.Harvest
	c.Planes = score.Agreeing()
	c.Evidence = c.Evidence[:0]
	for i := range v.engine.registry {
		d, m := &v.engine.registry[i], score.Measures[i]
		if !score.Measured[i] || math.Abs(m.Bits) < leastBits {
			continue
		}
		e := detectors.Evidence{
			Detector: d.Spec.ID, Axis: d.Spec.Axis, Plane: d.Spec.Plane, Bits: tenths(m.Bits),
		}
		e.Observed, e.Expected, e.Note = d.Explain(f.Group, m)
		c.Evidence = append(c.Evidence, e)
	}
}

// tenths rounds to a tenth of a bit.
func tenths(bits float64) float64 { return math.Round(10*bits) / 10 }

// tally adds up what the members sent and received, and returns the readable forms of their values.
func (v *evaluation) tally(c *Campaign, members []int32) (labels map[uint64]string) {
	var requests, output int64
	first, last := int64(math.MaxInt64), int64(0)
	models := map[uint64]bool{}
	labels = map[uint64]string{}
	for _, i := range members {
		a := v.account(i)
		p := &a.Profile
		requests += int64(p.Requests)
		output += int64(p.OutputTokens)
		first, last = min(first, p.FirstSeen), max(last, p.LastSeen)
		for _, m := range p.Models {
			models[m.Hash] = true
		}
		a.EachLabel(func(_ fingerprint.Facet, hash uint64, text string) { labels[hash] = text })
	}
	c.Requests = max(c.Requests, requests)
	c.output = output
	if c.FirstSeen == 0 || first < c.FirstSeen {
		c.FirstSeen = first
	}
	c.LastSeen = max(c.LastSeen, last)
	c.models = c.models[:0]
	for h := range models {
		if t := labels[h]; t != "" {
			c.models = append(c.models, t)
		}
	}
	slices.Sort(c.models)
	return labels
}

// drawSample describes some of the members.
func (v *evaluation) drawSample(c *Campaign, members []int32, labels map[uint64]string) {
	c.sample = c.sample[:0]
	for _, i := range members[:min(len(members), v.engine.o.SampleMembers)] {
		a := v.account(i)
		p := &a.Profile
		m := Member{
			Account: p.Account, Org: p.Org, Requests: p.Requests,
			FirstSeen: p.FirstSeen, LastSeen: p.LastSeen,
			Stack: labels[census.Value(p, census.Trait(fingerprint.Stack))],
		}
		l := v.fit(c, a, true)
		m.Agreement, m.Planes = l.Agreement()
		c.sample = append(c.sample, m)
	}
}

// listShared lists the readable values that the members share.
func (v *evaluation) listShared(c *Campaign, labels map[uint64]string) {
	c.shared = c.shared[:0]
	for _, t := range c.Model.Traits {
		if t.Trait >= census.Trait(fingerprint.NumFacets) {
			continue
		}
		for _, x := range t.Values[:min(len(t.Values), sharedValues)] {
			if text := labels[x.Value]; text != "" && x.Share >= sharedShare {
				c.shared = append(c.shared, SharedFacet{
					Facet: fingerprint.Facet(t.Trait).String(), Value: text,
					Share: x.Share, Census: v.context().Census.Share(t.Trait, x.Value),
				})
			}
		}
	}
}
