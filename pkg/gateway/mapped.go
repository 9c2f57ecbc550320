package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// mapped reads objects as a mapping says.
//
// As with LiteLLM, values are read laxly: one of the wrong type or out of range is absent. What an event needs is checked at the end.
type mapped struct {
	m      *mapping
	doc    *document
	secret []byte
	names  outline
	texts  []string
	// unread counts the events of which a part in a string was not read; see apply. broken says that the body at hand is no JSON.
	unread int64
	broken bool
}

func newMapped(m *mapping, opts Options) *mapped {
	return &mapped{m: m, doc: newDocument(opts.Limits), secret: opts.Secret}
}

func (a *mapped) name() string { return a.m.name }

// detect never recognises an object by a mapping that names no names, or that reads no objects.
func (a *mapped) detect(names *outline) bool {
	return a.m.reads == readsObjects && slices.ContainsFunc(a.m.detect, func(set []string) bool {
		return !slices.ContainsFunc(set, func(name string) bool { return !names.hasPath(name) })
	})
}

func (a *mapped) decode(data []byte, ev *event.Event) (int, error) {
	ev.Reset()
	n, err := a.doc.parse(data)
	if err != nil {
		return n, err
	}
	// Where the configuration names the format, nobody has looked yet.
	if len(a.m.detect) > 0 && a.m.reads == readsObjects {
		a.names.readDocument(a.doc)
		if !a.detect(&a.names) {
			return n, &event.DecodeError{Reason: event.ReasonUnknownFormat}
		}
	}
	return n, a.apply(ev)
}

// apply makes the event of what is in the document.
//
// A body that two parsers read in two ways, or that is beyond the limits, is its caller's doing. Reading it would let the caller choose what is
// seen, and giving up the event whether anything is: what else is known of the request counts, without the body.
func (a *mapped) apply(ev *event.Event) error {
	ev.Reset()
	a.broken = false
	for i := range a.m.skips {
		if s := &a.m.skips[i]; a.skips(s) {
			if a.doc.err != nil {
				return a.doc.err // What tells a request from other objects may be in there.
			}
			return &SkipError{Reason: s.reason}
		}
	}
	a.gather(ev)
	err := ev.Validate()
	if err != nil {
		if a.doc.err != nil {
			return a.doc.err // It is why.
		}
		return err
	}
	if a.doc.err != nil || a.broken {
		a.unread++
	}
	return nil
}

// gather reads all fields that the document has.
func (a *mapped) gather(ev *event.Event) {
	for i := range a.m.rules {
		a.fill(&a.m.rules[i], ev)
	}
	a.body(a.m.request, func(at int32) { a.requestBody(at, ev) })
	a.body(a.m.response, func(at int32) { a.responseBody(at, ev) })
	finish(ev)
	if ev.Source.Gateway == "" {
		ev.Source.Gateway = a.m.gateway
	}
}

// applyTo makes the event of another document.
func (a *mapped) applyTo(doc *document, ev *event.Event) error {
	own := a.doc
	a.doc = doc
	err := a.apply(ev)
	a.doc = own
	return err
}

func (a *mapped) skips(s *skipRule) bool {
	for i := range s.when {
		if at := a.doc.find(&s.when[i]); at != none {
			value := a.doc.scalar(at)
			if len(s.values) == 0 || slices.ContainsFunc(s.values, func(v string) bool { return strings.EqualFold(v, value) }) {
				return true
			}
		}
	}
	for i := range s.unless {
		if a.doc.find(&s.unless[i]) != none {
			return false
		}
	}
	return len(s.unless) > 0
}

// body calls read with the first body that there is.
func (a *mapped) body(paths []path, read func(at int32)) {
	for i := range paths {
		if at := a.doc.find(&paths[i]); at != none {
			read(at)
			return
		}
	}
}

// finish derives what follows from the fields that are known.
func finish(ev *event.Event) {
	c, r := &ev.Content, &ev.Response
	if n := len(c.Input); n > 0 && !ev.Request.MessageCount.Known {
		ev.Request.MessageCount = event.Int{V: int64(n), Known: true}
	}
	leadingSystem(c)
	r.Status = event.NormalStatus(r.Status, r.HTTPStatus)
	switch {
	case r.Status == "" && r.ErrorType != "":
		r.Status = event.StatusError
	case r.Status == "" && len(r.FinishReasons) > 0:
		r.Status = event.StatusOK
	}
	if http := event.NormalStatus("", r.HTTPStatus); r.Status == event.StatusError && http != "" && http != event.StatusOK {
		r.Status = http // It says which error.
	}
}

// fill reads one field.
func (a *mapped) fill(r *rule, ev *event.Event) {
	switch dst := r.field.at(ev).(type) {
	case *[]event.Message:
		a.each(r, func(at int32) { *dst = a.doc.messages(at, *dst) })
	case *[]string:
		a.each(r, func(at int32) { *dst = a.words(at, r, *dst) })
	case *string:
		if r.field.kind != kindProse {
			*dst = a.text(r)
			return
		}
		a.texts = a.texts[:0]
		a.each(r, func(at int32) { a.texts = a.parts(at, a.texts) })
		*dst = strings.Join(a.texts, "\n")
	case *int64:
		*dst, _ = parseMoment(a.text(r), r.unit)
	case *event.Int:
		lo, hi := r.field.kind.bounds()
		if *dst = parseInt(a.text(r), lo, hi); !dst.Known {
			return
		}
		for i := range r.plus {
			more := parseInt(a.doc.scalar(a.doc.find(&r.plus[i])), lo, hi)
			dst.V = min(dst.V+more.V, hi)
		}
	case *event.Float:
		*dst = parseFloat(a.text(r))
		if dst.Known && r.since != nil {
			start := parseFloat(a.doc.scalar(a.doc.find(r.since)))
			dst.V -= start.V
			dst.Known = start.Known
		}
		if dst.Known && r.unit != 0 {
			dst.V *= r.unit
		}
		if r.field.kind == kindMillis && dst.V < 0 {
			*dst = event.Float{}
		}
	case *event.Bool:
		*dst = parseBool(a.text(r))
	}
}

// each calls read for the values of the first path that leads to any: all of them where a path has "*".
func (a *mapped) each(r *rule, read func(at int32)) {
	for i := range r.from {
		hit := false
		a.doc.walk(0, &r.from[i], 0, func(at int32) bool {
			if a.doc.known(at) {
				hit = true
				read(at)
			}
			return false
		})
		if hit {
			return
		}
	}
}

// parts appends the texts at a node. A string may hold a conversation, or a list of parts if that is all that it holds.
func (a *mapped) parts(at int32, dst []string) []string {
	if list := a.doc.inside(at); list != at && a.doc.kind(list) == event.KindArray {
		if a.doc.isConversation(list) {
			return a.doc.prose(list, dst)
		}
		n := 0
		a.doc.parts(list, func(int32) bool { n++; return true })
		if texts := a.doc.prose(list, dst); len(texts) == len(dst)+n {
			return texts
		}
	}
	return a.doc.prose(at, dst)
}

// words appends a list of words, or of tools' names.
func (a *mapped) words(at int32, r *rule, dst []string) []string {
	one := func(at int32) {
		word := a.doc.scalar(at)
		if r.field.kind == kindTools {
			word = a.doc.toolName(at)
		}
		if to, ok := r.values[word]; ok {
			word = to
		}
		if word != "" {
			dst = append(dst, word)
		}
	}
	if list := a.doc.inside(at); a.doc.kind(list) == event.KindArray {
		a.doc.parts(list, func(at int32) bool { one(at); return true })
	} else {
		one(at)
	}
	return dst
}

// text reads a scalar, "" when absent.
func (a *mapped) text(r *rule) string {
	if r.constant != "" {
		return r.constant
	}
	for i := range r.from {
		var text string
		a.doc.walk(0, &r.from[i], 0, func(at int32) bool {
			text = a.transformed(r, a.doc.scalar(at))
			return text != ""
		})
		if text != "" {
			return text
		}
	}
	a.texts = a.texts[:0]
	for i := range r.join {
		if part := a.doc.scalar(a.doc.find(&r.join[i])); part != "" {
			a.texts = append(a.texts, part)
		}
	}
	return a.transformed(r, strings.Join(a.texts, ":"))
}

// transformed gives a text the form that the field has. An identity that cannot be one is none: many a gateway takes one from a header that clients
// choose, and the event is to be counted with the next best.
func (a *mapped) transformed(r *rule, text string) string {
	text = a.as(r, text)
	switch r.field.Path {
	case "tenant", "account.id", "account.org_id", "account.team_id", "account.user_id", "account.key_hash", "account.plan":
		if !event.ValidIdentity(text) {
			return ""
		}
	}
	return text
}

func (a *mapped) as(r *rule, text string) string {
	if text == "" {
		return ""
	}
	if to, ok := r.values[text]; ok {
		return to
	}
	switch r.as {
	case "hash":
		return a.hash(text)
	case "operation":
		return operationOf(text)
	case "domain":
		return strings.ToLower(text[strings.LastIndexByte(text, '@')+1:])
	case "lower":
		return strings.ToLower(text)
	case "model":
		return modelName(text)
	}
	return text
}

// hash replaces a credential by a keyed hash of it; without a key it is dropped. The scheme before a token is no part of it.
func (a *mapped) hash(text string) string {
	if len(a.secret) == 0 {
		return ""
	}
	if scheme, token, ok := strings.Cut(text, " "); ok && (strings.EqualFold(scheme, "bearer") || strings.EqualFold(scheme, "basic")) {
		text = token
	}
	mac := hmac.New(sha256.New, a.secret)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// operationOf names the operation that a path of an API, or another convention's name, stands for. The last of several parts counts: what is
// before it may be there for show, as in /v1/batches/../messages, and so may parameters.
func operationOf(text string) string {
	if path, _, _ := strings.Cut(text, "?"); strings.IndexByte(path, '/') >= 0 {
		path, _, _ = strings.Cut(path, ";")
		last, found := -1, ""
		for _, known := range [...]struct{ part, operation string }{
			{"/batches", "batch"},
			{"/chat/completions", "chat"},
			{"/completions", "completion"},
			{"/responses", "responses"},
			{"/messages", "messages"},
			{"/embeddings", "embedding"},
			{":generateContent", "chat"},
			{":streamGenerateContent", "chat"},
			{"/converse", "chat"},
			{"/images/", "image"},
			{"/audio/", "audio"},
		} {
			// /chat/completions ends like /completions, and is the longer.
			if at := strings.LastIndex(path, known.part); at >= 0 && at+len(known.part) > last {
				last, found = at+len(known.part), known.operation
			}
		}
		return found
	}
	switch text {
	case "generate_content":
		return "chat"
	case "embeddings":
		return "embedding"
	}
	return operation(text)
}

// modelName takes the provider, or the path of a resource's name, off a model's name.
func modelName(text string) string {
	if strings.HasPrefix(text, "arn:") {
		return text[strings.LastIndexByte(text, '/')+1:]
	}
	prefix, rest, ok := strings.Cut(text, "/")
	if ok && rest != "" && (prefix == "models" || isProvider(prefix)) {
		return rest
	}
	return text
}

// parseNumber converts a JSON number, or a string that holds one.
func parseNumber(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && !math.IsInf(f, 0)
}

func parseInt(text string, lo, hi int64) event.Int {
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, ok := parseNumber(text)
		if v = int64(f); !ok || math.Abs(f) > 1<<53 || float64(v) != f {
			return event.Int{}
		}
	}
	if v < lo || v > hi {
		return event.Int{}
	}
	return event.Int{V: v, Known: true}
}

func parseFloat(text string) event.Float {
	f, ok := parseNumber(text)
	return event.Float{V: f, Known: ok}
}

func parseBool(text string) event.Bool {
	switch strings.ToLower(text) {
	case "true", "1":
		return event.Bool{V: true, Known: true}
	case "false", "0":
		return event.Bool{Known: true}
	}
	return event.Bool{}
}

// parseMoment converts a time to Unix milliseconds. A number without a unit is in seconds when it is too small for milliseconds.
func parseMoment(text string, unit float64) (int64, bool) {
	var ms int64
	var ok bool
	if f, number := parseNumber(text); number {
		if unit == 0 {
			if unit = 1; f < 1e11 {
				unit = 1e3
			}
		}
		// A float of seconds has a resolution well below a microsecond: what looks like 0.9999999 ms is 1 ms.
		f = math.Floor(f*unit + 1e-3)
		ms, ok = int64(f), math.Abs(f) < 1e15
	} else {
		ms, ok = event.ParseTime(text, true)
	}
	if !ok || !event.PlausibleTime(ms) {
		return 0, false
	}
	return ms, true
}
