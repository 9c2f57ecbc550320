package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/body"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// mapped reads objects as a mapping says.
//
// As with LiteLLM, values are read laxly: one of the wrong type or out of range is absent. What an
// event needs is checked at the end.
type mapped struct {
	m      *mapping
	doc    *tree.Document
	bodies *body.Reader
	secret []byte
	names  outline
	texts  []string
	// hop is the part of the document that is the call that answered, tree.None without.
	hop int32
	// unfit says that a value of the field at hand cannot be one, values how many fields of the
	// event are absent for that.
	unfit  bool
	values int64
	// detected says that the last object has the names of this format.
	detected bool
	// broken says that the body at hand is no JSON.
	broken   bool
	finisher *finisher
}

func newMapped(m *mapping, opts Options, f *finisher) *mapped {
	doc := tree.New(opts.Limits)
	return &mapped{m: m, doc: doc, bodies: body.New(doc), secret: opts.Secret, finisher: f}
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
	a.detected = false
	n, err := a.doc.Parse(data)
	if err != nil {
		return n, err
	}
	// Where the configuration names the format, nobody has looked yet.
	if len(a.m.detect) > 0 && a.m.reads == readsObjects {
		a.names.readDocument(a.doc)
		if a.detected = a.detect(&a.names); !a.detected {
			return n, &event.DecodeError{Reason: event.ReasonUnknownFormat}
		}
	}
	return n, a.apply(ev)
}

// certain goes by the names that the last object had.
func (a *mapped) certain(other func(*outline) bool) bool { return a.detected && !other(&a.names) }

func (a *mapped) salvage(data []byte, ev *event.Event) {
	a.doc.Salvage(data)
	for i := range a.m.rules {
		r := a.m.rules[i]
		if strings.HasPrefix(r.field.Path, "account.") && len(r.from) > 1 {
			// The others name somebody only where the first does not, and it may be in what is
			// lost.
			r.from = r.from[:1]
		}
		if strings.HasPrefix(r.field.Path, "account.") ||
			slices.Contains([]string{"id", "time", "tenant", "client.ip"}, r.field.Path) {
			a.fill(&r, ev)
		}
	}
	dropCredentials(ev)
}

// apply makes the event of what is in the document.
//
// A body that two parsers read in two ways, or that is beyond the limits, is its caller's doing.
// Reading it would let the caller choose what is seen, and giving up the event whether anything is:
// what else is known of the request counts, without the body.
func (a *mapped) apply(ev *event.Event) error {
	a.begin(ev)
	for i := range a.m.skips {
		if s := &a.m.skips[i]; a.holds(&s.condition) {
			if a.doc.Err() != nil {
				return a.doc.Err() // What tells a request from other objects may be in there.
			}
			return &SkipError{Reason: s.reason}
		}
	}
	a.gather(ev)
	unread := Unread{Values: a.bodies.TakeUnread() + a.values}
	if err := a.finisher.foreign(ev, a.m.tellsRefused); err != nil {
		if a.doc.Err() != nil && !errors.As(err, new(*SkipError)) {
			return a.doc.Err() // It is why.
		}
		return err
	}
	if a.doc.Err() != nil || a.broken {
		unread.Bodies++
	}
	a.finisher.unread = a.finisher.unread.Plus(unread)
	return nil
}

// begin forgets what was read of the document before.
func (a *mapped) begin(ev *event.Event) {
	ev.Reset()
	a.broken, a.values = false, 0
	a.hop = a.findHop(a.m.hop)
}

// part reads all fields that the document has, which need not be those of an event.
func (a *mapped) part(ev *event.Event) {
	a.begin(ev)
	a.gather(ev)
	a.bodies.TakeUnread()
}

// gather reads all fields that the document has.
func (a *mapped) gather(ev *event.Event) {
	for i := range a.m.rules {
		a.fill(&a.m.rules[i], ev)
	}
	if at := a.first(a.m.request); at != tree.None && !a.bodies.Request(at, ev) {
		a.broken = len(ev.Content.Input) == 0
	}
	if at := a.first(a.m.response); at != tree.None {
		a.bodies.Response(at, ev)
	}
	a.constants(ev)
	passedThrough(ev.Request.Operation, a.doc, a.bodies, ev)
	finish(ev)
	if ev.Source.Gateway == "" {
		ev.Source.Gateway = a.m.gateway
	}
}

// applyTo makes the event of another document.
func (a *mapped) applyTo(doc *tree.Document, ev *event.Event) error {
	own, bodies := a.doc, a.bodies
	a.doc, a.bodies = doc, body.New(doc)
	err := a.apply(ev)
	a.doc, a.bodies = own, bodies
	return err
}

// first returns the first body that there is.
func (a *mapped) first(paths []place) int32 {
	for i := range paths {
		if at := a.find(&paths[i]); at != tree.None {
			return at
		}
	}
	return tree.None
}

// finish derives what follows from the fields that are known.
func finish(ev *event.Event) {
	r := &ev.Response
	r.Status = event.NormalStatus(r.Status, r.HTTPStatus)
	switch {
	case r.Status == "" && r.ErrorType != "":
		r.Status = event.StatusError
	case r.Status == "" && len(r.FinishReasons) > 0:
		r.Status = event.StatusOK
	}
	if r.Status == event.StatusError && isRateLimit(r.ErrorType) {
		r.Status = event.StatusRateLimited
	}
	if http := event.NormalStatus("", r.HTTPStatus); r.Status == event.StatusError && http != "" &&
		http != event.StatusOK {
		r.Status = http // It says which error.
	}
}

// isRateLimit tells by its name whether an error is that of a caller who asks too much or of a
// server that has too much to do: openai.RateLimitError, ThrottlingException, overloaded_error.
func isRateLimit(name string) bool {
	name = strings.ToLower(name)
	for _, part := range [...]string{
		"ratelimit", "rate_limit", "throttl", "overloaded", "toomanyrequests",
	} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// fill reads one field.
func (a *mapped) fill(r *rule, ev *event.Event) {
	if len(r.unless) > 0 && a.first(r.unless) != tree.None {
		return
	}
	a.unfit = false
	a.read(r, ev)
	if a.unfit && !r.field.Known(ev) {
		a.values++
	}
}

func (a *mapped) read(r *rule, ev *event.Event) {
	switch dst := r.field.at(ev).(type) {
	case *[]event.Message:
		a.each(r, func(at int32) { *dst = a.bodies.Messages(at, *dst) })
	case *[]string:
		a.each(r, func(at int32) {
			if r.field.kind == kindBlockIDs {
				*dst = a.bodies.ReasoningIDs(at, *dst)
			} else {
				*dst = a.words(at, r, *dst)
			}
		})
	case *string:
		if r.field.kind != kindProse {
			*dst = a.text(r)
			return
		}
		a.texts = a.texts[:0]
		a.each(r, func(at int32) {
			if r.as == "reasoning" {
				a.texts = a.bodies.Reasoning(at, a.texts)
			} else {
				a.texts = a.parts(at, a.texts)
			}
		})
		// Some put empty texts in place of parts that they cannot show.
		if *dst = strings.Join(a.texts, "\n"); strings.TrimSpace(*dst) == "" {
			*dst = ""
		}
	case *int64:
		var ok bool
		text := a.text(r)
		switch *dst, ok = parseMoment(text, r.unit); {
		case ok || dst != &ev.Time:
		case text != "":
			ev.BadTime = event.Shape(text)
		case a.unfit:
			ev.BadTime = "{}" // There is an object or a list.
		}
	case *event.Int:
		lo, hi := r.field.kind.bounds()
		if *dst = body.Int(a.text(r), lo, hi); !dst.Known {
			return
		}
		dst.V = min(dst.V+a.beside(r, dst.V), hi)
	case *event.Float:
		*dst = body.Float(a.text(r))
		if dst.Known && r.since != nil {
			start := body.Float(a.doc.Scalar(a.find(r.since)))
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
		*dst = body.Bool(a.text(r))
	}
}

// each calls read for the values of the first path that leads to any: all of them where a path has
// "*".
func (a *mapped) each(r *rule, read func(at int32)) {
	for i := range r.from {
		hit := false
		a.walk(&r.from[i], func(at int32) bool {
			if a.doc.Known(at) {
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

// parts appends the texts at a node. A string may hold a conversation, or a list of parts if that
// is all that it holds.
func (a *mapped) parts(at int32, dst []string) []string {
	if list := a.doc.Inside(at); list != at && a.doc.Kind(list) == event.KindArray {
		if a.bodies.IsConversation(list) {
			return a.bodies.Texts(list, dst)
		}
		n := 0
		a.doc.Parts(list, func(int32) bool { n++; return true })
		if texts := a.bodies.Texts(list, dst); len(texts) == len(dst)+n {
			return texts
		}
	}
	return a.bodies.Texts(at, dst)
}

// words appends a list of words, or of tools' names.
func (a *mapped) words(at int32, r *rule, dst []string) []string {
	one := func(at int32) {
		word := a.doc.Scalar(at)
		if r.field.kind == kindTools {
			word = a.bodies.ToolName(at)
		}
		if to, ok := r.values[word]; ok {
			word = to
		}
		if word != "" {
			dst = append(dst, word)
		}
	}
	if list := a.doc.Inside(at); a.doc.Kind(list) == event.KindArray {
		a.doc.Parts(list, func(at int32) bool { one(at); return true })
	} else {
		one(at)
	}
	return dst
}

// text reads a scalar, "" when absent.
func (a *mapped) text(r *rule) string {
	for i := range r.from {
		var text string
		a.walk(&r.from[i], func(at int32) bool {
			scalar := a.doc.Scalar(at)
			text = a.transformed(r, scalar)
			// An object or a list, or what is no number, where one belongs.
			a.unfit = a.unfit || text != "" && r.field.kind.isNumber() ||
				scalar == "" && a.doc.Known(at)
			return text != ""
		})
		if text != "" {
			return text
		}
	}
	a.texts = a.texts[:0]
	for i := range r.join {
		if part := a.doc.Scalar(a.find(&r.join[i])); part != "" {
			a.texts = append(a.texts, part)
		}
	}
	if text := a.transformed(r, strings.Join(a.texts, ":")); text != "" {
		return text
	}
	if len(r.from)+len(r.join) == 0 {
		return r.constant
	}
	return "" // The constant stands in after the bodies were asked; see apply.
}

// transformed gives a text the form that the field has. An identity that cannot be one is none:
// many a gateway takes one from a header that clients choose, and the event is to be counted with
// the next best.
func (a *mapped) transformed(r *rule, text string) string {
	text = a.as(r, text)
	switch r.field.Path {
	case "client.ip":
		if _, ok := (&event.Client{IP: text}).Addr(); !ok {
			a.unfit = a.unfit || text != ""
			return ""
		}
	case "id", "tenant", "account.id", "account.org_id", "account.team_id", "account.user_id",
		"account.key_hash", "account.plan":
		if !event.ValidIdentity(text) || isCredential(text) {
			a.unfit = true
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

// hash replaces a credential by a keyed hash of it; without a key it is dropped. The scheme before
// a token is no part of it.
func (a *mapped) hash(text string) string {
	if len(a.secret) == 0 {
		return ""
	}
	if scheme, token, ok := strings.Cut(text, " "); ok &&
		(strings.EqualFold(scheme, "bearer") || strings.EqualFold(scheme, "basic")) {
		text = token
	}
	mac := hmac.New(sha256.New, a.secret)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// parseMoment converts a time to Unix milliseconds. What a number without a unit counts is told by
// its size.
func parseMoment(text string, unit float64) (int64, bool) {
	var ms int64
	var ok bool
	if f, number := body.Number(text); number && unit != 0 {
		// A float of seconds has a resolution well below a microsecond: what looks like 0.9999999
		// ms is 1 ms.
		f = math.Floor(f*unit + 1e-3)
		ms, ok = int64(f), math.Abs(f) < 1e15
	} else {
		ms, ok = event.ParseTime(text)
	}
	if !ok || !event.PlausibleTime(ms) {
		return 0, false
	}
	return ms, true
}
