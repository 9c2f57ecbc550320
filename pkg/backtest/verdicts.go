package backtest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// ReadVerdicts reads a file of verdict records, one a line: what is no verdict becomes a dead
// letter in the run, as in service.
func ReadVerdicts(path string) (records [][]byte, err error) {
	in, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	lines := NewLines(in, review.MaxRecord)
	for n := 1; ; n++ {
		line, size, err := lines.Next()
		switch {
		case errors.Is(err, io.EOF):
			return records, nil
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", path, err)
		case line == nil && size > 0:
			return nil, fmt.Errorf("%s, line %d: %d bytes; a verdict has at most %d",
				path, n, size, review.MaxRecord)
		case size > 0:
			records = append(records, bytes.Clone(line))
		}
	}
}

// given are the verdicts of a run, which come to correlate among the profiles, as in service.
type given struct {
	// task is that of the stage that reads them, nil when there are none.
	task    stage.Task
	pending []timedVerdict
	clock   fingerprint.Clock
	// offset is the next one of the simulated verdicts' topic.
	offset int64
}

// timedVerdict is a record with the time at which it was given (Unix ms), 0 when it cannot be read.
type timedVerdict struct {
	time  int64
	value []byte
}

func newGiven(records [][]byte, st stage.Stage) (*given, error) {
	g := &given{}
	if len(records) == 0 {
		return g, nil
	}
	if st == nil {
		return nil, errors.New("backtest: verdicts need the stage that reads them")
	}
	for _, value := range records {
		// What cannot be read has no time; the stage says why.
		v, _ := review.Parse(value)
		g.pending = append(g.pending, timedVerdict{v.Time, value})
	}
	slices.SortStableFunc(g.pending, func(a, b timedVerdict) int {
		return cmp.Compare(a.time, b.time)
	})
	var err error
	g.task, err = open(st, 0)
	return g, err
}

// due returns the verdicts that a profile brings the time for.
func (g *given) due(profile stage.Out) ([]timedVerdict, error) {
	if len(g.pending) == 0 || len(profile.Value) == 0 {
		return nil, nil
	}
	var p fingerprint.Profile
	if err := p.UnmarshalBinary(profile.Value); err != nil {
		return nil, fmt.Errorf("read a profile: %w", err)
	}
	g.clock.See(profile.Key, p.Time)
	now, n := g.clock.Now(), 0
	for now > 0 && n < len(g.pending) && g.pending[n].time <= now {
		n++
	}
	return g.take(n), nil
}

// take takes the next n verdicts.
func (g *given) take(n int) []timedVerdict {
	due := g.pending[:n]
	g.pending = g.pending[n:]
	return due
}

// appendVerdicts adds verdicts to a batch of profiles, as the stage that reads them does it.
func (r *run) appendVerdicts(batch []stage.Record, due []timedVerdict) ([]stage.Record, error) {
	if len(due) == 0 {
		return batch, nil
	}
	var records []stage.Record
	for _, v := range due {
		records = append(records, stage.Record{
			Topic: "verdicts", Offset: r.given.offset, Value: v.value,
		})
		r.given.offset++
	}
	res, err := r.given.task.Process(records)
	if err != nil {
		return nil, fmt.Errorf("verdicts: %w", err)
	}
	r.stats.Counts.AddAll(res.Counts)
	passed, rest := split(res, stage.Profiles)
	for _, out := range passed {
		batch = r.appendProfile(batch, out)
	}
	return batch, r.write(rest)
}

// giveRest hands in what was given after the last event.
func (r *run) giveRest() error {
	batch, err := r.appendVerdicts(nil, r.given.take(len(r.given.pending)))
	if err != nil {
		return err
	}
	return r.correlated(batch)
}
