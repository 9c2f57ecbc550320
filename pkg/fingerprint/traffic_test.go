package fingerprint

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// origin is the first event's time in these tests: 2026-09-07T00:00:00Z.
const origin = int64(1_788_739_200_000)

func millis(d time.Duration) int64 { return d.Milliseconds() }

// hash is a well mixed hash of small numbers, as ingest's hashes are (splitmix64).
func hash(xs ...uint64) uint64 {
	h := uint64(0)
	for _, x := range xs {
		h += x + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return max(h, 1)
}

// The uses of hash.
const (
	useID = iota + 1
	usePrompt
	useShingle
	useTemplate
	useSystem
	useAttribute
	useSource
	useTurn
	useSubject
	useReasoning
	useTools
	useWorkspace
)

// subject is what a text is about: some numbers of a subject's length.
func subject(parts ...uint64) (s [sketch.SubjectSize]int8) {
	// Sixteen numbers of 16 have a length of 64.
	for i := range uint64(16) {
		h := hash(append(append([]uint64{useSubject}, parts...), i)...)
		s[2*i+h&1] = int8(h>>1&1)*32 - 16
	}
	return s
}

// shingles returns n sampled shingles: like the sketcher's, their top bits are clear.
func shingles(n int, parts ...uint64) []uint64 {
	list := make([]uint64, n)
	for i := range list {
		list[i] = hash(append(slices.Clone(parts), uint64(i))...)>>2 | 1
	}
	return list
}

// sorted returns the lists as one sorted set.
func sorted(lists ...[]uint64) []uint64 {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

// request is the n-th request of an account: one of ordinary figures.
func request(account uint64, n uint64, t int64) *Observation {
	o := &Observation{
		Position: Position{Partition: 1, Offset: int64(n)}, Time: t, ID: hash(useID, account, n),
		Tenant: "default", Account: "acct_" + strconv.FormatUint(account, 10), Org: "org",
		CreatedAt:   origin - 30*day,
		InputTokens: 100, OutputTokens: 200, ReasoningTokens: -1, Messages: 1, Status: StatusOK,
		HasText: true, Source: hash(useSource, account),
	}
	for i, label := range map[attribute.Attribute]string{
		attribute.Stack: "openai-python", attribute.Params: "t=1 n=1", attribute.ASN: "64500",
		attribute.Domain: "example.org", attribute.Model: "m-large",
	} {
		o.Values[i], o.Labels[i] = hash(useAttribute, uint64(i)), label
	}
	o.Values[attribute.Payment], o.Values[attribute.Issuer] = hash(useAttribute, account, 90),
		hash(useAttribute, 91)
	o.Sketch.Exact = hash(usePrompt, account, n)
	o.Sketch.Tokens = 80
	o.Sketch.Subject = subject(account, n)
	o.Sketch.Turn = sorted(shingles(20, useShingle, account, n))
	o.RequestID = AppendRequestID(nil, requestID(account, n))
	o.Client = AppendClient(nil, "openai-python", "OpenAI-Python", "t13d1516h2_8daaf6152771_e5627efa2ab1")
	return o
}

// requestID is the id of the n-th request of an account, a UUID.
func requestID(account, n uint64) string {
	a, b := hash(useID, account, n, 1), hash(useID, account, n, 2)
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&(1<<48-1))
}

// templated is a request of a fixed template with a slot: half of its shingles are always the same.
func templated(account, template, n uint64, t int64) *Observation {
	o := request(account, n, t)
	o.Sketch.Turn = sorted(
		shingles(12, useTemplate, template), shingles(10, useShingle, account, n),
	)
	o.Sketch.Layout = hash(useTemplate, template)
	o.Sketch.Intents = sketch.Reasoning
	return o
}

// chat is the n-th turn of organic talk: conversations of four turns.
func chat(account, n uint64, t int64) *Observation {
	o := request(account, n, t)
	turn := n % 4
	o.Messages = int32(2*turn + 1)
	if turn > 0 {
		o.Sketch.Prefix = hash(useTurn, account, n/4, turn-1)
	}
	o.Sketch.Continuation = hash(useTurn, account, n/4, turn)
	return o
}

// wild is a request of anything at all, drawn from few values so that they meet.
func wild(r *rand.Rand, n uint64, t int64) *Observation {
	o := request(r.Uint64N(2), n, t)
	o.Account = "acct"
	o.Status = Status(r.IntN(5))
	o.Refused = r.IntN(4) == 0
	o.Truncated = o.ID%5 == 0
	o.Batch = n%5 == 0
	o.Verified = r.IntN(2) == 0
	o.HasText = r.IntN(8) > 0
	o.Messages = int32(r.IntN(6)) - 1
	o.InputTokens, o.OutputTokens, o.ReasoningTokens = r.Int64N(1000)-1, r.Int64N(1000)-1,
		r.Int64N(3)-1
	o.Source = hash(useSource, r.Uint64N(200))
	// the place of a draw that is needed no more keeps the golden files of older versions
	r.Uint64N(20)
	o.EndUser = r.Uint64N(2) * hash(r.Uint64N(9))
	draw := func(i int) {
		o.Values[i], o.Labels[i] = 0, ""
		if r.IntN(4) > 0 {
			v := r.Uint64N(12)
			o.Values[i], o.Labels[i] = hash(useAttribute, uint64(i), v),
				"v"+strconv.FormatUint(v, 10)
		}
	}
	for i := range firstAttributes {
		draw(i)
	}
	o.Sketch = sketch.Sketch{
		Exact: hash(usePrompt, r.Uint64N(400)), Tokens: r.IntN(500),
		Intents: sketch.Intents(r.IntN(32)), Relay: sketch.Relay(r.IntN(40) / 39),
		Turn: sorted(
			shingles(r.IntN(40), useShingle, r.Uint64N(8)), shingles(r.IntN(20), useShingle, 100+n),
		),
		System: sorted(shingles(r.IntN(60), useSystem, r.Uint64N(3))),
		Layout: r.Uint64N(2) * hash(useTemplate, r.Uint64N(30)),
	}
	if r.IntN(2) == 0 {
		o.Sketch.Prefix = hash(useTurn, r.Uint64N(300))
	}
	if r.IntN(3) > 0 {
		o.Sketch.Continuation = hash(useTurn, r.Uint64N(300))
	}
	// What is newer than the golden files is drawn last: the draws before stay the same.
	for i := firstAttributes; i < len(o.Values); i++ {
		draw(i)
	}
	if r.IntN(4) > 0 {
		o.Sketch.Subject = subject(r.Uint64N(50))
	}
	for range r.IntN(4) {
		o.Minted = append(o.Minted, hash(useReasoning, r.Uint64N(200)))
		o.Presented = append(o.Presented, hash(useReasoning, r.Uint64N(200)))
	}
	// These are not drawn: whatever was there before is then drawn as it was.
	o.ToolSet, o.Sketch.Workspace = n%3*hash(useTools, n%11), n%2*hash(useWorkspace, n%700)
	if n%7 == 0 {
		o.RequestID, o.Client = nil, nil
	}
	return o
}

// hostile is a request made to cost as much as it can: everything differs from everything before,
// and comes back just often enough to be kept.
func hostile(r *rand.Rand, n uint64, t int64) *Observation {
	o := wild(r, n, t)
	long := string(make([]byte, 4096))
	o.Tenant, o.Account, o.Org = long[:maxText], long[:maxText], long[:maxText]
	o.InputTokens, o.OutputTokens, o.ReasoningTokens = maxTokens, 1<<62, maxTokens
	o.HasText = true
	round := n / 2
	o.Source, o.EndUser = hash(useSource, n), hash(useID, n)
	for i := range o.Values {
		o.Values[i], o.Labels[i] = hash(useAttribute, uint64(i), n), long[:MaxLabel]
	}
	o.Sketch = sketch.Sketch{
		Exact: hash(usePrompt, n), Tokens: 1 << 40, Intents: 0xffff, Relay: 0xff,
		Layout: hash(useTemplate, round), Turn: sorted(shingles(100, useShingle, round)),
		System: sorted(shingles(100, useSystem, round)),
		Prefix: hash(useTurn, n), Continuation: hash(useTurn, n, 1),
	}
	for i := range o.Sketch.Subject {
		o.Sketch.Subject[i] = -128
	}
	o.Minted, o.Presented = shingles(MaxReasoning, useReasoning, n),
		shingles(MaxReasoning, useReasoning, n, 1)
	o.ToolSet, o.Sketch.Workspace = hash(useTools, n), hash(useWorkspace, n)
	text := strings.Repeat("~", MaxUserAgent)
	o.RequestID = AppendRequestID(nil, text[:MaxRequestID])
	o.Client = AppendClient(nil, "", text, text[:MaxJA4])
	return o
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
