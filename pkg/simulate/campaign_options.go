package simulate

import (
	"fmt"
	"slices"
	"time"
)

// Wording is what a campaign's prompts have beyond their style.
type Wording struct {
	// Sections are the grammar rules of the template's sections in place of the style's, Source
	// that of the items in place of the style's.
	Sections []string `yaml:"sections,omitempty"`
	Source   string   `yaml:"source,omitempty"`
	// Styles are those of several templates in turn, in place of one; only styles of one request.
	Styles []string `yaml:"styles,omitempty"`
	// Pack is how many items one request has; 0 is one.
	Pack int `yaml:"pack,omitempty"`
	// Rounds is how many times the answer is criticised and asked for anew in the same
	// conversation.
	Rounds int `yaml:"rounds,omitempty"`
	// Renew is how long the wording is in use before it is written anew; 0 is for good.
	Renew time.Duration `yaml:"renew,omitempty"`
	// Public takes the items from the sets that crowds of this world ask too, where there are any.
	Public bool `yaml:"public,omitempty"`
	// Follow is the grammar rule of what is asked in the rounds in place of criticism.
	Follow string `yaml:"follow,omitempty"`
	// Talk is the mean number of ordinary exchanges that are sent along before the request.
	Talk float64 `yaml:"talk,omitempty"`
	// Own gives every account one of the templates for good.
	Own bool `yaml:"own,omitempty"`
	// Agreed puts the template into a first exchange that is sent along, which the assistant agrees
	// to.
	Agreed bool `yaml:"agreed,omitempty"`
	// Kinds are the kinds of items, as often as they are drawn; empty is all.
	Kinds []string `yaml:"kinds,omitempty"`
	// Casts is how many personas the accounts have between them; 0 is one each.
	Casts int `yaml:"casts,omitempty"`
	// Coding is the share of relayed conversations that are a coding agent's; 0 is 0.45.
	Coding float64 `yaml:"coding,omitempty"`
	// Plain leaves out headings and labels, as in what people type.
	Plain bool `yaml:"plain,omitempty"`
}

// Aftermath is what a campaign does after accounts of it were blocked.
type Aftermath struct {
	// Again is after which time the operator blocks anew; 0 is never.
	Again time.Duration `yaml:"again,omitempty"`
	// Pause is for how long the whole pool rests.
	Pause time.Duration `yaml:"pause,omitempty"`
	// Reword writes the wording anew.
	Reword bool `yaml:"reword,omitempty"`
}

// Recruiting is how a pool comes by its accounts beyond SignUp, and from where they connect.
type Recruiting struct {
	// Cohorts is in how many bursts the accounts sign up, Gap the time between two of them.
	Cohorts int           `yaml:"cohorts,omitempty"`
	Gap     time.Duration `yaml:"gap,omitempty"`
	// Firms is how many organisations the accounts are seats of; 0 is none.
	Firms int `yaml:"firms,omitempty"`
	// Kinds are ways to sign up, of which each account has one, in place of Pool.SignUp.
	Kinds []string `yaml:"kinds,omitempty"`
	// Exits is how many addresses the whole pool has; 0 leaves each account its own.
	Exits int `yaml:"exits,omitempty"`
	// Countries is in how many countries the homes are; 0 is anywhere.
	Countries int `yaml:"countries,omitempty"`
	// Neighbours connects each account from the network of an honest one.
	Neighbours bool `yaml:"neighbours,omitempty"`
	// Popular dresses all accounts in the client that most honest accounts have.
	Popular bool `yaml:"popular,omitempty"`
	// Stacks is how many client stacks the pool has, of which each account keeps one; 0 is what
	// Pool.Stack says.
	Stacks int `yaml:"stacks,omitempty"`
	// Upgrade is after which time a pool with one client has another version of it.
	Upgrade time.Duration `yaml:"upgrade,omitempty"`
	// Mobile gives each account, beside its own, the network of an honest one.
	Mobile bool `yaml:"mobile,omitempty"`
	// Fresh is how long before its first work an account signs up at most, where Stagger puts the
	// accounts to work one after the other; 0 is with the others.
	Fresh time.Duration `yaml:"fresh,omitempty"`
}

// Dealing is how a pool deals its work beyond Balance.
type Dealing struct {
	// Skew is the standard deviation of the logarithm of an account's share under the balance
	// skewed; 0 is one.
	Skew float64 `yaml:"skew,omitempty"`
	// Quota is how many requests an account makes in five hours under the balance fill.
	Quota int `yaml:"quota,omitempty"`
	// IdleFor is for how long an account rests that is idle; 0 is a day.
	IdleFor time.Duration `yaml:"idle_for,omitempty"`
	// Stagger is the time in which the accounts are put to work one after the other.
	Stagger time.Duration `yaml:"stagger,omitempty"`
	// Subjects gives every account one kind of item.
	Subjects bool `yaml:"subjects,omitempty"`
	// From and To are the hours of the day, in the zone of the campaign, between which it works;
	// the same is at any.
	From int `yaml:"from,omitempty"`
	To   int `yaml:"to,omitempty"`
}

// hourOfDay says whether a number is an hour of the day.
func hourOfDay(h int) bool { return h >= 0 && h < 24 }

// signUps are the ways to come by accounts; empty is tight.
var signUps = []string{"", "tight", "wide", "aged", "leased"}

// single are the styles whose unit of work is one request, so that a campaign may mix them.
var single = []string{
	StyleTemplate, StyleSections, StyleInject, StyleBare, StyleGrade, StyleClean, StyleGenerate,
	StyleCoerce,
}

// validateOptions checks what the grammar has to be known for, and the ranges.
func (c *Campaign) validateOptions(g *grammar) error {
	w := &c.Prompt.Wording
	for _, rule := range append(slices.Clone(w.Sections), w.Source, w.Follow) {
		if rule != "" && !g.has(rule) {
			return fmt.Errorf("campaign %s: there is no grammar rule %q", c.ID, rule)
		}
	}
	for _, style := range w.Styles {
		if !slices.Contains(single, style) {
			return fmt.Errorf("campaign %s: style %q cannot be mixed; one of %q", c.ID, style, single)
		}
	}
	r, d := &c.Pool.Recruiting, &c.Schedule.Dealing
	for _, kind := range r.Kinds {
		if !slices.Contains(signUps, kind) {
			return fmt.Errorf("campaign %s: sign-up %q is unknown; one of %q", c.ID, kind, signUps)
		}
	}
	for name, v := range map[string]int{
		"pack": w.Pack, "rounds": w.Rounds, "cohorts": r.Cohorts, "firms": r.Firms,
		"exits": r.Exits, "countries": r.Countries, "quota": d.Quota, "casts": w.Casts,
		"stacks": r.Stacks,
	} {
		if v < 0 {
			return fmt.Errorf("campaign %s: %s must not be negative", c.ID, name)
		}
	}
	for _, kind := range w.Kinds {
		if !slices.Contains(itemKinds, kind) {
			return fmt.Errorf("campaign %s: kind %q is unknown; one of %q", c.ID, kind, itemKinds)
		}
	}
	if w.Coding < 0 || w.Coding > 1 {
		return fmt.Errorf("campaign %s: coding: %g is not a share", c.ID, w.Coding)
	}
	if !hourOfDay(d.From) || !hourOfDay(d.To) {
		return fmt.Errorf("campaign %s: from and to must be hours from 0 to 23", c.ID)
	}
	if c.Cover.Before > 0 && c.Cover.Share == 0 {
		return fmt.Errorf(
			"campaign %s: ordinary requests before the work need a share of cover", c.ID,
		)
	}
	if w.Talk < 0 {
		return fmt.Errorf("campaign %s: talk must not be negative", c.ID)
	}
	if d.Skew < 0 || c.Schedule.Balance == "fill" && d.Quota == 0 {
		return fmt.Errorf(
			"campaign %s: skew must not be negative, and the balance fill needs a quota", c.ID,
		)
	}
	return nil
}
