package membership

import (
	"math"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Likelihood is how an account fits the model: the log-likelihood ratio against a random account in
// bits, in all and by signal family.
type Likelihood struct {
	Bits     float64
	Families detectors.ByFamily
	// SameText says that most of the account's requests carry most of the shared text: no second
	// signal family is needed.
	SameText bool

	// against is the part of Bits that a text which speaks alone outweighs, or work from elsewhere.
	against float64
	// requests is the number of requests that it was measured on.
	requests uint32
	// compared is the number of signal families that the model and the account both speak of.
	compared int
	// tied says that the account shares a device or a conversation with the members, which is more
	// of an identity than the day of the sign-up, launched that the launch is the members' own
	// (Launch).
	tied, launched bool
}

const (
	// background is the weight of the population in a member's distribution: nobody is ruled out by
	// one odd value (its logarithm bounds the bits against).
	background = 0.12
	// maxFit bounds the bits that one signal family speaks for an account, minFit those against it:
	// membership rests on several signal families.
	maxFit, minFit = 6, -4
	// maxSameText bounds the bits of the same text in most requests, which may speak alone: a
	// thousand to one.
	maxSameText = 10
	// agreeingBits is the evidence in bits from which a signal family agrees: two to one.
	agreeingBits = 1

	// Conversations handed over: leastHandOvers is the share of members from which they belong to
	// the model (a pool with other people's small talk meets the same openings by chance),
	// maxHandOver and minHandOver bound what they say: less than a signal family, which they are a
	// part of.
	leastHandOvers           = 0.3
	maxHandOver, minHandOver = maxFit - 2, -1

	// Behaviour: below behaviourRequests requests there is none. maxBehaviour and minBehaviour
	// bound each feature: many use the service alike, so it speaks more against than for. The
	// population's spread is half the way between two quantiles, one standard deviation in a normal
	// distribution.
	behaviourRequests          = 3
	maxBehaviour, minBehaviour = 1, -2
	lowQuantile, highQuantile  = 0.16, 0.84
)

// Fit measures an account against the model. c holds what groups are compared with; inside says
// that the model was learnt from this account too, whose own part is then left out; linked that it
// exchanged a conversation with a member.
func (m *Model) Fit(a *index.Account, c *detectors.Context, inside, linked bool) Likelihood {
	p, others := &a.Profile, c.Baseline
	l := Likelihood{requests: p.Requests, launched: m.Launched}
	m.fitAttributes(&l, p, others, inside)
	if m.HandOvers >= leastHandOvers {
		l.Families[detectors.Identity.Index()] += m.handOverRatio(linked)
		l.tied = l.tied || linked
	}
	if bits, same, ok := m.fitWork(p, others.N); ok {
		l.Families[detectors.Work.Index()], l.SameText = bits, same
		l.compared++
	}
	if bits, ok := m.Takeover.fit(p, c, m.texts()); ok {
		l.Families[detectors.Takeover.Index()] = bits
		l.compared++
	}
	for _, b := range l.Families {
		l.Bits += b
		l.against += math.Min(0, b)
	}
	if p.Requests >= behaviourRequests {
		l.Bits += m.fitBehaviour(&a.Vector, others)
	}
	return l
}

// fitAttributes compares the attributes. Those of a signal family rest on one fact, so they are
// averaged: the pool's bank with another card speaks neither way.
func (m *Model) fitAttributes(
	l *Likelihood, p *fingerprint.Profile, others *baseline.Baseline, inside bool,
) {
	var compared detectors.ByFamily
	size := 0.0
	if inside {
		size = m.Size
	}
	for i := range m.Attributes {
		a := &m.Attributes[i]
		share, base, ok := a.compare(p, others, size)
		if !ok {
			continue
		}
		family := a.Family.Index()
		bits := likelihoodRatio(share, base)
		l.Families[family] += bits
		l.tied = l.tied || a.Attribute == attribute.Device && bits >= agreeingBits
		compared[family]++
	}
	for family, n := range compared {
		if n > 0 {
			l.Families[family] /= n
			l.compared++
		}
	}
}

// compare is the share of the members that show what the account does of the attribute, and of the
// others; ok is false where that says nothing. size is the number of entities that the model was
// learnt from where the account is one of them, whose own part is left out; else 0.
func (a *Attribute) compare(
	p *fingerprint.Profile, others *baseline.Baseline, size float64,
) (share, base float64, ok bool) {
	v := p.Value(a.Attribute)
	switch {
	case v != 0:
		share, base = a.shares(v, others)
	case a.Known == 0:
		return 0, 0, false
	default:
		// That an account does not report it speaks against it as far as the members do.
		share, base = 1-a.Known, 1-others.Known(a.Attribute)
		if base <= 0 {
			return 0, 0, false
		}
	}
	if size > 1 {
		share = math.Max(0, (share*size-1)/(size-1))
	}
	return share, base, true
}

// likelihoodRatio is what it says of an account, in bits, that it shows what share of the members
// and base of the others show.
func likelihoodRatio(share, base float64) float64 {
	bits := math.Log2(((1-background)*share + background*base) / base)
	return math.Max(minFit, math.Min(maxFit, bits))
}

// shares is the share of the members that show the value, and of the others. A sign-up a day before
// or after is the same cohort.
func (a *Attribute) shares(v uint64, others *baseline.Baseline) (share, base float64) {
	near := uint64(0)
	if a.Attribute == attribute.SignupDay {
		near = 1
	}
	for d := v - near; d <= v+near; d++ {
		known := false
		for i := range a.Values {
			if x := &a.Values[i]; x.Value == d {
				share += x.Share
				if known = x.Base > 0; known {
					base += x.Base
				}
			}
		}
		if !known {
			base += others.Share(a.Attribute, d)
		}
	}
	return share, base
}

// fit is what it says of an account that its requests by the group's text come from networks that
// it was not used from before, or from those that it was; ok is false where that is unknown, or not
// the group's way.
func (t Takeover) fit(
	p *fingerprint.Profile, c *detectors.Context, work *texts,
) (bits float64, ok bool) {
	if t.Share == 0 {
		return 0, false
	}
	foreign, ok := detectors.ForeignWork(c, p, t.Began, func(template uint64) bool {
		return work.known[template] != nil
	})
	switch {
	case !ok:
		return 0, false
	case foreign:
		return likelihoodRatio(t.Share, detectors.ForeignToPeople), true
	default:
		return likelihoodRatio(1-t.Share, 1-detectors.ForeignToPeople), true
	}
}

// handOverRatio is what it says of an account that it exchanged a conversation with a member, or
// did not.
func (m *Model) handOverRatio(linked bool) float64 {
	base := m.HandOverBase + detectors.RareHandOver
	share := (1-background)*m.HandOvers + background*base
	if linked {
		return math.Max(0, math.Min(maxHandOver, math.Log2(share/base)))
	}
	return math.Max(minHandOver, math.Min(0, math.Log2((1-share)/(1-base))))
}

// fitBehaviour is how the account's use of the service fits: log2 of the ratio of two normal
// densities, the members' and the population's, bounded for each feature.
func (m *Model) fitBehaviour(v *baseline.Vector, others *baseline.Baseline) float64 {
	total := 0.0
	for _, b := range m.Behaviour {
		if !v.Known(b.Feature) {
			continue
		}
		quantile := func(q float64) float64 { return others.Quantile(b.Feature, q) }
		spread := math.Max(b.SD, (quantile(highQuantile)-quantile(lowQuantile))/2)
		inside, outside := (v[b.Feature]-b.Mean)/b.SD, (v[b.Feature]-quantile(0.5))/spread
		bits := math.Log2(spread/b.SD) + (outside*outside-inside*inside)/2*math.Log2E
		total += math.Max(minBehaviour, math.Min(maxBehaviour, bits))
	}
	return total
}

const (
	// memberLogOdds is the log odds that an account must reach: sixteen to one. sameTextLogOdds is
	// enough where most of its requests carry the shared text: four to one.
	memberLogOdds   = 4
	sameTextLogOdds = 2
	// Below fewRequests requests an account has shown next to nothing of how it uses the service,
	// and what it shows has to be four times as sure.
	fewRequests = 4
	fewLogOdds  = 2
	// memberBits is the least evidence, however large a part of the population the group is.
	memberBits = 4
	// memberCauses is how many causes must agree where the text does not speak alone.
	memberCauses = 2
)

// Fits says whether the account is one of n members among population entities: the bits must make
// up for the prior odds, on at least two causes or by the same text in most requests.
func (l *Likelihood) Fits(n, population float64) bool {
	prior := priorLogOdds(n, population)
	return (l.causes() >= memberCauses || l.alone(prior)) && l.bits(prior) >= l.needs(prior)
}

// needs is from how many bits on an account is named, at these prior odds.
func (l *Likelihood) needs(prior float64) float64 {
	logOdds := float64(memberLogOdds)
	switch {
	case l.alone(prior):
		logOdds = sameTextLogOdds
	case l.requests < fewRequests:
		logOdds += fewLogOdds
	}
	return math.Max(memberBits, prior+logOdds)
}

// likely is from how many bits on an account is more likely a member than not.
func likely(prior float64) float64 { return math.Max(agreeingBits, prior) }

// IsLikely says whether the account is more likely one of n members among population entities than
// not: enough for a group to be judged by it, not for it to be named.
func (l *Likelihood) IsLikely(n, population float64) bool {
	prior := priorLogOdds(n, population)
	return l.bits(prior) >= likely(prior)
}

// alone says whether a text speaks alone: it must make up for the prior odds by itself. A tool's
// text, which one account in twenty sends, says who uses the tool, also where most who send it are
// of one large pool.
func (l *Likelihood) alone(prior float64) bool {
	return l.SameText &&
		l.Families[detectors.Work.Index()] >= math.Max(maxFit, prior+sameTextLogOdds)
}

// bits are those that count at these prior odds. A text that speaks alone is not outweighed by a
// card or a day that differs: a replaced pool has new ones. And of an account that is used for the
// text from elsewhere, client, card and day are its owner's.
func (l *Likelihood) bits(prior float64) float64 {
	if l.alone(prior) || l.agrees(detectors.Takeover) && l.agrees(detectors.Work) {
		return l.Bits - l.against
	}
	return l.Bits
}

// priorLogOdds is how much less likely beforehand an account is one of n members among population
// entities than not, in bits.
func priorLogOdds(n, population float64) float64 {
	return math.Log2(math.Max(population-n, 1) / math.Max(n, 1))
}

// causes counts the causes on which the account agrees with the members: the work and client signal
// families are one, the program, which whoever uses it shows. So are the client and the day of the
// sign-up where the text does not agree, unless the launch is the members' own: whom a launch
// brings has both, and texts of his own.
func (l *Likelihood) causes() (n int) {
	for i := range l.Families {
		if l.Families[i] >= agreeingBits {
			n++
		}
	}
	if l.agrees(detectors.Client) && (l.agrees(detectors.Work) || l.ofLaunch() && !l.launched) {
		n--
	}
	return n
}

// agrees says that a signal family speaks for the account.
func (l *Likelihood) agrees(f detectors.Family) bool { return l.Families.On(f) >= agreeingBits }

// ofLaunch says that the account agrees on the days of sign-up, and shares no device and no
// conversation.
func (l *Likelihood) ofLaunch() bool { return l.agrees(detectors.Identity) && !l.tied }

// Stays says whether an account that was named remains one of n members among population entities.
// One that was named early on little evidence and turns out more likely not to be one does not; a
// member who fits less than before does.
func (l *Likelihood) Stays(n, population float64) bool {
	return l.alone(priorLogOdds(n, population)) || l.IsLikely(n, population)
}

// Agreement is the share of the model's signal families that the account shows, and which these
// are.
func (l *Likelihood) Agreement() (float64, []detectors.Family) {
	if l.compared == 0 {
		return 0, nil
	}
	out := l.Families.AtLeast(agreeingBits)
	return math.Min(1, float64(len(out))/float64(l.compared)), out
}
