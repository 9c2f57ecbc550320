package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The oracle reads an event the slow and obvious way: encoding/json makes a tree of it, and each
// field is looked up in the tree.

type tree struct {
	value   any // nil, bool, json.Number, string, []*tree, or map[string]*tree
	depth   int
	members int
	twice   bool // an object in it has a name twice
	// order keeps the members of an object as they came.
	order []string
}

var errInvalid = errors.New("not a JSON value")

func parseTree(data []byte) (*tree, error) {
	if !json.Valid(data) {
		return nil, errInvalid
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	t, err := parseValue(dec)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errInvalid
	}
	return t, nil
}

func parseValue(dec *json.Decoder) (*tree, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return &tree{value: tok}, nil
	}
	t := &tree{depth: 1}
	add := func(child *tree) {
		t.depth = max(t.depth, child.depth+1)
		t.members += child.members
		t.twice = t.twice || child.twice
	}
	if delim == '[' {
		items := []*tree{}
		for dec.More() {
			child, err := parseValue(dec)
			if err != nil {
				return nil, err
			}
			add(child)
			items = append(items, child)
		}
		t.value = items
	} else {
		object := map[string]*tree{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			child, err := parseValue(dec)
			if err != nil {
				return nil, err
			}
			add(child)
			t.members++
			name := key.(string)
			if _, ok := object[name]; ok {
				t.twice = true
			}
			object[name] = child
			t.order = append(t.order, name)
		}
		t.value = object
	}
	_, err = dec.Token()
	return t, err
}

// semantic is how the oracle says that a valid JSON value is no valid event.
type semantic struct{ field string }

func (e semantic) Error() string { return "unfit " + e.field }

// oracle looks fields up. A strict one fails at a value that does not fit, others take it for
// absent.
type oracle struct{ strict bool }

func (o oracle) fail(field string) {
	if o.strict {
		panic(semantic{field})
	}
}

func (o oracle) object(t *tree, field string) map[string]*tree {
	if t == nil {
		return nil
	}
	switch v := t.value.(type) {
	case nil:
		return nil
	case string:
		if v == "" || v == "-" {
			return nil
		}
	case map[string]*tree:
		return v
	}
	o.fail(field)
	return nil
}

func (o oracle) name(t *tree) string {
	if t == nil {
		return ""
	}
	switch v := t.value.(type) {
	case nil:
		return ""
	case string:
		if v == "-" {
			return ""
		}
		return v
	case json.Number:
		if !strings.ContainsAny(string(v), ".eE") {
			return string(v)
		}
	}
	o.fail("name")
	return ""
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// rfc3339 is stricter than time.Parse, which takes hours of one digit and fractions after a comma.
var rfc3339 = regexp.MustCompile(
	`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$`,
)

func (o oracle) number(t *tree) (string, bool) {
	if t == nil {
		return "", false
	}
	switch v := t.value.(type) {
	case nil:
		return "", false
	case string:
		if v == "" || v == "-" {
			return "", false
		}
		if jsonNumber.MatchString(v) {
			return v, true
		}
	case json.Number:
		return string(v), true
	}
	o.fail("number")
	return "", false
}

func (o oracle) integer(t *tree, lo, hi int64) Int {
	text, ok := o.number(t)
	if !ok {
		return Int{}
	}
	var v int64
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || !strings.ContainsAny(text, ".eE") ||
			f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			o.fail("integer")
			return Int{}
		}
		v = int64(f)
	}
	if v < lo || v > hi {
		o.fail("integer")
		return Int{}
	}
	return Int{V: v, Known: true}
}

func (o oracle) float(t *tree) Float {
	text, ok := o.number(t)
	if !ok {
		return Float{}
	}
	var f float64
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		o.fail("float")
		return Float{}
	}
	return Float{V: f, Known: true}
}

func (o oracle) flag(t *tree) Bool {
	if t == nil {
		return Bool{}
	}
	switch t.value {
	case nil, "", "-":
		return Bool{}
	case true, "true":
		return Bool{V: true, Known: true}
	case false, "false":
		return Bool{Known: true}
	}
	o.fail("flag")
	return Bool{}
}

func (o oracle) time(t *tree) int64 {
	if t == nil {
		return 0
	}
	var ms int64
	text, isString := t.value.(string)
	if !isString && t.value != nil {
		number, isNumber := t.value.(json.Number)
		if text = string(number); !isNumber {
			o.fail("time")
			return 0
		}
	}
	if text == "" || text == "-" {
		return 0
	}
	if rfc3339.MatchString(text) {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			o.fail("time")
			return 0
		}
		ms = at.UnixMilli()
	} else {
		// The other forms are compared with time.Parse by FuzzParseTime.
		var ok bool
		if ms, ok = ParseTime(text); !ok {
			o.fail("time")
			return 0
		}
	}
	if ms == 0 || ms == (time.Time{}).UnixMilli() {
		return 0
	}
	if !PlausibleTime(ms) {
		o.fail("time")
		return 0
	}
	return ms
}

func (o oracle) names(t *tree) []string {
	if t == nil {
		return nil
	}
	switch v := t.value.(type) {
	case nil:
		return nil
	case string:
		if v == "" || v == "-" {
			return nil
		}
		return []string{v}
	case []*tree:
		var all []string
		for _, item := range v {
			if name := o.name(item); name != "" {
				all = append(all, name)
			}
		}
		return all
	}
	o.fail("names")
	return nil
}

// ids are the last eight different ids of at least sixteen characters, of each the last 512.
func (o oracle) ids(t *tree) []string {
	var all []string
	for _, id := range o.names(t) {
		id = id[max(0, len(id)-512):]
		if !regexp.MustCompile(`^[[:graph:]]{16,}$`).MatchString(id) {
			continue
		}
		all = append(slices.DeleteFunc(all, func(other string) bool { return other == id }), id)
	}
	return all[max(0, len(all)-8):]
}

func (o oracle) prose(t *tree) string {
	if t == nil {
		return ""
	}
	switch v := t.value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []*tree:
		var parts []string
		for _, item := range v {
			switch v := item.value.(type) {
			case nil:
			case string:
				parts = append(parts, v)
			case map[string]*tree:
				if text, ok := v["text"]; ok {
					if text, ok := text.value.(string); ok {
						parts = append(parts, text)
					}
				}
			default:
				o.fail("part")
			}
		}
		return strings.Join(parts, "\n")
	}
	o.fail("prose")
	return ""
}

func (o oracle) messages(t *tree) []Message {
	if t == nil {
		return nil
	}
	switch v := t.value.(type) {
	case nil:
		return nil
	case string:
		if v == "" {
			return nil
		}
		return []Message{{Role: "user", Text: v}}
	case []*tree:
		var all []Message
		for _, item := range v {
			switch v := item.value.(type) {
			case nil:
			case string:
				all = append(all, Message{Role: "user", Text: v})
			case map[string]*tree:
				m := Message{Role: o.name(v["role"]), Text: o.prose(v["text"])}
				if content := o.prose(v["content"]); m.Text == "" {
					m.Text = content
				}
				all = append(all, m)
			default:
				o.fail("message")
			}
		}
		return all
	}
	o.fail("messages")
	return nil
}

// unfit tells whether a strict oracle fails.
func unfit(look func()) (failed bool) {
	defer func() { failed = recover() != nil }()
	look()
	return false
}

// oracleEvent builds the event, or tells that the tree is none.
func oracleEvent(t *tree) (ev *Event, err error) {
	defer func() {
		if r := recover(); r != nil {
			unfit, ok := r.(semantic)
			if !ok {
				panic(r)
			}
			ev, err = nil, unfit
		}
	}()
	o, own := oracle{}, oracle{strict: true}
	root, ok := t.value.(map[string]*tree)
	if !ok {
		own.fail("root")
	}
	ev = &Event{
		ID: own.name(root["id"]), Time: own.time(root["time"]), Tenant: own.name(root["tenant"]),
	}
	v := o.object(root["source"], "source")
	ev.Source = Source{Gateway: o.name(v["gateway"]), Instance: o.name(v["instance"])}
	v = o.object(root["account"], "account")
	ev.Account = Account{
		ID: own.name(v["id"]), OrgID: own.name(v["org_id"]), TeamID: own.name(v["team_id"]),
		UserID: own.name(v["user_id"]), EndUserID: o.name(v["end_user_id"]),
		KeyHash: own.name(v["key_hash"]), CreatedAt: o.time(v["created_at"]),
		Plan: o.name(v["plan"]), PaymentFP: o.name(v["payment_fp"]),
		PaymentIssuer: o.name(v["payment_issuer"]), EmailDomain: o.name(v["email_domain"]),
		Verified: o.flag(v["verified"]), Contract: o.name(v["contract"]),
		Purpose: o.name(v["purpose"]),
	}
	v = o.object(root["client"], "client")
	ev.Client = Client{
		IP: o.name(v["ip"]), ASN: o.integer(v["asn"], 0, math.MaxUint32),
		ASOrg: o.name(v["as_org"]), Country: o.name(v["country"]),
		UserAgent: o.name(v["user_agent"]), JA4: o.name(v["ja4"]), JA3: o.name(v["ja3"]),
		DeviceID: o.name(v["device_id"]),
	}
	const lo, hi = math.MinInt64, math.MaxInt64
	v = o.object(root["request"], "request")
	ev.Request = Request{
		Operation: o.name(v["operation"]), Model: o.name(v["model"]),
		SessionID: o.name(v["session_id"]), Stream: o.flag(v["stream"]),
		Temperature: o.float(v["temperature"]), TopP: o.float(v["top_p"]),
		N: o.integer(v["n"], lo, hi), MaxTokens: o.integer(v["max_tokens"], lo, hi),
		Seed: o.integer(v["seed"], lo, hi), Logprobs: o.flag(v["logprobs"]),
		ReasoningEffort: o.name(v["reasoning_effort"]),
		ResponseFormat:  o.name(v["response_format"]), Tools: o.names(v["tools"]),
		ToolChoice:   o.name(v["tool_choice"]),
		MessageCount: o.integer(v["message_count"], 0, math.MaxInt32),
	}
	v = o.object(root["usage"], "usage")
	ev.Usage = Usage{
		Input:      o.integer(v["input_tokens"], 0, maxTokens),
		Output:     o.integer(v["output_tokens"], 0, maxTokens),
		Reasoning:  o.integer(v["reasoning_tokens"], 0, maxTokens),
		CacheRead:  o.integer(v["cache_read_tokens"], 0, maxTokens),
		CacheWrite: o.integer(v["cache_write_tokens"], 0, maxTokens),
		CostUSD:    o.float(v["cost_usd"]),
	}
	v = o.object(root["response"], "response")
	ev.Response = Response{
		HTTPStatus: o.integer(v["http_status"], 0, 999), Status: o.name(v["status"]),
		ErrorType: o.name(v["error_type"]), FinishReasons: o.names(v["finish_reasons"]),
		LatencyMS: o.float(v["latency_ms"]), TTFTMS: o.float(v["ttft_ms"]),
	}
	ev.Response.Status = NormalStatus(ev.Response.Status, ev.Response.HTTPStatus)
	v = o.object(root["content"], "content")
	ev.Content = Content{
		System: o.prose(v["system"]), Input: o.messages(v["input"]), Output: o.prose(v["output"]),
		Reasoning:   o.prose(v["reasoning"]),
		ReasoningIn: o.ids(v["reasoning_in"]), ReasoningOut: o.ids(v["reasoning_out"]),
	}
	if model := (oracle{strict: true}); unfit(func() {
		model.name(o.object(root["request"], "")["model"])
	}) {
		ev.Request.Model = UnknownModel
	}
	o = own
	if v = o.object(root["sketch"], "sketch"); v != nil {
		ev.Sketch = &Sketch{
			Version: o.integer(v["version"], 0, math.MaxInt32).V, Exact: o.name(v["exact"]),
			Layout: o.name(v["skeleton"]), Prefix: o.name(v["prefix"]),
			Subject:    o.name(v["subject"]),
			Workspace:  o.name(v["workspace"]),
			Continuing: o.name(v["continuation"]), Shingles: o.names(v["shingles"]),
			System: o.names(v["system"]), Check: o.name(v["check"]),
			Tokens: o.integer(v["tokens"], 0, 1<<40).V, Relay: o.flag(v["relay"]).V,
		}
		if intents := o.object(v["intents"], "intents"); intents != nil {
			for _, name := range v["intents"].order {
				if n := o.integer(intents[name], 0, math.MaxInt32); n.Known {
					ev.Sketch.Intents = append(ev.Sketch.Intents, Intent{Name: name, Count: n.V})
				}
			}
		}
	}
	if ev.Validate() != nil {
		own.fail("validate")
	}
	return ev, nil
}
