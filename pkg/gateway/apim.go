package gateway

import (
	"errors"
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/body"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// JoinOptions bound the wait for the other half of an event.
type JoinOptions struct {
	// Window is how much older than the newest record a half may be before it is given up.
	Window time.Duration `yaml:"window" json:"window"`
	// MaxPending and MaxBytes are how many halves wait, and how many bytes they have; beyond either, the oldest is given up.
	MaxPending int `yaml:"max_pending" json:"max_pending"`
	MaxBytes   int `yaml:"max_bytes" json:"max_bytes"`
}

// DefaultJoinOptions fit a gateway that exports both halves within seconds.
func DefaultJoinOptions() JoinOptions {
	return JoinOptions{Window: 2 * time.Minute, MaxPending: 10000, MaxBytes: 64 << 20}
}

func (o JoinOptions) validate() error {
	if o.Window <= 0 || o.MaxPending <= 0 || o.MaxBytes <= 0 {
		return errors.New("gateway: join window, max_pending and max_bytes must be positive")
	}
	return nil
}

// apim joins the diagnostic records of Azure API Management: the category GatewayLogs has who asked, GatewayLlmLogs what. Long messages
// come in several of the latter. An event is complete when both are there, and what is left of a record of the topic by then is in it.
//
// Halves wait in memory only, since they may hold prompts: those that wait when the partition changes hands are lost.
type apim struct {
	a    *mapped
	doc  *tree.Document
	opts JoinOptions

	waiting map[string]*halves
	// queue has the halves in the order in which they came, also those that wait no more.
	queue []*halves
	bytes int
	// lost is the number of requests whose GatewayLogs never came.
	lost int64

	category, id, sequence, moment tree.Path
}

// halves are the parts of an event that have come so far.
type halves struct {
	id      string
	gateway []byte
	llm     []llmPart
	time    int64
	done    bool
}

type llmPart struct {
	sequence int64
	data     []byte
}

// Reasons for which a diagnostic record is skipped: it is half an event, or nothing of one. ReasonWaiting says that a Reader holds something for
// records to come.
const (
	ReasonWaiting = "waiting_for_other_half"
	reasonJoined  = "joined"
)

func newAPIM(a *mapped, opts Options) *apim {
	j := &apim{a: a, doc: tree.New(opts.Limits), opts: opts.Join, waiting: map[string]*halves{}}
	for p, text := range map[*tree.Path]string{
		&j.category: "category", &j.id: "*.correlationId", &j.sequence: "properties.sequenceNumber", &j.moment: "time",
	} {
		*p, _ = tree.NewPath(text, true)
	}
	return j
}

// records reads the records of an envelope. All of their halves are taken in before any event is made, so that an event has what the envelope
// has of it; it takes the place of its last half.
func (r *Reader) records(items [][]byte, visit func(*event.Event, error) bool) bool {
	parts := make([]*halves, len(items))
	strange := make([]bool, len(items))
	last := map[*halves]int{}
	for i, item := range items {
		if parts[i], strange[i] = r.apim.take(item); parts[i] != nil {
			last[parts[i]] = i
		}
	}
	for i, item := range items {
		var ok bool
		r.format = r.apim.a.name()
		switch h := parts[i]; {
		case strange[i]:
			ok = r.read(item, visit)
		case h == nil:
			ok = r.hand(&SkipError{Reason: ReasonNotLLM}, visit)
		case last[h] != i:
			ok = r.hand(&SkipError{Reason: reasonJoined}, visit)
		case h.gateway == nil || len(h.llm) == 0:
			ok = r.hand(&SkipError{Reason: ReasonWaiting}, visit)
		default:
			ok = r.hand(r.apim.event(h, &r.ev), visit)
		}
		if !ok {
			return false
		}
	}
	r.apim.expire()
	return true
}

// take adds a record to the event that it is part of; nil when it is of none. strange says that it is no diagnostic record of the service.
func (j *apim) take(item []byte) (part *halves, strange bool) {
	if _, err := j.doc.Parse(item); err != nil {
		return nil, true
	}
	category := j.doc.Scalar(j.doc.Find(&j.category))
	if category == "" {
		return nil, true
	}
	id := j.doc.Scalar(j.doc.Find(&j.id))
	if id == "" {
		if at := j.doc.Member(0, "correlationId", "CorrelationId"); at != tree.None {
			id = j.doc.Scalar(at)
		}
	}
	if id == "" || len(id) > event.MaxIdentity || category != "GatewayLogs" && category != "GatewayLlmLogs" {
		return nil, false
	}
	h := j.waiting[id]
	if h == nil {
		h = &halves{id: string([]byte(id))}
		j.waiting[h.id] = h
		j.queue = append(j.queue, h)
	}
	if ms, ok := parseMoment(j.doc.Scalar(j.doc.Find(&j.moment)), 0); ok {
		h.time = ms
	}
	data := slices.Clone(item)
	j.bytes += len(data)
	if category == "GatewayLogs" {
		j.bytes -= len(h.gateway)
		h.gateway = data
	} else {
		lo, hi := kindCount.bounds()
		h.llm = append(h.llm, llmPart{sequence: body.Int(j.doc.Scalar(j.doc.Find(&j.sequence)), lo, hi).V, data: data})
	}
	return h, false
}

// event makes the event of both halves, which wait no more.
func (j *apim) event(h *halves, ev *event.Event) error {
	slices.SortStableFunc(h.llm, func(a, b llmPart) int { return int(a.sequence - b.sequence) })
	data := []byte(`{"llm":[`)
	for i, part := range h.llm {
		if i > 0 {
			data = append(data, ',')
		}
		data = append(data, part.data...)
	}
	data = append(data, `],"gateway":`...)
	data = append(append(data, h.gateway...), '}')
	j.forget(h)
	_, err := j.a.decode(data, ev)
	return err
}

// forget ends the wait.
func (j *apim) forget(h *halves) {
	if h.done {
		return
	}
	h.done = true
	delete(j.waiting, h.id)
	j.bytes -= len(h.gateway)
	for _, part := range h.llm {
		j.bytes -= len(part.data)
	}
	h.gateway, h.llm = nil, nil
}

// expire gives up what has waited too long, by the time of the newest halves, or takes too much room.
func (j *apim) expire() {
	newest := int64(0)
	for _, h := range j.queue[max(0, len(j.queue)-16):] {
		newest = max(newest, h.time)
	}
	n := 0
	for _, h := range j.queue {
		tooMany := len(j.waiting) > j.opts.MaxPending || j.bytes > j.opts.MaxBytes
		if !h.done && !tooMany && newest-h.time <= j.opts.Window.Milliseconds() {
			break
		}
		if !h.done && h.gateway == nil {
			j.lost++
		}
		j.forget(h)
		n++
	}
	j.queue = slices.Delete(j.queue, 0, n)
}

// TakeUnjoined returns how many requests were given up since it was last called because their other half never came: they were not seen.
func (r *Reader) TakeUnjoined() int64 {
	if r.apim == nil {
		return 0
	}
	n := r.apim.lost
	r.apim.lost = 0
	return n
}
