package gateway

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// attributes builds the document of a span or log record: an object of the attributes, the first of
// a name winning, after "otlp" with the rest.
type attributes struct {
	d                 *tree.Document
	last, rest, inner int32
	// lists holds the lists that are spread over numbered attributes, by their names.
	lists [len(numberedLists)]*branch
	// parts is how many numbered attributes there are.
	parts int
}

// numberedLists are the names of lists that conventions spread over attributes, as in
// llm.input_messages.0.message.role: those of OpenInference and of OpenLLMetry.
var numberedLists = [...]string{
	"llm.input_messages", "llm.output_messages", "llm.prompts", "llm.choices", "llm.tools",
	"llm.request.functions", "gen_ai.prompt", "gen_ai.completion",
}

// branch is a list or an object that is spread over attributes.
type branch struct {
	names []string
	parts map[string]*branch
	// value is the attribute's, tree.None for a branch with parts.
	value int32
}

const (
	// maxTurns is the highest number of an item that is read.
	maxTurns = 4096
	// maxSpread is the number of numbered attributes that are read: SDKs stop at 128 by default
	// (OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT), and long conversations need more.
	maxSpread = 1 << 15
	// maxNesting is the depth to which structured attributes are read.
	maxNesting = 32
)

func newAttributes(d *tree.Document) *attributes {
	d.Reset()
	d.Add(event.KindObject, "", "")
	b := &attributes{d: d}
	b.rest = d.Add(event.KindObject, "otlp", "")
	d.Link(0, &b.last, b.rest)
	return b
}

// text adds a field of the span itself.
func (b *attributes) text(name, value string) {
	b.d.Link(
		b.rest, &b.inner, b.d.Add(event.KindString, name, strings.ToValidUTF8(value, "\ufffd")),
	)
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
		if !b.spread(key, value) {
			b.d.Link(0, &b.last, b.value(key, value, 0))
		}
	}
}

// value adds an attribute's value.
func (b *attributes) value(name string, v pcommon.Value, depth int) int32 {
	d := b.d
	name = strings.ToValidUTF8(name, "\ufffd")
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return d.Add(event.KindString, name, strings.ToValidUTF8(v.Str(), "\ufffd"))
	case pcommon.ValueTypeInt, pcommon.ValueTypeDouble:
		return d.Add(event.KindNumber, name, v.AsString())
	case pcommon.ValueTypeBool:
		return d.Add(event.KindBool, name, v.AsString())
	}
	last := int32(0)
	switch {
	case depth >= maxNesting:
	case v.Type() == pcommon.ValueTypeSlice:
		at := d.Add(event.KindArray, name, "")
		for _, item := range v.Slice().All() {
			d.Link(at, &last, b.value("", item, depth+1))
		}
		return at
	case v.Type() == pcommon.ValueTypeMap:
		at := d.Add(event.KindObject, name, "")
		for key, item := range v.Map().All() {
			d.Link(at, &last, b.value(key, item, depth+1))
		}
		return at
	}
	return d.Add(event.KindNull, name, "")
}

// spread keeps an attribute that is a part of a list, under the path that its name is.
func (b *attributes) spread(key string, v pcommon.Value) bool {
	for i, list := range numberedLists {
		rest, ok := strings.CutPrefix(key, list+".")
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(number); err != nil || n < 0 || n > maxTurns {
			return false
		}
		if b.parts++; b.parts > maxSpread {
			return true
		}
		if b.lists[i] == nil {
			b.lists[i] = &branch{value: tree.None}
		}
		b.lists[i].put(rest, b.value("", v, 0))
		return true
	}
	return false
}

// put keeps a value under a path; the first of a path wins.
func (n *branch) put(path string, value int32) {
	for range maxNesting {
		name, rest, more := strings.Cut(path, ".")
		part := n.parts[name]
		if part == nil {
			part = &branch{value: tree.None}
			if n.parts == nil {
				n.parts = map[string]*branch{}
			}
			n.parts[name] = part
			n.names = append(n.names, name)
		}
		if n, path = part, rest; !more {
			break
		}
	}
	if n.value == tree.None {
		n.value = value
	}
}

// turns adds the lists, under their names.
func (b *attributes) turns() {
	for i, list := range b.lists {
		if list != nil {
			b.d.Link(0, &b.last, b.branch(numberedLists[i], list))
		}
	}
}

// branch adds an object or, where the names are numbers, a list in their order.
func (b *attributes) branch(name string, n *branch) int32 {
	d := b.d
	if n.value != tree.None {
		return d.Named(n.value, name)
	}
	numbers := make(map[string]int, len(n.names))
	for _, part := range n.names {
		if number, err := strconv.Atoi(part); err == nil && number >= 0 {
			numbers[part] = number
		}
	}
	kind := event.KindObject
	if len(numbers) == len(n.names) {
		kind = event.KindArray
		slices.SortFunc(n.names, func(a, b string) int {
			return cmp.Compare(numbers[a], numbers[b])
		})
	}
	at, last := d.Add(kind, name, ""), int32(0)
	for _, part := range n.names {
		d.Link(at, &last, b.branch(part, n.parts[part]))
	}
	return at
}
