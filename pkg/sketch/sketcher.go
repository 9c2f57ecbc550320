package sketch

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/siphash"
)

const (
	// maxWidth is the most tokens that a shingle can span: twice the widest Options.Width.
	maxWidth = 32
	// edge is how many bytes at either end of a text count as its edge, where a fixed paragraph is
	// injected: 1 kB in all is about 180 words, of which one in four fits into the three quarters
	// of 64 shingles that edges have for themselves.
	edge = 512
	// maxParts bounds the new messages of one kind that are read: half of them from the start, half
	// from the end.
	maxParts = 16
	// turnCut is how much of either end of a human turn counts for the conversation hashes.
	turnCut = 1 << 10
	// minLetters is the number of bytes in words below which human turns can't tell one
	// conversation from another.
	minLetters = 40
	// minSetup is the length in bytes from which a first user turn can play the system prompt's
	// part, and ackShare says how many times longer than its answer it is then.
	minSetup = 160
	ackShare = 2
)

// Constants of relay software, from the code of claude-relay-service.
const (
	relayDevice = "6d80b607905bb422a7713b6131219e2c9f3b5682ec0a6c3a7ed192eb26b05bc9"
	relaySystem = "[System Instructions - follow these strictly]"
)

// Sketcher turns events into sketches. It owns scratch memory: it serves one goroutine.
type Sketcher struct {
	opts          Options
	check         string
	shingleKey    siphash.Key
	exactKey      siphash.Key
	talkKey       siphash.Key
	workspaceKey  siphash.Key
	turnThreshold uint64
	sysThreshold  uint64
	tokenizer     *tokenizer
	shingler      shingler
	layouts       layoutHasher
	matcher       *matcher
	subject       subjectWords
	// window holds the token hashes of the shingles at hand, as bytes: maxWidth from before the
	// batch, and those of the batch.
	window         [8 * (maxWidth + batch)]byte
	system, humans parts
	first          parts
	// opening holds the first human messages.
	opening [workspaceTurns]string

	previous []*Sketcher
	older    Sketch
}

// New returns a Sketcher for the options, or an error that says what is wrong with them. While a
// rotation of the key lasts, previous has the options with the key before: then shingles are made
// under both, so that what is known by its old hashes meets its new ones; all else is hashed with
// the first key, and the sketches of gateways that still have the other one are read.
func New(opts Options, previous ...Options) (*Sketcher, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	s := &Sketcher{
		opts:          opts,
		check:         opts.check(),
		shingleKey:    derive(opts.Key, "shingle"),
		exactKey:      derive(opts.Key, "exact"),
		talkKey:       derive(opts.Key, "conversation"),
		workspaceKey:  derive(opts.Key, "workspace"),
		turnThreshold: threshold(opts.TurnSampling),
		sysThreshold:  threshold(opts.SystemSampling),
		tokenizer:     newTokenizer(derive(opts.Key, "token")),
		shingler:      newShingler(opts.MaxShingles),
		layouts: layoutHasher{
			names: derive(opts.Key, "token"), key: derive(opts.Key, "skeleton"),
		},
	}
	s.matcher = newMatcher(s.tokenizer)
	for _, o := range previous {
		older, err := New(o)
		if err != nil {
			return nil, err
		}
		s.previous = append(s.previous, older)
	}
	return s, nil
}

// derive makes the key for one use from the deployment's secret.
func derive(secret []byte, use string) siphash.Key { return siphash.NewKey(digest(secret, use)) }

func digest(secret []byte, use string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("stillwatch/sketch/1/" + use))
	return mac.Sum(nil)
}

// threshold is the hash below which one in n hashes falls.
func threshold(n int) uint64 {
	if n <= 1 {
		return math.MaxUint64
	}
	return math.MaxUint64/uint64(n) + 1
}

// parts are texts that are read as one.
type parts struct {
	texts [maxParts]string
	n     int
	// skipped counts the texts left out in the middle.
	skipped int
}

func (p *parts) reset() { *p = parts{} }

// add appends a text. When there are too many, the later half moves up, so that the first and the
// last ones stay.
func (p *parts) add(text string) {
	if text == "" {
		return
	}
	if p.n == maxParts {
		copy(p.texts[maxParts/2:], p.texts[maxParts/2+1:])
		p.n--
		p.skipped++
	}
	p.texts[p.n] = text
	p.n++
}

func (p *parts) all() []string { return p.texts[:p.n] }

// Sketch writes the sketch of the event's content to out, reusing its memory. An event without
// content gives an empty sketch, but for the relay constants; one that brings its own sketch is
// read by FromWire.
func (s *Sketcher) Sketch(ev *event.Event, out *Sketch) {
	s.sketch(ev, out)
	for _, p := range s.previous {
		p.sketch(ev, &s.older)
		out.Turn = union(out.Turn, s.older.Turn, s.opts.MaxShingles)
		out.System = union(out.System, s.older.System, s.opts.MaxShingles)
	}
}

// union merges two sets of shingles and keeps the n least: the same ones in every account.
func union(a, b []uint64, n int) []uint64 {
	a = append(a, b...)
	slices.Sort(a)
	a = slices.Compact(a)
	return a[:min(len(a), n)]
}

func (s *Sketcher) sketch(ev *event.Event, out *Sketch) {
	out.Reset()
	if strings.Contains(ev.Client.DeviceID, relayDevice) {
		out.Relay |= RelayDevice
	}
	input := ev.Content.Input
	// A conversation that ends with the assistant asks to continue that answer: the turn before it
	// is the new one.
	end := len(input)
	for end > 0 && roleOf(input[end-1].Role) == roleAssistant {
		end--
	}
	begin := end
	for begin > 0 && roleOf(input[begin-1].Role) != roleAssistant {
		begin--
	}
	s.system.reset()
	s.humans.reset()
	s.first.reset()
	s.system.add(ev.Content.System)
	tool, opened := "", 0
	for i := range input[:end] {
		switch roleOf(input[i].Role) {
		case roleSystem:
			s.system.add(input[i].Text)
		case roleTool:
			if i >= begin {
				tool = input[i].Text
			}
		case roleHuman:
			if opened < workspaceTurns {
				s.opening[opened] = input[i].Text
				opened++
			}
			if i >= begin {
				s.humans.add(input[i].Text)
			}
		}
	}
	s.setup(input[:end], begin, out)

	var talk conversation
	for i := range input[:begin] {
		if roleOf(input[i].Role) == roleHuman {
			s.remember(&talk, input[i].Text)
		}
	}
	out.Prefix = s.closeTalk(talk)

	s.shingler.reset(s.turnThreshold)
	s.subject.reset()
	s.subject.on = true
	exact, tokens := uint64(0), 0
	for _, text := range s.humans.all() {
		h, n := s.read(text, true)
		exact, tokens = chain(exact, h), tokens+n
		if s.humans.skipped == 0 && len(text) <= 2*turnCut {
			talk.add(h, s.tokenizer.letters)
		} else if s.humans.skipped == 0 {
			s.remember(&talk, text)
		}
	}
	if s.humans.skipped > 0 {
		for i := begin; i < end; i++ {
			if roleOf(input[i].Role) == roleHuman {
				s.remember(&talk, input[i].Text)
			}
		}
	}
	s.subject.on = false
	out.Subject = s.subject.subject()
	out.Continuation = s.closeTalk(talk)
	for _, text := range s.first.all() {
		s.read(text, true)
	}
	if s.humans.n == 0 && tool != "" {
		exact, tokens = s.read(tool, false)
	}
	out.Turn = s.shingler.appendTo(out.Turn)
	out.Tokens = tokens
	if tokens > 0 {
		out.Exact = final(exact, s.exactKey)
	}

	s.shingler.reset(s.sysThreshold)
	for _, text := range s.system.all() {
		s.read(text, true)
	}
	out.System = s.shingler.appendTo(out.System)

	for _, p := range [...]*parts{&s.humans, &s.first, &s.system} {
		if out.Layout = s.layout(p); out.Layout != 0 {
			break
		}
	}
	out.Intents = s.matcher.found()
	out.Workspace = s.workspaceOf(s.system.all(), s.opening[:opened])
}

// prompt layout gives the prompt layout of some texts, read within the same bounds as their words.
func (s *Sketcher) layout(p *parts) uint64 {
	s.layouts.reset()
	for _, text := range p.all() {
		if len(text) <= s.opts.MaxText {
			s.layouts.read(text)
			continue
		}
		head, tail := cut(text, s.opts.MaxText/2)
		s.layouts.read(head)
		s.layouts.read(tail)
	}
	return s.layouts.hash()
}

// read runs over a text within the bounds and returns the chained exact hash and the number of its
// tokens. With content it samples shingles and looks for intents.
func (s *Sketcher) read(text string, content bool) (exact uint64, tokens int) {
	if len(text) <= s.opts.MaxText {
		return s.stretch(text, true, true, content)
	}
	head, tail := cut(text, s.opts.MaxText/2)
	exact, tokens = s.stretch(head, true, false, content)
	h, n := s.stretch(tail, false, true, content)
	// The tokens of the part that was not read are estimated from those that were.
	unread := siphash.Sum(s.tokenizer.key, text[len(head):len(text)-len(tail)])
	return chain(chain(exact, h), unread),
		int(float64(tokens+n) * float64(len(text)) / float64(len(head)+len(tail)))
}

// cut returns the first and the last n bytes of a longer text, at character boundaries.
func cut(text string, n int) (head, tail string) {
	end, begin := n, len(text)-n
	for end > 0 && !utf8.RuneStart(text[end]) && n-end < utf8.UTFMax {
		end--
	}
	for begin < len(text) && !utf8.RuneStart(text[begin]) && begin-len(text)+n < utf8.UTFMax {
		begin++
	}
	return text[:end], text[begin:]
}

// stretch runs over an unbroken piece of text; begins and ends tell whether the text does so with
// it.
func (s *Sketcher) stretch(text string, begins, ends, content bool) (exact uint64, tokens int) {
	width := s.opts.Width
	s.tokenizer.start(text)
	s.matcher.begin()
	s.subject.last = 0
	for s.tokenizer.next() {
		found := s.tokenizer.tokens[:s.tokenizer.n]
		for i := range found {
			exact = chain(exact, found[i].exact)
		}
		if content && s.subject.on {
			s.subject.step(found, s.tokenizer.number)
		}
		if content {
			for i := range found {
				s.matcher.step(found[i].hash, found[i].char)
			}
		}
		if content && tokens+len(found) >= s.opts.MinTokens {
			for i := range found {
				binary.LittleEndian.PutUint64(s.window[8*(maxWidth+i):], found[i].hash)
			}
			for i := range found {
				span := width
				if found[i].char {
					span *= 2
				}
				if tokens+i+1 < span {
					continue
				}
				at := 8 * (maxWidth + i + 1)
				h := max(1, siphash.Sum(s.shingleKey, s.window[at-8*span:at]))
				if begins && found[i].end <= edge || ends && found[i].end > len(text)-edge {
					s.shingler.edge.add(h)
				} else {
					s.shingler.middle.add(h)
				}
			}
			copy(s.window[:8*maxWidth], s.window[8*len(found):8*(len(found)+maxWidth)])
		}
		tokens += len(found)
	}
	return exact, tokens
}

// chain adds a token to the hash of a sequence. It only mixes: it is fed with keyed hashes, and
// what comes of it goes through final.
func chain(h, next uint64) uint64 {
	h = (h ^ next) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// final makes the hash that is kept of a sequence's.
func final(h uint64, key siphash.Key) uint64 { return max(1, siphash.SumWord(key, h)) }

// conversation is the hash of a sequence of human turns in the making.
type conversation struct {
	chained uint64
	letters int
}

func (c *conversation) add(turn uint64, letters int) {
	c.chained = chain(c.chained, turn)
	c.letters += letters
}

// remember adds a human turn to the conversation; of a long one, both ends.
func (s *Sketcher) remember(talk *conversation, text string) {
	if text == "" {
		return
	}
	if len(text) <= 2*turnCut {
		h, _ := s.stretch(text, false, false, false)
		talk.add(h, s.tokenizer.letters)
		return
	}
	head, tail := cut(text, turnCut)
	for _, piece := range [...]string{head, tail} {
		h, _ := s.stretch(piece, false, false, false)
		talk.add(h, s.tokenizer.letters)
	}
}

// closeTalk gives the hash of the turns so far, 0 when they say too little.
func (s *Sketcher) closeTalk(talk conversation) uint64 {
	if talk.letters < minLetters {
		return 0
	}
	return final(talk.chained, s.talkKey)
}

// setup finds the first user turn that plays the system prompt's part: one behind a relay's marker,
// one that got a mere acknowledgement, or one in a conversation that is at its second human turn.
func (s *Sketcher) setup(input []event.Message, begin int, out *Sketch) {
	first := 0
	for first < len(input) && roleOf(input[first].Role) != roleHuman {
		first++
	}
	if first == len(input) {
		return
	}
	text := input[first].Text
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), relaySystem) {
		out.Relay |= RelaySystem
	} else {
		if len(text) < minSetup || first+1 >= len(input) {
			return
		}
		humans := 0
		for i := first + 1; i < begin && humans == 0; i++ {
			if roleOf(input[i].Role) == roleHuman {
				humans++
			}
		}
		acknowledged := roleOf(input[first+1].Role) == roleAssistant &&
			len(input[first+1].Text)*ackShare <= len(text)
		if humans > 0 && !acknowledged {
			return
		}
	}
	// In the new turn it is read anyway, and without a new human turn there is nothing that it
	// could frame.
	if first < begin && s.humans.n > 0 {
		s.first.add(text)
	}
}

// The roles of a message, whatever a gateway calls them.
const (
	roleHuman = iota
	roleAssistant
	roleSystem
	roleTool
)

func roleOf(role string) int {
	switch role {
	case "user":
		return roleHuman
	case "assistant":
		return roleAssistant
	}
	for _, known := range roles {
		if strings.EqualFold(role, known.name) {
			return known.role
		}
	}
	return roleHuman
}

var roles = [...]struct {
	name string
	role int
}{
	{"assistant", roleAssistant},
	{"model", roleAssistant},
	{"ai", roleAssistant},
	{"bot", roleAssistant},
	{"system", roleSystem},
	{"developer", roleSystem},
	{"tool", roleTool},
	{"function", roleTool},
	{"tool_result", roleTool},
	{"ipython", roleTool},
}
