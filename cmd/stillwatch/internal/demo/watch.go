package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// watch reads what the service tells the world: the alerts and the accounts topic, as any consumer
// would.
type watch struct {
	group  *stream.Group
	alerts string

	mu       sync.Mutex
	findings map[string]*campaign.Finding
	order    []string
	accounts map[string]campaign.AccountStatus
	err      error
}

func newWatch(client *stream.Client, topics config.Topics) (*watch, error) {
	group, err := client.Group(stream.GroupOptions{
		ID: "stillwatch-demo", Topics: []string{topics.Alerts, topics.Accounts},
	})
	if err != nil {
		return nil, err
	}
	return &watch{
		group: group, alerts: topics.Alerts, findings: map[string]*campaign.Finding{},
		accounts: map[string]campaign.AccountStatus{},
	}, nil
}

// run consumes until ctx ends.
func (w *watch) run(ctx context.Context) error {
	return w.group.Run(ctx, func(ctx context.Context, p *stream.Partition) {
		if err := w.consume(ctx, p); ctx.Err() == nil {
			w.mu.Lock()
			w.err = err
			w.mu.Unlock()
		}
	})
}

// consume reads a partition until it fails or ctx ends, which is an error too.
func (w *watch) consume(ctx context.Context, p *stream.Partition) error {
	first, _, err := p.Bounds(ctx)
	if err != nil {
		return err
	}
	p.SetOffset(first)
	for {
		batch, err := p.Read(ctx, 100, 100*time.Millisecond)
		if err != nil {
			return err
		}
		for i := range batch.Records {
			if err := w.take(&batch.Records[i]); err != nil {
				return err
			}
		}
	}
}

// take remembers the newest record of every finding and the newest verdict on every account.
func (w *watch) take(r *stream.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Topic == w.alerts {
		f, err := alert.Parse(r.Value)
		if err != nil {
			return fmt.Errorf("read an alert: %w", err)
		}
		if w.findings[f.UID] == nil {
			w.order = append(w.order, f.UID)
		}
		w.findings[f.UID] = f
		return nil
	}
	var verdict struct{ Account, Status string }
	if err := json.Unmarshal(r.Value, &verdict); err != nil {
		return fmt.Errorf("read an account verdict: %w", err)
	}
	w.accounts[verdict.Account] = campaign.AccountStatus(verdict.Status)
	return nil
}

// found returns the findings that are no longer only watched, in the order in which they were
// opened.
func (w *watch) found() ([]*campaign.Finding, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*campaign.Finding
	for _, uid := range w.order {
		if f := w.findings[uid]; f.Severity >= campaign.High && f.Activity != campaign.Close {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b *campaign.Finding) int { return b.Members - a.Members })
	return out, w.err
}

// named counts the accounts that are implicated or watched now.
func (w *watch) named(accounts []string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, a := range accounts {
		if s := w.accounts[a]; s == campaign.Implicated || s == campaign.Watched {
			n++
		}
	}
	return n
}
