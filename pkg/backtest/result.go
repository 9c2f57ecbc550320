package backtest

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// CampaignResult is how one campaign fared.
type CampaignResult struct {
	ID, Kind string
	Accounts int
	Found    bool
	// Hours is from its first harvest to the first finding of severity 3 or more that is mostly
	// about it, Leaked the share of its harvest before that, HalfLeaked the share before half of
	// its final members were named (1 when they never were).
	Hours, Leaked, HalfLeaked float64
	Recall                    float64
	// Low is the share of its accounts that nothing but a finding of severity Low about several
	// accounts names: one customer in the open, for contracts to judge.
	Low float64

	alarm int64
}

// CrowdResult is how one benign group fared.
type CrowdResult struct {
	ID, Kind string
	Accounts int
	// False counts the false findings that are mostly about it, Wrong its accounts that were named.
	False, Wrong int
}

// Result is the comparison.
type Result struct {
	Campaigns []CampaignResult
	Crowds    []CrowdResult
	// Precision is over all accounts named in findings of severity 3 or more; Named and Wrong count
	// them.
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

// PerDay is a count as a rate over the time of the events.
func (r *Result) PerDay(n int) float64 {
	if r.Days <= 0 {
		return 0
	}
	return float64(n) / r.Days
}

// composition is where the members of a finding come from.
type composition struct {
	by map[string]int
	// members counts them all, good those of labelled campaigns.
	members, good int
}

// compose counts the members by labelled group: those named at severity Medium or more, or all of
// them.
func (j *Judge) compose(f *finding, all bool) composition {
	c := composition{by: map[string]int{}}
	for a, n := range f.members {
		if n.alarm == 0 && !all {
			continue
		}
		g := j.truth.groupOf(a)
		c.by[g]++
		c.members++
		if j.truth.campaign[g] {
			c.good++
		}
	}
	return c
}

// isTrue says that at least half of the members belong to labelled campaigns.
func (c *composition) isTrue() bool { return c.members > 0 && 2*c.good >= c.members }

// about says that the finding is about a group: it makes up a fifth of the members.
func (c *composition) about(group string) bool {
	return c.by[group] > 0 && 5*c.by[group] >= c.members
}

// groups lists the groups, the largest first.
func (c *composition) groups() []string {
	return slices.SortedFunc(maps.Keys(c.by), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.by[b], c.by[a]), cmp.Compare(a, b))
	})
}

// crowd is the honest group with the most members, empty when there is none.
func (c *composition) crowd(t *Truth) string {
	for _, g := range c.groups() {
		if !t.campaign[g] {
			return g
		}
	}
	return ""
}

// Result compares what was reported with the labels.
func (j *Judge) Result() Result {
	res := Result{Days: float64(j.last-j.first) / 86_400_000, WrongBy: map[string]int{}}
	alarm, falses := map[string]int64{}, map[string]int{}
	for _, f := range j.order {
		c := j.compose(f, false)
		res.Findings = append(res.Findings, fmt.Sprintf(
			"%.8s severity %d at %s: %v",
			f.uid, f.severity, time.UnixMilli(f.created).UTC().Format(time.RFC3339), c.by,
		))
		if f.alarm == 0 {
			continue
		}
		if !c.isTrue() {
			crowd := c.crowd(j.truth)
			falses[crowd]++
			res.False = append(res.False, FalseFinding{
				UID: f.uid, Group: crowd, Message: f.message, Members: c.members,
			})
			continue
		}
		for g := range c.by {
			if j.truth.campaign[g] && c.about(g) && (alarm[g] == 0 || f.alarm < alarm[g]) {
				alarm[g] = f.alarm
			}
		}
	}
	var hit, total int
	for i := range j.truth.Campaigns {
		r, named := j.campaign(&j.truth.Campaigns[i], alarm[j.truth.Campaigns[i].ID])
		hit += named
		total += r.Accounts
		res.Campaigns = append(res.Campaigns, r)
	}
	for a := range j.named {
		res.Named++
		if g := j.truth.groupOf(a); !j.truth.campaign[g] {
			res.Wrong++
			res.WrongBy[g]++
		}
	}
	crowds := map[string]int{}
	for _, g := range j.truth.Benign {
		// Several groups of one name are one crowd.
		i, known := crowds[g.ID]
		if !known {
			i = len(res.Crowds)
			crowds[g.ID] = i
			res.Crowds = append(res.Crowds, CrowdResult{
				ID: g.ID, Kind: g.Kind, False: falses[g.ID], Wrong: res.WrongBy[g.ID],
			})
		}
		for _, a := range g.Accounts {
			if j.active[a] {
				res.Crowds[i].Accounts++
			}
		}
	}
	if falses[unlabelled]+res.WrongBy[unlabelled] > 0 {
		res.Crowds = append(res.Crowds, CrowdResult{
			ID: unlabelled, Accounts: res.WrongBy[unlabelled], False: falses[unlabelled],
			Wrong: res.WrongBy[unlabelled],
		})
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

// campaign judges how one campaign fared, alarm being when a finding about it first reached
// severity Medium (0 never), and counts its accounts that were named.
func (j *Judge) campaign(c *TruthGroup, alarm int64) (r CampaignResult, named int) {
	r = CampaignResult{ID: c.ID, Kind: c.Kind, HalfLeaked: 1, Leaked: 1}
	var times []int64
	low := 0
	for _, a := range c.Accounts {
		if !j.active[a] {
			continue
		}
		r.Accounts++
		if at, ok := j.named[a]; ok {
			times = append(times, at)
		} else if j.isLow(a) {
			low++
		}
	}
	if r.Accounts > 0 {
		r.Recall = float64(len(times)) / float64(r.Accounts)
		r.Low = float64(low) / float64(r.Accounts)
	}
	h := j.harvested[c.ID]
	slices.Sort(h)
	if alarm > 0 && len(h) > 0 {
		r.alarm, r.Found, r.Hours, r.Leaked = alarm, true,
			float64(alarm-h[0])/3_600_000, shareBefore(h, alarm)
	}
	slices.Sort(times)
	if half := (r.Accounts + 1) / 2; half > 0 && len(times) >= half {
		r.HalfLeaked = shareBefore(h, times[half-1])
	}
	return r, len(times)
}

// isLow says that a finding about several accounts names the account, at whatever severity.
func (j *Judge) isLow(account string) bool {
	return slices.ContainsFunc(j.order, func(f *finding) bool {
		_, ok := f.members[account]
		return ok && len(f.members) > 1
	})
}

// Leaked is the share of a labelled campaign's harvest that was served before a moment (Unix ms).
// It is for after the run.
func (j *Judge) Leaked(campaign string, at int64) float64 {
	h := j.harvested[campaign]
	if !slices.IsSorted(h) {
		slices.Sort(h)
	}
	return shareBefore(h, at)
}

// shareBefore is the share of sorted times that lie before a moment.
func shareBefore(times []int64, at int64) float64 {
	n, _ := slices.BinarySearch(times, at)
	return float64(n) / float64(max(len(times), 1))
}

// Print writes the result as tables.
func (r *Result) Print(w io.Writer) error {
	if len(r.Campaigns) == 0 {
		return r.printWrong(
			w, fmt.Sprintf("no campaign is labelled; accounts named, all wrongly: %d", r.Named),
		)
	}
	tw := tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "campaign\tkind\taccounts\tfound\thours\tleaked\thalf named at\trecall")
	for _, c := range r.Campaigns {
		found := "no"
		if c.Found {
			found = "yes"
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%.1f\t%.1f %%\t%.1f %%\t%.3f\n",
			c.ID, c.Kind, c.Accounts, found, c.Hours, 100*c.Leaked, 100*c.HalfLeaked, c.Recall)
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	precision := fmt.Sprintf("precision %.4f", r.Precision)
	if r.Named == 0 {
		precision = "no precision: nobody was named"
	}
	return r.printWrong(w, fmt.Sprintf(
		"\naccounts named %d, wrongly %d (%s), recall %.4f", r.Named, r.Wrong, precision, r.Recall,
	))
}

// printWrong prints the summary and what was wrong, by benign group.
func (r *Result) printWrong(w io.Writer, summary string) error {
	fmt.Fprintf(w, "%s; false findings of severity Medium or more: %d in %.1f days (%.2f a day)\n",
		summary, len(r.False), r.Days, r.PerDay(len(r.False)))
	if len(r.Crowds) > 0 {
		tw := tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)
		fmt.Fprintln(
			tw,
			"\nbenign group\tkind\taccounts\tfalse findings\ta day\taccounts wrongly named\ta day",
		)
		for _, c := range r.Crowds {
			fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%.2f\t%d\t%.2f\n",
				c.ID, c.Kind, c.Accounts, c.False, r.PerDay(c.False), c.Wrong, r.PerDay(c.Wrong))
		}
		if err := tw.Flush(); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
	}
	for _, f := range r.False {
		fmt.Fprintf(w, "false finding %s (%d accounts, mostly %s): %s\n",
			f.UID, f.Members, f.Group, f.Message)
	}
	return nil
}
