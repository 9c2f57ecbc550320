// Package lookup reads what pkg/enrich fills events from, and keeps it fresh: account facts from a
// CSV file or a compacted topic, and networks from databases in MaxMind's format. Nothing that it
// logs or counts names an account or an address.
package lookup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/filewatch"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// Options say where facts come from; empty ones are off.
type Options struct {
	// FactsTopic is a compacted topic of account facts.
	FactsTopic string `yaml:"facts_topic"`
	// FactsFile is a CSV file of account facts. Where both know one, the topic's holds.
	FactsFile string `yaml:"facts_file"`
	// MaxMind names databases; of several that know a field, the first holds.
	MaxMind []string `yaml:"maxmind"`
	// Reload is how often the files are looked at where the system does not tell of a change.
	Reload time.Duration `yaml:"reload"`
}

// DefaultOptions are all off.
func DefaultOptions() Options { return Options{MaxMind: []string{}, Reload: time.Minute} }

// Validate tells what is wrong with the options.
func (o Options) Validate() error {
	var errs []error
	if o.Reload < time.Second {
		errs = append(errs, fmt.Errorf("reload: %v is too often, give at least 1s", o.Reload))
	}
	for i, path := range o.MaxMind {
		if path == "" {
			errs = append(errs, errors.New("maxmind: a file without a name"))
		} else if slices.Contains(o.MaxMind[:i], path) {
			errs = append(errs, fmt.Errorf("maxmind: %s is named twice", path))
		}
	}
	return errors.Join(errs...)
}

// The sources, as metrics call them.
const (
	sourceTopic   = "topic"
	sourceFile    = "file"
	sourceMaxMind = "maxmind"
)

// Sources are the tables of one process.
type Sources struct {
	opts     Options
	log      *zap.Logger
	metrics  *metrics
	topic    *enrich.Table
	files    []*file
	enricher enrich.Enricher
	// complaints is how many records of the topic were complained of.
	complaints int
}

// New reads the files and registers the metrics; the topic is read by Follow. A file that cannot be
// read is an error.
func New(opts Options, log *zap.Logger, reg prometheus.Registerer) (*Sources, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	s := &Sources{opts: opts, log: log, metrics: newMetrics(reg)}
	if opts.FactsTopic != "" {
		s.topic = enrich.NewTable()
		s.enricher.Accounts = append(s.enricher.Accounts, s.topic)
		// An empty topic is to be seen as such.
		s.metrics.facts.WithLabelValues(sourceTopic).Set(0)
	}
	if opts.FactsFile != "" {
		facts := &factsFile{log: log, metrics: s.metrics}
		s.enricher.Accounts = append(s.enricher.Accounts, facts)
		s.files = append(s.files, &file{
			key: "facts_file", path: opts.FactsFile, source: sourceFile, read: facts.read,
		})
	}
	for _, path := range opts.MaxMind {
		db := &maxMind{log: log, metrics: s.metrics}
		s.enricher.Networks = append(s.enricher.Networks, db)
		s.files = append(s.files, &file{
			key: "maxmind", path: path, source: sourceMaxMind, read: db.read,
		})
	}
	var errs []error
	for _, f := range s.files {
		if _, err := f.check(); err != nil {
			errs = append(errs, fmt.Errorf("ingest.enrich.%s: %s: %w", f.key, f.path, err))
			continue
		}
		s.metrics.loads.WithLabelValues(f.source).Inc()
	}
	return s, errors.Join(errs...)
}

// Enricher applies the tables; nil when there are none.
func (s *Sources) Enricher() *enrich.Enricher {
	if len(s.enricher.Accounts)+len(s.enricher.Networks) == 0 {
		return nil
	}
	return &s.enricher
}

// Watch reads files anew that have changed, until ctx ends. What cannot be read leaves what is
// there.
func (s *Sources) Watch(ctx context.Context) {
	if len(s.files) == 0 {
		return
	}
	paths := make([]string, len(s.files))
	for i, f := range s.files {
		paths[i] = f.path
	}
	filewatch.Watch(ctx, paths, s.opts.Reload, s.log, s.reload)
}

func (s *Sources) reload() {
	for _, f := range s.files {
		changed, err := f.check()
		if err != nil {
			s.metrics.failures.WithLabelValues(f.source).Inc()
			// One that stays unreadable is reported once.
			if reason := err.Error(); reason != f.failed {
				f.failed = reason
				s.log.Error(
					"a changed file could not be read; what was read before stays in use",
					zap.String("key", "ingest.enrich."+f.key), zap.String("file", f.path),
					zap.Error(err),
				)
			}
			continue
		}
		f.failed = ""
		if changed {
			s.metrics.loads.WithLabelValues(f.source).Inc()
		}
	}
}

// Follow reads the topic until ctx ends; caughtUp is called once, when it has been read to where it
// ended at the start. Without a topic that is at once, and all.
func (s *Sources) Follow(ctx context.Context, client *stream.Client, caughtUp func()) error {
	if s.topic == nil {
		caughtUp()
		return nil
	}
	began := time.Now()
	return client.Follow(ctx, s.opts.FactsTopic, func() {
		s.log.Info(
			"account facts were read from the topic", zap.Int("accounts", s.topic.Len()),
			zap.Duration("took", time.Since(began)),
		)
		s.metrics.loads.WithLabelValues(sourceTopic).Inc()
		caughtUp()
	}, s.update)
}

// maxComplaints bounds what is logged of bad rows and records; all are counted.
const maxComplaints = 5

// update takes records of the topic.
func (s *Sources) update(records []stream.Record) {
	for i := range records {
		r := &records[i]
		err := s.topic.Update(r.Key, r.Value)
		if err == nil {
			continue
		}
		s.metrics.bad.WithLabelValues(sourceTopic).Inc()
		if s.complaints++; s.complaints <= maxComplaints {
			s.log.Warn("account facts that can't be read are left out",
				zap.String("topic", r.Topic), zap.Int("partition", r.Partition),
				zap.Int64("offset", r.Offset), zap.Error(err),
				zap.Bool("further_ones_are_only_counted", s.complaints == maxComplaints))
		}
	}
	s.metrics.facts.WithLabelValues(sourceTopic).Set(float64(s.topic.Len()))
}

// metrics tell how fresh and how sound the tables are.
type metrics struct {
	facts                       *prometheus.GaugeVec
	loads, failures, bad, fault *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	// Each source has its counters from the start, at 0: so the first count is seen as an increase.
	counter := func(name, help string, sources ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "stillwatch", Subsystem: "enrich", Name: name, Help: help,
		}, []string{"source"})
		for _, source := range sources {
			c.WithLabelValues(source)
		}
		reg.MustRegister(c)
		return c
	}
	m := &metrics{
		facts: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "stillwatch", Subsystem: "enrich", Name: "facts",
			Help: "Accounts about which facts are kept.",
		}, []string{"source"}),
		loads: counter(
			"loads_total", "Times a source was read as a whole.",
			sourceTopic, sourceFile, sourceMaxMind,
		),
		failures: counter(
			"reload_failures_total",
			"Times a changed file could not be read, so that what was read before stayed in use.",
			sourceFile, sourceMaxMind,
		),
		bad: counter(
			"bad_rows_total", "Rows and records of account facts that could not be read.",
			sourceTopic, sourceFile,
		),
		fault: counter(
			"lookup_errors_total",
			"Addresses that could not be looked up because the database is damaged.",
			sourceMaxMind,
		),
	}
	reg.MustRegister(m.facts)
	return m
}
