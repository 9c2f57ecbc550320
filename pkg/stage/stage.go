// Package stage holds the three stages as pure batch functions: records and stored state in,
// records and state changes out. They do no I/O and take the time from the events, so the live
// pipeline, a replay and a backtest are one code path.
package stage

import (
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
	DeadLetters  Output = "dead_letters"
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

// Result is what a batch led to. Counts feeds the metrics: what was processed, dropped and why;
// keys are "result" or "result:reason".
type Result struct {
	Out     []Out
	Changes []Change
	Counts  map[string]int64
	// More, of a flush, says that there is more to bring out once this is committed: flush again.
	More bool
	// Seen are the events of which ingest made observations, in order, where its options ask for
	// them.
	Seen []Seen
}

// Task is one partition of a stage, owned by one worker: it is not safe for concurrent use. If a
// batch's result cannot be committed because another owner took over, the Task is thrown away.
type Task interface {
	// Needs names the state keys that the batch reads and that the task does not hold in memory
	// yet.
	Needs(batch []Record) []string
	// Load hands in a stored value, nil when the store has none. An unreadable value is an error
	// that names the key.
	Load(key string, value []byte) error
	// Process consumes the batch, in offset order. It must not keep references to the records'
	// memory. Bad records become dead letters in the result; an error is a fault of the stage
	// itself and stops the partition.
	Process(batch []Record) (Result, error)
}

// Stage makes the tasks of one stage.
type Stage interface {
	// Name is "ingest", "fingerprint" or "correlate".
	Name() string
	// Open makes the task of a partition. The pipeline then calls Needs(nil) and Load for the state
	// that the task wants from the start.
	Open(partition int) Task
}

// Sizer is a Task that tells how much it holds in memory, by kind: "accounts", "campaigns".
type Sizer interface {
	Sizes() map[string]int
}

// Repairer is a Task that mends stored state which an earlier version wrote wrongly.
type Repairer interface {
	// Repaired counts what was mended since the last call, by what was wrong.
	Repaired() map[string]int
}

// Rebuilder is a Task whose memory is rebuilt from its input topic when it is opened: the pipeline
// hands it every record from the earliest offset up to the committed one before the first Process.
// Nothing is emitted for them.
type Rebuilder interface {
	Rebuild(batch []Record) error
}

// PartialRebuilder is a Rebuilder for whose memory the newest records are enough: those from the
// offset RebuildFrom on, which it knows once its state is loaded.
type PartialRebuilder interface {
	Rebuilder
	RebuildFrom() int64
}

// Rewinder is a Task that has to know when its input partition was made anew and counts its offsets
// from the start again: records that come now are not those that had the same offsets before. The
// pipeline says so before the first Process.
type Rewinder interface {
	Rewound()
}
