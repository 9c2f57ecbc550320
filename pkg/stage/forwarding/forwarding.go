// Package forwarding is the stages called webhook-NAME: alert records in, those that one webhook is
// to have out. It leaves out what the webhook's filter leaves out and what was handed on before,
// and keeps a few bytes for each finding to know.
package forwarding

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Prefix begins the names of the stages.
const Prefix = "webhook-"

// The headers that a record for a webhook has besides those of the alerts topic and its origin.
const (
	// HeaderID is the record's identity, metadata.uid: it is the same whenever the record is
	// posted.
	HeaderID = "webhook-id"
	// HeaderWebhook is the webhook's name.
	HeaderWebhook = "stillwatch-webhook"
)

// closedTTL is how long a closed finding is remembered, in wall time. After a crash, correlate
// repeats at most the last batch; a week is far beyond that.
const closedTTL = 7 * 24 * time.Hour

// Filter says which records a webhook gets. The record that closes or mutes a finding follows all
// others of which one was sent.
type Filter struct {
	// MinSeverity is the least severity of a record: informational, low, medium, high or critical.
	MinSeverity string `yaml:"min_severity"`
	// AlertsOnly leaves out records that ask nobody to look: those with is_alert false.
	AlertsOnly bool `yaml:"alerts_only"`
}

// DefaultFilter leaves nothing out.
func DefaultFilter() Filter { return Filter{MinSeverity: "informational"} }

// Validate tells whether the severity is known.
func (f *Filter) Validate() error {
	if _, err := f.least(); err != nil {
		return err
	}
	return nil
}

func (f *Filter) least() (campaign.Severity, error) {
	known := map[string]campaign.Severity{
		"informational": campaign.Informational, "low": campaign.Low, "medium": campaign.Medium,
		"high": campaign.High, "critical": campaign.Critical,
	}
	if s, ok := known[f.MinSeverity]; ok {
		return s, nil
	}
	return 0, fmt.Errorf("min_severity: want %s, not %q",
		strings.Join(slices.SortedFunc(maps.Keys(known), func(a, b string) int {
			return int(known[a]) - int(known[b])
		}), ", "), f.MinSeverity)
}

// The counters of the stage, besides those of all stages. stage.OK counts the records that were
// handed to the webhook.
var (
	filtered = &stage.Counter{
		Kind: stage.Processed, Name: "filtered",
		Help: "Records that the webhook's filter leaves out.",
	}
	repeated = &stage.Counter{
		Kind: stage.Processed, Name: "repeated",
		Help: "Records that came before: correlate sent them again after a crash.",
	}
	deadLettered = stage.DeadLettered(reasonNoFinding)
	deleted      = &stage.Counter{
		Kind: stage.Processed, Name: "deleted",
		Help: "Deletions of a compacted topic.",
	}
)

// reasonNoFinding is why a record becomes a dead letter that is no finding.
const reasonNoFinding = "no_finding"

// Stage makes the tasks of one webhook.
type Stage struct {
	name   string
	filter Filter
	least  campaign.Severity
}

// New makes the stage of the webhook with that name.
func New(name string, f Filter) (*Stage, error) {
	least, err := f.least()
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, errors.New("name: a webhook needs one")
	}
	return &Stage{name: name, filter: f, least: least}, nil
}

// Name is webhook-NAME.
func (s *Stage) Name() string { return Prefix + s.name }

// Counters are what the tasks count.
func (s *Stage) Counters() []*stage.Counter {
	return []*stage.Counter{stage.OK, deadLettered, filtered, repeated, deleted}
}

// Outputs are the endpoint and the dead letters.
func (s *Stage) Outputs() []stage.Output {
	return []stage.Output{stage.Webhook, stage.DeadLetters}
}

// Open makes the task of a partition.
func (s *Stage) Open(int) (stage.Task, error) { return &task{stage: s}, nil }

// memory is what is kept of a finding.
type memory struct {
	// Sequence is the last record's number.
	Sequence int `json:"sequence"`
	// Sent says that a record of the finding was handed on, Muted that the last one said that the
	// finding is muted.
	Sent  bool `json:"sent,omitempty"`
	Muted bool `json:"muted,omitempty"`
}

type task struct {
	stage.Base

	stage *Stage
	// known is what is stored of the findings of this batch.
	known map[string]memory
}

// keyPrefix begins the keys of findings.
const keyPrefix = "finding/"

// Needs names the batch's findings. Nothing is kept from one batch to the next: there are few
// records, and findings live for weeks.
func (t *task) Needs(batch []stage.Record) []string {
	t.known = map[string]memory{}
	var keys []string
	for i := range batch {
		head, err := alert.ParseHead(batch[i].Value)
		if err != nil {
			continue // Process makes a dead letter of it.
		}
		if key := keyPrefix + head.UID; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Load takes in what is stored of a finding.
func (t *task) Load(key string, value []byte) error {
	if value == nil {
		return nil
	}
	var m memory
	if err := json.Unmarshal(value, &m); err != nil {
		return fmt.Errorf("state key %q: %w", key, err)
	}
	t.known[key] = m
	return nil
}

// Process hands on what the webhook is to have.
func (t *task) Process(batch []stage.Record) (stage.Result, error) {
	res := stage.Result{Counts: stage.Counts{}}
	changed := map[string]stage.Change{}
	for i := range batch {
		r := &batch[i]
		if r.Value == nil {
			res.Counts.Add(1, deleted)
			continue
		}
		head, err := alert.ParseHead(r.Value)
		if err != nil {
			res.Counts.Add(1, deadLettered, reasonNoFinding)
			res.Out = append(res.Out, t.letter(r, err))
			continue
		}
		key := keyPrefix + head.UID
		before := t.known[key]
		if head.Sequence <= before.Sequence {
			res.Counts.Add(1, repeated)
			continue
		}
		after := memory{Sequence: head.Sequence, Sent: before.Sent, Muted: head.Muted}
		if t.stage.wants(&head, before) {
			res.Counts.Add(1, stage.OK)
			res.Out = append(res.Out, t.forward(r, &head))
			after.Sent = true
		} else {
			res.Counts.Add(1, filtered)
		}
		t.known[key] = after
		change, err := remember(key, after, head.Activity == campaign.Close)
		if err != nil {
			return stage.Result{}, err
		}
		changed[key] = change
	}
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		res.Changes = append(res.Changes, changed[key])
	}
	return res, nil
}

func remember(key string, m memory, closed bool) (stage.Change, error) {
	value, err := json.Marshal(m)
	if err != nil {
		return stage.Change{}, fmt.Errorf("state key %q: %w", key, err)
	}
	c := stage.Change{Key: key, Value: value}
	if closed {
		c.TTL = closedTTL
	}
	return c, nil
}

// wants tells whether the webhook is to have a record, given what it had of the finding.
func (s *Stage) wants(h *alert.Head, before memory) bool {
	if before.Sent && (h.Activity == campaign.Close || h.Muted && !before.Muted) {
		return true
	}
	return h.Severity >= s.least && (h.IsAlert || !s.filter.AlertsOnly)
}

// forward is the record for the webhook, whole.
func (t *task) forward(r *stage.Record, h *alert.Head) stage.Out {
	headers := []stage.Header{
		{Key: HeaderID, Value: []byte(h.Record)},
		{Key: HeaderWebhook, Value: []byte(t.stage.name)},
	}
	for _, own := range r.Headers {
		headers = append(headers, stage.Header{Key: own.Key, Value: bytes.Clone(own.Value)})
	}
	return stage.Out{
		To: stage.Webhook, Key: []byte(h.UID), Value: bytes.Clone(r.Value),
		Headers: append(headers, stage.Origin(r)...),
	}
}

func (t *task) letter(r *stage.Record, why error) stage.Out {
	out := stage.NewDeadLetter(r, reasonNoFinding, why.Error())
	out.Headers = append(
		out.Headers, stage.Header{Key: HeaderWebhook, Value: []byte(t.stage.name)},
	)
	return out
}
