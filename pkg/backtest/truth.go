package backtest

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Truth is the label file of a simulated world.
type Truth struct {
	Campaigns []TruthGroup `json:"campaigns"`
	Benign    []TruthGroup `json:"benign_groups"`
	Days      float64      `json:"days"`

	harvest map[string]bool
	group   map[string]string
}

// TruthGroup is a labelled set of accounts.
type TruthGroup struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Accounts []string `json:"accounts"`
}

// ReadTruth reads truth.json and, beside it, harvest.ids or harvest.ids.gz when there is one; without it every request of a campaign's account counts as harvest.
func ReadTruth(path string) (*Truth, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read truth: %w", err)
	}
	t := &Truth{group: map[string]string{}}
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("read truth %s: %w", path, err)
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
			t.harvest[strings.TrimSpace(s.Text())] = true
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
	truth   *Truth
	decoder *event.Decoder
	// harvested holds, per campaign, the times of its harvest; requests the events per account.
	harvested map[string][]int64
	active    map[string]bool
	first     int64
	last      int64
	findings  map[string]*judged
	order     []*judged
	named     map[string]int64
	standing  map[string]accountRecord
}

type judged struct {
	uid      string
	created  int64
	severity int
	// alarm is when it first reached severity 3.
	alarm   int64
	members map[string]bool
	message string
}

type accountRecord struct {
	Account  string `json:"account"`
	Time     int64  `json:"time"`
	Status   string `json:"status"`
	Findings []struct {
		UID      string `json:"uid"`
		Severity int    `json:"severity_id"`
	} `json:"findings"`
}

// NewJudge makes a judge.
func NewJudge(t *Truth) *Judge {
	return &Judge{
		truth: t, decoder: event.NewDecoder(event.DefaultLimits()), harvested: map[string][]int64{}, active: map[string]bool{},
		findings: map[string]*judged{}, named: map[string]int64{}, standing: map[string]accountRecord{},
	}
}

// Event looks at an input record, to know what was harvested when.
func (j *Judge) Event(record []byte) {
	var ev event.Event
	if j.decoder.Decode(record, &ev) != nil {
		return
	}
	if j.first == 0 {
		j.first = ev.Time
	}
	j.last = max(j.last, ev.Time)
	g, ok := j.truth.group[ev.Account.ID]
	if !ok {
		return
	}
	j.active[strings.Clone(ev.Account.ID)] = true
	if j.truth.harvest == nil || j.truth.harvest[ev.ID] {
		j.harvested[g] = append(j.harvested[g], ev.Time)
	}
}

// Write looks at an output record.
func (j *Judge) Write(out stage.Out) error {
	switch out.To {
	case stage.Alerts:
		var a struct {
			Severity int    `json:"severity_id"`
			Message  string `json:"message"`
			Finding  struct {
				UID      string `json:"uid"`
				Modified int64  `json:"modified_time"`
			} `json:"finding_info"`
		}
		if err := json.Unmarshal(out.Value, &a); err != nil {
			return fmt.Errorf("judge: read alert: %w", err)
		}
		f := j.findings[a.Finding.UID]
		if f == nil {
			f = &judged{uid: a.Finding.UID, created: a.Finding.Modified, members: map[string]bool{}}
			j.findings[f.uid] = f
			j.order = append(j.order, f)
		}
		f.severity = max(f.severity, a.Severity)
		f.message = a.Message
		if a.Severity >= 3 && f.alarm == 0 {
			f.alarm = a.Finding.Modified
		}
	case stage.Accounts:
		var a accountRecord
		if err := json.Unmarshal(out.Value, &a); err != nil {
			return fmt.Errorf("judge: read account record: %w", err)
		}
		j.standing[a.Account] = a
		for _, f := range a.Findings {
			if f.Severity >= 3 {
				if _, ok := j.named[a.Account]; !ok {
					j.named[a.Account] = a.Time
				}
				if g := j.findings[f.UID]; g != nil {
					g.members[a.Account] = true
				}
			}
		}
	}
	return nil
}

// CampaignResult is how one campaign fared.
type CampaignResult struct {
	ID, Kind string
	Accounts int
	Found    bool
	// Hours is from its first harvest to the first finding of severity 3 or more that is mostly about it, Leaked the share of its harvest before
	// that, HalfLeaked the share before half of its final members were named (1 when they never were).
	Hours, Leaked, HalfLeaked float64
	Recall                    float64
}

// Result is the comparison.
type Result struct {
	Campaigns []CampaignResult
	// Precision is over all accounts named in findings of severity 3 or more; Named and Wrong count them.
	Precision    float64
	Named, Wrong int
	Recall       float64
	// False lists the findings of severity 3 or more that are mostly about honest accounts.
	False []FalseFinding
	Days  float64
	// WrongBy counts the wrongly named accounts by honest group.
	WrongBy map[string]int
	// Findings says of each finding which labelled groups its members come from.
	Findings []string
}

// FalseFinding is a false alarm.
type FalseFinding struct {
	UID, Group, Message string
	Members             int
}

// Result compares what was told with the truth.
func (j *Judge) Result() Result {
	res := Result{Days: float64(j.last-j.first) / 86_400_000, WrongBy: map[string]int{}}
	campaigns := map[string]bool{}
	for _, c := range j.truth.Campaigns {
		campaigns[c.ID] = true
	}
	alarm := map[string]int64{}
	for _, f := range j.order {
		by := map[string]int{}
		for a := range f.members {
			by[j.groupOf(a)]++
		}
		res.Findings = append(res.Findings, fmt.Sprintf("%s severity %d at %s: %v", f.uid[:8], f.severity, time.UnixMilli(f.created).UTC().Format(time.RFC3339), by))
		if f.alarm == 0 {
			continue
		}
		best := ""
		good := 0
		for g, n := range by {
			if n > by[best] || n == by[best] && g < best {
				best = g
			}
			if campaigns[g] {
				good += n
			}
		}
		if 2*good < len(f.members) || len(f.members) == 0 {
			res.False = append(res.False, FalseFinding{UID: f.uid, Group: best, Message: f.message, Members: len(f.members)})
			continue
		}
		for g, n := range by {
			// The finding is about every campaign that makes up a fifth of it.
			if campaigns[g] && 5*n >= len(f.members) && (alarm[g] == 0 || f.alarm < alarm[g]) {
				alarm[g] = f.alarm
			}
		}
	}
	var hit, total int
	for _, c := range j.truth.Campaigns {
		r := CampaignResult{ID: c.ID, Kind: c.Kind, HalfLeaked: 1, Leaked: 1}
		var times []int64
		for _, a := range c.Accounts {
			if !j.active[a] {
				continue
			}
			r.Accounts++
			if at, ok := j.named[a]; ok {
				times = append(times, at)
			}
		}
		hit += len(times)
		total += r.Accounts
		if r.Accounts > 0 {
			r.Recall = float64(len(times)) / float64(r.Accounts)
		}
		h := j.harvested[c.ID]
		slices.Sort(h)
		before := func(at int64) float64 {
			n, _ := slices.BinarySearch(h, at)
			return float64(n) / float64(max(len(h), 1))
		}
		if at := alarm[c.ID]; at > 0 && len(h) > 0 {
			r.Found, r.Hours, r.Leaked = true, float64(at-h[0])/3_600_000, before(at)
		}
		slices.Sort(times)
		if half := (r.Accounts + 1) / 2; half > 0 && len(times) >= half {
			r.HalfLeaked = before(times[half-1])
		}
		res.Campaigns = append(res.Campaigns, r)
	}
	for a := range j.named {
		res.Named++
		if g := j.groupOf(a); !campaigns[g] {
			res.Wrong++
			res.WrongBy[g]++
		}
	}
	res.Precision = 1
	if res.Named > 0 {
		res.Precision = float64(res.Named-res.Wrong) / float64(res.Named)
	}
	if total > 0 {
		res.Recall = float64(hit) / float64(total)
	}
	return res
}

func (j *Judge) groupOf(account string) string {
	if g, ok := j.truth.group[account]; ok {
		return g
	}
	return "unlabelled"
}

// Print writes the result as a table.
func (r *Result) Print(w io.Writer) error {
	if len(r.Campaigns) == 0 {
		return r.printWrong(w, fmt.Sprintf("no campaign is labelled; accounts named, all wrongly: %d", r.Named))
	}
	tw := tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "campaign\tkind\taccounts\tfound\thours\tleaked\thalf named at\trecall")
	for _, c := range r.Campaigns {
		found := "no"
		if c.Found {
			found = "yes"
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%.1f\t%.1f %%\t%.1f %%\t%.3f\n", c.ID, c.Kind, c.Accounts, found, c.Hours, 100*c.Leaked, 100*c.HalfLeaked, c.Recall)
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return r.printWrong(w, fmt.Sprintf("\naccounts named %d, wrongly %d (precision %.4f), recall %.4f", r.Named, r.Wrong, r.Precision, r.Recall))
}

// printWrong prints the summary and what was wrong.
func (r *Result) printWrong(w io.Writer, summary string) error {
	fmt.Fprintf(w, "%s; false findings of severity Medium or more: %d in %.1f days\n", summary, len(r.False), r.Days)
	groups := make([]string, 0, len(r.WrongBy))
	for g := range r.WrongBy {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b string) int { return cmp.Or(cmp.Compare(r.WrongBy[b], r.WrongBy[a]), cmp.Compare(a, b)) })
	for _, g := range groups {
		fmt.Fprintf(w, "  wrongly named from %s: %d\n", g, r.WrongBy[g])
	}
	for _, f := range r.False {
		fmt.Fprintf(w, "  false finding %s (%d accounts, mostly %s): %s\n", f.UID, f.Members, f.Group, f.Message)
	}
	return nil
}
