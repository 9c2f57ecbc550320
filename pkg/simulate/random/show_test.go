package random

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// habits is what a test keeps of an account: how often it asked and when, and of its first requests
// all that they show.
type habits struct {
	requests                  int
	times                     []int64
	created                   int64
	agents, params, ips, orgs map[string]int
	payment, issuer           string
	shingles                  map[uint64]bool
	lines, layouts            map[string]bool
	looked, single, reasoning int
	messages                  int
	outputs                   []int64
	bags                      []words
	last                      string
}

// enough is how many requests of an account are looked at. busy is how many a day a mechanism
// brings at most in these tests, or much where they compare how many, and row how many follow one
// another: what is shared shows in the first requests, and to play all of them takes minutes.
const (
	enough = 20
	busy   = 16
	much   = 32
	row    = 6
)

// start is that of the worlds of one crowd, length how long they are.
var start = time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC)

const length = 48 * time.Hour

// short is the length where neither times nor counts are compared.
const short = 34 * time.Hour

// hashSeed is that of the hashes of one run.
var hashSeed = maphash.MakeSeed()

// play plays a world and returns what each of its accounts showed.
func play(t *testing.T, sc simulate.Scenario) (of map[string]*habits, w *simulate.World) {
	t.Helper()
	sc.Name, sc.Seed, sc.Start = "one", 5, start
	w, err := simulate.New(sc, simulate.Texts{})
	require.NoError(t, err)
	of = map[string]*habits{}
	dec := event.NewDecoder(event.DefaultLimits())
	for {
		rec, ok := w.Next()
		if !ok {
			return of, w
		}
		h := of[rec.Account]
		if h == nil {
			h = &habits{
				agents: map[string]int{}, params: map[string]int{}, ips: map[string]int{},
				orgs: map[string]int{}, shingles: map[uint64]bool{},
				lines: map[string]bool{}, layouts: map[string]bool{},
			}
			of[strings.Clone(rec.Account)] = h
		}
		h.requests++
		h.times = append(h.times, rec.Time)
		if h.looked >= enough {
			continue
		}
		var ev event.Event
		if err := dec.Decode(rec.JSON, &ev); err != nil {
			require.NoError(t, err)
		}
		h.look(&ev)
	}
}

// observe plays a world of one crowd and returns what its accounts showed.
func observe(t *testing.T, long time.Duration, by ...simulate.Mechanism) (crowd []*habits) {
	t.Helper()
	of, w := play(t, simulate.Scenario{
		Duration:   long,
		Gatherings: []simulate.Gathering{{ID: "crowd", Accounts: 50, Rate: 6, Mechanisms: by}},
	})
	for _, id := range w.Truth().BenignGroups[0].Accounts {
		crowd = append(crowd, of[id])
	}
	return crowd
}

func (h *habits) look(ev *event.Event) {
	h.looked++
	h.created = ev.Account.CreatedAt
	h.payment = strings.Clone(ev.Account.PaymentFP)
	h.issuer = strings.Clone(ev.Account.PaymentIssuer)
	h.messages += len(ev.Content.Input)
	if len(ev.Content.Input) == 1 {
		h.single++
	}
	if ev.Usage.Output.Known && ev.Response.Status == event.StatusOK {
		h.outputs = append(h.outputs, ev.Usage.Output.V)
	}
	q := &ev.Request
	h.agents[strings.Clone(ev.Client.UserAgent)]++
	h.params[fmt.Sprint(
		q.Temperature, q.TopP, q.MaxTokens, q.Stream, q.ReasoningEffort, q.ResponseFormat,
	)]++
	h.ips[strings.Clone(ev.Client.IP)]++
	if ev.Account.OrgID != "" {
		h.orgs[strings.Clone(ev.Account.OrgID)]++
	}
	text := strings.Clone(ev.Content.System + "\n" + ev.Content.Input[len(ev.Content.Input)-1].Text)
	lower := strings.ToLower(text)
	if q.ReasoningEffort != "" || strings.Contains(lower, "reason") ||
		strings.Contains(lower, "thought") {
		h.reasoning++
	}
	if text == h.last {
		return // a retry
	}
	h.last = text
	bag := words{}
	for word := range strings.FieldsSeq(lower) {
		bag[word] = 1
	}
	h.bags = append(h.bags, bag)
	h.addShingles(text)
	h.addLines(text)
}

// addShingles keeps all six words in a row.
func (h *habits) addShingles(text string) {
	const six = 6
	var ends []int // of the last words, as far as there are six
	from, in := 0, false
	for i := 0; i <= len(text); i++ {
		space := i == len(text) || text[i] == ' ' || text[i] == '\n' || text[i] == '\t'
		switch {
		case space && in:
			in = false
			ends = append(ends, from)
			if n := len(ends); n >= six {
				h.shingles[maphash.String(hashSeed, text[ends[n-six]:i])] = true
			}
		case !space && !in:
			in, from = true, i
		}
	}
}

// addLines keeps lines and the first headings.
func (h *habits) addLines(text string) {
	var heads []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if len(line) > 25 {
			h.lines[line] = true
		}
		first, _, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "## "):
			heads = append(heads, line)
		case strings.HasPrefix(first, "<"), strings.HasSuffix(first, ":"), strings.HasSuffix(first, ".") && len(first) == 2:
			tag, _, _ := strings.Cut(first, ">")
			heads = append(heads, tag)
		}
	}
	if len(heads) >= 3 {
		h.layouts[strings.Join(heads[:3], " ")] = true
	}
}

// most is the share of accounts that show the value which most accounts show.
func most[K comparable](group []*habits, values func(h *habits) []K) float64 {
	count, top := map[K]int{}, 0
	for _, h := range group {
		for _, v := range values(h) {
			count[v]++
			top = max(top, count[v])
		}
	}
	return float64(top) / float64(len(group))
}

// shared is the share of accounts that show a value which others show too.
func shared(group []*habits, least int, values func(h *habits) []string) float64 {
	count := map[string]int{}
	for _, h := range group {
		for _, v := range values(h) {
			count[v]++
		}
	}
	n := 0
	for _, h := range group {
		if slices.ContainsFunc(values(h), func(v string) bool { return count[v] > least }) {
			n++
		}
	}
	return float64(n) / float64(len(group))
}

func keys[K comparable, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

// window is the largest share of times that lie within a span.
func window(times []int64, span time.Duration) float64 {
	slices.Sort(times)
	best, i := 0, 0
	for j := range times {
		for times[j]-times[i] > span.Milliseconds() {
			i++
		}
		best = max(best, j-i+1)
	}
	return float64(best) / float64(max(1, len(times)))
}

func pooledTimes(group []*habits) (all []int64) {
	for _, h := range group {
		all = append(all, h.times...)
	}
	return all
}

func ratio(group []*habits, of func(h *habits) (part, whole int)) float64 {
	var part, whole int
	for _, h := range group {
		p, w := of(h)
		part, whole = part+p, whole+w
	}
	return float64(part) / float64(max(1, whole))
}

// measures say, for each aspect, how much of it a group shows, and by how much a crowd has to show
// more than people whom nothing reached: beyond times their figure and by least.
var measures = map[Aspect]struct {
	of            func(group []*habits) float64
	beyond, least float64
}{
	Template: {
		func(g []*habits) float64 {
			return most(g, func(h *habits) []uint64 { return keys(h.shingles) })
		},
		1, 0.15,
	},
	Layout: {
		func(g []*habits) float64 {
			return most(g, func(h *habits) []string { return keys(h.layouts) })
		},
		1, 0.2,
	},
	Client: {
		func(g []*habits) float64 {
			return most(g, func(h *habits) []string { return keys(h.agents) })
		},
		1, 0.15,
	},
	Parameters: {func(g []*habits) float64 {
		return most(g, func(h *habits) []string { return keys(h.params) })
	}, 1, 0.3},
	SignUp: {func(g []*habits) float64 {
		var created []int64
		for _, h := range g {
			created = append(created, h.created)
		}
		return window(created, 48*time.Hour)
	}, 1, 0.2},
	Funding: {func(g []*habits) float64 {
		return max(
			most(g, func(h *habits) []string { return known(h.issuer) }),
			shared(g, 1, func(h *habits) []string { return known(h.payment) }),
		)
	}, 1, 0.25},
	Organisation: {
		func(g []*habits) float64 {
			return shared(g, 1, func(h *habits) []string { return keys(h.orgs) })
		},
		1, 0.4,
	},
	Network: {
		func(g []*habits) float64 {
			return shared(g, 2, func(h *habits) []string { return keys(h.ips) })
		},
		1, 0.4,
	},
	// In a part of the world, or at a time of the day.
	Schedule: {func(g []*habits) float64 {
		times := pooledTimes(g)
		var hours [24]int
		for _, t := range times {
			hours[t/time.Hour.Milliseconds()%24]++
		}
		busiest := 0
		for h := range hours {
			busiest = max(busiest, hours[h]+hours[(h+1)%24])
		}
		return window(times, 14*time.Hour) + float64(busiest)/float64(len(times))
	}, 1.15, 0},
	LongOutputs: {func(g []*habits) float64 {
		var all []int64
		for _, h := range g {
			all = append(all, h.outputs...)
		}
		slices.Sort(all)
		return float64(all[len(all)*3/4])
	}, 1.3, 0},
	Reasoning: {func(g []*habits) float64 {
		return ratio(g, func(h *habits) (int, int) { return h.reasoning, h.looked })
	}, 1, 0.15},
	SingleTurns: {func(g []*habits) float64 {
		return ratio(g, func(h *habits) (int, int) { return h.single, h.looked })
	}, 1, 0.1},
	Volume: {func(g []*habits) float64 {
		return ratio(g, func(h *habits) (int, int) { return h.requests, 1 })
	}, 2, 0},
	Items: {
		func(g []*habits) float64 {
			return shared(g, 1, func(h *habits) []string { return keys(h.lines) })
		},
		1, 0.2,
	},
	Conversations: {func(g []*habits) float64 {
		return ratio(g, func(h *habits) (int, int) { return h.messages, h.looked })
	}, 1, 0.8},
}

// known is a value where there is one.
func known(v string) []string {
	if v == "" {
		return nil
	}
	return []string{v}
}

func TestEveryMechanismMakesPeopleShareWhatItSaysAndLeavesThemIndividuals(t *testing.T) {
	const begin = 10 * time.Hour
	people := observe(t, length)
	usual := map[Aspect]float64{}
	for aspect, rule := range measures {
		usual[aspect] = rule.of(people)
	}
	for _, m := range Mechanisms() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			law := m.drawn(newDraw(3, uint64(len(m.Name)), length))
			if law.Begin > -length/5 && law.Arrival != simulate.Deadline {
				law.Begin, law.Spread = begin, min(law.Spread, 20*time.Hour)
			}
			rate := float64(busy)
			if slices.Contains(m.Shares, Volume) {
				rate = much
			}
			law.Use.Rate, law.Use.Run = min(law.Use.Rate, rate), min(law.Use.Run, row)
			if law.Use.Rate > 0 {
				law.Beside = -1 // what members do otherwise is like what others do
			}
			if law.Arrival == simulate.Deadline {
				law.Begin = 44*time.Hour - law.Spread
			}
			long := short
			if law.Arrival == simulate.Deadline || slices.Contains(m.Shares, Schedule) ||
				slices.Contains(m.Shares, Volume) {
				long = length
			}
			crowd := observe(t, long, law)
			require.Greater(t, len(crowd), 15)
			require.NotEmpty(t, m.Shares)
			if law.Begin == begin && law.Use.Rate > 0 {
				// Without their own use nobody whom it reaches does anything before.
				early := 0
				for _, h := range crowd {
					if h.times[0] < start.Add(begin).UnixMilli() {
						early++
					}
				}
				require.LessOrEqual(t, early, int(50*(1-law.Adoption))+8)
			}
			for _, aspect := range m.Shares {
				rule := measures[aspect]
				have := rule.of(crowd)
				require.GreaterOrEqual(
					t, have, cmp.Or(rule.beyond, 1)*usual[aspect]+rule.least,
					"%s: the crowd shows %.2f, others %.2f", aspect, have, usual[aspect],
				)
			}
			if slices.Contains(m.Shares, Items) {
				return // what they ask is the same: the public set
			}
			apart(crowd)
			within, between := alike(crowd)
			require.Greater(t, within, 3*between, "within %.4f, between %.4f", within, between)
		})
	}
}
