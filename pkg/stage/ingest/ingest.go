// Package ingest is the stage that turns the records of gateways into observations. It decodes,
// hashes and sketches, and is where prompt text ends.
package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Options configure the stage.
type Options struct {
	// AccountFields are the fields of an event that may name the account which is scored; the first
	// that is there does. They are written as in the canonical event: account.id, account.key_hash,
	// account.user_id, account.team_id, account.org_id, account.end_user_id, client.ip.
	AccountFields []string `yaml:"account_fields" json:"account_fields"`
	// Gateway says how records are read.
	Gateway gateway.Options `yaml:"gateway" json:"gateway"`
	// MaxRecordBytes is the size in bytes from which a record is not read at all but becomes a dead
	// letter.
	MaxRecordBytes int `yaml:"max_record_bytes" json:"max_record_bytes"`
	// MaxAhead is how far the time of an event may be ahead of its record's timestamp; beyond it
	// the event becomes a dead letter. An event from the future would make everything that comes
	// after it late. 0 switches it off: for traffic that is played back under another date.
	MaxAhead time.Duration `yaml:"max_ahead" json:"max_ahead"`
	// Enricher fills what events leave unknown; nil for none.
	Enricher *enrich.Enricher `yaml:"-" json:"-"`
	// KeepSeen puts into the result which events were taken in, in plain names: for the scoring of
	// recorded traffic against labels.
	KeepSeen bool `yaml:"-" json:"-"`
}

// DefaultOptions score what the gateway calls an account, and fall back to the key, the user, the
// organisation and the address.
func DefaultOptions() Options {
	return Options{
		AccountFields: []string{
			"account.id", "account.key_hash", "account.user_id", "account.org_id", "client.ip",
		},
		Gateway:        gateway.DefaultOptions(),
		MaxRecordBytes: 64 << 20,
		MaxAhead:       24 * time.Hour,
	}
}

// Validate tells what is wrong with the options.
func (o Options) Validate() error {
	if len(o.AccountFields) == 0 {
		return errors.New("ingest: account_fields is empty, name at least account.id")
	}
	for i, name := range o.AccountFields {
		if accountField(name) == nil {
			return fmt.Errorf(
				"ingest: account_fields: %q is no field that can name an account, choose of %q",
				name, accountFieldNames(),
			)
		}
		if slices.Contains(o.AccountFields[:i], name) {
			return fmt.Errorf("ingest: account_fields: %q is given twice", name)
		}
	}
	if o.MaxRecordBytes <= 0 {
		return fmt.Errorf("ingest: max_record_bytes is %d, give a positive number",
			o.MaxRecordBytes)
	}
	if o.MaxAhead != 0 && o.MaxAhead < time.Minute {
		return fmt.Errorf("ingest: max_ahead is %v, give at least 1m, or 0 for no limit",
			o.MaxAhead)
	}
	return o.Gateway.Validate()
}

// accountFieldNames lists what may name an account.
func accountFieldNames() []string {
	return []string{
		"account.id", "account.key_hash", "account.user_id", "account.team_id", "account.org_id",
		"account.end_user_id", "client.ip",
	}
}

// accountField returns how to read a field that may name an account, nil for one that may not. The
// address is read by its own rules.
func accountField(name string) func(*event.Event) string {
	switch name {
	case "account.id":
		return func(ev *event.Event) string { return ev.Account.ID }
	case "account.key_hash":
		return func(ev *event.Event) string { return ev.Account.KeyHash }
	case "account.user_id":
		return func(ev *event.Event) string { return ev.Account.UserID }
	case "account.team_id":
		return func(ev *event.Event) string { return ev.Account.TeamID }
	case "account.org_id":
		return func(ev *event.Event) string { return ev.Account.OrgID }
	case "account.end_user_id":
		return func(ev *event.Event) string { return ev.Account.EndUserID }
	case "client.ip":
		return clientAddress
	}
	return nil
}

func clientAddress(ev *event.Event) string {
	if addr, ok := ev.Client.Addr(); ok {
		return addr.String()
	}
	return ""
}

// New makes the stage. keys are the sketch options with the deployment's secret and, while a
// rotation lasts, once more with the previous secret (see sketch.New); all but shingles is hashed
// with the first. The error names the option that is wrong.
func New(opts Options, keys ...sketch.Options) (stage.Stage, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, errors.New("ingest: no secret to hash with")
	}
	for _, k := range keys {
		if err := k.Validate(); err != nil {
			return nil, err
		}
	}
	opts.Gateway.Secret = CredentialKey(keys[0].Key)
	return &ingester{opts: opts, keys: keys}, nil
}

// CredentialKey makes the key of the hashes that take the place of credentials out of the
// deployment's secret.
func CredentialKey(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("credentials"))
	return mac.Sum(nil)
}

type ingester struct {
	opts Options
	keys []sketch.Options
}

// Name is "ingest".
func (s *ingester) Name() string { return "ingest" }

// Open makes the task of a partition, with a reader and sketchers of its own.
func (s *ingester) Open(int) (stage.Task, error) {
	sketcher, err := sketch.New(s.keys[0], s.keys[1:]...)
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	t := &task{
		gateway: s.opts.Gateway, maxRecord: s.opts.MaxRecordBytes,
		maxAhead: s.opts.MaxAhead.Milliseconds(), hash: newHasher(s.keys[0].Key),
		coverage: newCoverage(), readers: map[string]*gateway.Reader{}, enricher: s.opts.Enricher,
		keepSeen: s.opts.KeepSeen, sketcher: sketcher,
	}
	for i, name := range s.opts.AccountFields {
		field := accountField(name)
		t.account = append(t.account, field)
		if i == 0 || name == "account.key_hash" {
			t.certain = append(t.certain, field)
		}
	}
	return t, nil
}

// readerFor returns the reader of a topic's records. A task has one topic at a time, a replay
// perhaps several.
func (t *task) readerFor(topic string) (*gateway.Reader, error) {
	if r := t.readers[topic]; r != nil {
		return r, nil
	}
	r, err := gateway.New(t.gateway.For(topic))
	if err != nil {
		return nil, fmt.Errorf("ingest: topic %q: %w", topic, err)
	}
	t.readers[strings.Clone(topic)] = r
	return r, nil
}

// task has no state but scratch memory, the generation, and where what its readers hold
// begins.
type task struct {
	stage.Base

	generation uint64
	loaded     bool
	join       joinState

	maxRecord int
	maxAhead  int64
	account   []func(*event.Event) string
	// certain are those that name no other account when the rest was not read.
	certain    []func(*event.Event) string
	gateway    gateway.Options
	readers    map[string]*gateway.Reader
	sketcher   *sketch.Sketcher
	hash       *hasher
	attributes attributeReader
	coverage   coverage
	enricher   *enrich.Enricher
	filled     enrich.Filled
	keepSeen   bool
	// unchecked counts the gateways' sketches that do not say what they were made with.
	unchecked int64
	// purposes counts the declared purposes that are no word of the list.
	purposes int64

	o fingerprint.Observation
	// size is how many bytes the last batch gave out: how much memory the next one begins with.
	size int
}

// generationKey is the state that says how often the partition was made anew.
const generationKey = "generation"

// Needs names the state at the start; batches need nothing.
func (t *task) Needs(batch []stage.Record) []string {
	if batch != nil || t.loaded {
		return nil
	}
	return []string{generationKey, joinKey}
}

// Load takes the state.
func (t *task) Load(key string, value []byte) error {
	if key == joinKey {
		return t.join.load(value)
	}
	if key != generationKey {
		return fmt.Errorf("ingest: state key %q is not mine", key)
	}
	t.loaded = true
	if value == nil {
		return nil
	}
	var n int
	if t.generation, n = binary.Uvarint(value); n != len(value) {
		return fmt.Errorf("ingest: state %q: %d bytes that are no number", key, len(value))
	}
	return nil
}

// Rewound begins another generation: positions are unlike all before, so that fingerprint does not
// take the events for repetitions. What the readers held is gone.
func (t *task) Rewound() {
	t.generation++
	t.join.from.offset, t.join.due = math.MaxInt64, false
}

// Process turns the batch into observations. A record in which something cannot be read becomes one
// dead letter, whatever the number of its bad items; its good items go on.
func (t *task) Process(batch []stage.Record) (stage.Result, error) {
	out := t.newBatch(len(batch))
	if t.join.due {
		t.flush(&out)
	}
	for i := range batch {
		reader, err := t.readerFor(batch[i].Topic)
		if err != nil {
			return stage.Result{}, err
		}
		if i == 0 {
			t.mark(reader, batch)
		}
		t.record(reader, &batch[i], &out)
	}
	t.size = out.total
	t.forget()
	return t.result(&out), nil
}

// newBatch begins what a batch of records leads to.
func (t *task) newBatch(records int) outcome {
	return outcome{
		counts: stage.Counts{}, memory: make([]byte, 0, t.size+t.size/8),
		out: make([]stage.Out, 0, records),
	}
}

// result is what came out, with what was counted and the state.
func (t *task) result(out *outcome) stage.Result {
	if out.ok > 0 {
		out.counts.Add(out.ok, stage.OK)
	}
	t.coverage.take(out.counts)
	if t.unchecked > 0 {
		out.counts.Add(t.unchecked, uncheckedSketch)
		t.unchecked = 0
	}
	if t.purposes > 0 {
		out.counts.Add(t.purposes, unknownPurpose)
		t.purposes = 0
	}
	for field, n := range t.filled {
		if n > 0 {
			out.counts.Add(n, fieldsFilled, enrich.Field(field).Name())
		}
	}
	t.filled = enrich.Filled{}
	for _, reader := range t.readers {
		unread := reader.TakeUnread()
		for _, count := range [...]struct {
			counter *stage.Counter
			n       int64
		}{
			{unjoined, reader.TakeUnjoined()},
			{unreadBody, unread.Bodies},
			{unreadValue, unread.Values},
			{fillers, unread.Fillers},
		} {
			if count.n > 0 {
				out.counts.Add(count.n, count.counter)
			}
		}
	}
	res := stage.Result{
		Out: out.out, Counts: out.counts, Seen: out.seen,
		InOrder: t.held() > 0 || out.counts.Of(skipped, gateway.ReasonWaiting) > 0,
	}
	if t.generation > 0 {
		// Written every time, so that it does not expire while it is in use.
		res.Changes = []stage.Change{{
			Key: generationKey, Value: binary.AppendUvarint(nil, t.generation),
		}}
	}
	res.Changes = t.joinChange(res.Changes)
	return res
}

// outcome is what a batch has led to so far. Keys and values lie one after the other in memory,
// which a batch allocates once.
type outcome struct {
	out    []stage.Out
	memory []byte
	total  int
	ok     int64
	counts stage.Counts
	seen   []stage.Seen
}

func (t *task) record(reader *gateway.Reader, r *stage.Record, out *outcome) {
	if len(r.Value) > t.maxRecord {
		var bad trouble
		bad.add(event.ReasonTooLarge, "the record has "+strconv.Itoa(len(r.Value))+" bytes", 0)
		out.deadLetter(r, &bad)
		return
	}
	t.o.Position = fingerprint.Position{
		Partition: t.hash.partition(r.Topic, r.Partition, t.generation), Offset: r.Offset,
	}
	var bad trouble
	item := 0
	reader.ReadRecord(r.Value, r.Headers, func(ev *event.Event, err error) bool {
		t.o.Position.Index = int32(item)
		item++
		if reader.Late() {
			t.late(ev, err, r.Time, out)
		} else if l, ok := t.item(r.Time, ev, err, out); !ok {
			t.refuse(r, ev, l, &bad, out)
		}
		return true
	})
	switch {
	case item == 0:
		out.counts.Add(1, skipped, "empty")
	case bad.items > 0:
		out.deadLetter(r, &bad)
	}
}

// item takes in one object of a record of a time, whose position is set already; ok is false when
// it becomes a dead letter.
func (t *task) item(
	recordTime int64, ev *event.Event, err error, out *outcome,
) (l letter, ok bool) {
	if err != nil {
		if l, ok := letterOf(err); ok {
			return l, false
		}
		out.skip(err)
		return letter{}, true
	}
	if ahead := ev.Time - recordTime; t.maxAhead > 0 && recordTime > 0 && ahead > t.maxAhead {
		detail := "time is " + (time.Duration(ahead) * time.Millisecond).String() +
			" ahead of the record's timestamp"
		return letter{reason: reasonFuture, detail: detail, whole: true}, false
	}
	t.o.Tenant, t.o.Account = "", ""
	reason, err := t.observe(ev)
	if err == nil {
		reason, err = reasonBadObservation, out.add(&t.o)
	}
	if err != nil {
		return letter{
			reason: reason, detail: err.Error(), tenant: t.o.Tenant, account: t.o.Account,
		}, false
	}
	out.ok++
	t.coverage.add(ev)
	if t.keepSeen {
		out.see(&t.o, ev.ID)
	}
	return letter{}, true
}

// Reasons for which a valid event becomes a dead letter.
//
// reasonBadSketch is a sketch of the gateway's own that cannot be read, reasonOtherKey one that was
// made with another secret or other options: taking the event without it, or with hashes that meet
// no others, would blind detection to a gateway without anybody noticing. reasonBadObservation is
// one that cannot be encoded: it must not stop the partition. reasonFuture is one whose gateway's
// clock is wrong. reasonUnreadable is any other error of a reader.
const (
	reasonUnreadable     = "unreadable"
	reasonBadSketch      = "bad_sketch"
	reasonOtherKey       = "other_sketch_key"
	reasonBadObservation = "bad_observation"
	reasonFuture         = "from_the_future"
)

// skip counts what is left out on purpose.
func (b *outcome) skip(err error) {
	if skip, ok := errors.AsType[*gateway.SkipError](err); ok {
		b.counts.Add(1, skipped, skip.Reason)
	}
}

// add encodes an observation.
func (b *outcome) add(o *fingerprint.Observation) error {
	start := len(b.memory)
	b.memory = append(b.memory, o.Tenant...)
	b.memory = append(b.memory, 0)
	b.memory = append(b.memory, o.Account...)
	key := len(b.memory)
	memory, err := o.AppendBinary(b.memory)
	if err != nil {
		return err
	}
	b.memory = memory
	end := len(memory)
	b.out = append(b.out, stage.Out{
		To: stage.Observations, Key: memory[start:key:key], Value: memory[key:end:end],
	})
	b.total += end - start
	return nil
}

// see notes an event; its names alias the record.
func (b *outcome) see(o *fingerprint.Observation, id string) {
	b.seen = append(b.seen, stage.Seen{
		Tenant: strings.Clone(o.Tenant), Account: strings.Clone(o.Account),
		ID: strings.Clone(id), Time: o.Time,
	})
}

// observe makes t.o of an event, whose position is set already, or says why that cannot be done.
func (t *task) observe(ev *event.Event) (reason string, err error) {
	account := firstName(ev, t.account)
	if account == "" {
		// The event is valid, so it names somebody, only not by the configured fields.
		return event.ReasonNoAccount, errNoAccount
	}
	tenant := tenantOf(ev)
	if t.enricher != nil {
		t.enricher.Apply(ev, tenant, account, &t.filled)
	}
	if _, ok := attribute.PurposeOf(ev.Account.Purpose); !ok {
		t.purposes++
	}
	o := &t.o
	*o = fingerprint.Observation{
		Position: o.Position, Sketch: o.Sketch,
		Minted: o.Minted[:0], Presented: o.Presented[:0],
		RequestID: o.RequestID[:0], Client: o.Client[:0],
		Time: ev.Time, Tenant: tenant, Account: account, Org: ev.Account.OrgID,
		Verified: ev.Account.Verified.V, CreatedAt: ev.Account.CreatedAt,
		InputTokens: known(ev.Usage.Input), OutputTokens: known(ev.Usage.Output),
		ReasoningTokens: known(ev.Usage.Reasoning), Messages: messages(ev),
		Status: status(ev.Response.Status), Refused: refused(&ev.Response),
		Truncated: truncated(&ev.Response), Batch: isBatch(ev.Request.Operation),
		HasText: ev.Content.Present() || ev.Sketch != nil,
	}
	h := t.hash.of(tenant)
	o.Account = named(h, o.Account)
	o.ID = h.call(ev.ID, ev.Time)
	o.EndUser = h.identity(domainEndUser, ev.Account.EndUserID)
	t.attributes.read(ev, h, o)
	o.ToolSet = h.toolSet(ev.Request.Tools)
	o.Minted = t.attributes.reasoning(o.Minted, ev.Content.ReasoningOut, h)
	o.Presented = t.attributes.reasoning(o.Presented, ev.Content.ReasoningIn, h)
	if err := t.sketch(ev); errors.Is(err, sketch.ErrOtherKey) {
		return reasonOtherKey, err
	} else if err != nil {
		return reasonBadSketch, err
	}
	return "", nil
}

// sketch fills o.Sketch from the event's text, or from the sketch that the gateway made of it.
func (t *task) sketch(ev *event.Event) error {
	o := &t.o
	t.sketcher.Sketch(ev, &o.Sketch)
	if ev.Sketch == nil || ev.Content.Present() {
		return nil
	}
	relay := o.Sketch.Relay
	if err := t.sketcher.FromWire(ev.Sketch, &o.Sketch); err != nil {
		return err
	}
	o.Sketch.Relay |= relay
	if ev.Sketch.Check == "" {
		t.unchecked++
	}
	return nil
}

// known is a count as an observation has it: -1 when it is not known.
func known(n event.Int) int64 {
	if !n.Known {
		return -1
	}
	return n.V
}

// messages is the number of turns that the gateway told, or that its content shows; -1 unknown.
func messages(ev *event.Event) int32 {
	switch {
	case ev.Request.MessageCount.Known:
		return int32(ev.Request.MessageCount.V)
	case len(ev.Content.Input) > 0:
		return int32(ev.Content.Turns())
	}
	return -1
}

// isBatch tells by the operation's name whether a request was declared as part of a batch: "batch",
// "chat_batch", "create_batch".
func isBatch(operation string) bool {
	const word = "batch"
	for i := 0; i+len(word) <= len(operation); i++ {
		if strings.EqualFold(operation[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

func status(s string) fingerprint.Status {
	switch s {
	case event.StatusOK:
		return fingerprint.StatusOK
	case event.StatusError:
		return fingerprint.StatusError
	case event.StatusBlocked:
		return fingerprint.StatusBlocked
	case event.StatusRateLimited:
		return fingerprint.StatusRateLimited
	}
	return fingerprint.StatusUnknown
}
