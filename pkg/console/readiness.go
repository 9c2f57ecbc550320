package console

import (
	"context"
	"sync"
	"time"
)

// Check is one condition of readiness. Probe returns nil when it holds; it must respect its
// context.
type Check struct {
	Name  string
	Probe func(ctx context.Context) error
}

// CheckResult is how a check went.
type CheckResult struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
}

// probeEvery is how long an answer is reused: /readyz needs no token, so it must not be a lever on
// the broker.
const probeEvery = time.Second

// readiness asks all checks at once and remembers the answer for probeEvery.
type readiness struct {
	checks  []Check
	timeout time.Duration

	mu    sync.Mutex
	asked time.Time
	last  []CheckResult
}

func newReadiness(checks []Check, timeout time.Duration) *readiness {
	return &readiness{checks: checks, timeout: timeout}
}

// results returns one result per check, in the order of the checks. Callers that come while the
// checks run share the answer. A caller that goes away does not cut short the probe that others
// wait for.
func (r *readiness) results(ctx context.Context) []CheckResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.asked.IsZero() && time.Since(r.asked) < probeEvery {
		return r.last
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.timeout)
	defer cancel()
	out := make([]CheckResult, len(r.checks))
	var wg sync.WaitGroup
	for i, c := range r.checks {
		wg.Go(func() {
			out[i] = CheckResult{Name: c.Name, OK: true}
			if err := c.Probe(ctx); err != nil {
				out[i].OK, out[i].Reason = false, err.Error()
			}
		})
	}
	wg.Wait()
	r.asked, r.last = time.Now(), out
	return out
}
