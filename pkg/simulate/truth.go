package simulate

import "time"

// Truth says who was who in a world. It is complete once the last event has been drawn.
type Truth struct {
	Corpus       string                `json:"corpus"`
	Seed         uint64                `json:"seed"`
	Start        time.Time             `json:"start"`
	End          time.Time             `json:"end"`
	Days         float64               `json:"days"`
	NewModel     string                `json:"new_model,omitempty"`
	ModelRelease *time.Time            `json:"model_release,omitempty"`
	Campaigns    []TrueCampaign        `json:"campaigns"`
	BenignGroups []BenignGroup         `json:"benign_groups"`
	Counts       map[string]GroupCount `json:"counts"`
}

// TrueCampaign is one campaign as it really was. Accounts are those that sent at least one request.
type TrueCampaign struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Accounts []string  `json:"accounts"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	// Exchanges are the harvest requests, HarvestOK those that were answered, Events all requests
	// of the accounts.
	Exchanges  int     `json:"exchanges"`
	HarvestOK  int     `json:"harvest_ok"`
	Events     int     `json:"events"`
	SliceShare float64 `json:"slice_share"`
	// Tactics are those of a campaign that was composed of tactics, Cost what it cost its operator.
	Tactics []string `json:"tactics,omitempty"`
	Cost    *Cost    `json:"cost,omitempty"`
}

// Cost is what a campaign cost its operator up to the last event drawn.
type Cost struct {
	// AccountDays counts the days for which accounts worked, HeldDays those for which the operator
	// had them: from sign-up, from the purchase, or from the first day of the lease on.
	AccountDays float64 `json:"account_days"`
	HeldDays    float64 `json:"held_days"`
	// Made, Bought and Leased count the accounts by how the operator came by them, Cards the
	// payment instruments.
	Made   int `json:"made"`
	Bought int `json:"bought"`
	Leased int `json:"leased"`
	Cards  int `json:"cards"`
	// RequestsPerAnswer and TokensPerAnswer are what was asked and paid for each harvested answer,
	// cover and refusals included; RewritesPerAnswer are calls of a model of the operator's own
	// that words the prompt anew.
	RequestsPerAnswer float64 `json:"requests_per_answer"`
	TokensPerAnswer   float64 `json:"tokens_per_answer"`
	RewritesPerAnswer float64 `json:"rewrites_per_answer"`
	// AccountDaysPer1000 is the price of slowness: working account days for a thousand answers.
	AccountDaysPer1000 float64 `json:"account_days_per_1000"`
}

// BenignGroup is a set of honest accounts that have something in common.
type BenignGroup struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Accounts []string `json:"accounts"`
	// Mechanisms name the ways by which the members came to share something, where the crowd was
	// composed of mechanisms.
	Mechanisms []string `json:"mechanisms,omitempty"`
}

// GroupCount sums up a crowd or campaign.
type GroupCount struct {
	Events   int `json:"events"`
	Accounts int `json:"accounts"`
	Harvest  int `json:"harvest"`
}

// group is a crowd's part or a campaign while the world runs.
type group struct {
	id, kind, crowd string
	campaign        bool
	accounts        []string
	// owners are the leased accounts that their owners used.
	owners           []*account
	events           int
	harvest, success int
	first, last      int64
	// paid counts the requests, and tokens what they used, without what the owners of leased
	// accounts ask for themselves.
	paid       int
	tokens     int64
	mechanisms []string
	pool       *pool
	// contract is the contract of the group's accounts: one for all, an own one for each
	// (ownContract) or none; purpose is what they declare.
	contract, purpose string
}

// saw notes a request by an account, own where its owner sent it. A leased account is the
// campaign's once the operator has used it: until then nothing tells it from those of other honest
// people.
func (g *group) saw(a *account, own bool) {
	switch {
	case own && !a.owned:
		a.owned = true
		g.owners = append(g.owners, a)
	case !own && !a.seen:
		a.seen = true
		g.accounts = append(g.accounts, a.id.ID)
	}
}

// unused lists the leased accounts that the operator has not used.
func (g *group) unused() (out []string) {
	for _, a := range g.owners {
		if !a.seen {
			out = append(out, a.id.ID)
		}
	}
	return out
}

// ownContract stands for a contract for each account.
const ownContract = "own"

// contractOf is the contract of an account of the group.
func (g *group) contractOf(account string) string {
	if g.contract == ownContract {
		return "ctr_" + account
	}
	return g.contract
}

func (w *World) truth() *Truth {
	t := &Truth{
		Corpus: w.sc.Name, Seed: w.sc.Seed, Start: w.sc.Start.UTC(),
		End: w.sc.Start.Add(w.sc.Duration).UTC(), Days: w.sc.Duration.Hours() / 24,
		Campaigns: []TrueCampaign{}, BenignGroups: []BenignGroup{}, Counts: map[string]GroupCount{},
	}
	if len(w.sc.Releases) > 0 {
		at := w.sc.Start.Add(w.sc.Releases[0].After).UTC()
		t.NewModel, t.ModelRelease = w.sc.Releases[0].Model, &at
	}
	for _, g := range w.groups {
		if unused := g.unused(); len(unused) > 0 {
			t.BenignGroups = append(t.BenignGroups, BenignGroup{
				ID: g.id + "-owners", Kind: "owners of leased accounts that were not used",
				Accounts: unused,
			})
		}
		if len(g.accounts) == 0 {
			continue
		}
		n := t.Counts[g.crowd]
		n.Events += g.events
		n.Accounts += len(g.accounts)
		n.Harvest += g.harvest
		t.Counts[g.crowd] = n
		if !g.campaign {
			t.BenignGroups = append(t.BenignGroups, BenignGroup{
				ID: g.id, Kind: g.kind, Accounts: g.accounts, Mechanisms: g.mechanisms,
			})
			continue
		}
		c := TrueCampaign{
			ID: g.id, Kind: g.kind, Accounts: g.accounts, Start: seconds(g.first),
			End: seconds(g.last), Exchanges: g.harvest, HarvestOK: g.success, Events: g.events,
			SliceShare: float64(int(1000*float64(g.harvest)/float64(g.events)+0.5)) / 1000,
		}
		if tactics := g.pool.c.Tactics; len(tactics) > 0 {
			c.Tactics, c.Cost = tactics, g.pool.cost()
		}
		t.Campaigns = append(t.Campaigns, c)
	}
	return t
}

func seconds(ms int64) time.Time { return time.UnixMilli(ms).UTC().Truncate(time.Second) }
