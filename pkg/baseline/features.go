package baseline

import (
	"math"
	"math/bits"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Feature is a figure of one account that can be ranked against the population's.
type Feature uint8

// The features. Shares are 0..1, the logarithms are base 2.
const (
	// Novelty is the share of prompts never sent before by the account.
	Novelty Feature = iota
	// SingleTurn is the share of requests without an earlier turn.
	SingleTurn
	// OutputLength is log2 of output tokens per request; on the prompt template's slice where the
	// account has one.
	OutputLength
	// ReasoningLength is log2 of 1 + reasoning tokens per request.
	ReasoningLength
	// Clock is the squared concentration of the active hours around one time of day: 0 for round
	// the clock, towards 1 for one time a day.
	Clock
	// Elicitation, Coercion, Grading, Generation and Cleaning are the shares of requests that show
	// the intent.
	Elicitation
	Coercion
	Grading
	Generation
	Cleaning
	// Fanout is log2 of source addresses per ten requests.
	Fanout
	// Templated is the share of requests that carry the account's own prompt template.
	Templated
	// Pace is log2 of requests per active day.
	Pace
	// Refusals is the share of refused requests.
	Refusals
	// PromptLength is log2 of input tokens per request.
	PromptLength
	// Yield is log2 of 1 + the output tokens a day in answers to single, new questions: what a day
	// brings that could be trained on. On the prompt template's slice where the account has one.
	Yield

	// Unserved is the share of continued conversations whose earlier turns the account was never
	// served, of accounts that continue some.
	Unserved

	// NewTools is the share of conversations with tools, the first left out, that bring a list
	// of them which the account never offered before; NewWorkspaces that of coding sessions in a
	// working directory that the account never worked in before.
	NewTools
	NewWorkspaces

	// NumFeatures is how many features there are.
	NumFeatures
)

// Vector holds an account's features; NaN is unknown.
type Vector [NumFeatures]float64

// Known tells whether the account reports feature f.
func (v *Vector) Known(f Feature) bool { return !math.IsNaN(v[f]) }

// Features computes the features of a profile. Each is unknown where no request reports it; that a
// share of few requests says little is left to the size of the group.
func Features(p *fingerprint.Profile) Vector {
	var v Vector
	for i := range v {
		v[i] = math.NaN()
	}
	if p.WithText > 0 {
		n := float64(p.WithText)
		v[Novelty] = math.Min(1, float64(p.Prompts)/n)
		intents := &p.Intents
		of := n
		if Sliced(p) {
			intents, of = &p.TemplateIntents, float64(p.TemplateRequests)
		}
		for i, f := range intentFeatures {
			v[f] = math.Min(1, float64(intents[i])/of)
		}
		v[Templated] = math.Min(1, float64(p.TemplateRequests)/n)
	}
	slice := Sliced(p)
	if p.WithMessages > 0 {
		v[SingleTurn] = float64(p.SingleTurn) / float64(p.WithMessages)
		if slice {
			v[SingleTurn] = math.Min(1, float64(p.TemplateSingleTurn)/float64(p.TemplateRequests))
		}
	}
	if p.WithOutput > 0 {
		v[OutputLength] = math.Log2(1 + float64(p.OutputTokens)/float64(p.WithOutput))
		if slice && p.TemplateOutput > 0 {
			v[OutputLength] = math.Log2(1 + float64(p.TemplateOutput)/float64(p.TemplateRequests))
		}
	}
	if p.WithReasoning > 0 {
		v[ReasoningLength] = math.Log2(1 + float64(p.ReasoningTokens)/float64(p.WithReasoning))
	}
	if p.WithInput > 0 {
		v[PromptLength] = math.Log2(1 + float64(p.InputTokens)/float64(p.WithInput))
	}
	// Within the first day everything that runs at all looks as if it never slept.
	if c, ok := clock(p); ok && p.LastSeen-p.FirstSeen >= 20*Day/24 {
		v[Clock] = c
	}
	if p.Requests > 0 {
		v[Refusals] = float64(p.Refused) / float64(p.Requests)
		if p.Sources > 0 {
			v[Fanout] = math.Log2(10 * float64(p.Sources) / float64(p.Requests))
		}
		v[Pace] = math.Log2(float64(p.Requests) / math.Max(1, float64(p.ActiveDays)))
	}
	v[Yield] = yield(p)
	if p.Continued >= leastContinued {
		v[Unserved] = float64(p.ContinuedUnserved) / float64(p.Continued)
	}
	v[NewTools], v[NewWorkspaces] = renewed(p.ToolSets), renewed(p.Workspaces)
	return v
}

// renewed is the share of conversations, the first left out, that bring something new.
func renewed(x fingerprint.Variety) float64 {
	if x.Conversations < leastConversations {
		return math.NaN()
	}
	// An estimate of the distinct ones may exceed the conversations.
	return min(1, float64(max(x.Distinct, 1)-1)/float64(x.Conversations-1))
}

// leastConversations is the number of conversations from which an account has a share of new
// things: with two, one or none.
const leastConversations = 3

// leastContinued is the number of continued conversations from which an account has a share of
// unserved ones: one or two are imports.
const leastContinued = 3

// yield is the feature of that name. An account seen for less than a day counts a whole one: a
// first burst is no pace.
func yield(p *fingerprint.Profile) float64 {
	if p.WithOutput == 0 || p.WithMessages == 0 {
		return math.NaN()
	}
	out, single := float64(p.OutputTokens), float64(p.SingleTurn)/float64(p.WithMessages)
	if Sliced(p) && p.TemplateOutput > 0 {
		out = float64(p.TemplateOutput)
		single = math.Min(1, float64(p.TemplateSingleTurn)/float64(p.TemplateRequests))
	}
	return yieldOf(p, out, single)
}

// yieldOf is the yield of so many output tokens of which a share answers single questions.
func yieldOf(p *fingerprint.Profile, out, single float64) float64 {
	if p.WithText > 0 {
		out *= math.Min(1, float64(p.Prompts)/float64(p.WithText))
	}
	days := math.Max(1, float64(p.LastSeen-p.FirstSeen)/Day)
	return math.Log2(1 + out*single/days)
}

// OfTemplate is an account's vector with the features that are taken over a slice of its requests:
// those by some of its templates.
func OfTemplate(v *Vector, p *fingerprint.Profile, use *fingerprint.TemplateUse) Vector {
	s, n := *v, float64(use.Requests)
	for i, f := range intentFeatures {
		s[f] = math.Min(1, float64(use.Intents[i])/n)
	}
	if v.Known(SingleTurn) {
		s[SingleTurn] = math.Min(1, float64(use.SingleTurn)/n)
	}
	if v.Known(OutputLength) && use.Output > 0 {
		s[OutputLength] = math.Log2(1 + float64(use.Output)/n)
		if v.Known(Yield) {
			s[Yield] = yieldOf(p, float64(use.Output), s[SingleTurn])
		}
	}
	return s
}

// intentFeatures are the features of the intents, in their order.
var intentFeatures = [...]Feature{Elicitation, Coercion, Grading, Generation, Cleaning}

// Sliced says whether the account's figures are taken over the requests that carry its prompt
// template: where a tenth of the traffic is templated, that part is what the account is for,
// whatever it is mixed with.
func Sliced(p *fingerprint.Profile) bool {
	return p.TemplateRequests >= 3 && 10*p.TemplateRequests >= p.WithText
}

// clock is the unbiased estimate of the squared mean resultant length of the active hours on the
// 24-hour circle: (n R^2 - 1) / (n - 1) (Mardia & Jupp, Directional Statistics, 2000, section 4.8).
// Active hour slots are counted, not requests, so that one long session is not many observations;
// the estimate is unbiased for any n, so it can be averaged over members who sent six requests
// each. It may be negative.
func clock(p *fingerprint.Profile) (float64, bool) {
	const hour = 3_600_000
	last := p.LastSeen / hour
	var x, y float64
	n := 0
	for w, word := range p.ActiveHour {
		for word != 0 {
			i := w*64 + bits.TrailingZeros64(word)
			word &= word - 1
			s, c := math.Sincos(2 * math.Pi * float64((last-int64(i))%24) / 24)
			x += c
			y += s
			n++
		}
	}
	if n < 3 {
		return 0, false
	}
	f := float64(n)
	return ((x*x+y*y)/f - 1) / (f - 1), true
}
