package stage

import "strings"

// MaxLabels is the most labels that a counter has.
const MaxLabels = 2

// LabelTenant is the name of a label whose values are tenants. They come from gateways, and some
// have many: the pipeline shows the first ones by name and puts the others together.
const LabelTenant = "tenant"

// Kind says what a counter counts, and so in which metric of the service it is seen.
type Kind uint8

// The kinds of counters. The sum over the kinds Processed, Rejected and Dropped is what was
// processed: events, and records that had to become dead letters.
const (
	// Processed counts records by what came of them; its name is the result in events_total. Labels
	// are told by replays only.
	Processed Kind = iota + 1
	// Rejected counts records that became dead letters; its name is the result in events_total, its
	// label the reason in dead_letters_total.
	Rejected
	// Dropped counts records left out of the state; its name is the result in events_total and the
	// reason in dropped_total. There a label, where the counter has one, follows the name after an
	// underscore.
	Dropped
	// Upkeep counts what a stage does besides; its name is the action in upkeep_total.
	Upkeep
	// Repaired counts entries of stored state that were mended when they were loaded; its name says
	// what was wrong with them in state_repaired_total. See Task.Repaired.
	Repaired
	// Own has a metric of its own, by its name and with its labels.
	Own
)

// Counter is something that a stage counts. A stage declares its counters once, as values that
// never change (Stage.Counters), and counts with pointers to them.
type Counter struct {
	Kind Kind
	// Name is what the counter is called in its kind's metric; of the kind Own it is the metric's
	// name without the prefix "stillwatch_".
	Name string
	// Help says in a line what is counted.
	Help string
	// Labels are the names of the labels that each count has values of, at most MaxLabels. No label
	// may hold anything about an account.
	Labels []string
}

// The counters of every stage.
var (
	// OK counts what was taken in: events by ingest and fingerprint, profiles by correlate.
	OK = &Counter{
		Kind: Processed, Name: "ok",
		Help: "Records taken in.",
	}
	// DeadLettered counts the records of which a dead letter was made.
	DeadLettered = &Counter{
		Kind: Rejected, Name: "dead_letter",
		Help:   "Records that became dead letters, by reason.",
		Labels: []string{"reason"},
	}
)

// Count is what is counted: a counter with the values of its labels, in the order in which it names
// them.
type Count struct {
	Counter *Counter
	Labels  [MaxLabels]string
}

// String is the counter's name and the values of its labels, with colons between: for logs, tests
// and reports.
func (c Count) String() string {
	n := min(len(c.Counter.Labels), MaxLabels)
	return strings.Join(append([]string{c.Counter.Name}, c.Labels[:n]...), ":")
}

// Counts is how often each thing happened.
type Counts map[Count]int64

// Add counts n more. It keeps the labels' values, which must not alias a record.
func (c Counts) Add(n int64, counter *Counter, labels ...string) {
	what := Count{Counter: counter}
	copy(what.Labels[:], labels)
	c[what] += n
}

// AddAll adds the counts of another.
func (c Counts) AddAll(more Counts) {
	for what, n := range more {
		c[what] += n
	}
}

// Of returns how often something happened.
func (c Counts) Of(counter *Counter, labels ...string) int64 {
	what := Count{Counter: counter}
	copy(what.Labels[:], labels)
	return c[what]
}
