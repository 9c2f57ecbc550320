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
}

// BenignGroup is a set of honest accounts that have something in common.
type BenignGroup struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Accounts []string `json:"accounts"`
}

// GroupCount sums up a crowd or campaign.
type GroupCount struct {
	Events   int `json:"events"`
	Accounts int `json:"accounts"`
	Harvest  int `json:"harvest"`
}

// group is a crowd's part or a campaign while the world runs.
type group struct {
	id, kind, crowd  string
	campaign         bool
	accounts         []string
	events           int
	harvest, success int
	first, last      int64
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
		if len(g.accounts) == 0 {
			continue
		}
		c := t.Counts[g.crowd]
		c.Events += g.events
		c.Accounts += len(g.accounts)
		c.Harvest += g.harvest
		t.Counts[g.crowd] = c
		if !g.campaign {
			t.BenignGroups = append(
				t.BenignGroups, BenignGroup{ID: g.id, Kind: g.kind, Accounts: g.accounts},
			)
			continue
		}
		t.Campaigns = append(t.Campaigns, TrueCampaign{
			ID: g.id, Kind: g.kind, Accounts: g.accounts, Start: seconds(g.first),
			End: seconds(g.last), Exchanges: g.harvest, HarvestOK: g.success, Events: g.events,
			SliceShare: float64(int(1000*float64(g.harvest)/float64(g.events)+0.5)) / 1000,
		})
	}
	return t
}

func seconds(ms int64) time.Time { return time.UnixMilli(ms).UTC().Truncate(time.Second) }
