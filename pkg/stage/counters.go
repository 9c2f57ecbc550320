package stage

import (
	"iter"
	"slices"
	"strings"
)

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

// IsResult tells whether the kind says what became of a record.
func (k Kind) IsResult() bool { return k == Processed || k == Rejected || k == Dropped }

// Counter is something that a stage counts. A stage declares its counters once, as values that
// never change (Stage.Counters), and counts with pointers to them.
type Counter struct {
	Kind Kind
	// Name is what the counter is called in its kind's metric; of the kind Own it is the metric's
	// name without the prefix "stillwatch_".
	Name string
	// Help says in a line what is counted.
	Help string
	// Labels are the labels that each count has values of, at most MaxLabels. No label may hold
	// anything about an account.
	Labels []Label
}

// Label is a label of a counter.
type Label struct {
	Name string
	// Values are all values that the label can have. A counter whose labels list theirs is seen
	// with each of them from the start, at 0: a counter that comes into being at 1 never grew, as
	// Prometheus' increase() sees it. Nil is for values that only the traffic tells, such as
	// tenants.
	Values []string
}

// Known are the values of the labels, one of each, with which the counter is seen from the start:
// all that there can be, and none when a label lists no values. A counter without labels has one.
func (c *Counter) Known() iter.Seq[[MaxLabels]string] {
	return func(yield func([MaxLabels]string) bool) {
		var values [MaxLabels]string
		var choose func(label int) bool
		choose = func(label int) bool {
			if label == len(c.Labels) {
				return yield(values)
			}
			for _, v := range c.Labels[label].Values {
				values[label] = v
				if !choose(label + 1) {
					return false
				}
			}
			return true
		}
		choose(0)
	}
}

// OK counts what every stage takes in: events by ingest and fingerprint, profiles by correlate.
var OK = &Counter{
	Kind: Processed, Name: "ok",
	Help: "Records taken in.",
}

// DeadLettered makes a stage's counter of the records that it makes dead letters of, with all
// reasons for which it does.
func DeadLettered(reasons ...string) *Counter {
	return &Counter{
		Kind: Rejected, Name: "dead_letter",
		Help:   "Records that became dead letters, by reason.",
		Labels: []Label{{Name: "reason", Values: reasons}},
	}
}

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

// Declared tells whether the values of the labels are among those that the counter lists.
func (c Count) Declared() bool {
	for i, label := range c.Counter.Labels {
		if label.Values != nil && !slices.Contains(label.Values, c.Labels[i]) {
			return false
		}
	}
	return true
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
