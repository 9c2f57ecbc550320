// Package fingerprinting is the stage that counts observations into fingerprints, one for each
// account (pkg/fingerprint), and publishes their profiles.
package fingerprinting

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Options configures the stage.
type Options struct {
	Fingerprint fingerprint.Options `yaml:",inline"`
	// MaxAccounts is how many accounts a partition keeps in memory, at about 8 kB each; the others
	// are read back from the store when they show up again. 0 keeps all of them: for a run without
	// a store.
	MaxAccounts int `yaml:"max_accounts"`
	// MaxPending is how many accounts of a partition may have changes that wait for their next
	// profile. Beyond it, the earliest due are published early.
	MaxPending int `yaml:"max_pending"`
	// MaxAhead is how far an event may be ahead of the newest one of its partition. Events beyond
	// it wait for others that agree with them.
	MaxAhead time.Duration `yaml:"max_ahead"`
	// ReplayWindow is how many offsets of a source partition are remembered one by one below its
	// newest, so that what a failed produce brings late counts and what it brings twice does not.
	// At least twice the ingest stage's batch size; 0 when records cannot change places.
	ReplayWindow int64 `yaml:"replay_window"`
	// StoreMargin is how much longer than the horizon the store keeps a silent account.
	StoreMargin time.Duration `yaml:"store_margin"`
}

// DefaultOptions joins the fingerprint's defaults with the stage's.
func DefaultOptions() Options {
	return Options{
		Fingerprint:  fingerprint.DefaultOptions(),
		MaxAccounts:  20_000,
		MaxPending:   4096,
		MaxAhead:     24 * time.Hour,
		ReplayWindow: 8192,
		StoreMargin:  48 * time.Hour,
	}
}

// Validate tells what is wrong with the options.
func (o *Options) Validate() error {
	if err := o.Fingerprint.Validate(); err != nil {
		return err
	}
	switch {
	case o.MaxAccounts < 0:
		return fmt.Errorf(
			"fingerprint: max_accounts is %d, give a number from 1, or 0 for no limit",
			o.MaxAccounts,
		)
	case o.MaxPending < 1:
		return fmt.Errorf("fingerprint: max_pending is %d, give a number from 1", o.MaxPending)
	case o.MaxAhead < time.Minute:
		return fmt.Errorf("fingerprint: max_ahead is %v, give at least 1m", o.MaxAhead)
	case o.ReplayWindow < 0 || o.ReplayWindow > maxReplayWindow:
		return fmt.Errorf("fingerprint: replay_window is %d, give a number from 0 to %d",
			o.ReplayWindow, maxReplayWindow)
	case o.StoreMargin < 0:
		return fmt.Errorf("fingerprint: store_margin is %v, give a positive duration",
			o.StoreMargin)
	}
	return nil
}

// New makes the stage. The error names the option that is wrong.
func New(o Options) (stage.Stage, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &fingerprinter{o: o}, nil
}

type fingerprinter struct{ o Options }

// Name is "fingerprint".
func (s *fingerprinter) Name() string { return "fingerprint" }

// Open makes the task of a partition.
func (s *fingerprinter) Open(int) (stage.Task, error) {
	return &task{
		o:       &s.o,
		cache:   newAccounts(),
		sources: map[uint64]*sourceWindow{},
		pending: pendingLog{generation: 1},
		keys:    map[string]struct{}{},
	}, nil
}

// The state keys of the stage. An account's is accountPrefix and its record key: tenant NUL
// account.
const (
	metaKey       = "meta"
	pendingKey    = "pending"
	accountPrefix = "a:"
)

// task is one partition of the stage. Everything it decides depends on the records in their order
// only, not on how they are cut into batches or when it was restarted: so a replay ends in the same
// state.
type task struct {
	stage.Base

	o       *Options
	cache   *accounts
	sources map[uint64]*sourceWindow
	clock   watermark
	pending pendingLog
	batch   uint64

	obs     fingerprint.Observation
	profile fingerprint.Profile
	buf     []byte
	changed []*account
	res     stage.Result
	keys    map[string]struct{}

	metaLoaded, pendingLoaded bool
}

// Sizes counts the accounts in memory.
func (t *task) Sizes() map[string]int {
	return map[string]int{"accounts": len(t.cache.byKey)}
}

// Needs names the fingerprints of the batch's accounts that are not in memory, and after a restart
// those of the accounts whose profile is due.
func (t *task) Needs(batch []stage.Record) []string {
	var keys []string
	if !t.metaLoaded {
		keys = append(keys, metaKey)
	}
	if !t.pendingLoaded {
		keys = append(keys, pendingKey)
	}
	clear(t.keys)
	need := func(key string) {
		if _, twice := t.keys[key]; !twice && t.cache.get(key) == nil {
			t.keys[key] = struct{}{}
			keys = append(keys, accountPrefix+key)
		}
	}
	for _, key := range t.pending.unloaded {
		need(key)
	}
	for i := range t.clock.quarantined {
		need(t.clock.quarantined[i].key)
	}
	for i := range batch {
		// No account has a longer key: such records become dead letters.
		if key := batch[i].Key; len(key) <= maxKey && t.cache.byKey[string(key)] == nil {
			need(string(key))
		}
	}
	return keys
}

// Load hands in a stored value.
func (t *task) Load(key string, value []byte) error {
	switch key {
	case metaKey:
		t.metaLoaded = true
		if value == nil {
			return nil
		}
		if err := t.unmarshalMeta(value); err != nil {
			return fmt.Errorf("stage: state %q: %w", key, err)
		}
		return nil
	case pendingKey:
		t.pendingLoaded = true
		if value == nil {
			return nil
		}
		if err := t.pending.unmarshalBase(value); err != nil {
			return fmt.Errorf("stage: state %q: %w", key, err)
		}
		return nil
	}
	name, ok := cutAccount(key)
	if !ok {
		return fmt.Errorf("stage: state %q was not asked for", key)
	}
	fp := fingerprint.New(&t.o.Fingerprint)
	if value != nil {
		if err := fp.UnmarshalBinary(value); err != nil {
			return fmt.Errorf("stage: state of an account (%d bytes): %w", len(value), err)
		}
	}
	a := t.cache.add(name, fp)
	if fp.Deadline() > 0 {
		t.cache.due.schedule(a, fp.Deadline())
	}
	return nil
}

func cutAccount(key string) (string, bool) {
	if len(key) < len(accountPrefix) || key[:len(accountPrefix)] != accountPrefix {
		return "", false
	}
	return key[len(accountPrefix):], true
}

// Process counts the batch's observations and publishes the profiles that fall due.
func (t *task) Process(batch []stage.Record) (stage.Result, error) {
	t.start()
	for i := range batch {
		if err := t.take(&batch[i]); err != nil {
			return stage.Result{}, err
		}
	}
	return t.finish()
}

// Flush publishes all pending profiles now.
func (t *task) Flush() (stage.Result, error) {
	if t.cache.due.first() == nil {
		return stage.Result{}, nil
	}
	t.start()
	if err := t.publishDue(math.MaxInt64); err != nil {
		return stage.Result{}, err
	}
	return t.finish()
}

func (t *task) start() {
	t.batch++
	t.res = stage.Result{Counts: stage.Counts{}}
	t.changed = t.changed[:0]
	t.pending.unloaded = t.pending.unloaded[:0]
}

var errNotLoaded = errors.New("stage: the state of an account was not loaded before its records")

// take takes in one record.
func (t *task) take(r *stage.Record) error {
	o := &t.obs
	if err := o.Alias(r.Value); err != nil {
		t.deadLetter(r, reasonUnreadable, err)
		return nil
	}
	if !event.ValidIdentity(o.Tenant) || !event.ValidIdentity(o.Account) ||
		!event.PlausibleTime(o.Time) {
		t.deadLetter(r, reasonUnreadable, errNotIngested)
		return nil
	}
	if !isKeyOf(r.Key, o) {
		t.deadLetter(r, reasonWrongKey, errWrongKey)
		return nil
	}
	if !t.fresh(o.Position) {
		t.res.Counts.Add(1, duplicate, byReplay)
		return nil
	}
	switch t.clock.judge(o.Time, r.Key, t.o.MaxAhead) {
	case ahead:
		t.res.Counts.Add(1, quarantined)
		t.quarantine(r)
		return nil
	case agreed:
		if err := t.release(); err != nil {
			return err
		}
		// Reading those in quarantine has overwritten the observation.
		if err := o.Alias(r.Value); err != nil {
			return fmt.Errorf("stage: read an observation again: %w", err)
		}
	case inOrder:
		t.refuseQuarantined()
	}
	return t.count(r.Key)
}

// Why an observation becomes a dead letter.
const (
	reasonUnreadable = "bad_observation"
	reasonWrongKey   = "wrong_key"
	reasonAhead      = "from_the_future"
)

// maxKey is the longest key of an account in bytes.
const maxKey = 2*event.MaxIdentity + 1

var errNotIngested = errors.New("an identity or time that ingest does not let through")

var errWrongKey = errors.New("the record's key is not that of its account")

// isKeyOf tells whether key is the observation's tenant and account.
func isKeyOf(key []byte, o *fingerprint.Observation) bool {
	n := len(o.Tenant)
	return len(key) == n+1+len(o.Account) && string(key[:n]) == o.Tenant && key[n] == 0 &&
		string(key[n+1:]) == o.Account
}

// count counts the observation read last.
func (t *task) count(key []byte) error {
	o := &t.obs
	a := t.cache.byKey[string(key)]
	if a == nil {
		return errNotLoaded
	}
	if a.fp.LastSeen() > t.clock.now+t.o.MaxAhead.Milliseconds() {
		// The account was carried off by a time that the stream has since disowned.
		t.res.Counts.Add(1, reset)
		a.fp = fingerprint.New(&t.o.Fingerprint)
	}
	t.cache.use(a)
	switch a.fp.Observe(o) {
	case fingerprint.OutcomeCounted:
		if o.Unreadable {
			t.res.Counts.Add(1, unreadable)
		} else {
			t.res.Counts.Add(1, stage.OK)
		}
		t.touch(a)
		if err := t.plan(a); err != nil {
			return err
		}
	case fingerprint.OutcomeDuplicate:
		t.res.Counts.Add(1, duplicate, byID)
	case fingerprint.OutcomeLate:
		t.res.Counts.Add(1, late)
	}
	return t.publishDue(t.clock.now)
}

// plan publishes the account's profile when it is due, and schedules it otherwise.
func (t *task) plan(a *account) error {
	at, ok := a.fp.Due()
	switch {
	case !ok:
		return nil
	case at <= a.fp.LastSeen():
		return t.publish(a)
	}
	t.postpone(a, t.clock.now+at-a.fp.LastSeen())
	return nil
}

// postpone schedules the account's profile. An account that waits already waits no longer for it.
func (t *task) postpone(a *account, deadline int64) {
	if was := a.fp.Deadline(); was > 0 {
		deadline = min(deadline, was)
	}
	a.fp.SetDeadline(deadline)
	t.cache.due.schedule(a, deadline)
	t.pending.note(a)
}

// publishDue publishes what is due at the stream's time now, and the earliest due ones while too
// many wait.
func (t *task) publishDue(now int64) error {
	for {
		a := t.cache.due.first()
		if a == nil || a.deadline > now && t.cache.due.Len() <= t.o.MaxPending {
			return nil
		}
		if a.deadline > now {
			t.res.Counts.Add(1, publishedEarly)
		}
		t.touch(a)
		if err := t.publish(a); err != nil {
			return err
		}
	}
}

// publish puts out the account's profile.
func (t *task) publish(a *account) error {
	a.fp.Profile(&t.profile)
	var err error
	if t.buf, err = t.profile.AppendBinary(t.buf[:0]); err != nil {
		return fmt.Errorf("stage: encode a profile: %w", err)
	}
	t.res.Out = append(t.res.Out, stage.Out{
		To: stage.Profiles, Key: []byte(a.key), Value: bytes.Clone(t.buf),
	})
	t.res.Counts.Add(1, published)
	a.fp.Published()
	t.cache.due.cancel(a)
	return nil
}

// touch notes that the account's state changed in this batch.
func (t *task) touch(a *account) {
	t.cache.use(a)
	if a.batch != t.batch {
		a.batch = t.batch
		t.changed = append(t.changed, a)
	}
}

// finish writes the state of what changed, lets go of what is expired or too much, and hands the
// result over.
func (t *task) finish() (stage.Result, error) {
	ttl := t.o.Fingerprint.Horizon + t.o.StoreMargin
	for _, a := range t.changed {
		var err error
		if t.buf, err = a.fp.AppendBinary(t.buf[:0]); err != nil {
			return stage.Result{}, fmt.Errorf("stage: encode a fingerprint: %w", err)
		}
		t.res.Changes = append(t.res.Changes, stage.Change{
			Key: accountPrefix + a.key, Value: bytes.Clone(t.buf), TTL: ttl,
		})
	}
	t.expire()
	t.evict()
	if value, ok := t.pending.rewrite(t.cache); ok {
		t.res.Changes = append(t.res.Changes, stage.Change{Key: pendingKey, Value: value, TTL: ttl})
	}
	t.res.Changes = append(t.res.Changes, stage.Change{
		Key: metaKey, Value: t.marshalMeta(), TTL: ttl,
	})
	res := t.res
	t.res = stage.Result{}
	return res, nil
}

// maxExpired bounds the work of one batch after a jump of the clock.
const maxExpired = 1000

// expire forgets accounts that have been silent for the whole horizon, as far as they are in
// memory: the store's TTL and the topic's retention take care of the others.
func (t *task) expire() {
	now := t.clock.steady()
	for range maxExpired {
		a := t.cache.oldest()
		if a == nil || a.batch == t.batch || !a.fp.Expired(now) {
			return
		}
		t.cache.remove(a)
		if a.fp.LastSeen() == 0 {
			// Asked for, but nothing of it ever counted.
			continue
		}
		t.res.Out = append(t.res.Out, stage.Out{To: stage.Profiles, Key: []byte(a.key)})
		t.res.Changes = append(t.res.Changes, stage.Change{Key: accountPrefix + a.key})
		t.res.Counts.Add(1, expired)
	}
}

// evict lets go of the accounts used least recently. Those that wait for their profile stay, and so
// do those of this batch: their state is not committed yet.
func (t *task) evict() {
	for t.o.MaxAccounts > 0 && len(t.cache.byKey) > t.o.MaxAccounts {
		a := t.cache.oldest()
		if a == nil || a.batch == t.batch {
			return
		}
		t.cache.remove(a)
		t.res.Counts.Add(1, evicted)
	}
}

func (t *task) deadLetter(r *stage.Record, reason string, err error) {
	t.res.Counts.Add(1, deadLettered, reason)
	t.res.Out = append(t.res.Out, stage.NewDeadLetter(r, reason, err.Error()))
}
