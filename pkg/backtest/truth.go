package backtest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Truth is the label file of a simulated world.
type Truth struct {
	Campaigns []TruthGroup `json:"campaigns"`
	Benign    []TruthGroup `json:"benign_groups"`
	Days      float64      `json:"days"`

	harvest map[string]bool
	group   map[string]string
	// campaign says which groups are campaigns.
	campaign map[string]bool
}

// TruthGroup is a labelled set of accounts.
type TruthGroup struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Accounts []string `json:"accounts"`
}

// ReadTruth reads truth.json and, beside it, harvest.ids or harvest.ids.gz when there is one;
// without it every request of a campaign's account counts as harvest.
func ReadTruth(path string) (*Truth, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read truth: %w", err)
	}
	t := &Truth{group: map[string]string{}, campaign: map[string]bool{}}
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("read truth %s: %w", path, err)
	}
	for _, c := range t.Campaigns {
		t.campaign[c.ID] = true
	}
	for _, gs := range [][]TruthGroup{t.Campaigns, t.Benign} {
		for _, g := range gs {
			for _, a := range g.Accounts {
				t.group[a] = g.ID
			}
		}
	}
	for _, name := range []string{"harvest.ids.gz", "harvest.ids"} {
		r, err := Open(filepath.Join(filepath.Dir(path), name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t.harvest = map[string]bool{}
		s := bufio.NewScanner(r)
		for s.Scan() {
			if id := strings.TrimSpace(s.Text()); id != "" {
				t.harvest[id] = true
			}
		}
		if err := errors.Join(s.Err(), r.Close()); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		break
	}
	return t, nil
}

// Judge watches a run and compares it with the truth.
type Judge struct {
	reported
	truth *Truth
	// harvested holds, per labelled group, the times of its harvest; active the labelled accounts
	// that sent anything.
	harvested map[string][]int64
	active    map[string]bool
	// events counts what was seen, harvests the requests whose ids are labelled as harvest.
	events, harvests int64
	first            int64
	last             int64
}

// NewJudge makes a judge. Without labels it follows what is reported.
func NewJudge(t *Truth) *Judge {
	if t == nil {
		t = &Truth{}
	}
	return &Judge{
		reported: reported{findings: map[string]*finding{}, named: map[string]int64{}},
		truth:    t, harvested: map[string][]int64{}, active: map[string]bool{},
	}
}

// Event takes an event that ingest took in, to know what was harvested when.
func (j *Judge) Event(ev stage.Seen) {
	if j.events == 0 {
		j.first = ev.Time
	}
	j.events++
	j.last = max(j.last, ev.Time)
	g, ok := j.truth.group[ev.Account]
	if !ok {
		return
	}
	j.active[ev.Account] = true
	labelled := j.truth.harvest[ev.ID]
	if labelled {
		j.harvests++
	}
	if labelled || j.truth.harvest == nil {
		j.harvested[g] = append(j.harvested[g], ev.Time)
	}
}

// Unmet is an error where the labels are those of other traffic: not one of their accounts, or of
// the ids of their harvest, was met. There is nothing to score then, and the figures would be those
// of a run in which nothing went wrong.
func (j *Judge) Unmet() error {
	t := j.truth
	var what, known string
	switch {
	case len(t.group) == 0:
		return nil
	case len(j.active) == 0:
		what = fmt.Sprintf("%d accounts", len(t.group))
		known = "an account is named as ingest.account_fields say, first by the event's account.id"
	case len(t.harvest) > 0 && j.harvests == 0 && j.campaignActive():
		what = fmt.Sprintf("%d harvest ids", len(t.harvest))
		known = "an id is the canonical event's"
	default:
		return nil
	}
	return fmt.Errorf(
		"the truth is of other traffic: not one of its %s is in the %d events that were read; %s, "+
			"which stillwatch decode shows", what, j.events, known,
	)
}

// campaignActive tells whether any account of a campaign sent anything. Where none did, the
// recording may end before the harvest begins.
func (j *Judge) campaignActive() bool {
	for account := range j.active {
		if j.truth.campaign[j.truth.group[account]] {
			return true
		}
	}
	return false
}

// Write looks at an output record.
func (j *Judge) Write(out stage.Out) error { return j.write(out) }

// unlabelled is the group of an account that the truth does not know.
const unlabelled = "unlabelled"

func (t *Truth) groupOf(account string) string {
	if g, ok := t.group[account]; ok {
		return g
	}
	return unlabelled
}
