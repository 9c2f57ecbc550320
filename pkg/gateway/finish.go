package gateway

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Unread counts what could not be read in events that count all the same.
type Unread struct {
	// Bodies is the number of events with a body that is cut, no JSON, can be read in two ways or
	// is beyond the limits.
	Bodies int64
	// Values is the number of values of the wrong type or range, which count as absent.
	Values int64
	// Fillers is the number of events in which the logger put a text of its own in place of the
	// conversation.
	Fillers int64
}

// Plus is the sum of two counts.
func (u Unread) Plus(other Unread) Unread {
	return Unread{
		Bodies: u.Bodies + other.Bodies, Values: u.Values + other.Values,
		Fillers: u.Fillers + other.Fillers,
	}
}

// Reasons for which an object is skipped, whatever its format.
//
// ReasonNotLLM is a call that asks no model for anything: of a tool, of a file, of the state of
// something. ReasonUnauthenticated is one that the gateway refused for lack of a valid key: whoever
// it names is not proved to be there.
const (
	ReasonNotLLM          = "not_llm"
	ReasonUnauthenticated = "unauthenticated"
)

// The HTTP statuses that say something about who asked (RFC 9110, sections 15.5.1, 15.5.2 and
// 15.5.4).
const (
	statusBadRequest   = 400
	statusUnauthorized = 401
	statusForbidden    = 403
)

// finisher does with the events of all formats what does not depend on the format. The adapters of
// a Reader share one.
type finisher struct {
	trustedHops int
	unread      Unread
}

// finish makes an event alike and checks that it is one. known says that the gateway knows whose
// key it was whatever became of the call. Its error is a *event.DecodeError or a *SkipError.
func (f *finisher) finish(ev *event.Event, known bool) error {
	if strings.IndexByte(ev.Client.IP, ',') >= 0 {
		ev.Client.IP = forwardedFor(ev.Client.IP, f.trustedHops)
	}
	dropCredentials(ev)
	splitEndUser(ev)
	f.conversation(ev)
	f.fillers(ev)
	meter(ev)
	switch {
	case !isLLM(ev.Request.Operation):
		return &SkipError{Reason: ReasonNotLLM}
	case ev.Response.HTTPStatus.V == statusUnauthorized && !known && !proved(&ev.Account):
		return &SkipError{Reason: ReasonUnauthenticated}
	}
	return ev.Validate()
}

// foreign is finish for the formats other than the canonical one: of a record that somebody else
// defined, an id that cannot be used, and the model of a call that failed, are no reason to lose
// the event. Callers choose both in many a gateway.
func (f *finisher) foreign(ev *event.Event, known bool) error {
	if ev.Request.Model == "" && ev.Response.Status != event.StatusOK && ev.Response.Status != "" {
		ev.Request.Model = event.UnknownModel
	}
	dropCredentials(ev)
	if ev.ID == "" {
		ev.ID = derivedID(ev)
	}
	return f.finish(ev, known)
}

// proved tells whether an account is named by more than a key or an address, which anybody can make
// up.
func proved(a *event.Account) bool {
	return a.ID != "" || a.UserID != "" || a.OrgID != "" || a.TeamID != ""
}

// conversation moves the system messages that begin the conversation to where the canonical event
// has them, and counts the turns. A gateway that counted every message, those of the system
// included, is corrected.
func (f *finisher) conversation(ev *event.Event) {
	c, count := &ev.Content, &ev.Request.MessageCount
	all := len(c.Input)
	if all == 0 {
		return
	}
	if !count.Known || count.V == int64(all) {
		*count = event.Int{V: int64(c.Turns()), Known: true}
	}
	n := 0
	for n < all && c.Input[n].IsInstruction() {
		switch c.System {
		case "", c.Input[n].Text:
			c.System = c.Input[n].Text
		default:
			c.System += "\n" + c.Input[n].Text
		}
		n++
	}
	if n > 0 {
		c.Input = append(c.Input[:0], c.Input[n:]...)
	}
	said := func(m event.Message) bool { return m.Text != "" }
	if !slices.ContainsFunc(c.Input, said) {
		c.Input = c.Input[:0] // Turns of which the text was not logged.
	}
}

// fillers removes what a logger put in place of texts that it does not log: it is the same for
// everybody, and would be a prompt that all accounts share. Of a conversation only all of it is
// removed: a caller who sends a filler among other texts hides nothing.
func (f *finisher) fillers(ev *event.Event) {
	c := &ev.Content
	found := false
	for _, text := range [...]*string{&c.System, &c.Output, &c.Reasoning} {
		if isFiller(*text) {
			*text, found = "", found || text == &c.System
		}
	}
	others := func(m event.Message) bool { return !isFiller(m.Text) }
	if n := len(c.Input); n > 0 && c.System == "" && !slices.ContainsFunc(c.Input, others) {
		if n == 1 {
			// It stands for a conversation of any length.
			ev.Request.MessageCount = event.Int{}
		}
		c.Input, found = c.Input[:0], true
	}
	if found {
		f.unread.Fillers++
	}
}

// fillerMarks are what stands around fillers.
const fillerMarks = " \t\r\n_*[](){}<>.:-'\""

// isFiller tells whether a text is a logger's own: LiteLLM's placeholder for calls whose messages
// it does not know and its redaction (litellm_core_utils/redact_messages.py), OpenInference's
// (OPENINFERENCE_HIDE_INPUTS), and what redaction processors write in their place.
func isFiller(text string) bool {
	const longest = 80
	if len(text) > longest {
		return false
	}
	text = strings.Trim(text, fillerMarks)
	if text == "" || strings.IndexByte("demn", text[len(text)-1]|0x20) < 0 {
		return false // Each of them ends with one of these.
	}
	switch text = strings.ToLower(text); text {
	case "default-message-value", "redacted-by-litellm", "redacted", "redacted by litellm",
		"content redacted", "filtered", "masked", "removed", "omitted", "hidden",
		"content omitted", "not logged":
		return true
	}
	return strings.HasPrefix(text, "redacted by litellm")
}

// meter makes unknown what the gateway did not meter, and the input count include the cache. A
// model that was asked something and answered has read tokens; a count of cached tokens above that
// of the input, which includes them, is one that stands beside it.
func meter(ev *event.Event) {
	u := &ev.Usage
	if ev.Response.Status == event.StatusOK {
		if u.Input.Known && u.Input.V == 0 {
			u.Input = event.Int{}
		}
		if u.Output.Known && u.Output.V == 0 && (!u.Input.Known || ev.Content.Output != "") {
			u.Output = event.Int{}
		}
		if !u.Input.Known && !u.Output.Known {
			for _, n := range [...]*event.Int{&u.Reasoning, &u.CacheRead, &u.CacheWrite} {
				n.Known = n.Known && n.V > 0
			}
			u.CostUSD.Known = u.CostUSD.Known && u.CostUSD.V > 0
		}
	}
	if s := ev.Response.Status; s != event.StatusOK && s != "" &&
		u.Input.V == 0 && u.Output.V == 0 {
		u.Input, u.Output = event.Int{}, event.Int{}
	}
	if cached := u.CacheRead.V + u.CacheWrite.V; u.Input.Known && cached > u.Input.V {
		u.Input.V += cached
	}
}

// isLLM tells by its name whether an operation asks a model for something. What it does not know it
// takes for one that does: leaving out what harvests would be worse than counting what does not.
func isLLM(operation string) bool {
	switch operation {
	case "", "chat", "completion", "responses", "messages", "embedding":
		return true // Nearly all.
	}
	if isAside(strings.TrimPrefix(operation, "a")) || isAside(operation) {
		return false
	}
	first := true
	for word := range strings.FieldsFuncSeq(operation, isSeparator) {
		if isThing(word) ||
			first && (isPoll(word) || word[0] == 'a' && (isPoll(word[1:]) || isThing(word[1:]))) {
			return false // LiteLLM puts an a before the names of asynchronous calls.
		}
		first = false
	}
	return true
}

// isAside tells whether an operation of LiteLLM's (CallTypes in litellm/types/utils.py, 1.108.7) is
// about something around calls of models, though no word of its name says so.
func isAside(operation string) bool {
	switch strings.TrimLeft(operation, "_") {
	case "create_thread", "add_message", "create_fine_tuning_job", "create_sandbox", "run_code",
		"code_interpreter_tool", "create_realtime_client_secret",
		"create_realtime_transcription_session", "video_retrieve", "video_retrieve_job",
		"video_content", "video_status", "video_list", "video_delete",
		"video_create_character", "video_get_character":
		return true
	}
	return false
}

func isSeparator(c rune) bool { return strings.ContainsRune("_./- ", c) }

// isThing tells whether a word names what is no model.
func isThing(word string) bool {
	switch word {
	case "mcp", "health", "healthcheck", "ping", "vector", "file", "files", "models", "execute",
		"skill", "skills", "container", "containers", "assistants", "threads":
		return true
	}
	return false
}

// isPoll tells whether a word is a verb with which the names of operations begin that move or look
// at something that is there already.
func isPoll(verb string) bool {
	switch verb {
	case "list", "retrieve", "get", "cancel", "delete", "poll", "upload", "download", "count",
		"update", "search":
		return true
	}
	return false
}

// derivedID makes an id of what an event says, for one whose own cannot be used: the same record
// has the same id whenever it is read.
func derivedID(ev *event.Event) string {
	h := sha256.New()
	var number [8]byte
	for _, n := range [...]int64{
		ev.Time, ev.Usage.Input.V, ev.Usage.Output.V, int64(ev.Response.LatencyMS.V * 1000),
	} {
		binary.BigEndian.PutUint64(number[:], uint64(n))
		h.Write(number[:])
	}
	texts := []string{
		ev.Tenant, ev.Account.ID, ev.Account.KeyHash, ev.Account.UserID, ev.Account.OrgID,
		ev.Account.EndUserID, ev.Client.IP, ev.Client.UserAgent, ev.Request.Model,
		ev.Request.SessionID, ev.Content.System, ev.Content.Output,
	}
	for i := range ev.Content.Input {
		texts = append(texts, ev.Content.Input[i].Text)
	}
	for _, text := range texts {
		binary.BigEndian.PutUint64(number[:], uint64(len(text)))
		h.Write(number[:])
		h.Write([]byte(text))
	}
	return derivedMark + hex.EncodeToString(h.Sum(nil)[:12])
}

// derivedMark stands before the ids that the gateway did not send.
const derivedMark = "derived:"

// IsDerivedID tells whether an event's id was made here, because the gateway sent none that can be
// used: its own log does not know it.
func IsDerivedID(id string) bool { return strings.HasPrefix(id, derivedMark) }

// dropCredentials removes what no gateway should report but some do, whatever the format: raw
// credentials where an identity belongs.
func dropCredentials(ev *event.Event) {
	for _, field := range [...]*string{
		&ev.ID, &ev.Tenant, &ev.Account.ID, &ev.Account.OrgID, &ev.Account.TeamID,
		&ev.Account.UserID, &ev.Account.EndUserID, &ev.Account.KeyHash, &ev.Account.Plan,
		&ev.Account.PaymentFP, &ev.Account.PaymentIssuer, &ev.Account.EmailDomain,
		&ev.Account.Contract, &ev.Account.Purpose,
		&ev.Client.DeviceID, &ev.Client.UserAgent, &ev.Client.JA3, &ev.Client.JA4,
		&ev.Request.SessionID, &ev.Client.ASOrg, &ev.Client.Country, &ev.Source.Gateway,
		&ev.Source.Instance, &ev.Request.Operation, &ev.Request.ReasoningEffort,
		&ev.Request.ResponseFormat, &ev.Request.ToolChoice, &ev.Response.ErrorType,
	} {
		if isCredential(*field) {
			*field = ""
			if field == &ev.ID {
				ev.ID = derivedID(ev)
			}
		}
	}
	if isCredential(ev.Request.Model) {
		ev.Request.Model = event.UnknownModel
	}
	ev.Request.Tools = slices.DeleteFunc(ev.Request.Tools, isCredential)
	ev.Response.FinishReasons = slices.DeleteFunc(ev.Response.FinishReasons, isCredential)
	c := &ev.Content
	c.ReasoningIn = slices.DeleteFunc(c.ReasoningIn, isCredential)
	c.ReasoningOut = slices.DeleteFunc(c.ReasoningOut, isCredential)
}

// isCredential tells whether a value looks like a raw API key or the value of an Authorization
// header.
func isCredential(v string) bool {
	const shortest = 12
	if len(v) < shortest {
		return false
	}
	switch v[0] {
	case 's', 'S', 'r', 'g', 'x', 'A':
		for _, prefix := range [...]string{"sk-", "SK-", "sk_", "rk_", "gsk_", "xai-", "AIza"} {
			if strings.HasPrefix(v, prefix) {
				return true
			}
		}
	case 'b', 'B':
		for _, scheme := range [...]string{"bearer ", "basic "} {
			if len(v) > len(scheme) && strings.EqualFold(v[:len(scheme)], scheme) {
				return true
			}
		}
	}
	return false
}

// forwardedFor takes the entry that is hops places from the right end of a list of addresses.
func forwardedFor(list string, hops int) string {
	for ; hops > 0; hops-- {
		i := strings.LastIndexByte(list, ',')
		if i < 0 {
			break
		}
		list = list[:i]
	}
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}
