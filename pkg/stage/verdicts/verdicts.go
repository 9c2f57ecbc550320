// Package verdicts is the stage that reads what analysts say of findings (pkg/review) and puts it
// into the topic that correlate reads, between the profiles. So everything that correlate depends
// on comes in one order, which is the same after any crash; and what cannot be read becomes a dead
// letter here.
package verdicts

import (
	"bytes"
	"errors"

	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// prefix begins the keys of verdicts among profiles, whose keys begin with a tenant. A tenant is
// never empty.
const prefix = "\x00verdict\x00"

// IsVerdict says whether a record of the profiles topic is a verdict, by its key.
func IsVerdict(key []byte) bool { return bytes.HasPrefix(key, []byte(prefix)) }

// key is the key of a verdict among profiles. It holds the whole identity, so that compaction keeps
// every verdict.
func key(v *review.Verdict) []byte { return []byte(prefix + v.Tenant + "\x00" + v.ID) }

// Taken counts the verdicts that were read.
var Taken = &stage.Counter{
	Kind: stage.Own, Name: "verdicts_total",
	Help:   "Verdicts of analysts that were read, by action.",
	Labels: []stage.Label{{Name: "action", Values: review.Actions()}},
}

// deadLettered counts the records that are no verdicts.
var deadLettered = stage.DeadLettered(Reasons()...)

// New makes the stage.
func New() stage.Stage { return reader{} }

type reader struct{ stage.Base }

// Name is "verdicts".
func (reader) Name() string { return "verdicts" }

// Counters are the stage's counters.
func (reader) Counters() []*stage.Counter {
	return []*stage.Counter{stage.OK, deadLettered, Taken}
}

// Outputs are what correlate reads, and the dead letters.
func (reader) Outputs() []stage.Output {
	return []stage.Output{stage.Profiles, stage.DeadLetters}
}

// Open makes the task of a partition: it has no state.
func (r reader) Open(int) (stage.Task, error) { return r, nil }

// Process passes the verdicts on. A record without a value, as those who clean a topic up write it,
// says nothing.
func (reader) Process(batch []stage.Record) (stage.Result, error) {
	res := stage.Result{Counts: stage.Counts{}}
	for i := range batch {
		r := &batch[i]
		if len(r.Value) == 0 {
			continue
		}
		v, err := review.Parse(r.Value)
		if err != nil {
			reason := Reason(err)
			res.Counts.Add(1, deadLettered, reason)
			res.Out = append(res.Out, stage.NewDeadLetter(r, reason, err.Error()))
			continue
		}
		value, err := v.MarshalJSON()
		if err != nil {
			return stage.Result{}, err
		}
		res.Counts.Add(1, stage.OK)
		res.Counts.Add(1, Taken, string(v.Action))
		res.Out = append(res.Out, stage.Out{To: stage.Profiles, Key: key(&v), Value: value})
	}
	return res, nil
}

// Reason is why a record is no verdict, in a word that no other stage uses for its dead letters.
func Reason(err error) string {
	if fault, ok := errors.AsType[*review.InvalidError](err); ok {
		return reasonPrefix + fault.Reason
	}
	return reasonPrefix + review.ReasonFormat
}

// reasonPrefix tells the reasons of verdicts from those of other records.
const reasonPrefix = "verdict_"

// Reasons lists all that Reason can say.
func Reasons() []string {
	out := review.Reasons()
	for i := range out {
		out[i] = reasonPrefix + out[i]
	}
	return out
}
