package simulate

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Scenario describes a world: the population, what it does and what hides in it. See
// configs/scenarios for examples.
type Scenario struct {
	Name        string        `yaml:"name"`
	Description string        `yaml:"description"`
	Seed        uint64        `yaml:"seed"`
	Start       time.Time     `yaml:"start"`
	Duration    time.Duration `yaml:"duration"`
	// Tenant is written into every event; empty leaves the field out.
	Tenant string `yaml:"tenant"`
	// Models are those on offer from the start, by descending popularity; empty takes a default
	// list.
	Models []string `yaml:"models"`
	// Releases are models that appear during the world; part of every crowd moves to them within a
	// day or so.
	Releases  []Release  `yaml:"releases"`
	Crowds    []Crowd    `yaml:"crowds"`
	Campaigns []Campaign `yaml:"campaigns"`
	// Gatherings are crowds of individuals, for random worlds.
	Gatherings []Gathering `yaml:"gatherings,omitempty"`
}

// Release is a model that appears during the world.
type Release struct {
	Model string `yaml:"model"`
	// After is the time from the start of the world.
	After time.Duration `yaml:"after"`
	// Adoption is the share of ordinary accounts that move to it in the end, HalfLife the time in
	// which half of them have moved.
	Adoption float64       `yaml:"adoption"`
	HalfLife time.Duration `yaml:"half_life"`
}

// Crowd is a number of honest accounts of one kind. Zero values take the kind's own defaults.
type Crowd struct {
	// Kind is one of CrowdKinds.
	Kind string `yaml:"kind"`
	// ID names the crowd in the truth; empty takes the kind.
	ID       string `yaml:"id"`
	Accounts int    `yaml:"accounts"`
	// Groups splits the accounts: organisations, classes, tools, public sets, companies with a key
	// per customer.
	Groups int `yaml:"groups"`
	// Rate is the median number of requests per account and day.
	Rate float64 `yaml:"rate"`
	// Verified is the share of accounts or organisations that the operator has verified; -1 is
	// none, 0 the default.
	Verified float64 `yaml:"verified"`
	// At is when it happens, for what happens once: the deadline of a class, the opening of a
	// hackathon, the sign-up of a cohort.
	At time.Duration `yaml:"at"`
	// Spread is how long it takes: the days before the deadline, the length of the hackathon, the
	// width of the cohort.
	Spread time.Duration `yaml:"spread"`
	// VPN is the share of accounts behind one commercial VPN or shared network.
	VPN float64 `yaml:"vpn"`
	// Purpose is what the provider's records say that the accounts are for; each group of the crowd
	// is then under a contract of its own, which counts for the accounts that are verified.
	Purpose string `yaml:"purpose,omitempty"`
	// Projects is the median number of projects of a user of coding agents, some of whom have many
	// more, with servers of tools of their own in some; 0 is one project for each user.
	Projects float64 `yaml:"projects,omitempty"`
}

// Campaign is one coordinated operation. Its parts compose: every prompt style works with every
// pool, schedule and reaction.
type Campaign struct {
	ID string `yaml:"id"`
	// Kind is free text for the truth.
	Kind string `yaml:"kind"`
	// Tactics name what the campaign is composed of, for the truth.
	Tactics  []string `yaml:"tactics,omitempty"`
	Accounts int      `yaml:"accounts"`
	// Rate is the mean number of requests per account and day, cover traffic included.
	Rate float64 `yaml:"rate"`
	// Start and Stop are times from the start of the world; a Stop of 0 is the end of the world.
	Start time.Duration `yaml:"start"`
	Stop  time.Duration `yaml:"stop"`

	Prompt    Prompt    `yaml:"prompt"`
	Cover     Cover     `yaml:"cover"`
	Pool      Pool      `yaml:"pool"`
	Schedule  Schedule  `yaml:"schedule"`
	Reactions Reactions `yaml:"reactions"`
	Probe     Probe     `yaml:"probe"`
}

// Prompt says what the campaign asks.
type Prompt struct {
	// Style is one of PromptStyles.
	Style string `yaml:"style"`
	// Templates is how many templates are in use at the same time; 0 is one.
	Templates int `yaml:"templates"`
	// Position is where the prompt template goes: first (before the item), system, end, any
	// (redrawn for every request), split (system and end), both (all of it as the system prompt and
	// again behind the item), around (its last section behind the item), own (each account keeps to
	// one of first, system and end).
	Position string `yaml:"position"`
	// Elicit says how openly reasoning is asked for: open, plain (no word about reasoning) or empty
	// for the style's own.
	Elicit string `yaml:"elicit"`
	// Items are the rules work items come from: math, code, reason, know, tool, analysis, mixed;
	// empty is mixed.
	Items string `yaml:"items"`
	// Languages is the share of items in other languages than English.
	Languages float64 `yaml:"languages"`
	// Overlap is the share of items asked by more than one account; 0 is a work list dealt out,
	// each item once.
	Overlap float64 `yaml:"overlap"`
	// Tools is true when requests carry a tool list.
	Tools bool `yaml:"tools"`
	// RelayMarks writes what public relay software leaves in requests (style relay).
	RelayMarks bool `yaml:"relay_marks"`
	// Effort is a reasoning effort asked for by every request; empty leaves it out.
	Effort string `yaml:"effort"`
	// Personas gives every account subjects, words and a language of its own: its items and its
	// wording of the sections are then those of one person.
	Personas bool `yaml:"personas,omitempty"`
	// Answers is to how many requests each item is dealt out, as for preference pairs; 0 is one.
	// Which account gets them is left to the schedule.
	Answers int `yaml:"answers,omitempty"`
	// ToolLists is how many lists of tools the coding sessions of the styles agentic and replay
	// come with, as those of so many users; Repositories is how many repositories they are about.
	// 0 is what the style has: the lists of public agents, and the repositories of the customers
	// (replay) or another for each session (agentic).
	ToolLists    int `yaml:"tool_lists,omitempty"`
	Repositories int `yaml:"repositories,omitempty"`

	Wording Wording `yaml:"wording,omitempty"`
}

// Cover is ordinary traffic of third parties through the same accounts.
type Cover struct {
	// Share of all requests that are ordinary.
	Share float64 `yaml:"share"`
	// Kind is chat, api or mixed; empty is chat.
	Kind string `yaml:"kind"`
	// Before is for how long all requests are ordinary at first.
	Before time.Duration `yaml:"before,omitempty"`
}

// Pool says how the accounts came to be and what they have in common.
type Pool struct {
	// Payments is how many instruments pay for all accounts; 0 is one for each.
	Payments int `yaml:"payments"`
	// Issuers is how many issuers the instruments come from; 0 draws each from the population.
	Issuers int `yaml:"issuers"`
	// SignUp is tight (hours), wide (weeks), aged (bought accounts of any age) or leased (honest
	// people's, who go on with their own use beside); empty is tight.
	SignUp string `yaml:"sign_up"`
	// SignUpSpread overrides how wide the cohort is.
	SignUpSpread time.Duration `yaml:"sign_up_spread"`
	// SignUpBefore is how long before the campaign's start the cohort ends; 0 is two days.
	SignUpBefore time.Duration `yaml:"sign_up_before"`
	// Stack is one (a client stack for all), few, rotating (per request) or native (each like an
	// ordinary account); empty is one.
	Stack string `yaml:"stack"`
	// Params is one (same request parameters for all) or own; empty is one.
	Params string `yaml:"params"`
	// Device is none, unified, relay (the constant of a public relay) or own; empty is none.
	Device string `yaml:"device"`
	// Network is residential, datacenter, vpn or mixed; empty is residential.
	Network string `yaml:"network"`
	// Addresses is how many addresses each account uses in turn; 0 is one, as with a proxy per
	// account.
	Addresses int `yaml:"addresses"`
	// Domains is how many e-mail domains the accounts have; 0 draws from the population.
	Domains int `yaml:"domains"`
	// Disposable is the share of accounts with a mail domain that nobody else uses.
	Disposable float64 `yaml:"disposable"`
	// Plan is one plan for all; empty draws from the population.
	Plan string `yaml:"plan"`
	// Contract is one (all accounts are under one) or own (each has its own); empty is none.
	// Purpose is what the accounts declare: what an attacker could write, or buy.
	Contract string `yaml:"contract,omitempty"`
	Purpose  string `yaml:"purpose,omitempty"`
	// Life is how long each account works before a fresh one takes its place; 0 is for good.
	Life time.Duration `yaml:"life,omitempty"`

	Recruiting Recruiting `yaml:"recruiting,omitempty"`
}

// Schedule says when the campaign asks, and which account.
type Schedule struct {
	// Shape is flat (round the clock), office, diurnal, night, product (as products are used),
	// shifts (each account works eight hours) or own (each has hours like a person's, where it
	// lives); empty is flat.
	Shape string `yaml:"shape"`
	// CV is the coefficient of variation of the pool's gaps: 0 a metronome, 1 random, 2 bursty.
	CV float64 `yaml:"cv"`
	// Balance is lru (relays), even, random, skewed (heavy tailed, like people) or fill (one
	// account until its quota is used, then the next); empty is lru.
	Balance string `yaml:"balance"`
	// Batch is the mean number of items that an account takes in a row; 0 is one.
	Batch float64 `yaml:"batch"`
	// Waves is the mean length of a wave of work and the pause after it, in which the whole pool
	// rests; Duty is the share that is work, 0 is a half.
	Waves time.Duration `yaml:"waves"`
	Duty  float64       `yaml:"duty"`
	// Ramp is the time in which the rate grows to its full height.
	Ramp time.Duration `yaml:"ramp"`
	// Idle is the share of accounts that rest on a given day.
	Idle float64 `yaml:"idle"`

	Dealing Dealing `yaml:"dealing,omitempty"`
}

// Reactions are what the campaign does when something happens.
type Reactions struct {
	// Handover continues on another account after a rejection.
	Handover bool `yaml:"handover"`
	// Pivot is the share of traffic that is on a released model PivotWithin (default 24 h) after
	// its release.
	Pivot       float64       `yaml:"pivot"`
	PivotWithin time.Duration `yaml:"pivot_within"`
	// BlockAfter is when the operator blocks BlockShare (default all) of the accounts; 0 is never.
	BlockAfter time.Duration `yaml:"block_after"`
	BlockShare float64       `yaml:"block_share"`
	// Replace brings as many fresh accounts within ReplaceIn (default 3 h).
	Replace   bool          `yaml:"replace"`
	ReplaceIn time.Duration `yaml:"replace_in"`
	// RateLimited is the share of requests answered with 429; 0 is the population's own share.
	RateLimited float64 `yaml:"rate_limited"`

	Aftermath Aftermath `yaml:"aftermath,omitempty"`
}

// Probe is a burst of differently worded attempts before the work begins.
type Probe struct {
	Requests int           `yaml:"requests"`
	For      time.Duration `yaml:"for"`
	// Refused is the share that the model refuses; 0 is 0.9.
	Refused float64 `yaml:"refused"`
	// Accounts is how many accounts of the pool probe; 0 is a quarter.
	Accounts int `yaml:"accounts"`
}

// The prompt styles.
const (
	StyleTemplate = "template" // one fixed template with slots
	StyleSections = "sections" // the same sections, each paraphrased for every request
	StyleInject   = "inject"   // one fixed paragraph among varied requests
	StyleBare     = "bare"     // items alone, no prompt template
	StyleGrade    = "grade"    // the model as a judge with a rubric
	StyleClean    = "clean"    // transcript cleaning
	StyleGenerate = "generate" // question and answer generation from seeds
	StyleCoerce   = "coerce"   // one wording that makes the model show hidden reasoning
	StyleAgentic  = "agentic"  // coding trajectories with tools
	StyleRelay    = "relay"    // real users' conversations forwarded
	// StyleReplay sends stored conversations of real users again, whole, in one request.
	StyleReplay = "replay"
)

// PromptStyles lists the values of Prompt.Style.
func PromptStyles() []string {
	return []string{
		StyleTemplate, StyleSections, StyleInject, StyleBare, StyleGrade, StyleClean, StyleGenerate,
		StyleCoerce, StyleAgentic, StyleRelay, StyleReplay,
	}
}

// fill sets what a scenario may leave out.
func (sc *Scenario) fill() {
	if sc.Start.IsZero() {
		sc.Start = time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)
	}
	if len(sc.Models) == 0 {
		sc.Models = []string{"corvid-2", "corvid-2-mini", "corvid-1.8", "corvid-2-deep"}
	}
	for i := range sc.Releases {
		r := &sc.Releases[i]
		if r.Adoption == 0 {
			r.Adoption = 0.2
		}
		if r.HalfLife == 0 {
			r.HalfLife = 30 * time.Hour
		}
	}
	for i := range sc.Crowds {
		if sc.Crowds[i].ID == "" {
			sc.Crowds[i].ID = sc.Crowds[i].Kind
		}
	}
}

// maxAccounts bounds a world: all accounts live in memory.
const maxAccounts = 2_000_000

var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// Validate reports everything that is wrong with the scenario.
func (sc *Scenario) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if sc.Duration <= 0 {
		bad("duration: must be positive, as in 48h")
	}
	if len(sc.Crowds)+len(sc.Campaigns)+len(sc.Gatherings) == 0 {
		bad("crowds: a world needs at least one crowd or campaign")
	}
	total := 0
	seen := map[string]bool{}
	name := func(id string) {
		if !idPattern.MatchString(id) {
			bad("id %q: use lower-case letters, digits, dots and dashes", id)
		}
		if seen[id] {
			bad("id %q: appears twice", id)
		}
		seen[id] = true
	}
	share := func(where string, v float64) {
		if v < 0 || v > 1 {
			bad("%s: %g is not a share between 0 and 1", where, v)
		}
	}
	for i := range sc.Releases {
		if sc.Releases[i].Model == "" {
			bad("releases[%d].model: name the model", i)
		}
		share("releases.adoption", sc.Releases[i].Adoption)
	}
	for i := range sc.Crowds {
		c := &sc.Crowds[i]
		name(c.ID)
		total += c.Accounts
		if crowdMakers()[c.Kind] == nil {
			bad("crowds[%d].kind: %q is unknown; one of %v", i, c.Kind, CrowdKinds())
		}
		if c.Accounts <= 0 || c.Groups < 0 || c.Rate < 0 || c.Projects < 0 {
			bad("crowd %s: accounts must be positive, groups, rate and projects not negative", c.ID)
		}
	}
	for i := range sc.Campaigns {
		c := &sc.Campaigns[i]
		name(c.ID)
		total += c.Accounts
		errs = append(errs, c.validate(share)...)
	}
	for i := range sc.Gatherings {
		name(sc.Gatherings[i].ID)
		total += sc.Gatherings[i].Accounts
	}
	if total > maxAccounts {
		bad("accounts: %d in all, at most %d", total, maxAccounts)
	}
	if len(errs) > 0 {
		return fmt.Errorf("scenario %q: %w", sc.Name, errors.Join(errs...))
	}
	return nil
}

func (c *Campaign) validate(share func(string, float64)) []error {
	var errs []error
	one := func(field, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			errs = append(errs, fmt.Errorf(
				"campaign %s: %s: %q is unknown; one of %q", c.ID, field, value, allowed,
			))
		}
	}
	if c.Accounts <= 0 || c.Rate <= 0 {
		errs = append(errs, fmt.Errorf("campaign %s: accounts and rate must be positive", c.ID))
	}
	one("prompt.style", c.Prompt.Style, PromptStyles()...)
	one(
		"prompt.position", c.Prompt.Position, "", "first", "system", "end", "any", "split", "both",
		"around", "own",
	)
	one("prompt.elicit", c.Prompt.Elicit, "", "open", "plain")
	one(
		"prompt.items", c.Prompt.Items, "", "mixed", "math", "code", "reason", "know",
		"tool", "analysis",
	)
	one("prompt.effort", c.Prompt.Effort, "", "low", "medium", "high")
	one("cover.kind", c.Cover.Kind, "", "chat", "api", "mixed")
	one("pool.sign_up", c.Pool.SignUp, signUps...)
	one("pool.stack", c.Pool.Stack, "", "one", "few", "rotating", "native")
	one("pool.contract", c.Pool.Contract, "", "one", ownContract)
	one("pool.params", c.Pool.Params, "", "one", "own")
	one("pool.device", c.Pool.Device, "", "none", "unified", "relay", "own")
	one("pool.network", c.Pool.Network, "", "residential", "datacenter", "vpn", "mixed")
	one(
		"schedule.shape", c.Schedule.Shape, "", "flat", "office", "diurnal", "night", "product",
		"shifts", "own",
	)
	one("schedule.balance", c.Schedule.Balance, "", "lru", "even", "random", "skewed", "fill")
	if c.Prompt.Answers < 0 || c.Prompt.ToolLists < 0 || c.Prompt.Repositories < 0 {
		errs = append(errs, fmt.Errorf(
			"campaign %s: prompt: answers, tool_lists and repositories must not be negative", c.ID,
		))
	}
	share("prompt.languages", c.Prompt.Languages)
	share("prompt.overlap", c.Prompt.Overlap)
	share("cover.share", c.Cover.Share)
	share("pool.disposable", c.Pool.Disposable)
	share("schedule.idle", c.Schedule.Idle)
	share("schedule.duty", c.Schedule.Duty)
	share("reactions.pivot", c.Reactions.Pivot)
	share("reactions.block_share", c.Reactions.BlockShare)
	share("reactions.rate_limited", c.Reactions.RateLimited)
	share("probe.refused", c.Probe.Refused)
	return errs
}
