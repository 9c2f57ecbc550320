package gateway

import "github.com/stillwatch/stillwatch/pkg/event"

// native reads the canonical event itself.
type native struct {
	decoder  *event.Decoder
	finisher *finisher
}

func newNative(opts Options, f *finisher) adapter {
	return &native{decoder: event.NewDecoder(opts.Limits), finisher: f}
}

func (a *native) name() string { return "native" }

func (a *native) detect(names *outline) bool {
	return names.has("schema") || names.hasIn("request", "model") || names.has("account")
}

func (a *native) salvage(data []byte, ev *event.Event) {
	_, _ = a.decoder.DecodePrefix(data, ev) // Fails, and leaves what came before.
}

func (a *native) decode(data []byte, ev *event.Event) (int, error) {
	n, err := a.decoder.DecodePrefix(data, ev)
	if err != nil {
		return n, err
	}
	err = a.finisher.finish(ev, false)
	if err == nil {
		a.finisher.unread.Values += a.decoder.Unread()
	}
	return n, err
}
