package body

import (
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// template is how a family of models marks the turns of a conversation in one text. Sources: Meta's
// model cards for Llama 2, 3 and 4, DeepSeek's and Gemma's chat templates, Mistral's chat
// templates, OpenAI's ChatML, Anthropic's text completions, Amazon's prompt guide for Titan.
type template struct {
	// opens marks the text as one of this family, wherever it stands.
	opens string
	split func(text string, dst []event.Message) []event.Message
}

func templates() [8]template {
	return [...]template{
		{"<|header_start|>", headers("<|header_start|>", "<|header_end|>", "<|eot|>")},
		{"<start_of_turn>", headers("<start_of_turn>", "\n", "<end_of_turn>")},
		{deepSeekUser, deepSeek},
		{"<|start_header_id|>", headers("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")},
		{"<|im_start|>", headers("<|im_start|>", "\n", "<|im_end|>")},
		{"[INST]", instructions},
		{"\n\nHuman:", labels("\n\nHuman:", "\n\nAssistant:")},
		{"User:", labels("User:", "\n\nBot:")},
	}
}

// prompts appends the turns of a raw prompt: those that a chat template marks, or all of it as one
// turn of the user. Only the whole form of a template counts, from its first character: other texts
// may talk about such marks.
func prompts(text string, dst []event.Message) []event.Message {
	if text == "" || text == "-" {
		return dst
	}
	body := text
	for _, start := range [...]string{"<|begin_of_text|>", "<s>", "<bos>", deepSeekStart} {
		body = strings.TrimPrefix(strings.TrimSpace(body), start)
	}
	if system, turns, ok := strings.Cut(body, deepSeekUser); ok &&
		strings.HasPrefix(strings.TrimSpace(text), deepSeekStart) {
		if system = strings.TrimSpace(system); system != "" {
			dst = append(dst, event.Message{Role: "system", Text: system})
		}
		body = deepSeekUser + turns
	}
	for _, t := range templates() {
		marked := body
		if strings.HasPrefix(t.opens, "\n\n") {
			marked = "\n\n" + strings.TrimLeft(body, "\n")
		}
		if !strings.HasPrefix(strings.TrimLeft(marked, " "), t.opens) {
			continue
		}
		if turns := t.split(marked, nil); len(turns) > 0 {
			return append(dst, turns...)
		}
	}
	return append(dst, event.Message{Role: "user", Text: text})
}

// DeepSeek's marks. The system prompt stands before the first turn.
const (
	deepSeekStart     = "<｜begin▁of▁sentence｜>"
	deepSeekUser      = "<｜User｜>"
	deepSeekAssistant = "<｜Assistant｜>"
)

func deepSeek(text string, dst []event.Message) []event.Message {
	for part := range strings.SplitSeq(text, deepSeekUser) {
		asked, answered, _ := strings.Cut(part, deepSeekAssistant)
		if asked = strings.TrimSpace(asked); asked != "" {
			dst = append(dst, event.Message{Role: "user", Text: asked})
		}
		answered, _, _ = strings.Cut(answered, "<｜end▁of▁sentence｜>")
		// The model goes on from here.
		if answered = strings.TrimSpace(answered); answered != "" && answered != "<think>" {
			dst = append(dst, event.Message{Role: "assistant", Text: answered})
		}
	}
	return dst
}

// headers splits turns of the form open role close text end.
func headers(open, closing, end string) func(string, []event.Message) []event.Message {
	return func(text string, dst []event.Message) []event.Message {
		for part := range strings.SplitSeq(text, open) {
			who, said, ok := strings.Cut(part, closing)
			if !ok {
				continue
			}
			said, _, _ = strings.Cut(said, end)
			if said = strings.TrimSpace(said); said != "" {
				dst = append(dst, event.Message{Role: role(strings.TrimSpace(who)), Text: said})
			}
		}
		return dst
	}
}

// instructions splits [INST] user [/INST] assistant, with the system prompt between <<SYS>> marks.
func instructions(text string, dst []event.Message) []event.Message {
	for part := range strings.SplitSeq(text, "[INST]") {
		asked, answered, _ := strings.Cut(part, "[/INST]")
		if _, rest, ok := strings.Cut(asked, "<<SYS>>"); ok {
			system, after, _ := strings.Cut(rest, "<</SYS>>")
			dst = append(dst, event.Message{Role: "system", Text: strings.TrimSpace(system)})
			asked = after
		}
		if asked = strings.TrimSpace(asked); asked != "" && asked != "<s>" {
			dst = append(dst, event.Message{Role: "user", Text: asked})
		}
		answered = strings.TrimSpace(strings.NewReplacer("</s>", "", "<s>", "").Replace(answered))
		if answered != "" {
			dst = append(dst, event.Message{Role: "assistant", Text: answered})
		}
	}
	return dst
}

// labels splits turns that begin with a label each, the user's first.
func labels(user, assistant string) func(string, []event.Message) []event.Message {
	return func(text string, dst []event.Message) []event.Message {
		for part := range strings.SplitSeq(
			"\n\n"+strings.TrimLeft(text, "\n "), "\n\n"+strings.TrimLeft(user, "\n"),
		) {
			asked, answered, _ := strings.Cut(part, assistant)
			if asked = strings.TrimSpace(asked); asked != "" {
				dst = append(dst, event.Message{Role: "user", Text: asked})
			}
			if answered = strings.TrimSpace(answered); answered != "" {
				dst = append(dst, event.Message{Role: "assistant", Text: answered})
			}
		}
		return dst
	}
}
