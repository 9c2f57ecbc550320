package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/console"
	"github.com/stillwatch/stillwatch/pkg/filewatch"
)

// reload loads the configuration and puts it in force if it has changed. What cannot be put in
// force is reported and leaves everything as it was. The error is that of a service that could not
// go on.
func (s *Supervisor) reload(ctx context.Context, trigger string) error {
	begin := time.Now()
	log := s.log.Named("reload").With(zap.String("trigger", trigger))
	next, err := s.opts.Load()
	// Also those of a configuration that is wrong: the change of one of them may mend it.
	s.files = next.Files
	if err != nil {
		s.refuse(log, err)
		return nil
	}
	changed := next.Changed(&s.loaded)
	if len(changed) == 0 {
		s.reloads.unchanged()
		log.Info("the configuration is what it was: nothing is reloaded")
		return nil
	}
	log = log.With(zap.Strings("changed", changed))
	c, err := s.prepare(ctx, next)
	if err != nil {
		if ctx.Err() == nil {
			s.refuse(log, err)
		}
		return nil
	}
	log.Info("a changed configuration takes over")
	before := s.loaded
	s.swapping.Store(true)
	defer s.swapping.Store(false)
	s.replace(ctx, c)
	if err := s.app.joined(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		s.refuse(log, err)
		return s.restore(ctx, before)
	}
	s.reloads.ok()
	log.Info("the changed configuration is in force", zap.Duration("took", time.Since(begin)))
	return nil
}

// refuse reports a configuration that is not put in force.
func (s *Supervisor) refuse(log *zap.Logger, err error) {
	s.reloads.failed()
	log.Error(
		"the configuration was not reloaded, the one before stays in force",
		zap.String("error", strings.ReplaceAll(err.Error(), "\n", "; ")),
	)
}

// candidate is an app that has everything to take over, with the server that is to serve it, which
// is the one in force where the address stays, and nil where HTTP is off.
type candidate struct {
	loaded config.Loaded
	app    *App
	server *console.Server
}

// prepare makes a candidate. Nothing in force is touched, and nothing is left of one that fails.
func (s *Supervisor) prepare(ctx context.Context, loaded config.Loaded) (candidate, error) {
	a, err := s.build(loaded.Config)
	if err != nil {
		return candidate{}, err
	}
	c := candidate{loaded: loaded, app: a}
	if c.server, err = s.listen(ctx, loaded.Config.HTTP, a); err != nil {
		return candidate{}, err
	}
	if err := a.prepare(ctx); err != nil {
		s.discard(ctx, c)
		return candidate{}, err
	}
	return c, nil
}

// discard takes down a candidate.
func (s *Supervisor) discard(ctx context.Context, c candidate) {
	ctx, cancel := s.stopContext(ctx)
	defer cancel()
	_ = c.app.Stop(ctx)
	if c.server != nil && c.server != s.console.Load() {
		_ = c.server.Stop(ctx)
	}
}

// replace ends the app in force and starts the candidate's stages. From here on only an error of
// the stages themselves can come in between.
func (s *Supervisor) replace(ctx context.Context, c candidate) {
	old, now := s.app, s.console.Load()
	stopCtx, cancel := s.stopContext(ctx)
	defer cancel()
	if c.server != nil && c.server == now {
		if err := now.Use(c.loaded.Config.HTTP, s.checks(c.app)); err != nil {
			s.log.Error("the options of http stay what they were", zap.Error(err))
		}
	}
	if err := old.Stop(stopCtx); err != nil {
		// What it still has in hand it cannot commit any more once the partition is opened again.
		s.log.Warn("the stages before a reload did not end in time", zap.Error(err))
	}
	if c.server != now {
		s.console.Store(c.server)
		if now != nil {
			_ = now.Stop(stopCtx)
		}
	}
	s.follow(c.app)
	if err := s.opts.Logs.Use(c.loaded.Config.Log); err != nil {
		s.log.Error("the log stays what it was", zap.Error(err))
	}
	s.app, s.loaded = c.app, c.loaded
	s.app.startStages(ctx)
}

// restore starts the configuration before again, after one that did not work. Whoever is told to
// stop meanwhile has no need of it.
func (s *Supervisor) restore(ctx context.Context, before config.Loaded) error {
	c, err := s.prepare(ctx, before)
	switch {
	case err == nil:
		s.replace(ctx, c)
	case ctx.Err() == nil:
		return fmt.Errorf("the configuration before the reload cannot be started again: %w", err)
	}
	return nil
}

// follow shows the metrics of an app.
func (s *Supervisor) follow(a *App) {
	if err := s.totals.follow(a.registry); err != nil {
		s.log.Error("counters begin at 0 again", zap.Error(err))
	}
}

// fileWatch tells on changed that something happened to files: they need not have changed.
type fileWatch struct {
	log     *zap.Logger
	changed chan struct{}

	files []string
	stop  context.CancelFunc
	done  chan struct{}
}

// filePoll is how often the files are read where the system does not tell of a change.
const filePoll = 10 * time.Second

// follow watches these files from now on, in a goroutine of its own.
func (w *fileWatch) follow(ctx context.Context, files []string) {
	if slices.Equal(files, w.files) {
		return
	}
	w.end()
	if w.files = files; len(files) == 0 {
		return
	}
	ctx, w.stop = context.WithCancel(ctx)
	done := make(chan struct{})
	w.done = done
	go func() {
		defer close(done)
		filewatch.Watch(ctx, files, filePoll, w.log, func() {
			select {
			case w.changed <- struct{}{}:
			default: // It is told already.
			}
		})
	}()
}

// end watches no files any more.
func (w *fileWatch) end() {
	if w.stop == nil {
		return
	}
	w.stop()
	<-w.done
	w.files, w.stop = nil, nil
}
