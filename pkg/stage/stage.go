// Package stage is the contract of a stage: a pure batch function with state. Records and stored
// state go in, records and changes of state come out. A stage does no input or output and takes the
// time from the events, so that the live pipeline, a replay and a backtest are one code path.
package stage

import (
	"fmt"
	"math"
	"time"

	"github.com/stillwatch/stillwatch/pkg/record"
)

// Record is one record of a topic as a stage reads it. A task keeps none beyond its batch.
type Record = record.Record

// Header is a record header.
type Header = record.Header

// Output names where an outgoing record goes; the pipeline maps it to a topic name.
type Output string

// The outputs.
const (
	Observations Output = "observations"
	Profiles     Output = "profiles"
	Alerts       Output = "alerts"
	Accounts     Output = "accounts"
	Audit        Output = "audit"
	Shadow       Output = "shadow"
	DeadLetters  Output = "dead_letters"
	// Webhook is no topic but the endpoint that the stage's sink posts to.
	Webhook Output = "webhook"
)

// Out is one outgoing record. A nil Value is a tombstone.
type Out struct {
	To      Output
	Key     []byte
	Value   []byte
	Headers []Header
}

// Change is one change of stored state. A nil Value deletes the key. Keys are relative to the
// stage's partition.
type Change struct {
	Key   string
	Value []byte
	// TTL is how long the store keeps the key without another change, in wall time; 0 takes the
	// store's default.
	TTL time.Duration
}

// Seen is an event that ingest took in, by the names that labels of recorded traffic know it by.
// The account is the one that is scored.
type Seen struct {
	Tenant, Account, ID string
	Time                int64
}

// Result is what a batch led to. It is the caller's: the task keeps no reference to it.
type Result struct {
	Out     []Out
	Changes []Change
	// Counts are what was processed, left out and why, of the counters that the stage declares. Nil
	// when nothing was counted.
	Counts Counts
	// More, of a flush, says that there is more to bring out once this is committed: flush again.
	More bool
	// InOrder, of a batch, says that the task put records together, or keeps parts of some for
	// those that follow: what comes of the next records depends on these. Who has several tasks of
	// a stage share its records has to give these and all that follow to one.
	InOrder bool
	// Seen are the events of which ingest made observations, in order, where its options ask for
	// them.
	Seen []Seen
}

// Stage makes the tasks of one stage. It is safe for concurrent use.
type Stage interface {
	// Name is "ingest", "fingerprint", "verdicts", "correlate" or "webhook-NAME". The state of a
	// partition is stored under it.
	Name() string
	// Counters are all counters that the tasks count with. They are the same at every call.
	Counters() []*Counter
	// Outputs are where the records of the tasks go.
	Outputs() []Output
	// Open makes the task of a partition, without its state. An error says in one line what is
	// wrong with the configuration; the partition is not processed then.
	Open(partition int) (Task, error)
}

// Task is one partition of a stage, owned by one worker: it is not safe for concurrent use. After
// an error, or when a batch's result cannot be committed because another owner took over, the task
// is thrown away.
//
// The pipeline calls, in this order: Needs(nil) with Load and Repaired; Rewound, if the topic was
// made anew; RebuildFrom, and Rebuild until the committed offset is reached; then, for every batch,
// Needs, Load, Repaired and Process, and in the pauses Needs(nil), Load, Repaired and Flush. Embed
// Base for the methods that a task has nothing to do in.
type Task interface {
	// Needs names the state keys that the batch reads and that the task does not hold in memory
	// yet; for nil those that it wants from the start, or before it is flushed. The result is the
	// caller's.
	Needs(batch []Record) []string
	// Load hands in a stored value, nil when the store has none. The value is the task's. An
	// unreadable one is an error that names the key.
	Load(key string, value []byte) error
	// Repaired counts the entries of stored state that Load had to mend since the last call,
	// because an earlier version wrote them wrongly; nil for none.
	Repaired() Counts
	// Rewound says that the input partition was made anew and counts its offsets from the start
	// again: records that come now are not those that had the same offsets before.
	Rewound()
	// RebuildFrom is the first offset of the input from which the task's memory is rebuilt, once
	// its state is loaded: 0 for all that the topic has, NoRebuild when its state is all that it
	// needs.
	RebuildFrom() int64
	// Rebuild takes in again the records from RebuildFrom up to the committed offset. Nothing is
	// emitted or counted for them. It must not keep references to the records' memory.
	Rebuild(batch []Record) error
	// Process consumes the batch, in offset order. It must not keep references to the records'
	// memory. Bad records become dead letters in the result; an error is a fault of the stage
	// itself and stops the partition.
	Process(batch []Record) (Result, error)
	// Flush brings out now what waits for later events to bring it out: at the end of a recording,
	// or when a partition has been idle for a while. What Needs(nil) names is loaded before, as
	// after a restart the task does not know all that it holds back. The result is empty when
	// nothing is held back. An error stops the partition.
	Flush() (Result, error)
	// Sizes is how many things the task holds in memory, by kind: "accounts", "campaigns".
	Sizes() map[string]int
}

// NoRebuild is what Task.RebuildFrom returns when nothing is to be rebuilt.
const NoRebuild = math.MaxInt64

// Base is a task without state that holds nothing: tasks embed it and have methods of their own for
// what they do besides. It has no Process.
type Base struct{}

// Needs names nothing.
func (Base) Needs([]Record) []string { return nil }

// Load returns an error: nothing was asked for.
func (Base) Load(key string, _ []byte) error {
	return fmt.Errorf("state key %q was not asked for", key)
}

// Repaired counts nothing.
func (Base) Repaired() Counts { return nil }

// Rewound does nothing.
func (Base) Rewound() {}

// RebuildFrom is NoRebuild.
func (Base) RebuildFrom() int64 { return NoRebuild }

// Rebuild does nothing.
func (Base) Rebuild([]Record) error { return nil }

// Flush brings out nothing.
func (Base) Flush() (Result, error) { return Result{}, nil }

// Sizes are none.
func (Base) Sizes() map[string]int { return nil }
