package baseline

import (
	"cmp"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Release is a model that appeared while the population was watched.
type Release struct {
	Model uint64
	// First is when anyone first asked it, in Unix milliseconds; Mean is the mean share of their
	// requests that accounts active since then send to it, SD its standard deviation.
	First    int64
	Mean, SD float64
}

const (
	// settled is how long the population must have been watched before a model counts as new, in
	// milliseconds: what is rare is met late.
	settled = Day / 2
	// adopters is the number of accounts from which a model is a release, not a private one.
	adopters = 5
)

// Releases are the models that appeared, oldest first.
func (c *Baseline) Releases() []Release { return c.releases }

// Share is the share of an account's requests since the release that went to the model, over all
// its requests as an estimate where it began before; active is false for an account that was silent
// since.
func (r *Release) Share(p *fingerprint.Profile) (share float64, active bool) {
	if p.LastSeen < r.First || p.Requests == 0 {
		return 0, false
	}
	var used, all float64
	for _, m := range p.Models {
		all += float64(m.Count)
		if m.Hash == r.Model {
			used = float64(m.Count)
		}
	}
	if all == 0 {
		return 0, false
	}
	// Requests are taken as spread evenly over the account's life.
	since := 1.0
	if life := float64(p.LastSeen - p.FirstSeen); p.FirstSeen < r.First && life > 0 {
		since = max(float64(p.LastSeen-r.First)/life, 1/all)
	}
	return min(1, used/(all*since)), true
}

// release finds the models that appeared, and how far the population moved to them.
func (c *Baseline) release(sample []Entity) {
	type seen struct {
		first int64
		n     int
	}
	models := map[uint64]seen{}
	var start int64
	for _, e := range sample {
		if p := e.Profile; start == 0 || p.FirstSeen < start {
			start = p.FirstSeen
		}
		for _, m := range e.Profile.Models {
			s := models[m.Hash]
			if s.n == 0 || m.First < s.first {
				s.first = m.First
			}
			s.n++
			models[m.Hash] = s
		}
	}
	for model, s := range models {
		if s.n < adopters || s.first < start+settled {
			continue
		}
		r := Release{Model: model, First: s.first}
		n, squares := 0.0, 0.0
		for _, e := range sample {
			if share, active := r.Share(e.Profile); active {
				r.Mean += share
				squares += share * share
				n++
			}
		}
		r.Mean /= max(n, 1)
		r.SD = math.Sqrt(max(0, squares/max(n, 1)-r.Mean*r.Mean))
		c.releases = append(c.releases, r)
	}
	slices.SortFunc(c.releases, func(a, b Release) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Model, b.Model))
	})
}
