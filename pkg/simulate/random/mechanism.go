package random

import (
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// Aspect is something that a mechanism makes people share.
type Aspect string

// The aspects.
const (
	Template      Aspect = "prompt template"
	Layout        Aspect = "prompt layout"
	Client        Aspect = "client"
	Parameters    Aspect = "parameters"
	SignUp        Aspect = "sign-up time"
	Funding       Aspect = "payment or issuer"
	Organisation  Aspect = "organisation"
	Network       Aspect = "network"
	Schedule      Aspect = "schedule"
	LongOutputs   Aspect = "long outputs"
	Reasoning     Aspect = "reasoning on request"
	SingleTurns   Aspect = "single turns"
	Volume        Aspect = "volume"
	Items         Aspect = "items"
	Conversations Aspect = "conversations"
)

// Mechanism is a kind of way by which unrelated people come to share something.
type Mechanism struct {
	Name string
	// Life says in a sentence how it happens, Source where one can see it; empty where it is common
	// knowledge.
	Life, Source string
	// Shares is what members have in common, the first the most.
	Shares []Aspect

	size size
	draw func(d draw) simulate.Mechanism
}

// size is the law of a crowd's size: a median and the standard deviation of the logarithm.
type size struct{ median, sigma float64 }

// The sizes: a class or a firm, the users of a small program, what goes around, and what a whole
// country does.
var (
	few   = size{18, 0.5}
	some  = size{32, 0.7}
	large = size{60, 0.8}
	vast  = size{160, 0.7}
)

// Mechanisms lists all mechanisms, by name.
func Mechanisms() []Mechanism {
	all := slices.Concat(
		learning(), programs(), fashions(), money(), places(), work(), publicSets(), services(),
		launches(), methods(), helpers(), pipelines(), callings(), occasions(), briefs(),
		gadgets(), schools(), offices(), days(), access(),
		benches(), homes(), classrooms(), trades(), moments(), wallets(),
		workshops(), loops(), studies(), desks(), lines(),
		queues(), engines(), guilds(), terms(), passages(),
	)
	slices.SortFunc(all, func(a, b Mechanism) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// drawn draws the mechanism's laws for one crowd.
func (m *Mechanism) drawn(d draw) simulate.Mechanism {
	out := m.draw(d)
	out.Name = m.Name
	return out
}
