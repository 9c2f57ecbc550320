package sketch

import (
	"encoding/json"
	"slices"
	"sync"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Content is the text of a request: the system prompt and the conversation as the API received it,
// oldest first. It is here so that a gateway needs no other package of this module.
type Content = event.Content

// Message is one turn of a conversation.
type Message = event.Message

// Encoder makes the object "sketch" that a gateway sends instead of the text. Unlike a Sketcher it
// serves any number of goroutines.
type Encoder struct {
	check     string
	sketchers sync.Pool
}

// NewEncoder returns an Encoder for the deployment's options, or an error that says what is wrong
// with them. previous is as for New.
func NewEncoder(opts Options, previous ...Options) (*Encoder, error) {
	first, err := New(opts, previous...)
	if err != nil {
		return nil, err
	}
	// Copies: a caller may wipe its keys once the Encoder is made, and further sketchers are made
	// of them under load.
	opts, previous = opts.clone(), slices.Clone(previous)
	for i := range previous {
		previous[i] = previous[i].clone()
	}
	e := &Encoder{check: first.check}
	e.sketchers.New = func() any {
		// The options are those of the first one, so there is no error.
		s, _ := New(opts, previous...)
		return &encoding{sketcher: s}
	}
	e.sketchers.Put(&encoding{sketcher: first})
	return e, nil
}

// encoding is what one sketch at a time is made with.
type encoding struct {
	sketcher *Sketcher
	ev       event.Event
	out      Sketch
}

// Check is the check of the key and the options that the sketches carry: equal on both sides when
// they fit.
func (e *Encoder) Check() string { return e.check }

// Sketch returns the object "sketch" of a request with this text. A request without any text has no
// sketch: for it, and only for it, the result is nil. The content is only read.
func (e *Encoder) Sketch(content *Content) json.RawMessage {
	if !content.Present() {
		return nil
	}
	p, _ := e.sketchers.Get().(*encoding)
	defer e.sketchers.Put(p)
	p.ev.Content = *content
	p.sketcher.Sketch(&p.ev, &p.out)
	p.ev.Content = Content{}
	p.sketcher.forget()
	return p.sketcher.ToWire(&p.out).AppendJSON(nil)
}

// forget lets go of the text that was sketched last: it may be long, and it is the caller's.
func (s *Sketcher) forget() {
	s.system.reset()
	s.humans.reset()
	s.first.reset()
	s.opening = [workspaceTurns]string{}
	s.tokenizer.start("")
	for _, p := range s.previous {
		p.forget()
	}
}
