// Package correlate is the stage that holds all live profiles, finds groups among them
// (pkg/campaign) and tells of them (pkg/alert).
package correlate

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/verdicts"
)

// Options configures the stage.
type Options struct {
	Campaign campaign.Options
	Alert    alert.Options
	// Trace, when set, is called with every candidate that is measured: for reports and
	// calibration.
	Trace func(search.Measurement)
	// Deeper is by how many bits more below the thresholds groups have their members fitted, as if
	// they were to become findings, for the trace alone.
	Deeper float64
	// Watch is what is watched for beside what correlate finds itself.
	Watch WatchOptions
}

// DefaultOptions joins the parts' defaults.
func DefaultOptions() Options {
	return Options{Campaign: campaign.DefaultOptions(), Alert: alert.DefaultOptions()}
}

// New makes the stage. Its topic has one partition: groups are compared across all accounts, and
// profiles are few (an account sends at most one a minute). The error names the option that is
// wrong.
//
// Its records must be emitted exactly as committed (see pipeline's outbox): a finding's sequence
// numbers count on it.
func New(o Options) (stage.Stage, error) {
	if _, err := campaign.New(o.Campaign); err != nil {
		return nil, err
	}
	enc, err := alert.New(o.Alert)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	return &correlator{o: o, encoder: enc}, nil
}

type correlator struct {
	o       Options
	encoder *alert.Encoder
}

// Name is "correlate".
func (c *correlator) Name() string { return "correlate" }

// Findings counts the findings sent, by activity: create, update, close.
var Findings = &stage.Counter{
	Kind: stage.Own, Name: "findings_total",
	Help: "Findings sent, by activity.",
	Labels: []stage.Label{{Name: "activity", Values: []string{
		activityName(campaign.Create), activityName(campaign.Update), activityName(campaign.Close),
	}}},
}

// What the stage counts besides.
var (
	deadLettered = stage.DeadLettered(
		append([]string{reasonBadProfile}, verdicts.Reasons()...)...,
	)
	accountRecords = &stage.Counter{
		Kind: stage.Own, Name: "account_records_total",
		Help: "Account records sent, by status.",
		Labels: []stage.Label{{Name: "status", Values: []string{
			string(campaign.Implicated), string(campaign.Watched), string(campaign.Allowed),
			string(campaign.Cleared),
		}}},
	}
	auditRecords = &stage.Counter{
		Kind: stage.Own, Name: "audit_records_total",
		Help:   "Audit records sent: what became of analysts' verdicts, by event.",
		Labels: []stage.Label{{Name: "event", Values: review.Events()}},
	}
	verdictsTaken = &stage.Counter{
		Kind: stage.Processed, Name: "verdict",
		Help: "Verdicts of analysts taken in.",
	}
	listedAgain = &stage.Counter{
		Kind: stage.Repaired, Name: "campaign_listed_again",
		Help: "Campaigns that the stored list named again.",
	}
)

// Counters are the stage's counters.
func (c *correlator) Counters() []*stage.Counter {
	return []*stage.Counter{
		stage.OK, deadLettered, Findings, ShadowFindings, accountRecords, auditRecords,
		verdictsTaken, listedAgain,
	}
}

// Outputs are the findings, the account records and the audit of verdicts.
func (c *correlator) Outputs() []stage.Output {
	out := []stage.Output{stage.Alerts, stage.Accounts, stage.Audit, stage.DeadLetters}
	if c.o.Campaign.Shadow.On() {
		out = append(out, stage.Shadow)
	}
	return out
}

// Open makes the task of a partition.
func (c *correlator) Open(int) (stage.Task, error) {
	engine, err := campaign.New(c.o.Campaign)
	if err != nil {
		return nil, err
	}
	engine.Trace, engine.Deeper = c.o.Trace, c.o.Deeper
	engine.Sighted = c.o.Watch.Sighted
	return &task{
		encoder: c.encoder, engine: engine, needs: engine.Keys(), watcher: newWatcher(c.o.Watch),
	}, nil
}

type task struct {
	stage.Base

	encoder *alert.Encoder
	engine  *campaign.Engine
	needs   []string
	// listedAgain counts the campaigns that the stored list named again, until that is reported.
	listedAgain int64
	clock       fingerprint.Clock
	watcher     watcher
}

// Needs names the state that is not loaded yet: first the clock, then the campaigns that it lists.
// The result is the caller's: Load changes the task's own list while the caller goes through it.
func (t *task) Needs([]stage.Record) []string { return slices.Clone(t.needs) }

// Load hands in one value.
func (t *task) Load(key string, value []byte) error {
	restored, err := t.engine.Restore(key, value)
	if err != nil {
		return fmt.Errorf("correlate state: %w", err)
	}
	t.needs = append(
		slices.DeleteFunc(t.needs, func(k string) bool { return k == key }), restored.More...,
	)
	t.listedAgain += int64(restored.ListedAgain)
	return nil
}

// Repaired counts the campaigns that the stored list named again.
func (t *task) Repaired() stage.Counts {
	n := t.listedAgain
	t.listedAgain = 0
	if n == 0 {
		return nil
	}
	return stage.Counts{{Counter: listedAgain}: n}
}

// RebuildFrom is the first record of the topic: the memory is all live profiles.
func (t *task) RebuildFrom() int64 { return 0 }

// Rebuild takes in the profiles before the committed offset; nothing is evaluated.
func (t *task) Rebuild(batch []stage.Record) error {
	for i := range batch {
		// What cannot be read was reported when it was first met; verdicts are in the state.
		if !verdicts.IsVerdict(batch[i].Key) {
			_ = t.take(&batch[i])
		}
	}
	return nil
}

// reasonBadProfile is why a profile becomes a dead letter that cannot be read.
const reasonBadProfile = "bad_profile"

// Process takes the profiles in and evaluates when the events' clock says so.
func (t *task) Process(batch []stage.Record) (stage.Result, error) {
	res := stage.Result{Counts: stage.Counts{}}
	t.watcher.hand(t.engine)
	for i := range batch {
		r := &batch[i]
		emissions, reason, err := t.step(r, res.Counts)
		if err != nil {
			res.Counts.Add(1, deadLettered, reason)
			res.Out = append(res.Out, stage.NewDeadLetter(r, reason, err.Error()))
			continue
		}
		for _, e := range emissions {
			if err := t.emit(&res, e); err != nil {
				return stage.Result{}, err
			}
		}
	}
	saved, err := t.engine.Dirty()
	if err != nil {
		return stage.Result{}, fmt.Errorf("correlate state: %w", err)
	}
	for _, s := range saved {
		res.Changes = append(res.Changes, stage.Change{Key: s.Key, Value: s.Value})
	}
	return res, nil
}

// step takes one record in and returns what it leads to; the error says why it becomes a dead
// letter, the reason in a word.
func (t *task) step(
	r *stage.Record, counts stage.Counts,
) (out []campaign.Emission, reason string, err error) {
	if verdicts.IsVerdict(r.Key) {
		if len(r.Value) == 0 {
			return nil, "", nil // who cleans the topic up
		}
		said, err := review.Parse(r.Value)
		if err != nil {
			return nil, verdicts.Reason(err), err
		}
		counts.Add(1, verdictsTaken)
		return t.engine.Give(said, cmp.Or(t.clock.Now(), said.Time)), "", nil
	}
	if err := t.take(r); err != nil {
		return nil, reasonBadProfile, err
	}
	counts.Add(1, stage.OK)
	return t.engine.Advance(t.clock.Now()), "", nil
}

// Sizes counts the live profiles and the open campaigns.
func (t *task) Sizes() map[string]int {
	return withShadow(
		map[string]int{"accounts": t.engine.Accounts(), "campaigns": t.engine.Open()}, t.engine,
	)
}

// take reads one profile, or the tombstone of one.
func (t *task) take(r *stage.Record) error {
	if len(r.Value) == 0 {
		tenant, account, ok := bytes.Cut(r.Key, []byte{0})
		if !ok {
			return fmt.Errorf("profile key has no tenant")
		}
		t.engine.Remove(string(tenant), string(account))
		return nil
	}
	var p fingerprint.Profile
	if err := p.UnmarshalBinary(r.Value); err != nil {
		return fmt.Errorf("decode profile: %w", err)
	}
	t.clock.See(r.Key, p.Time)
	t.engine.Upsert(p)
	return nil
}

func (t *task) emit(res *stage.Result, e campaign.Emission) error {
	if e.Audit != nil {
		return auditRecord(res, e.Audit)
	}
	var rec alert.Record
	var err error
	to := stage.Alerts
	switch {
	case e.Finding != nil:
		rec, err = t.encoder.Finding(e.Finding)
		to = countFinding(res.Counts, e.Finding)
	case e.Account != nil:
		rec, err = t.encoder.Account(e.Account)
		to = stage.Accounts
		res.Counts.Add(1, accountRecords, string(e.Account.Status))
	}
	if err != nil {
		return fmt.Errorf("encode alert: %w", err)
	}
	res.Out = append(res.Out, stage.Out{
		To: to, Key: rec.Key, Value: rec.Value, Headers: rec.Headers,
	})
	return nil
}

func auditRecord(res *stage.Result, e *review.Entry) error {
	value, err := e.Record()
	if err != nil {
		return err
	}
	res.Counts.Add(1, auditRecords, string(e.Event))
	res.Out = append(res.Out, stage.Out{
		To: stage.Audit, Key: e.Key(), Value: value,
		Headers: []stage.Header{{Key: "content-type", Value: []byte("application/json")}},
	})
	return nil
}

func activityName(a campaign.Activity) string {
	switch a {
	case campaign.Create:
		return "create"
	case campaign.Update:
		return "update"
	default:
		return "close"
	}
}
