// Package search finds the groups of one population that are findings: it lists candidates,
// measures them, narrows them down, and fits their members. It remembers scores from one evaluation
// to the next, so that what has not changed is not measured again.
//
// It knows no campaign: it is told which accounts are claimed, and its results are groups.
package search

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign/decision"
	"github.com/stillwatch/stillwatch/pkg/campaign/measure"
	"github.com/stillwatch/stillwatch/pkg/campaign/membership"
)

// Search is the search of one evaluation.
type Search struct {
	Options    *Options
	Policy     *decision.Policy
	Population *measure.Population
	// Assessor adds up the evidence; its Context is what groups are measured against.
	Assessor decision.Assessor
	// Memory is what earlier evaluations left.
	Memory *Memory
	// Trace, when set, is called with every group that is measured.
	Trace func(Measurement)
	// Deeper is by how many bits more below the thresholds members are fitted now and then, for the
	// trace alone: such groups become no findings.
	Deeper float64

	// Claims are the accounts that a campaign explains already: they are in no other candidate.
	Claims Claims

	// searched counts the candidates looked at.
	searched int
}

// Memory is what a search keeps of a population between evaluations.
type Memory struct {
	// scores holds the candidates of the last evaluation with their scores, by identity.
	scores map[uint64]*cachedScore
	finder membership.Finder
}

// Found is a group with what it shows.
type Found struct {
	// Members are its accounts by slot, Unnamed those that are likely members and have shown too
	// little to be named; Group is what was measured.
	Members, Unnamed []int32
	Group            *detectors.Group
	Score            decision.Assessment
	Model            *membership.Model
}

const (
	// refineMargin is the margin in bits below the thresholds from which a candidate is narrowed
	// down, which can win that much.
	refineMargin = -8
	// fitMargin is the margin from which members are fitted: pruning bystanders can win a little
	// over what the raw candidate shows.
	fitMargin = -2
	// retries is the number of candidates fitted again at each evaluation out of turn, the nearest
	// to the thresholds first: who else fits them may have changed.
	retries = 32
	// scanEvery is the number of evaluations in which all is looked at once more that would be
	// skipped because it has not changed: what it is compared with moves slowly.
	scanEvery = 12
)

// Turn says that it is something's turn to be looked at again although it has not changed. At each
// evaluation it is the turn of a part.
func Turn(identity uint64, evaluation int32) bool {
	return (identity+uint64(evaluation))%scanEvery == 0
}

// Run returns the groups that are findings, strongest first. Each claims its members before the
// next is judged: a phrase that a campaign shares with bystanders must not make the bystanders a
// campaign.
func (s *Search) Run() (out []Found) {
	r := &run{Search: s}
	r.queue.from = fitMargin - s.Deeper
	r.fill()
	for c := r.next(); c != nil; c = r.next() {
		if c.cached.margin < fitMargin {
			if r.isTurn(c) {
				r.fit(c)
			}
			continue
		}
		if c.cached.failed && !r.isTurn(c) {
			if r.retried == retries {
				continue
			}
			r.retried++
		}
		f, ok := s.fit(c)
		if c.cached.failed = !ok; !ok {
			continue
		}
		out = append(out, f)
		s.Claims.Add(f.Members)
		for _, left := range r.queue.empty() {
			if !s.Claims.Any(left.members) || r.rescore(left) {
				r.queue.add(left)
			}
		}
	}
	s.Memory.forget()
	return out
}

// run is a search under way.
type run struct {
	*Search
	queue queue
	// renewed counts the candidates measured anew only because of a new baseline, retried those
	// fitted again although nothing about them has changed.
	renewed, retried int
}

// fill measures the candidates and their refinements.
func (r *run) fill() {
	all := r.candidates()
	r.searched = len(all)
	for _, c := range all {
		if !r.rescore(c) {
			continue
		}
		r.queue.add(c)
		if c.cached.margin < refineMargin {
			continue
		}
		for _, x := range r.refinements(c) {
			r.searched++
			// A refinement must say more than the group that it narrows down.
			if r.rescore(x) && x.cached.margin > c.cached.margin {
				r.queue.add(x)
			}
		}
	}
}

// next takes the candidate nearest to being a finding out of the queue, nil when it is empty.
func (r *run) next() *candidate {
	q := &r.queue
	if len(q.list) == 0 {
		return nil
	}
	if !q.sorted {
		slices.SortStableFunc(q.list, func(a, b *candidate) int {
			return cmp.Or(cmp.Compare(b.cached.margin, a.cached.margin), r.compare(a, b))
		})
		q.sorted = true
	}
	c := q.list[0]
	q.list = q.list[1:]
	return c
}

// isTurn says that it is the candidate's turn; see Turn.
func (r *run) isTurn(c *candidate) bool { return Turn(c.identity, r.Population.Evaluation) }

// queue holds candidates to be fitted, from a margin on.
type queue struct {
	from   float64
	list   []*candidate
	sorted bool
	// below are too far below the thresholds. They are kept to be measured again when a campaign
	// claims some of their accounts.
	below []*candidate
}

func (q *queue) add(c *candidate) {
	if c.cached.margin < q.from {
		q.below = append(q.below, c)
	} else {
		q.list, q.sorted = append(q.list, c), false
	}
}

// empty takes all out.
func (q *queue) empty() []*candidate {
	all := slices.Concat(q.list, q.below)
	q.list, q.below, q.sorted = q.list[:0], q.below[:0], false
	return all
}
