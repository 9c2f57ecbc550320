package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/remote"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// Target is the topic of records that are to be posted. It is none that Kafka could have.
const Target = ":webhook"

// The reasons of dead letters.
const (
	// ReasonRefused: the endpoint gave an answer that another attempt would not change.
	ReasonRefused = "refused"
	// ReasonGivenUp: no attempt succeeded within give_up_after.
	ReasonGivenUp = "given_up"
	// ReasonUnwritable: no body could be made of the record.
	ReasonUnwritable = "unwritable"
)

// The headers of dead letters, besides the record's own.
const (
	headerDetail = "stillwatch-detail"
	headerStatus = "stillwatch-status"
	headerTries  = "stillwatch-attempts"
)

// The waits between the attempts to post a record: short enough that a restart of the other side is
// hardly noticed, long enough that one that is down is left in peace.
const (
	leastWait = time.Second
	mostWait  = time.Minute
)

// Producer writes records to Kafka; see stream.Producer.
type Producer interface {
	Produce(ctx context.Context, records []stream.OutRecord) error
}

// Sink posts records to one endpoint. It is safe for concurrent use.
type Sink struct {
	opts    Options
	kafka   Producer
	body    func(value []byte) ([]byte, error)
	signer  signer
	server  remote.Server
	client  *http.Client
	metrics sinkMetrics
	log     *zap.Logger
	secrets []string
	slots   chan struct{}

	mu sync.Mutex
	// closedUntil is until when the server asked not to be asked.
	closedUntil time.Time
	// failing is since when requests fail, zero while they succeed.
	failing time.Time
}

// New makes the sink of one webhook. Records for other topics than Target, which are dead letters,
// are given to kafka.
func New(o Options, kafka Producer, metrics *Metrics, log *zap.Logger) (*Sink, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	u, err := o.parseURL()
	if err != nil {
		return nil, err
	}
	tls, err := o.tls(u.Scheme == schemeHTTPS).Config()
	if err != nil {
		return nil, err
	}
	signer, err := newSigner(&o)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: tls, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: o.MaxInFlight, IdleConnTimeout: time.Minute,
		MaxResponseHeaderBytes: 64 << 10,
	}
	s := &Sink{
		opts: o, kafka: kafka, body: bodyOf(&o), signer: signer, server: newServer(o.Name, u),
		client: &http.Client{
			Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
		metrics: metrics.of(o.Name), log: log.With(zap.String("webhook", o.Name)),
		secrets: secretsOf(&o, u), slots: make(chan struct{}, o.MaxInFlight),
	}
	if u.Scheme == schemeHTTP && !isLoopback(u) {
		s.log.Warn("records are posted without encryption; use https", zap.String("host", u.Host))
	}
	return s, nil
}

// bodyOf returns what makes the body of a record in a format.
func bodyOf(o *Options) func([]byte) ([]byte, error) {
	switch o.Format {
	case FormatSlack:
		return alert.SlackMessage
	case FormatPagerDuty:
		key := o.RoutingKey
		return func(value []byte) ([]byte, error) { return alert.PagerDutyEvent(value, key) }
	}
	return func(value []byte) ([]byte, error) { return value, nil }
}

func isLoopback(u *url.URL) bool {
	host := u.Hostname()
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// Close closes the idle connections. No Produce may be under way.
func (s *Sink) Close() { s.client.CloseIdleConnections() }

// Produce posts the records and returns nil when all were taken. Errors: *stream.RefusedError with
// those that will never be taken; *stream.PartialError with those for which there was no time until
// ctx ended, and all that were refused meanwhile; and those of Kafka for records that are not to be
// posted.
func (s *Sink) Produce(ctx context.Context, records []stream.OutRecord) error {
	var posts, others []int
	for i := range records {
		if records[i].Topic == Target {
			posts = append(posts, i)
		} else {
			others = append(others, i)
		}
	}
	large, err := s.produce(ctx, records, others, posts)
	if err != nil {
		return err
	}
	refused, open := s.post(ctx, records, posts)
	if len(open) > 0 {
		// They are posted again, as nothing says that they were refused once the process ends.
		for i := range refused {
			open = append(open, refused[i].Record)
		}
		if large != nil {
			open = append(open, large.Records...)
		}
		slices.Sort(open)
		return &stream.PartialError{Unacked: open, Err: context.Cause(ctx)}
	}
	var errs []error
	if large != nil {
		errs = append(errs, large)
	}
	if len(refused) > 0 {
		errs = append(errs, &stream.RefusedError{Refused: refused})
	}
	return errors.Join(errs...)
}

// produce gives Kafka the records at the indexes which. Those that are too large are returned; with
// any other error nothing was posted, which is what later says.
func (s *Sink) produce(
	ctx context.Context, records []stream.OutRecord, which, later []int,
) (*stream.TooLargeError, error) {
	if len(which) == 0 {
		return nil, nil
	}
	picked := make([]stream.OutRecord, len(which))
	for i, at := range which {
		picked[i] = records[at]
	}
	err := s.kafka.Produce(ctx, picked)
	var large *stream.TooLargeError
	var partial *stream.PartialError
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &large):
		return &stream.TooLargeError{Records: placed(large.Records, which)}, nil
	case errors.As(err, &partial):
		unacked := append(placed(partial.Unacked, which), later...)
		slices.Sort(unacked)
		return nil, &stream.PartialError{Unacked: unacked, Err: partial.Err}
	}
	return nil, err
}

// placed turns indexes into a selection into indexes into all.
func placed(indexes, selection []int) []int {
	out := make([]int, len(indexes))
	for i, at := range indexes {
		out[i] = selection[at]
	}
	return out
}

// post posts the records at the indexes which: those of one finding in order, those of different
// ones side by side. It returns what was refused, by index, and what was not finished when ctx
// ended.
func (s *Sink) post(
	ctx context.Context, records []stream.OutRecord, which []int,
) (refused []stream.Refused, open []int) {
	findings := map[string][]int{}
	for _, i := range which {
		key := string(records[i].Key)
		findings[key] = append(findings[key], i)
	}
	var running sync.WaitGroup
	var mu sync.Mutex
	for _, indexes := range findings {
		running.Go(func() {
			no, left := s.postInOrder(ctx, records, indexes)
			mu.Lock()
			defer mu.Unlock()
			refused, open = append(refused, no...), append(open, left...)
		})
	}
	running.Wait()
	slices.SortFunc(refused, func(a, b stream.Refused) int {
		return cmp.Compare(a.Record, b.Record)
	})
	return refused, open
}

// postInOrder posts the records of one finding.
func (s *Sink) postInOrder(
	ctx context.Context, records []stream.OutRecord, indexes []int,
) (refused []stream.Refused, open []int) {
	// since is when attempts began to fail. It outlasts a record that was given up, so that each
	// one behind it is tried once and no more: else an endpoint that is down would hold up the
	// others for as many times give_up_after as the finding has records.
	var since time.Time
	for n, i := range indexes {
		no, finished := s.deliver(ctx, &records[i], &since)
		if !finished {
			return refused, append(open, indexes[n:]...)
		}
		if no != nil {
			no.Record = i
			refused = append(refused, *no)
		}
	}
	return refused, nil
}

// deliver posts one record until it is taken, refused or given up; finished is false when ctx ended
// before.
func (s *Sink) deliver(
	ctx context.Context, r *stream.OutRecord, since *time.Time,
) (refused *stream.Refused, finished bool) {
	m, err := s.newMessage(r)
	if err != nil {
		return s.refuse(&message{}, ReasonUnwritable, &answer{err: err}, 0), true
	}
	waits := remote.Waits(leastWait, mostWait)
	waiting := false
	defer func() {
		if waiting {
			s.metrics.waiting.Dec()
		}
	}()
	for attempts := 1; ; attempts++ {
		if !s.enter(ctx, since) {
			return nil, false
		}
		a := s.request(ctx, m)
		<-s.slots
		switch {
		case a.taken():
			*since = time.Time{}
			s.works()
			return nil, true
		case a.status == 0 && ctx.Err() != nil:
			return nil, false
		case !a.passing():
			s.works()
			return s.refuse(m, ReasonRefused, &a, attempts), true
		}
		s.fails(&a)
		if since.IsZero() {
			*since = time.Now()
		}
		left := s.opts.GiveUpAfter - time.Since(*since)
		if left <= 0 {
			return s.refuse(m, ReasonGivenUp, &a, attempts), true
		}
		if !waiting {
			waiting = true
			s.metrics.waiting.Inc()
		}
		if !pause(ctx, min(left, max(waits.NextBackOff(), a.retryAfter))) {
			return nil, false
		}
	}
}

// enter waits for one of the places for requests, and until the server may be asked, which counts
// as failing. The place is to be given back. Nobody waits for the server beyond give_up_after: it
// is asked once more then.
func (s *Sink) enter(ctx context.Context, since *time.Time) bool {
	for {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return false
		}
		s.mu.Lock()
		wait := time.Until(s.closedUntil)
		s.mu.Unlock()
		if wait > 0 && since.IsZero() {
			*since = time.Now()
		}
		if wait <= 0 || time.Since(*since) >= s.opts.GiveUpAfter {
			return ctx.Err() == nil || s.leave()
		}
		<-s.slots
		if !pause(ctx, min(wait, s.opts.GiveUpAfter-time.Since(*since))) {
			return false
		}
	}
}

// leave gives the place back, as ctx is over.
func (s *Sink) leave() bool {
	<-s.slots
	return false
}

// works notes that the endpoint answers.
func (s *Sink) works() {
	s.mu.Lock()
	since := s.failing
	s.failing = time.Time{}
	s.mu.Unlock()
	if !since.IsZero() {
		s.log.Info("the webhook takes records again", zap.Duration("after", time.Since(since)))
	}
}

// fails notes that the endpoint does not take a record now, and whether it wants to be left alone.
// The first time is logged; the metrics tell of the others.
func (s *Sink) fails(a *answer) {
	s.mu.Lock()
	first := s.failing.IsZero()
	if first {
		s.failing = time.Now()
	}
	if a.retryAfter > 0 {
		until := time.Now().Add(min(a.retryAfter, s.opts.GiveUpAfter))
		if until.After(s.closedUntil) {
			s.closedUntil = until
		}
	}
	s.mu.Unlock()
	if first {
		s.log.Warn(
			"the webhook does not take records; trying again", zap.Int("status", a.status),
			zap.Error(a.err), zap.Duration("give_up_after", s.opts.GiveUpAfter),
		)
	}
}

// refuse makes the headers of a dead letter. What the server said is in them and not in the log: it
// may repeat the record.
func (s *Sink) refuse(m *message, reason string, a *answer, attempts int) *stream.Refused {
	s.log.Error(
		"a record becomes a dead letter", zap.String("reason", reason), zap.String("id", m.id),
		zap.Int("status", a.status), zap.Int("attempts", attempts), zap.Error(a.err),
	)
	detail := fmt.Sprintf("status %d", a.status)
	switch {
	case a.err != nil:
		detail = a.err.Error()
	case a.said != "":
		detail += ": " + a.said
	}
	return &stream.Refused{Reason: reason, Headers: []stream.Header{
		{Key: headerDetail, Value: []byte(detail)},
		{Key: headerStatus, Value: []byte(strconv.Itoa(a.status))},
		{Key: headerTries, Value: []byte(strconv.Itoa(attempts))},
	}}
}

// longestFirst sorts texts, each once.
func longestFirst(texts []string) []string {
	texts = slices.DeleteFunc(texts, func(t string) bool { return t == "" })
	slices.SortFunc(texts, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.Compact(texts)
}

// pause waits for d or for the end of ctx, and reports whether ctx lives.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
