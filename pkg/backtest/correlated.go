package backtest

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// appendProfile adds a record of the simulated profiles' topic.
func (r *run) appendProfile(batch []stage.Record, out stage.Out) []stage.Record {
	record := stage.Record{Topic: "profiles", Offset: r.profiles, Key: out.Key, Value: out.Value}
	r.profiles++
	return append(batch, record)
}

// correlated hands profiles, and verdicts among them, to correlate.
func (r *run) correlated(batch []stage.Record) error {
	if len(batch) == 0 {
		return nil
	}
	if err := preload(r.correlate, batch); err != nil {
		return err
	}
	res, err := r.correlate.Process(batch)
	if err != nil {
		return fmt.Errorf("correlate: %w", err)
	}
	r.stats.Counts.AddAll(res.Counts)
	return r.write(res.Out)
}

func (r *run) write(out []stage.Out) error {
	for i := range out {
		if err := r.sink.Write(out[i]); err != nil {
			return err
		}
	}
	return nil
}

// split separates what goes to one output from the rest.
func split(res stage.Result, to stage.Output) (these, rest []stage.Out) {
	for _, out := range res.Out {
		if out.To == to {
			these = append(these, out)
		} else {
			rest = append(rest, out)
		}
	}
	return these, rest
}

// preload answers a task's needs from an empty store: everything lives in the tasks' memory.
func preload(t stage.Task, batch []stage.Record) error {
	for _, k := range t.Needs(batch) {
		if err := t.Load(k, nil); err != nil {
			return err
		}
	}
	return nil
}
