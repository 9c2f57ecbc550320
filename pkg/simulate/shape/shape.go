// Package shape writes canonical events as the records that a gateway would have written of the
// same requests, for every format that Stillwatch ships: simulated and recorded worlds in the
// shapes of the field.
//
// A Shape says as well what of an event its records can carry. Reading its records gives
// Carried of the event: that, and nothing else, is lost. What a table of accounts knows besides
// (Facts) the service joins again.
package shape

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

// Shape is the shape of one gateway's records. Its methods may be called side by side.
type Shape struct {
	name string
	// gateway is what the records' reader calls the gateway; empty keeps what the event says.
	gateway string
	// lost are the fields that a record has no place for, by their paths.
	lost []string
	// record appends the record of a prepared event.
	record func(dst []byte, ev *event.Event) []byte
	// read changes what the record has in another form, as it comes back.
	read func(ev *event.Event)
	// binary says that records are no text.
	binary bool
}

// shapes lists the shapes in the order of docs/gateways/README.md.
func shapes() []*Shape {
	return []*Shape{
		native(), liteLLM(), otlpJSON(), otlpProto(), kong(), envoyAI(), apisix(),
		bedrock(), apim(),
		higress(), helicone(), portkey(),
	}
}

// Names lists the shapes.
func Names() []string {
	var names []string
	for _, s := range shapes() {
		names = append(names, s.name)
	}
	return names
}

// New returns the shape of that name.
func New(name string) (*Shape, error) {
	for _, s := range shapes() {
		if s.name == name {
			return s, nil
		}
	}
	known := strings.Join(Names(), ", ")
	return nil, fmt.Errorf("shape: there is no format %q, choose one of %s", name, known)
}

// Name is the name of the shape.
func (s *Shape) Name() string { return s.name }

// Lost lists the fields of the canonical event that the records have no place for.
func (s *Shape) Lost() []string { return slices.Clone(s.lost) }

// Headers are the headers of the records in Kafka.
func (s *Shape) Headers() []gateway.Header {
	if !s.binary {
		return nil
	}
	return []gateway.Header{{Key: "content-type", Value: []byte("application/x-protobuf")}}
}

// Append appends the record of an event: the value of a Kafka record.
func (s *Shape) Append(dst []byte, ev *event.Event) []byte {
	if s.record == nil {
		return event.AppendJSON(dst, ev)
	}
	known := prepare(ev)
	return s.record(dst, &known)
}

// AppendLine appends the record as a line of a file, without its end. Protobuf, which is no text,
// is put into a CloudEvent.
func (s *Shape) AppendLine(dst []byte, ev *event.Event) []byte {
	if !s.binary {
		return s.Append(dst, ev)
	}
	return appendValue(dst, object{
		{"specversion", "1.0"},
		{"id", ev.ID},
		{"source", "otel-collector"},
		{"type", "io.opentelemetry.traces"},
		{"datacontenttype", "application/x-protobuf"},
		{"data_base64", base64.StdEncoding.EncodeToString(s.Append(nil, ev))},
	})
}

// Carried returns what the reader of the record finds of an event. It shares memory with ev.
func (s *Shape) Carried(ev *event.Event) event.Event {
	if s.record == nil {
		return *ev
	}
	known := prepare(ev)
	if s.gateway != "" {
		known.Source.Gateway = s.gateway
	}
	s.read(&known)
	clearFields(&known, s.lost)
	return known
}

// fields are the fields of the canonical event.
var fields = sync.OnceValue(gateway.Fields)

// clearFields makes the fields of these paths unknown.
func clearFields(ev *event.Event, paths []string) {
	list := fields()
	for i := range list {
		if slices.Contains(paths, list[i].Path) {
			list[i].Clear(ev)
		}
	}
}

// Left lists the fields that an event has and that are not in what the shape carries of it.
func Left(ev, carried *event.Event) (paths []string) {
	list := fields()
	for i := range list {
		if list[i].Known(ev) && !list[i].Known(carried) {
			paths = append(paths, list[i].Path)
		}
	}
	return paths
}

// Account returns what the reader of the record takes for the account of an event, as long as
// ingest.account_fields is as it comes.
func (s *Shape) Account(ev *event.Event) string {
	known := *ev
	if s.record != nil {
		known = s.Carried(ev)
	}
	return Who(&known)
}

// native is the canonical event itself.
func native() *Shape { return &Shape{name: "native"} }

// prepare returns an event as its gateway knew it: what no gateway could have seen is gone, and
// what every gateway sees is there.
func prepare(ev *event.Event) event.Event {
	known := *ev
	known.Sketch = nil
	r := &known.Response
	r.HTTPStatus = httpStatus(r)
	if r.Status = event.NormalStatus("", r.HTTPStatus); r.Status == event.StatusOK ||
		r.Status == "" {
		r.ErrorType = ""
	} else {
		// Tokens, reasons and texts of an answer come with an answer.
		known.Usage = event.Usage{}
		known.Content.Output, known.Content.Reasoning = "", ""
		r.FinishReasons, r.TTFTMS = nil, event.Float{}
	}
	if dialectOf(ev) == embeddings {
		clearFields(&known, embeddings.lost()) // There is no such thing.
	}
	turns := len(ev.Content.Input)
	known.Request.MessageCount = event.Int{V: int64(turns), Known: turns > 0}
	if known.Account.ID == "" {
		known.Account.ID = Who(ev)
	}
	return known
}

// zeroed is an answer's usage as gateways give it that write 0 for what they do not know: a count
// of 0 beside a count of input stands, for an answer may be empty.
func zeroed(ev *event.Event) {
	u := &ev.Usage
	if !failed(ev) && u.Input.Known && ev.Content.Output == "" {
		u.Output.Known = true
	}
}

// busy is an error as its type tells it besides its code: a server that has too much to do.
func busy(ev *event.Event) {
	if s := &ev.Response; s.Status == event.StatusError && s.ErrorType == "overloaded_error" {
		s.Status = event.StatusRateLimited
	}
}

// httpStatus returns the status code that a response had: a gateway always knows it.
func httpStatus(r *event.Response) event.Int {
	code := int64(0)
	switch {
	case r.HTTPStatus.Known:
		return r.HTTPStatus
	case r.Status == event.StatusOK:
		code = 200
	case r.Status == event.StatusRateLimited:
		code = 429
	case r.Status == event.StatusBlocked:
		code = 403
	case r.Status == event.StatusError || r.ErrorType != "":
		code = 500
	case len(r.FinishReasons) > 0:
		code = 200
	}
	return event.Int{V: code, Known: code != 0}
}

// Who returns the first of the fields that name an account, as ingest.account_fields comes.
func Who(ev *event.Event) string {
	a := &ev.Account
	for _, v := range [...]string{a.ID, a.KeyHash, a.UserID, a.OrgID, ev.Client.IP} {
		if v != "" {
			return v
		}
	}
	return ""
}
