package app

import (
	"fmt"
	"time"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/pipeline"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/forwarding"
	"github.com/stillwatch/stillwatch/pkg/webhook"
)

const (
	// webhookBatch is the most records of a webhook's batch. What a crash repeats is a batch, and
	// a record that is tried again holds its batch up.
	webhookBatch = 100
	// webhookStop is the least time that a request under way is given when the service stops.
	webhookStop = time.Second
)

// newWebhooks makes a stage for each webhook. Each has a pipeline of its own, so that one endpoint
// that is down holds up no other.
func newWebhooks(c config.Config, version string) ([]*stageRun, error) {
	var out []*stageRun
	for i := range c.Webhooks {
		w := c.Webhooks[i]
		w.Version = version
		s, err := forwarding.New(w.Name, w.Filter)
		if err != nil {
			return nil, fmt.Errorf("webhooks.%d: %w", i+1, err)
		}
		out = append(out, &stageRun{stage: s, topics: []string{c.Topics.Alerts}, webhook: &w})
	}
	return out, nil
}

// webhookPipeline are the options of a webhook's pipeline, from those of the others.
func webhookPipeline(
	o pipeline.Options, w *config.Webhook, topics config.Topics,
) pipeline.Options {
	o.BatchRecords = min(o.BatchRecords, webhookBatch)
	o.Start = w.Start
	// An endpoint that is down must not hold up every stop: what was not posted is posted after the
	// next start.
	o.ShutdownTimeout = min(o.ShutdownTimeout, max(webhookStop, w.Timeout))
	o.Outputs = map[stage.Output]string{
		stage.Webhook: webhook.Target, stage.DeadLetters: topics.WebhookDeadLetters,
	}
	return o
}
