package search

import (
	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
)

// cachedScore is a candidate's score with what it was measured on: a group whose members are the
// same and have hardly sent more is not measured again.
type cachedScore struct {
	// members is a hash of the accounts, requests what they have sent.
	members  uint64
	requests uint64
	baseline *baseline.Baseline

	score  decision.Assessment
	margin float64
	// used says that this evaluation met the candidate.
	used bool
	// failed says that its members were fitted since it was measured, and are no finding.
	failed bool
	// refined are its refinements, as of the accounts whose places had the hash refinedFrom: slots
	// are given away again, so the same accounts may be in others.
	refined     []candidate
	refinedFrom uint64
}

const (
	// moreRequests is the part by which the requests must have grown for a score to be measured
	// again: an eighth.
	moreRequests = 8
	// renewals is the number of candidates measured anew at each evaluation for a new baseline: a
	// fraction of a second's work.
	renewals = 1000
	// worse is by how many bits a candidate must come nearer to the thresholds for a new baseline
	// to be fitted at once.
	worse = 0.25
	// membersSeed keeps the hashes of a candidate's accounts apart from other hashes of them.
	membersSeed = 3
	// placesSeed is added to a slot, for the same reason.
	placesSeed = 7
)

// rescore measures a candidate without the accounts that are claimed; false when too few are left.
func (r *run) rescore(c *candidate) bool {
	c.members = r.Claims.Rest(c.members)
	if r.tooSmall(c.members) {
		return false
	}
	hash, requests := uint64(len(c.members)), uint64(0)
	for _, i := range c.members {
		a := r.Population.Slots[i]
		// A sum, because a set has no order.
		hash += index.Mix(a.Order, membersSeed)
		requests += uint64(a.Profile.Requests)
	}
	k := r.Memory.score(c.identity)
	k.used = true
	c.cached = k
	changed := k.members != hash || requests > k.requests+k.requests/moreRequests
	if changed || k.baseline != r.Assessor.Context.Baseline && r.afford(k) {
		before := k.margin
		k.members, k.requests, k.baseline = hash, requests, r.Assessor.Context.Baseline
		_, k.score = r.assess(c.members, c.defining, false)
		k.margin = r.margin(&k.score)
		if r.Trace == nil {
			// Only a trace asks for the single figures, and there are many candidates.
			k.score.Measures, k.score.Measured = nil, nil
		}
		// Another baseline alone is no reason to fit it again before its turn, unless it now comes
		// nearer to the thresholds.
		k.failed = k.failed && !changed && k.margin < before+worse
	}
	r.report(c.origin, c.members, &k.score, false, false)
	return true
}

// afford says whether a candidate is measured anew although only the baseline is another: those
// that may be fitted always, of the others so many at each evaluation. A baseline moves little, and
// a hundred thousand candidates at once would hold up the evaluation.
func (r *run) afford(k *cachedScore) bool {
	if k.margin >= fitMargin {
		return true
	}
	r.renewed++
	return r.renewed <= renewals
}

// score is the cached score of a candidate, an empty one when there is none.
func (m *Memory) score(identity uint64) *cachedScore {
	k := m.scores[identity]
	if k == nil {
		if m.scores == nil {
			m.scores = map[uint64]*cachedScore{}
		}
		k = &cachedScore{}
		m.scores[identity] = k
	}
	return k
}

// forget drops the candidates that the evaluation did not meet.
func (m *Memory) forget() {
	for id, k := range m.scores {
		if !k.used {
			delete(m.scores, id)
		}
		k.used = false
	}
}

// assess measures some accounts as one of the many groups that were searched.
func (s *Search) assess(
	members []int32, defining detectors.FamilySet, costly bool,
) (*detectors.Group, decision.Assessment) {
	g := s.Group(members, defining)
	return g, s.Assessor.Assess(g, s.searched, costly)
}

// Group makes the detectors' view of some accounts.
func (s *Search) Group(members []int32, defining detectors.FamilySet) *detectors.Group {
	return s.Population.Group(members, defining, s.Assessor.Context, s.Options.ScoreMembers)
}

// margin is how far an assessed group lies beyond the thresholds, negative below them.
func (s *Search) margin(a *decision.Assessment) float64 {
	return decision.Margin(&a.Scores, s.Policy)
}
