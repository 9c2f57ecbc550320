package gateway

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/body"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// apim joins the diagnostic records of Azure API Management: the category GatewayLogs has who
// asked, GatewayLlmLogs what. Long messages come in several of the latter, in pieces that are
// numbered but not counted, so that nothing tells the last: an event is given out when its window
// closes.
type apim struct {
	a   *mapped
	doc *tree.Document
	j   *joiner[apimCall]

	category, id, sequence, moment tree.Path
}

// apimCall is what has come of a call.
type apimCall struct {
	gateway []byte
	llm     []llmPart
}

type llmPart struct {
	sequence int64
	data     []byte
}

// The categories of diagnostic records that are parts of a call.
const (
	gatewayLogs    = "GatewayLogs"
	gatewayLLMLogs = "GatewayLlmLogs"
)

func newAPIM(a *mapped, opts Options, clock *recordClock) *apim {
	m := &apim{
		a: a, doc: tree.New(opts.Limits), j: newJoiner[apimCall](opts.Join, clock),
	}
	for p, text := range map[*tree.Path]string{
		&m.category: "category", &m.id: "*.correlationId", &m.sequence: "properties.sequenceNumber",
		&m.moment: "time",
	} {
		*p, _ = tree.NewPath(text, true)
	}
	return m
}

// records reads the records of an envelope.
func (r *Reader) records(items [][]byte, visit func(*event.Event, error) bool) bool {
	for _, item := range items {
		reason, strange := r.apim.take(item)
		r.format = r.apim.a.name()
		var ok bool
		if strange {
			ok = r.read(item, visit)
		} else {
			ok = r.hand(&SkipError{Reason: reason}, visit)
		}
		if !ok {
			return false
		}
	}
	return true
}

// take adds a record to the call that it is part of, and says why it is skipped. strange says that
// it is no diagnostic record of the service.
func (m *apim) take(item []byte) (reason string, strange bool) {
	if _, err := m.doc.Parse(item); err != nil {
		return "", true
	}
	category := m.doc.Scalar(m.doc.Find(&m.category))
	if category == "" {
		return "", true
	}
	id := m.doc.Scalar(m.doc.Find(&m.id))
	if id == "" {
		id = m.doc.Scalar(m.doc.Member(0, "correlationId", "CorrelationId"))
	}
	if id == "" || len(id) > event.MaxIdentity ||
		category != gatewayLogs && category != gatewayLLMLogs {
		return ReasonNotLLM, false
	}
	if ms, ok := parseMoment(m.doc.Scalar(m.doc.Find(&m.moment)), 0); ok {
		m.j.clock.see(ms)
	}
	key := string([]byte(id))
	c := m.j.call(key, m.j.opts.Window)
	if category == gatewayLogs {
		m.j.grow(c, len(item)-len(c.of.gateway))
		c.of.gateway = slices.Clone(item)
		return ReasonWaiting, false
	}
	lo, hi := kindCount.bounds()
	part := llmPart{sequence: body.Int(m.doc.Scalar(m.doc.Find(&m.sequence)), lo, hi).V}
	for _, other := range c.of.llm {
		if other.sequence == part.sequence && bytes.Equal(other.data, item) {
			return ReasonJoined, false // Delivered twice.
		}
	}
	part.data = slices.Clone(item)
	c.of.llm = append(c.of.llm, part)
	m.j.grow(c, len(item))
	m.j.wait(c, true)
	return ReasonWaiting, false
}

// apimDue has the events of the calls visited whose window has closed. A call without a model's
// record went to another API.
func (r *Reader) apimDue(all bool, visit func(*event.Event, error) bool) bool {
	for c := r.apim.j.over(all); c != nil; c = r.apim.j.over(all) {
		if len(c.of.llm) == 0 {
			continue
		}
		r.format = r.apim.a.name()
		err := r.apim.event(&c.of, &r.ev)
		if !r.finishJoin(err, c.of.gateway != nil, visit) {
			return false
		}
	}
	return true
}

// event makes the event of a call, its pieces in their order.
func (m *apim) event(c *apimCall, ev *event.Event) error {
	slices.SortStableFunc(c.llm, func(a, b llmPart) int {
		return cmp.Compare(a.sequence, b.sequence)
	})
	data := []byte(`{"llm":[`)
	for i, part := range c.llm {
		if i > 0 {
			data = append(data, ',')
		}
		data = append(data, part.data...)
	}
	data = append(data, ']')
	if c.gateway != nil {
		data = append(append(data, `,"gateway":`...), c.gateway...)
	}
	_, err := m.a.decode(append(data, '}'), ev)
	return err
}
