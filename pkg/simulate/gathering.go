package simulate

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Gathering is a crowd of individuals whom one or more mechanisms reached, or none. What they share
// comes from the mechanisms alone; package random draws gatherings.
type Gathering struct {
	// ID names the crowd in the truth.
	ID       string `yaml:"id"`
	Accounts int    `yaml:"accounts"`
	// Programs is the share of members that use the API by a program of their own, Rate the median
	// of the members' own requests a day.
	Programs float64 `yaml:"programs,omitempty"`
	Rate     float64 `yaml:"rate,omitempty"`

	Mechanisms []Mechanism `yaml:"mechanisms,omitempty"`
}

// Mechanism is one way by which unrelated people come to share something, with its laws. Zero
// values share nothing.
type Mechanism struct {
	// Name is that of the kind of mechanism, for the truth.
	Name string `yaml:"name"`
	// Adoption is the share of members that it reaches.
	Adoption float64 `yaml:"adoption"`
	// Begin is the time from the start of the world at which it begins; a negative one is before.
	Begin time.Duration `yaml:"begin"`
	// Arrival is how it reaches people: Burst, Ramp, Steady or Deadline.
	Arrival string `yaml:"arrival"`
	// Spread is how long that takes.
	Spread time.Duration `yaml:"spread"`
	// Stay is the mean time for which a member keeps to it; 0 is to the end.
	Stay time.Duration `yaml:"stay,omitempty"`
	// Newcomers is the share of the members reached who sign up for it, within SignUp before their
	// first use.
	Newcomers float64       `yaml:"newcomers,omitempty"`
	SignUp    time.Duration `yaml:"sign_up,omitempty"`
	// Beside multiplies the members' own use; 0 leaves it, negative ends it.
	Beside float64 `yaml:"beside,omitempty"`

	// Circle is how many members have one identity in common, as a family or an office has; the
	// next ones have another. 0 is all of them.
	Circle   int            `yaml:"circle,omitempty"`
	Identity SharedIdentity `yaml:"identity,omitempty"`
	Client   SharedClient   `yaml:"client,omitempty"`
	Use      SharedUse      `yaml:"use,omitempty"`
}

// How a mechanism reaches people.
const (
	// Burst is many at once and fewer and fewer later, as with news.
	Burst = "burst"
	// Ramp is fewer at first and more and more later, as by word of mouth.
	Ramp = "ramp"
	// Steady is evenly over the time.
	Steady = "steady"
	// Deadline is each some time before the end of the time, when all stop.
	Deadline = "deadline"
)

// SharedIdentity is what a mechanism makes accounts have in common.
type SharedIdentity struct {
	// Issuers is how many issuers the members' payment comes from; Payment is one instrument for
	// all.
	Issuers int  `yaml:"issuers,omitempty"`
	Payment bool `yaml:"payment,omitempty"`
	// Domain is one mail domain, Organisation one organisation with its payment and plan in the
	// open.
	Domain       bool `yaml:"domain,omitempty"`
	Organisation bool `yaml:"organisation,omitempty"`
	// Plan is one plan for all.
	Plan string `yaml:"plan,omitempty"`
	// Verified sets the share of verified accounts when positive; negative is none.
	Verified float64 `yaml:"verified,omitempty"`
	// Network is one network with this many exit addresses: vpn, cloud or place (an office, a
	// campus, a hall).
	Network   string `yaml:"network,omitempty"`
	Addresses int    `yaml:"addresses,omitempty"`
	// Place is one country with its time zone and languages.
	Place bool `yaml:"place,omitempty"`
}

// SharedClient is the program that a mechanism makes people use.
type SharedClient struct {
	// Kind is sdk or app (one that people type into); empty is none.
	Kind string `yaml:"kind,omitempty"`
	// Always is true when the members' own use goes through it as well.
	Always bool `yaml:"always,omitempty"`
	// Versions is how many versions are about; 0 is one.
	Versions int `yaml:"versions,omitempty"`
	// Params shares the request parameters; Effort, Model and MaxTokens set single ones. NewModel
	// is what was released last, from the release on.
	Params    bool   `yaml:"params,omitempty"`
	Effort    string `yaml:"effort,omitempty"`
	Model     bool   `yaml:"model,omitempty"`
	NewModel  bool   `yaml:"new_model,omitempty"`
	MaxTokens int64  `yaml:"max_tokens,omitempty"`
	// Tools is one tool list, Device the chance of a device id.
	Tools  bool    `yaml:"tools,omitempty"`
	Device float64 `yaml:"device,omitempty"`
}

// SharedUse is what people do because of a mechanism.
type SharedUse struct {
	// Rate is the median of the requests per member and day that it brings, Sigma the standard
	// deviation of its logarithm. 0 brings no requests.
	Rate  float64 `yaml:"rate,omitempty"`
	Sigma float64 `yaml:"sigma,omitempty"`
	// Rules are the grammar rules of the shared text, a section each; Texts is how many texts are
	// about, the first the most popular.
	Rules []string `yaml:"rules,omitempty"`
	Texts int      `yaml:"texts,omitempty"`
	// Position is where the text goes: system, before, after, around or own (sections in the
	// member's words under the same headings).
	Position string `yaml:"position,omitempty"`
	// Tinker is the share of members who change the text.
	Tinker float64 `yaml:"tinker,omitempty"`
	// Anew writes the sections of the position own anew for every request, as in a form.
	Anew bool `yaml:"anew,omitempty"`
	// Content is the grammar rule of what members put in, in their own taste; empty is what they
	// would ask anyway, "-" is nothing.
	Content string `yaml:"content,omitempty"`
	// Items is the size of a public set that content comes from instead; InOrder is from its
	// beginning on.
	Items   int  `yaml:"items,omitempty"`
	InOrder bool `yaml:"in_order,omitempty"`
	// Earlier is the mean number of turns that were held elsewhere and come with the request.
	Earlier float64 `yaml:"earlier,omitempty"`
	// Turns is the mean length of a conversation, Answer the median of the answers in tokens.
	Turns  float64 `yaml:"turns,omitempty"`
	Answer float64 `yaml:"answer,omitempty"`
	// Hours is when: own, office, product, flat or nightly (by the clock, at the same minute).
	Hours string `yaml:"hours,omitempty"`
	// From and To are the local hours of the day between which it happens; the same is at any.
	From int `yaml:"from,omitempty"`
	To   int `yaml:"to,omitempty"`
	// Weekly is on one day of the week, which is in the world.
	Weekly bool `yaml:"weekly,omitempty"`
	// Run is the mean number of requests one after the other.
	Run float64 `yaml:"run,omitempty"`
	// Declared is the share of members whose runs are declared as batches.
	Declared float64 `yaml:"declared,omitempty"`
}

// validate checks a gathering.
func (c *Gathering) validate(g *grammar) error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("gathering "+c.ID+": "+format, args...))
	}
	if c.Accounts <= 0 || c.Rate < 0 {
		bad("accounts must be positive, rate not negative")
	}
	share := func(field string, v float64) {
		if v < 0 || v > 1 {
			bad("%s: %g is not a share between 0 and 1", field, v)
		}
	}
	share("programs", c.Programs)
	one := func(field, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			bad("%s: %q is unknown; one of %q", field, value, allowed)
		}
	}
	for i := range c.Mechanisms {
		m := &c.Mechanisms[i]
		for name, v := range map[string]float64{
			"adoption": m.Adoption, "newcomers": m.Newcomers, "client.device": m.Client.Device,
			"use.tinker": m.Use.Tinker, "use.declared": m.Use.Declared,
		} {
			share(m.Name+"."+name, v)
		}
		one("arrival", m.Arrival, Burst, Ramp, Steady, Deadline)
		one("identity.network", m.Identity.Network, "", "vpn", "cloud", "place")
		one("client.kind", m.Client.Kind, "", "sdk", "app")
		one("use.position", m.Use.Position, "", "system", "before", "after", "around", "own")
		one("use.hours", m.Use.Hours, "", "own", "office", "product", "flat", "nightly")
		for _, rule := range slices.Concat(m.Use.Rules, []string{m.Use.Content}) {
			if rule != "" && rule != "-" && !g.has(rule) {
				bad("use: there is no grammar rule %q", rule)
			}
		}
		if m.Use.Rate < 0 || m.Use.Sigma < 0 || m.Circle < 0 {
			bad("use.rate, use.sigma and circle must not be negative")
		}
		if !hourOfDay(m.Use.From) || !hourOfDay(m.Use.To) {
			bad("use.from and use.to must be hours from 0 to 23")
		}
	}
	return errors.Join(errs...)
}
