package gateway

import "github.com/stillwatch/stillwatch/pkg/event"

// native reads the canonical event itself.
type native struct{ decoder *event.Decoder }

func newNative(opts Options) adapter { return &native{decoder: event.NewDecoder(opts.Limits)} }

func (a *native) name() string { return "native" }

func (a *native) detect(names *outline) bool {
	return names.has("schema") || names.hasIn("request", "model") || names.has("account")
}

func (a *native) decode(data []byte, ev *event.Event) (int, error) {
	return a.decoder.DecodePrefix(data, ev)
}
