package membership

import (
	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Standing is how an account stands to a group: what it shows, and what membership asks for. All
// figures but the counts are bits.
type Standing struct {
	// Bits are those that count. Prior is how much less likely beforehand the account is a member
	// than not, so that Bits less Prior are the log odds that it is one.
	Bits, Prior float64
	// Needs is from how many bits on it is named, Stays from how many one that was named remains.
	Needs, Stays float64
	// Causes counts the causes on which it agrees, NeedsCauses those that it must agree on.
	Causes, NeedsCauses int
	// Alone says that its text speaks alone: no second cause is needed, and nothing else outweighs
	// it.
	Alone bool
	// Fits says that it would be named, Remains that it would stay where it was.
	Fits, Remains bool
}

// Standing judges the account as one of n members among population entities.
func (l *Likelihood) Standing(n, population float64) Standing {
	prior := priorLogOdds(n, population)
	return Standing{
		Bits: l.bits(prior), Prior: prior, Needs: l.needs(prior), Stays: likely(prior),
		Causes: l.causes(), NeedsCauses: memberCauses, Alone: l.alone(prior),
		Fits: l.Fits(n, population), Remains: l.Stays(n, population),
	}
}

// Behaviour is what of the bits comes from how the account uses the service.
func (l *Likelihood) Behaviour() float64 {
	bits := l.Bits
	for _, b := range l.Families {
		bits -= b
	}
	return bits
}

// Shared is an attribute of the model beside the account's value of it.
type Shared struct {
	Attribute attribute.Attribute
	Family    detectors.Family
	// Value is the account's, 0 where it does not report the attribute.
	Value uint64
	// Members and Others are the shares that show the same; Bits is what that says of the account.
	Members, Others, Bits float64
}

// SharedBy lists the attributes of a model as an account shows them; inside says that the model was
// learnt from this account too.
func SharedBy(
	m *Model, p *fingerprint.Profile, others *baseline.Baseline, inside bool,
) (out []Shared) {
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
		out = append(out, Shared{
			Attribute: a.Attribute, Family: a.Family, Value: p.Value(a.Attribute),
			Members: share, Others: base, Bits: likelihoodRatio(share, base),
		})
	}
	return out
}

// Carried is what an account carries of a model's text.
type Carried struct {
	// Phrases is how many of the model's Of sampled phrases recur in its prompts, Share the share
	// of the text that they are, by rarity.
	Phrases, Of int
	Share       float64
	// HasLayout says that the members write in one layout, Layout in how many of its requests the
	// account does.
	HasLayout bool
	Layout    uint32
}

// CarriedBy says what an account carries of a model's text.
func CarriedBy(m *Model, p *fingerprint.Profile) Carried {
	out := Carried{Of: len(m.Shingles), HasLayout: m.Layout != 0}
	if t := m.texts(); t.total > 0 {
		c := t.carried(p)
		out.Phrases, out.Share = c.n, t.share(&c)
	}
	for _, l := range p.Layouts {
		if out.HasLayout && l.Hash == m.Layout {
			out.Layout = l.Count
		}
	}
	return out
}

// Without is the likelihood if a signal family said nothing.
func (l Likelihood) Without(family detectors.Family) Likelihood {
	bits := l.Families.On(family)
	l.Bits -= bits
	l.against -= min(0, bits)
	l.Families[family.Index()] = 0
	l.SameText = l.SameText && family != detectors.Work
	return l
}
