package random

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// Options say which world is drawn.
type Options struct {
	Set   Set
	Seed  uint64
	Index int
	// Accounts is about how many honest accounts there are.
	Accounts int
	// Duration is the length of the world, the warm day included.
	Duration time.Duration
	// Cold leaves the warm day out.
	Cold bool
}

// Warm is the honest traffic before any campaign begins, as in production.
const Warm = 24 * time.Hour

// The least and the most honest accounts of a world. Fewer leave no crowd among the people; more
// belong into a scenario.
const (
	minAccounts = 150
	maxAccounts = 20_000
)

// Validate checks the options.
func (o *Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := ParseSet(string(o.Set)); err != nil {
		errs = append(errs, err)
	}
	if o.Accounts < minAccounts || o.Accounts > maxAccounts {
		bad("accounts: %d is not between %d and %d", o.Accounts, minAccounts, maxAccounts)
	}
	if o.Duration < Warm+2*time.Hour {
		bad("duration: %s is less than the first day and two hours", o.Duration)
	}
	return errors.Join(errs...)
}

// Shares of the honest accounts: people whom no mechanism reached, and what runs everywhere. The
// rest are crowds.
const (
	peopleShare = 0.42
	appShare    = 0.06
	agentShare  = 0.06
)

// Scenario draws the world.
func Scenario(o Options) (simulate.Scenario, error) {
	if err := o.Validate(); err != nil {
		return simulate.Scenario{}, fmt.Errorf("random world: %w", err)
	}
	warm := Warm
	if o.Cold {
		// The same crowds and campaigns, in the time that is left.
		o.Duration -= Warm
		warm = 0
	}
	d := newDraw(o.Seed, stream(o), o.Duration)
	sc := simulate.Scenario{
		Name: Name(o), Description: "A random world.", Seed: d.Uint64(), Duration: o.Duration,
		// Any day of the week and hour of the day.
		Start: time.Date(2026, 10, 5, d.IntN(28*24), 0, 0, 0, time.UTC),
	}
	if d.Float64() < releaseShare {
		rel := release(d, warm)
		d.release = rel.After
		sc.Releases = []simulate.Release{rel}
	}
	n := float64(o.Accounts)
	people := simulate.Gathering{
		ID: "people", Accounts: int(n * peopleShare), Programs: d.uniform(0.1, 0.3),
		Rate: d.about(4, 0.2),
	}
	sc.Gatherings = append(sc.Gatherings, people)
	sc.Crowds = []simulate.Crowd{
		{Kind: "apps", ID: "apps", Accounts: max(2, int(n*appShare)), Rate: 30},
		{Kind: "agents", ID: "agents", Accounts: max(3, int(n*agentShare)), Groups: 3, Rate: 20},
	}
	left := o.Accounts - people.Accounts - sc.Crowds[0].Accounts - sc.Crowds[1].Accounts
	for i := 0; left >= smallest; i++ {
		c := crowd(d, o.Set, i, min(left, o.Accounts/4))
		left -= c.Accounts
		sc.Gatherings = append(sc.Gatherings, c)
	}
	for i := range campaigns(d) {
		sc.Campaigns = append(sc.Campaigns, campaign(d, o, i, warm))
	}
	return sc, nil
}

// releaseShare is the share of worlds in which a model is released: the large providers release one
// every month or two, and that is when campaigns move.
const releaseShare = 0.5

// release draws the release of a model after the first day.
func release(d draw, warm time.Duration) simulate.Release {
	left := d.length - warm
	return simulate.Release{
		Model:    "corvid-3",
		After:    warm + time.Duration(d.uniform(0, 0.7)*float64(left)).Round(time.Minute),
		Adoption: d.uniform(0.1, 0.6), HalfLife: d.hours(3, 36),
	}
}

// Name tells worlds apart.
func Name(o Options) string {
	name := fmt.Sprintf("random-%s-%d-%d", o.Set, o.Seed, o.Index)
	if o.Cold {
		name += "-cold"
	}
	return name
}

// stream is the source of chance of one world: those of other sets and indices have others.
func stream(o Options) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(o.Set) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h ^ uint64(o.Index)*0x9e3779b97f4a7c15
}

// smallest is the size of the smallest crowd: below it there is hardly a group to be found.
const smallest = 8

// A quarter of the crowds are those of what became popular: users of programs and sizes of firms
// follow power laws with an exponent a little above 1 (Axtell 2001; Clauset, Shalizi and Newman
// 2009), so that worlds of 5,000 have crowds of several hundred to a thousand.
const (
	popularShare = 0.25
	popularTail  = 1.1
)

// crowd composes two to four mechanisms of a set.
func crowd(d draw, set Set, index, most int) simulate.Gathering {
	var of []Mechanism
	for _, m := range Mechanisms() {
		if SetOf(m.Name) == set {
			of = append(of, m)
		}
	}
	d.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	k := min(len(of), one(d, 2, 2, 2, 3, 3, 4))
	law := of[0].size
	typical := d.about(law.median, law.sigma)
	if d.Float64() < popularShare {
		typical *= d.tail(popularTail)
	}
	c := simulate.Gathering{
		ID:       fmt.Sprintf("crowd-%d", index+1),
		Accounts: max(smallest, int(math.Min(float64(most), typical))),
		Programs: d.uniform(0, 0.5),
		Rate:     d.about(3, 0.4),
	}
	for i := range k {
		m := of[i].drawn(d)
		if i > 0 {
			// What comes second reaches a part of those whom the first brought together.
			m.Adoption *= d.uniform(0.4, 1)
		}
		c.Mechanisms = append(c.Mechanisms, m)
	}
	return c
}

// campaigns draws how many campaigns there are: two worlds in five have none.
func campaigns(d draw) int { return one(d, 0, 0, 1, 1, 2) }

// campaign composes tactics of a set.
func campaign(d draw, o Options, index int, warm time.Duration) simulate.Campaign {
	care := d.Float64()
	c := simulate.Campaign{
		ID: fmt.Sprintf("campaign-%d", index+1), Start: warm + d.hours(0, 2),
		Accounts: poolSize(d, o.Accounts),
	}
	compose(d, o.Set, care, &c)
	c.Kind = fmt.Sprintf("care %.1f", care)
	return c
}

// poolSize draws the accounts of a campaign: one in five has 8 to 15, one in five 100 to 400, the
// others about 26 with a heavy tail; at most a quarter of the honest accounts.
func poolSize(d draw, honest int) int {
	n := d.about(26, 0.8)
	switch d.IntN(5) {
	case 0:
		n = d.uniform(smallest, 16)
	case 1:
		n = 100 * math.Pow(4, d.Float64())
	}
	return int(math.Max(smallest, math.Min(float64(honest)/4, n)))
}
