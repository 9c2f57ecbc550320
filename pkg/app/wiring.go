package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/console"
	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/pipeline"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/stage/fingerprinting"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
	"github.com/stillwatch/stillwatch/pkg/stage/keyed"
	"github.com/stillwatch/stillwatch/pkg/stage/verdicts"
	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
	"github.com/stillwatch/stillwatch/pkg/webhook"
)

// stageRun is one stage with the topics that it reads.
type stageRun struct {
	stage  stage.Stage
	topics []string
	// outbox makes what goes out part of the commit: for correlate, whose records must never differ
	// when they are repeated.
	outbox bool
	// webhook is the endpoint that the stage posts to, nil where it produces to topics.
	webhook *config.Webhook

	// pipeline is there once the app is connected.
	pipeline *pipeline.Pipeline
}

// newStages makes the stages that the configuration names: enricher is what ingest completes events
// from, lists what correlate watches for.
func newStages(opts Options, enricher *enrich.Enricher, lists *watchLists) ([]*stageRun, error) {
	c := opts.Config
	var out []*stageRun
	if c.Runs(config.StageIngest) {
		c.Ingest.Enricher = enricher
		first, err := ingest.New(c.Ingest.Options, c.Sketch.Keys()...)
		if err != nil {
			return nil, err
		}
		if !c.Ingest.Keyed {
			out = append(out, &stageRun{stage: first, topics: c.Topics.Gateway})
		} else {
			second, err := fingerprinting.New(c.Fingerprint)
			if err != nil {
				return nil, err
			}
			out = append(out, &stageRun{stage: keyed.New(first, second), topics: c.Topics.Gateway})
		}
	}
	if c.Runs(config.StageFingerprint) && !c.Ingest.Keyed {
		s, err := fingerprinting.New(c.Fingerprint)
		if err != nil {
			return nil, err
		}
		out = append(out, &stageRun{stage: s, topics: []string{c.Topics.Observations}})
	}
	if c.Runs(config.StageCorrelate) {
		c.Alerts.Version = opts.Version
		s, err := correlate.New(correlate.Options{
			Campaign: c.Correlate, Alert: c.Alerts, Trace: opts.Trace,
			Watch: correlate.WatchOptions{
				List: lists.List, Secrets: c.Sketch.Secrets(), Sighted: lists.sighted,
			},
		})
		if err != nil {
			return nil, err
		}
		out = append(out,
			&stageRun{stage: verdicts.New(), topics: []string{c.Topics.Verdicts}},
			&stageRun{stage: s, topics: []string{c.Topics.Profiles}, outbox: true},
		)
		webhooks, err := newWebhooks(c, opts.Version)
		if err != nil {
			return nil, err
		}
		out = append(out, webhooks...)
	}
	return out, nil
}

// outputs maps the stages' outputs to topics.
func outputs(t config.Topics) map[stage.Output]string {
	return map[stage.Output]string{
		stage.Observations: t.Observations,
		stage.Profiles:     t.Profiles,
		stage.Alerts:       t.Alerts,
		stage.Accounts:     t.Accounts,
		stage.Audit:        t.Audit,
		stage.Shadow:       t.Shadow,
		stage.DeadLetters:  t.DeadLetters,
	}
}

// topicSpecs lists the topics that the stages of this process read and write, each with what it
// needs to be.
func topicSpecs(c config.Config) []stream.TopicSpec {
	t := c.Topics
	wide := func(name string) stream.TopicSpec {
		return stream.TopicSpec{
			Name: name, Partitions: t.Partitions, Replication: t.ReplicationFactor,
		}
	}
	single := func(name, cleanup string) stream.TopicSpec {
		spec := stream.TopicSpec{Name: name, Partitions: 1, Replication: t.ReplicationFactor}
		if cleanup != "" {
			spec.Config = map[string]string{"cleanup.policy": cleanup}
		}
		return spec
	}
	var specs []stream.TopicSpec
	if c.Runs(config.StageIngest) {
		for _, g := range t.Gateway {
			specs = append(specs, wide(g))
		}
		if facts := c.Ingest.Enrich.FactsTopic; facts != "" {
			spec := wide(facts)
			spec.Config = map[string]string{"cleanup.policy": "compact"}
			specs = append(specs, spec)
		}
	}
	hop := !c.Ingest.Keyed && (c.Runs(config.StageIngest) || c.Runs(config.StageFingerprint))
	if hop {
		specs = append(specs, wide(t.Observations))
	}
	specs = append(specs, wide(t.DeadLetters))
	if c.Runs(config.StageFingerprint) || c.Runs(config.StageCorrelate) {
		// Groups are looked for in the whole population, so it has to come to one place.
		profiles := single(t.Profiles, "compact")
		profiles.Exact = true
		specs = append(specs, profiles)
	}
	if c.Runs(config.StageCorrelate) {
		specs = append(specs, single(t.Alerts, ""), single(t.Accounts, "compact"),
			single(t.Verdicts, ""), single(t.Audit, "compact"))
		if c.Correlate.Shadow.On() {
			specs = append(specs, single(t.Shadow, ""))
		}
		if len(c.Webhooks) > 0 {
			specs = append(specs, single(t.WebhookDeadLetters, ""))
		}
	}
	return specs
}

// connect waits for Kafka and Redis, sees to the topics and makes the pipelines.
func (a *App) connect(ctx context.Context) error {
	c := a.opts.Config
	client, err := stream.New(c.Kafka.Options, a.log.Named("kafka"))
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	var warnings []string
	err = a.retry(ctx, "kafka", func(ctx context.Context) error {
		if err := client.Ping(ctx); err != nil {
			return final(err, stream.IsFatal(err))
		}
		// The broker answers: what is missing now is missing for good, unless it can be created.
		warnings, err = client.EnsureTopics(ctx, topicSpecs(c), c.Topics.Create)
		return final(err, !c.Topics.Create || stream.IsFatal(err))
	})
	if err != nil {
		return err
	}
	var redis *store.Store
	err = a.retry(ctx, "redis", func(ctx context.Context) error {
		redis, err = store.Open(ctx, c.Redis)
		return final(err, store.IsFatal(err))
	})
	if err != nil {
		return err
	}
	a.cleanups.push("redis", func(context.Context) error { return redis.Close() })
	for _, w := range append(warnings, redis.Warnings()...) {
		a.log.Warn(w)
	}
	topics := slices.Collect(maps.Values(outputs(c.Topics)))
	if len(c.Webhooks) > 0 {
		topics = append(topics, c.Topics.WebhookDeadLetters)
	}
	producer, err := client.Producer(topics...)
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	a.cleanups.push("kafka producer", func(context.Context) error { producer.Close(); return nil })
	posted := webhook.NewMetrics(a.registry)
	for _, s := range a.stages {
		group, err := client.Group(stream.GroupOptions{
			ID: c.Kafka.GroupPrefix + "-" + s.stage.Name(), Topics: s.topics,
		})
		if err != nil {
			return err
		}
		opts := c.Pipeline
		opts.Outputs, opts.Outbox = outputs(c.Topics), s.outbox
		// A batch under way must be over a little before the app gives up on it.
		opts.ShutdownTimeout = min(opts.ShutdownTimeout, c.ShutdownTimeout*9/10)
		var sink pipeline.Sink = producer
		if s.webhook != nil {
			opts = webhookPipeline(opts, s.webhook, c.Topics)
			endpoint, err := webhook.New(s.webhook.Options, producer, posted, a.log)
			if err != nil {
				return fmt.Errorf("webhooks.%s: %w", s.webhook.Name, err)
			}
			a.cleanups.push(s.stage.Name(), func(context.Context) error {
				endpoint.Close()
				return nil
			})
			sink = endpoint
		}
		if s.pipeline, err = pipeline.New(pipeline.Config{
			Options: opts, Stage: s.stage, Source: pipeline.FromGroup(group), Sink: sink,
			Store: pipeline.FromStore(redis), Log: a.log, Metrics: a.metrics,
		}); err != nil {
			return fmt.Errorf("stage %s: %w", s.stage.Name(), err)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kafka, a.redis = client, redis
	return nil
}

// final marks err as one that waiting does not mend.
func final(err error, hopelessly bool) error {
	if err != nil && hopelessly {
		return hopeless{err}
	}
	return err
}

// errNotYet is why a check fails before the app is connected.
var errNotYet = errors.New("not connected yet")

// checks are the conditions of readiness: Kafka and Redis answer, and every stage has joined its
// group and opened the partitions it was given. A standby that was given none is ready: it takes
// over when it has to.
func (a *App) checks() []console.Check {
	checks := []console.Check{
		{Name: "kafka", Probe: func(ctx context.Context) error {
			if kafka, _ := a.connected(); kafka != nil {
				return kafka.Ping(ctx)
			}
			return errNotYet
		}},
		{Name: "redis", Probe: func(ctx context.Context) error {
			if _, redis := a.connected(); redis != nil {
				return redis.Ping(ctx)
			}
			return errNotYet
		}},
	}
	if a.facts != nil {
		checks = append(checks, console.Check{Name: "facts", Probe: func(context.Context) error {
			select {
			case <-a.factsRead:
				return nil
			default:
				return errors.New("account facts have not been read yet")
			}
		}})
	}
	for _, s := range a.stages {
		checks = append(checks, console.Check{
			Name: s.stage.Name(), Probe: func(context.Context) error {
				if kafka, _ := a.connected(); kafka == nil {
					return errNotYet
				}
				switch st := s.pipeline.Status(); {
				case st.Ready():
					return nil
				case st.Err != nil:
					return st.Err
				case !st.Joined:
					return errors.New("has not joined its consumer group yet")
				default:
					return fmt.Errorf("%d of %d partitions are open", st.Open, st.Assigned)
				}
			},
		})
	}
	return checks
}

// connected returns what connect has set up, nil before.
func (a *App) connected() (*stream.Client, *store.Store) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.kafka, a.redis
}
