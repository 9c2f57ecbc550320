package detectors

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// dealtAnswers sees prompts each of which as many members sent: several answers to each are
// collected, and dealt out.
func dealtAnswers() Detector {
	return Detector{
		Spec: Spec{
			ID: "dealt_answers", Axis: Coordination, Family: Habits, Max: 3, Min: -mostPrice,
			Costly: true,
			Null: "Whoever sends a prompt does so whoever else does, and no member sends more than " +
				"half of what another sends. The number of members that send a prompt is then that " +
				"of heads of coins of which none shows heads more often than tails, and is one and " +
				"the same number k for at most a share of the prompts: 43 % for 2, 32 % for 3, 27 % for 4. " +
				"The bits are a likelihood ratio, a mixture over k from 2 to 8, of which 63 " +
				"in 64 parts say that there is nothing",
			Summary: "Each prompt is sent by the same number of members: two, or four, and seldom more or fewer.",
			Why: "Preference data takes several answers to each prompt (four in UltraFeedback, " +
				"Cui et al. 2023; up to eight where the best is chosen), and who collects them by " +
				"many accounts deals each prompt out as often. People who happen on the same " +
				"prompts, and evaluators who draw from one public set, do not take care that each " +
				"is drawn equally often. How many members sent each of a sample of prompts: the " +
				"smallest keyed hashes of each member's (bottom-k sketches: Cohen and Kaplan 2007), " +
				"below the bound up to which the samples are whole.",
			Evasion: "All answers to a prompt from one account, where they are seen as " +
				"repetition; wording the prompt anew for each; teams of accounts that send the same " +
				"list, which look like users of so many public sets.",
			LookAlikes: "Workers of one labelling service who ask with accounts of their own, and " +
				"gateways that send each request to two keys of one customer: both are dealt out " +
				"by one operator. Members that send whole lists of each other say nothing here.",
			Needs: []string{"content.input or sketch"},
		},
		Measure: func(g *Group, _ *Context) (Measure, bool) {
			d := g.deals()
			if !d.ok {
				return Measure{}, false
			}
			return Measure{
				Bits:     d.bits,
				Observed: d.share, Expected: mostOften(d.answers), Value: uint64(d.answers),
			}, true
		},
		Explain: func(_ *Group, m Measure) (string, string, string) {
			note := "several answers to each prompt are collected, dealt out among the accounts"
			if m.Bits <= 0 {
				note = "prompts are not sent by the same number of members"
			}
			return fmt.Sprintf("%.0f %% of prompts are sent by %d members", 100*m.Observed, m.Value),
				fmt.Sprintf("at most %.0f %% by chance", 100*m.Expected), note
		},
	}
}

const (
	// fewestAnswers and mostAnswers are how many answers to a prompt preference data takes.
	fewestAnswers, mostAnswers = 2, 8
	// membersPerAnswer is how many times as many members as answers a group needs: with fewer,
	// chance has two members send half of each other's prompts.
	membersPerAnswer = 4
	// completeAnswers is the share of prompts that have all their answers where they are dealt out:
	// some are under way, and some were answered by accounts that are not in the group (judged).
	completeAnswers = 0.6
	// dealtBefore is how probable beforehand it is that answers are dealt out (judged).
	dealtBefore = 1.0 / 64
	// ownLists is the mean share of a member's prompts that another sends from which they have
	// lists in common, which the null does not cover.
	ownLists = 0.5
	// leastItems is the number of sampled prompts from which something is said.
	leastItems = 16
)

// dealtOften is how often prompts are sent by the same number of members.
type dealtOften struct {
	bits    float64
	answers int
	share   float64
	// ok says that there is enough to say something.
	ok bool
}

// deals counts how many members sent each of the sampled prompts.
func (g *Group) deals() *dealtOften {
	if g.dealt == nil {
		d := g.countDeals()
		g.dealt = &d
	}
	return g.dealt
}

func (g *Group) countDeals() (d dealtOften) {
	sent, members := g.sampledPrompts()
	if g.Scale > 1 || members < fewestAnswers*membersPerAnswer {
		return dealtOften{}
	}
	// by counts the prompts that so many members sent.
	var by [mostAnswers + 1]float64
	prompts := 0.0
	for _, who := range sent {
		prompts++
		if len(who) <= mostAnswers {
			by[len(who)]++
		}
	}
	if prompts < leastItems || nearestShare(sent) > ownLists {
		return dealtOften{}
	}
	mixture := 0.0
	for k := fewestAnswers; k <= mostAnswers; k++ {
		if by[k] >= by[max(d.answers, 1)] || d.answers == 0 {
			d.answers, d.share = k, by[k]/prompts
		}
		if k*membersPerAnswer > members {
			continue
		}
		often := mostOften(k)
		mixture += math.Exp2(by[k]*math.Log2(completeAnswers/often)+
			(prompts-by[k])*math.Log2((1-completeAnswers)/(1-often))) /
			(mostAnswers - fewestAnswers + 1)
	}
	d.bits, d.ok = math.Log2(1-dealtBefore+dealtBefore*mixture), true
	return d
}

// mostOften is the largest share of prompts that are sent by k members, where each sends a prompt
// with a chance of at most a half and somebody does: that of k heads of n fair coins, of those
// throws that show any, for the n at which it is largest.
func mostOften(k int) (most float64) {
	for n := k; n <= 2*k; n++ {
		ways := 1.0
		for i := range k {
			ways *= float64(n-i) / float64(k-i)
		}
		none := math.Exp2(-float64(n))
		most = math.Max(most, ways*none/(1-none))
	}
	return most
}

// sampledPrompts lists who sent each prompt below the bound up to which the members' samples are
// whole. Members that send much more than the others are left out: their samples are short.
func (g *Group) sampledPrompts() (sent map[uint64][]int, members int) {
	// Four times as many as the median member: the work of a pool is dealt out more evenly than
	// that (judged).
	const muchMore = 4
	bounds := make([]uint64, 0, len(g.Members))
	bound := func(p *fingerprint.Profile) uint64 {
		if len(p.Items) < fingerprint.MaxItems {
			return math.MaxUint64
		}
		return p.Items[fingerprint.MaxItems-1]
	}
	for i := range g.Members {
		if len(g.Members[i].Profile.Items) > 0 {
			bounds = append(bounds, bound(g.Members[i].Profile))
		}
	}
	if len(bounds) == 0 {
		return nil, 0
	}
	slices.Sort(bounds)
	least := bounds[len(bounds)/2] / muchMore
	least = bounds[slices.IndexFunc(bounds, func(b uint64) bool { return b >= least })]
	sent = map[uint64][]int{}
	for i := range g.Members {
		p := g.Members[i].Profile
		if len(p.Items) == 0 || bound(p) < least {
			continue
		}
		members++
		for _, prompt := range p.Items {
			if prompt > least {
				break
			}
			sent[prompt] = append(sent[prompt], i)
		}
	}
	return sent, members
}

// nearestShare is the mean over members of the largest share of their sampled prompts that one
// other member sent too. Prompts that more send than there are answers are left out of it: by them
// nothing is dealt out.
func nearestShare(sent map[uint64][]int) float64 {
	type pair struct{ a, b int }
	own, common := map[int]float64{}, map[pair]float64{}
	for _, who := range sent {
		if len(who) > mostAnswers {
			continue
		}
		for i, a := range who {
			own[a]++
			for _, b := range who[:i] {
				common[pair{b, a}]++
			}
		}
	}
	nearest := map[int]float64{}
	for p, n := range common {
		nearest[p.a] = math.Max(nearest[p.a], n/own[p.a])
		nearest[p.b] = math.Max(nearest[p.b], n/own[p.b])
	}
	// In order: the order of a map would make the last bit of the sum random.
	members := make([]int, 0, len(own))
	for a := range own {
		members = append(members, a)
	}
	slices.SortFunc(members, cmp.Compare[int])
	sum := 0.0
	for _, a := range members {
		sum += nearest[a]
	}
	return sum / math.Max(1, float64(len(members)))
}
