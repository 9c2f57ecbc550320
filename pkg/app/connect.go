package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/remote"
)

// The pauses between two attempts to reach a dependency at the start.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 3 * time.Second
)

// hopeless marks an error that waiting does not mend.
type hopeless struct{ error }

func (h hopeless) Unwrap() error { return h.error }

// retry calls try until it succeeds, is hopeless, or startup_timeout is over, and then returns its
// last error. Every new reason is logged once.
func (a *App) retry(ctx context.Context, what string, try func(context.Context) error) error {
	timeout := a.opts.Config.StartupTimeout
	ctx, cancel := context.WithTimeoutCause(
		ctx, timeout,
		fmt.Errorf("gave up after startup_timeout (%s)", config.FormatDuration(timeout)),
	)
	defer cancel()
	last := ""
	waits := remote.Waits(firstPause, maxPause)
	for {
		err := try(ctx)
		var h hopeless
		if err == nil || errors.As(err, &h) {
			return err
		}
		// An attempt that the time-out cut short says nothing; the one before it does.
		if ctx.Err() == nil && err.Error() != last {
			last = err.Error()
			a.log.Warn(
				"waiting for "+what, zap.String("reason", last),
				zap.String("at_most", config.FormatDuration(timeout)),
			)
		}
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
				return cause
			}
			if last == "" {
				last = err.Error()
			}
			return fmt.Errorf("%s; %w", last, context.Cause(ctx))
		case <-time.After(waits.NextBackOff()):
		}
	}
}
