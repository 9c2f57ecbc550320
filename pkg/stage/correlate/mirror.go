package correlate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Mirror is what the stage knows, for whoever looks at it from outside the service: it is filled
// from the stage's stored state and the records of its topic, and never advanced.
type Mirror struct {
	o    campaign.Options
	task *task
}

// NewMirror makes an empty mirror; the options are the service's own.
func NewMirror(o campaign.Options) (*Mirror, error) {
	engine, err := campaign.New(o)
	if err != nil {
		return nil, err
	}
	return &Mirror{o: o, task: &task{engine: engine, needs: engine.Keys()}}, nil
}

// Keys are the first keys of the state to read.
func (m *Mirror) Keys() []string { return m.task.engine.Keys() }

// More lists the keys that what was read leads to. It takes nothing in.
func (m *Mirror) More(values map[string][]byte) (keys []string, err error) {
	scratch, err := campaign.New(m.o)
	if err != nil {
		return nil, err
	}
	for _, key := range m.Keys() {
		restored, err := scratch.Restore(key, values[key])
		if err != nil {
			return nil, fmt.Errorf("correlate state: %w", err)
		}
		keys = append(keys, restored.More...)
	}
	return keys, nil
}

// Load takes the state in.
func (m *Mirror) Load(values map[string][]byte) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := m.task.Load(key, values[key]); err != nil {
			return err
		}
	}
	return nil
}

// Take takes records of the profiles topic in, from its first on; what is no profile is passed
// over.
func (m *Mirror) Take(records []stage.Record) error { return m.task.Rebuild(records) }

// Accounts is the number of live accounts.
func (m *Mirror) Accounts() int { return m.task.engine.Accounts() }

// Now is the event time that the mirror is as of (Unix ms): what the profiles say, and not before
// the last evaluation.
func (m *Mirror) Now() int64 {
	return max(m.task.clock.Now(), m.task.engine.Next()-m.o.Interval.Milliseconds())
}

// Inspector makes the filled mirror ready to be looked at.
func (m *Mirror) Inspector() campaign.Inspector {
	x := campaign.NewInspector(m.task.engine)
	x.Prepare()
	return x
}
