package body

import (
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway/internal/tree"
)

// Usage fills what is not known yet from a usage object in any of the APIs' dialects.
func (r *Reader) Usage(at int32, u *event.Usage) {
	got := r.usage(at)
	fillUsage(u, &got)
}

// counts pairs the counts of two usages.
func counts(dst, src *event.Usage) [5]struct{ dst, src *event.Int } {
	return [...]struct{ dst, src *event.Int }{
		{&dst.Input, &src.Input},
		{&dst.Output, &src.Output},
		{&dst.Reasoning, &src.Reasoning},
		{&dst.CacheRead, &src.CacheRead},
		{&dst.CacheWrite, &src.CacheWrite},
	}
}

// fillUsage takes from src what dst does not know.
func fillUsage(dst, src *event.Usage) {
	for _, count := range counts(dst, src) {
		if !count.dst.Known {
			*count.dst = *count.src
		}
	}
}

// usage reads a usage object. Some dialects count cached input beside a count that leaves it out,
// which their names tell: Anthropic's, Amazon's, and Google's with its thoughts.
func (r *Reader) usage(at int32) (u event.Usage) {
	d := r.doc
	if d.Kind(d.Inside(at)) != event.KindObject {
		return u
	}
	if inner := d.Member(at, "tokens"); d.Kind(inner) == event.KindObject { // Cohere's v2.
		at = inner
	}
	in := d.Member(at, "prompt_tokens_details", "input_tokens_details", "input_token_details")
	out := d.Member(
		at, "completion_tokens_details", "output_tokens_details", "output_token_details",
	)
	read := r.tokens(
		at, "cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount",
	)
	written := r.tokens(at, "cache_creation_input_tokens", "cacheWriteInputTokens",
		"cacheWriteInputTokenCount")
	thoughts := r.tokens(at, "thoughtsTokenCount", "thoughts_token_count")

	u.Input = r.tokens(at, "prompt_tokens", "promptTokenCount", "prompt_token_count",
		"inputTextTokenCount", "prompt_eval_count")
	if !u.Input.Known {
		u.Input = r.tokens(at, "input_tokens", "inputTokens", "inputTokenCount")
		if u.Input.Known && in == tree.None {
			u.Input.V += read.V + written.V
		}
	}
	u.Output = r.tokens(at, "completion_tokens", "output_tokens", "outputTokens",
		"candidatesTokenCount", "candidates_token_count", "outputTokenCount",
		"generation_token_count", "totalOutputTextTokenCount", "eval_count")
	u.Output.V += thoughts.V
	u.Output.Known = u.Output.Known || thoughts.Known
	u.CacheRead = first(
		read, r.tokens(in, "cached_tokens"),
		r.tokens(at, "cachedContentTokenCount", "cached_content_token_count"),
	)
	u.CacheWrite = first(written, r.tokens(in, "cache_creation_tokens", "cache_write_tokens"))
	u.Reasoning = first(thoughts, r.tokens(out, "reasoning_tokens", "thinking_tokens"))
	return u
}

// tokens reads a count.
func (r *Reader) tokens(at int32, names ...string) event.Int {
	text := r.doc.Scalar(r.doc.Member(at, names...))
	if text == "" {
		return event.Int{}
	}
	n := Int(text, 0, maxTokens)
	r.count(n.Known)
	return n
}

func first(counts ...event.Int) event.Int {
	for _, n := range counts {
		if n.Known {
			return n
		}
	}
	return event.Int{}
}

// merge takes the larger of two counts: the chunks of a stream tell how far it has come.
func merge(dst *event.Usage, src event.Usage) {
	for _, count := range counts(dst, &src) {
		if count.src.Known && (!count.dst.Known || count.src.V > count.dst.V) {
			*count.dst = *count.src
		}
	}
}
