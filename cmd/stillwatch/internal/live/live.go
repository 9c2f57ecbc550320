// Package live reads what a running service knows, beside it: the stored state of correlate and the
// profiles. It joins no group and takes no ownership, so the service does not notice.
package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// Options says what to read.
type Options struct {
	Config config.Config
	// Profiles says that the profiles are read too: without them nothing can be measured.
	Profiles bool
	// Progress is told how far the profiles are read; nil for nothing.
	Progress io.Writer
}

// View is what the service knew when it was read.
type View struct {
	campaign.Inspector

	// Now is the event time that it is as of (Unix ms).
	Now int64
}

// stageName is the stage whose state is read; its topic has one partition.
const stageName = "correlate"

// Read reads the stored state, and the profiles up to where their topic ends now.
func Read(ctx context.Context, o Options) (*View, error) {
	m, err := correlate.NewMirror(o.Config.Correlate)
	if err != nil {
		return nil, err
	}
	if err := readState(ctx, o, m); err != nil {
		return nil, err
	}
	if o.Profiles {
		if err := readProfiles(ctx, o, m); err != nil {
			return nil, err
		}
	}
	return &View{Inspector: m.Inspector(), Now: m.Now()}, nil
}

func readState(ctx context.Context, o Options, m *correlate.Mirror) (err error) {
	reader, err := store.OpenReader(ctx, o.Config.Redis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	s, err := reader.Snapshot(ctx, stageName, o.Config.Topics.Profiles+":0", m.Keys(),
		func(s *store.Snapshot) ([]string, error) { return m.More(s.Values) })
	if errors.Is(err, store.ErrNoState) {
		return fmt.Errorf(
			"redis holds no state of correlate for topic %s under the prefix %q; "+
				"give the configuration that the service runs with (-c), and start it once",
			o.Config.Topics.Profiles, o.Config.Redis.Prefix,
		)
	}
	if err != nil {
		return err
	}
	return m.Load(s.Values)
}

// reportEvery is how often progress is told.
const reportEvery = 2 * time.Second

func readProfiles(ctx context.Context, o Options, m *correlate.Mirror) error {
	client, err := stream.New(o.Config.Kafka.Options, nil)
	if err != nil {
		return err
	}
	topic := o.Config.Topics.Profiles
	say := func(format string, args ...any) {
		if o.Progress != nil {
			fmt.Fprintf(o.Progress, format+"\n", args...)
		}
	}
	say("reading the profiles in %s (--no-profiles tells only what is stored)", topic)
	records, told := 0, time.Now()
	var fault error
	tail, err := client.Tail(ctx, topic, math.MaxInt, func(batch []stream.Record) {
		fault = errors.Join(fault, m.Take(batch))
		if records += len(batch); time.Since(told) >= reportEvery {
			told = time.Now()
			say("%d profiles read, %d accounts live", records, m.Accounts())
		}
	})
	switch {
	case err != nil:
		return err
	case fault != nil:
		return fault
	case len(tail.Missed) > 0:
		return fmt.Errorf("topic %s: interrupted before it was read to its end", topic)
	}
	return nil
}
