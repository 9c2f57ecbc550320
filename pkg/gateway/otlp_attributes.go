package gateway

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// attributes builds the document of a span or log record: an object of the attributes, the first of a name winning, after "otlp" with the rest.
type attributes struct {
	d                 *document
	last, rest, inner int32
	// numbered holds the attributes whose names count the turns of a conversation.
	numbered [len(conventions)]map[int]turn
}

// turn is a message that is spread over attributes.
type turn struct {
	role, tool, reason string
	text               []string
}

// conventions are the prefixes of numbered attributes: OpenInference's and those of the older GenAI instrumentations.
var conventions = [...]string{"llm.input_messages.", "llm.output_messages.", "gen_ai.prompt.", "gen_ai.completion.", "llm.tools."}

const (
	// maxTurns is the highest number of a turn that is read.
	maxTurns = 4096
	// maxNesting is the depth to which structured attributes are read.
	maxNesting = 32
)

func newAttributes(d *document) *attributes {
	d.reset()
	d.add(event.KindObject, "", "")
	b := &attributes{d: d}
	b.rest = d.add(event.KindObject, "otlp", "")
	d.link(0, &b.last, b.rest)
	return b
}

// text adds a field of the span itself.
func (b *attributes) text(name, value string) {
	b.d.link(b.rest, &b.inner, b.d.add(event.KindString, name, strings.ToValidUTF8(value, "\ufffd")))
}

func (b *attributes) times(start, end pcommon.Timestamp) {
	if start > 0 {
		b.text("start", strconv.FormatUint(uint64(start), 10))
	}
	if end > start && start > 0 {
		b.text("duration_ms", strconv.FormatFloat(float64(end-start)/1e6, 'f', -1, 64))
	}
}

// add adds attributes.
func (b *attributes) add(list pcommon.Map) {
	for key, value := range list.All() {
		if !b.isTurn(key, value) {
			b.d.link(0, &b.last, b.value(key, value, 0))
		}
	}
}

// value adds an attribute's value.
func (b *attributes) value(name string, v pcommon.Value, depth int) int32 {
	d := b.d
	name = strings.ToValidUTF8(name, "\ufffd")
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return d.add(event.KindString, name, strings.ToValidUTF8(v.Str(), "\ufffd"))
	case pcommon.ValueTypeInt, pcommon.ValueTypeDouble:
		return d.add(event.KindNumber, name, v.AsString())
	case pcommon.ValueTypeBool:
		return d.add(event.KindBool, name, v.AsString())
	}
	last := int32(0)
	switch {
	case depth >= maxNesting:
	case v.Type() == pcommon.ValueTypeSlice:
		at := d.add(event.KindArray, name, "")
		for _, item := range v.Slice().All() {
			d.link(at, &last, b.value("", item, depth+1))
		}
		return at
	case v.Type() == pcommon.ValueTypeMap:
		at := d.add(event.KindObject, name, "")
		for key, item := range v.Map().All() {
			d.link(at, &last, b.value(key, item, depth+1))
		}
		return at
	}
	return d.add(event.KindNull, name, "")
}

// isTurn keeps an attribute that is part of a turn of a conversation, such as llm.input_messages.0.message.role.
func (b *attributes) isTurn(key string, v pcommon.Value) bool {
	for i, prefix := range conventions {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		number, what, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n > maxTurns {
			return false
		}
		if b.numbered[i] == nil {
			b.numbered[i] = map[int]turn{}
		}
		t := b.numbered[i][n]
		value := strings.ToValidUTF8(v.AsString(), "\ufffd")
		switch what = strings.TrimPrefix(strings.TrimPrefix(what, "message."), "tool."); {
		case what == "role":
			t.role = value
		case what == "content", strings.HasPrefix(what, "contents.") && strings.HasSuffix(what, ".message_content.text"):
			t.text = append(t.text, value)
		case what == "finish_reason":
			t.reason = value
		case what == "json_schema":
			t.tool = value
		}
		b.numbered[i][n] = t
		return true
	}
	return false
}

// turns adds the conversations, under their prefixes.
func (b *attributes) turns() {
	d := b.d
	for i, turns := range b.numbered {
		if len(turns) == 0 {
			continue
		}
		list := d.add(event.KindArray, strings.TrimSuffix(conventions[i], "."), "")
		d.link(0, &b.last, list)
		last := int32(0)
		for n := range maxTurns + 1 {
			t, ok := turns[n]
			if !ok {
				continue
			}
			if t.tool != "" {
				d.link(list, &last, d.add(event.KindString, "", t.tool))
				continue
			}
			item, inner := d.add(event.KindObject, "", ""), int32(0)
			d.link(list, &last, item)
			for _, part := range [...]struct{ name, text string }{{"role", t.role}, {"content", strings.Join(t.text, "\n")}, {"finish_reason", t.reason}} {
				d.link(item, &inner, d.add(event.KindString, part.name, part.text))
			}
		}
	}
}
