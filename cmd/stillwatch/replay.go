package main

import (
	"context"
	"errors"
	"io"
	"runtime"

	"github.com/stillwatch/stillwatch/pkg/backtest"
)

// replay runs the files through the stages; workers of 0 are one per core.
func replay(ctx context.Context, stderr io.Writer, stages backtest.Stages, events []string, workers int, sink *backtest.Files) (stats backtest.Stats, err error) {
	o := backtest.DefaultOptions()
	o.Workers = workers
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if sink.Judge != nil {
		o.Tap = sink.Judge.Event
	}
	readers, size, closeAll, err := openAll(events)
	if err != nil {
		return stats, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	bar := progress(stderr, size)
	stats, err = backtest.Run(ctx, o, stages, io.MultiReader(readers...), sink, func(bytes int64) { _ = bar.Set64(bytes) })
	return stats, errors.Join(err, bar.Finish())
}
