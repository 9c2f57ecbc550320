package app

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
	"github.com/stillwatch/stillwatch/pkg/filewatch"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// watchPoll is how often the files are looked at where the system does not tell of a change. A
// list's match is reported at the next evaluation, ten minutes apart by default.
const watchPoll = 10 * time.Second

// watchLists keeps the configured watch lists in force, and reads them again when a file changes.
type watchLists struct {
	files   []string
	log     *zap.Logger
	current atomic.Pointer[watchlist.List]
	seen    []os.FileInfo

	reloads    *prometheus.CounterVec
	indicators *prometheus.GaugeVec
	broad      prometheus.Counter

	// mu guards told, the indicators that were found too broad, by tenant, since toldList was read.
	mu           sync.Mutex
	reported     map[[2]string]bool
	reportedList *watchlist.List
}

func newWatchLists(
	files []string, log *zap.Logger, registry *prometheus.Registry,
) (*watchLists, error) {
	w := &watchLists{
		files: files, log: log,
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "stillwatch_watch_list_reloads_total",
			Help: "Times changed watch lists were read again, by result: ok, failed (the lists before stay in force).",
		}, []string{"result"}),
		indicators: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "stillwatch_watch_list_indicators",
			Help: "Indicators of the watch lists by state: watched, expired (by wall time), revoked, unusable.",
		}, []string{"state"}),
		broad: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "stillwatch_watch_list_too_broad_total",
			Help: "Indicators that were found on too many accounts of a tenant to be watched for, once per tenant and version of the lists.",
		}),
	}
	for _, result := range [...]string{resultOK, resultFailed} {
		w.reloads.WithLabelValues(result)
	}
	registry.MustRegister(w.reloads, w.indicators, w.broad)
	w.seen = w.stat()
	list, err := config.ReadWatchLists(files)
	if err != nil {
		return nil, err
	}
	w.use(list)
	return w, nil
}

// List is the list in force.
func (w *watchLists) List() *watchlist.List { return w.current.Load() }

func (w *watchLists) use(list *watchlist.List) {
	w.current.Store(list)
	expired := 0
	for i := range list.Indicators {
		if list.Indicators[i].Expired(time.Now().UnixMilli()) {
			expired++
		}
	}
	for state, n := range map[string]int{
		"watched": list.Len() - expired, "expired": expired, "revoked": len(list.Revoked),
		"unusable": len(list.Skipped),
	} {
		w.indicators.WithLabelValues(state).Set(float64(n))
	}
	if len(w.files) == 0 {
		return
	}
	w.log.Info("watch lists read", zap.Int("files", len(w.files)),
		zap.Int("watched", list.Len()-expired), zap.Int("expired", expired),
		zap.Int("revoked", len(list.Revoked)), zap.Int("unusable", len(list.Skipped)))
	for _, note := range list.Notes {
		w.log.Warn("watch list", zap.String("note", note))
	}
}

// stat looks at the files; one that is not there is nil.
func (w *watchLists) stat() []os.FileInfo {
	out := make([]os.FileInfo, len(w.files))
	for i, file := range w.files {
		if info, err := os.Stat(file); err == nil {
			out[i] = info
		}
	}
	return out
}

// check reads the lists again if a file has changed. Where one cannot be read, the lists before
// stay in force until it is mended.
func (w *watchLists) check() {
	now := w.stat()
	if slices.EqualFunc(now, w.seen, filewatch.Same) {
		return
	}
	w.seen = now
	list, err := config.ReadWatchLists(w.files)
	if err != nil {
		w.reloads.WithLabelValues(resultFailed).Inc()
		w.log.Error("watch lists not read, the ones before stay in force", zap.Error(err))
		return
	}
	w.reloads.WithLabelValues(resultOK).Inc()
	w.use(list)
}

// start follows the files in a goroutine of its own, when there are any.
func (w *watchLists) start(ctx context.Context, c *cleanups) {
	if len(w.files) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		filewatch.Watch(ctx, w.files, watchPoll, w.log, w.check)
	}()
	c.push("watch lists", func(stop context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-stop.Done():
			return errors.New("still reading files")
		}
	})
}

// sighted reports indicators that too many accounts show, once for each tenant and version of the
// lists.
func (w *watchLists) sighted(s watch.Sighting) {
	if !s.TooBroad {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if list := w.List(); w.reportedList != list {
		w.reported, w.reportedList = map[[2]string]bool{}, list
	}
	key := [2]string{s.Tenant, s.Indicator.ID}
	if w.reported[key] {
		return
	}
	w.reported[key] = true
	w.broad.Inc()
	w.log.Warn("an indicator is too broad to be watched for",
		zap.String("indicator", s.Indicator.ID), zap.String("name", s.Indicator.Title()),
		zap.String("tenant", s.Tenant), zap.Int("entities", s.Entities), zap.Int("live", s.Live))
}
