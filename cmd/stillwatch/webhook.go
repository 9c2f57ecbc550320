package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stage/forwarding"
	"github.com/stillwatch/stillwatch/pkg/stream"
	"github.com/stillwatch/stillwatch/pkg/webhook"
)

type webhookCmd struct {
	Test   webhookTestCmd   `cmd:"" help:"Post a made-up finding to a webhook, and then the record that closes it."`
	Replay webhookReplayCmd `cmd:"" help:"Post the dead letters of a webhook again, oldest first."`
}

// webhookOf finds a webhook of the configuration.
func webhookOf(conf config.Config, name string) (*config.Webhook, error) {
	i := slices.IndexFunc(conf.Webhooks, func(w config.Webhook) bool { return w.Name == name })
	if i < 0 {
		return nil, usage(fmt.Errorf("the configuration has no webhook called %q", name))
	}
	w := conf.Webhooks[i]
	w.Version = version
	return &w, nil
}

// post posts records and returns those that were refused.
func post(
	ctx context.Context, o webhook.Options, records []stream.OutRecord,
) ([]stream.Refused, error) {
	// Nothing but what is to be posted is given to the sink, so that it needs no Kafka.
	sink, err := webhook.New(
		o, nil, webhook.NewMetrics(prometheus.NewRegistry()), zap.NewNop(),
	)
	if err != nil {
		return nil, err
	}
	defer sink.Close()
	err = sink.Produce(ctx, records)
	if refused, ok := errors.AsType[*stream.RefusedError](err); ok {
		return refused.Refused, nil
	}
	return nil, err
}

// detailOf is why a record was refused.
func detailOf(headers []stream.Header) string {
	return headerOf(headers, "stillwatch-detail")
}

func headerOf(headers []stream.Header, key string) string {
	for _, h := range headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

type webhookTestCmd struct {
	configFlag
	Name string `arg:"" help:"The webhook's name."`
}

// testPatience is how long the test goes on when the endpoint does not take the record.
const testPatience = 5 * time.Second

// Run posts a finding of severity Informational, which no filter keeps back here.
func (c webhookTestCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	w, err := webhookOf(conf, c.Name)
	if err != nil {
		return err
	}
	records, err := testRecords(conf.Alerts, time.Now())
	if err != nil {
		return err
	}
	o := w.Options
	o.GiveUpAfter = testPatience
	refused, err := post(ctx, o, records)
	if err != nil {
		return err
	}
	if len(refused) > 0 {
		return fmt.Errorf("the webhook %s does not take a finding: %s",
			w.Name, detailOf(refused[0].Headers))
	}
	_, err = fmt.Fprintf(t.out, "The webhook %s took a finding and its end.\n", w.Name)
	return err
}

// testRecords are a finding that tells it is none, and its end.
func testRecords(o alert.Options, now time.Time) ([]stream.OutRecord, error) {
	o.Version = version
	encoder, err := alert.New(o)
	if err != nil {
		return nil, err
	}
	f := campaign.Finding{
		UID: uuid.NewString(), Campaign: uuid.NewString(), Kind: campaign.KindTripwire,
		Title:    "Test of the webhook: nothing was found",
		Summary:  "Somebody ran `stillwatch webhook test`. No account did anything.",
		NextStep: "Nothing is to be done.",
		Created:  now.UnixMilli(), Modified: now.UnixMilli(), Severity: campaign.Informational,
	}
	var out []stream.OutRecord
	for i, activity := range []campaign.Activity{campaign.Create, campaign.Close} {
		f.Sequence, f.Activity = i+1, activity
		if activity == campaign.Close {
			f.CloseReason = "withdrawn"
		}
		r, err := encoder.Finding(&f)
		if err != nil {
			return nil, err
		}
		id := stream.Header{
			Key: forwarding.HeaderID, Value: fmt.Appendf(nil, "%s:%d", f.UID, f.Sequence),
		}
		out = append(out, stream.OutRecord{
			Topic: webhook.Target, Key: r.Key, Value: r.Value, Headers: append(r.Headers, id),
		})
	}
	return out, nil
}

type webhookReplayCmd struct {
	kafkaFlags
	Name   string   `arg:"" help:"The webhook's name."`
	Since  duration `placeholder:"TIME" help:"Only the dead letters of this last stretch of time, such as 6h. Default: all that the topic has."`
	DryRun bool     `help:"List the dead letters and post nothing."`
}

// Run posts what the topic of dead letters has. It remembers nothing: whoever runs it again posts
// again, under the same ids.
func (c webhookReplayCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	w, err := webhookOf(conf, c.Name)
	if err != nil {
		return err
	}
	letters, err := c.letters(ctx, conf)
	if err != nil {
		return err
	}
	if c.DryRun {
		for i := range letters {
			h := letters[i].Headers
			fmt.Fprintf(t.out, "%s %s: %s\n", headerOf(h, forwarding.HeaderID),
				headerOf(h, "stillwatch-reason"), detailOf(h))
		}
		_, err = fmt.Fprintf(t.out, "%d dead letters\n", len(letters))
		return err
	}
	refused, err := post(ctx, w.Options, letters)
	if err != nil {
		return err
	}
	for i := range refused {
		fmt.Fprintf(t.out, "%s refused again: %s\n",
			headerOf(letters[refused[i].Record].Headers, forwarding.HeaderID),
			detailOf(refused[i].Headers))
	}
	fmt.Fprintf(t.out, "%d of %d dead letters posted\n", len(letters)-len(refused), len(letters))
	if len(refused) > 0 {
		return errors.New("what was refused again stays in the topic")
	}
	return nil
}

// letters reads the webhook's dead letters that can be posted, each once, in the topic's order.
func (c webhookReplayCmd) letters(
	ctx context.Context, conf config.Config,
) ([]stream.OutRecord, error) {
	client, err := stream.New(conf.Kafka.Options, nil)
	if err != nil {
		return nil, usage(err)
	}
	oldest := int64(math.MinInt64)
	if c.Since > 0 {
		oldest = time.Now().Add(-time.Duration(c.Since)).UnixMilli()
	}
	var out []stream.OutRecord
	seen := map[string]bool{}
	visit := func(records []stream.Record) {
		for i := range records {
			r := &records[i]
			id := headerOf(r.Headers, forwarding.HeaderID)
			if headerOf(r.Headers, forwarding.HeaderWebhook) != c.Name || id == "" ||
				len(r.Value) == 0 || r.Time < oldest || seen[id] {
				continue
			}
			seen[id] = true
			out = append(out, stream.OutRecord{
				Topic: webhook.Target, Key: r.Key, Value: r.Value, Headers: r.Headers,
			})
		}
	}
	topic := conf.Topics.WebhookDeadLetters
	read, err := client.Tail(ctx, topic, math.MaxInt, visit)
	if err == nil && len(read.Missed) > 0 {
		err = errors.New("topic " + topic + ": interrupted before it was read")
	}
	return out, err
}
