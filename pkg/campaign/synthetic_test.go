package campaign

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// world makes synthetic profiles: the figures that fingerprints would show, without the traffic
// behind them.
type world struct {
	rng  *rand.Rand
	next int
	now  int64
	out  []fingerprint.Profile
}

const testStart = int64(20_500) * baseline.Day

func newWorld(seed uint64) *world {
	return &world{rng: rand.New(rand.NewPCG(seed, 1)), now: testStart + 2*baseline.Day}
}

func (w *world) hash() uint64 { return w.rng.Uint64() | 1 }

// zipf draws one of n values of a family, heavy-tailed.
func (w *world) zipf(family uint64, n int) uint64 {
	k := uint64(float64(n) * w.rng.Float64() * w.rng.Float64() * w.rng.Float64())
	return index.Mix(family, k) | 1
}

func (w *world) account() fingerprint.Profile {
	w.next++
	p := fingerprint.Profile{
		Tenant: "default", Account: fmt.Sprintf("acct-%05d", w.next), Time: w.now,
		FirstSeen: testStart + int64(w.rng.IntN(3_600_000)),
		LastSeen:  w.now - int64(w.rng.IntN(7_200_000)),
		CreatedAt: testStart - int64(w.rng.IntN(300))*baseline.Day,
	}
	set := func(f attribute.Attribute, v uint64, n uint32) {
		p.Values[f] = []fingerprint.Counted{{Hash: v, Count: n}}
	}
	set(attribute.Payment, w.hash(), 1)
	set(attribute.Issuer, w.zipf(1, 60), 1)
	set(attribute.Stack, w.zipf(2, 80), 1)
	set(attribute.Params, w.zipf(3, 80), 1)
	set(attribute.Network, w.hash(), 1)
	set(attribute.Domain, w.zipf(4, 12), 1)
	return p
}

// use gives an account n requests: single is the share of single turns, output the tokens of an
// answer, daily whether it sleeps.
func (w *world) use(p *fingerprint.Profile, n uint32, single, output float64, daily bool) {
	p.Requests, p.WithText, p.WithMessages, p.WithOutput, p.WithInput = n, n, n, n, n
	p.SingleTurn = uint32(single * float64(n))
	p.OutputTokens = uint64(output * float64(n))
	p.InputTokens = uint64(n) * 200
	p.Prompts = n
	p.ActiveDays = 2
	p.FirstDayRequests = n / 2
	w.ask(p, 0.2)
	home := w.rng.IntN(24)
	for range n {
		slot := w.rng.IntN(48)
		if daily {
			slot = w.rng.IntN(2)*24 + (home+w.rng.IntN(9))%24
		}
		p.ActiveHour[slot/64] |= 1 << (slot % 64)
	}
	for range n {
		slot := w.rng.IntN(fingerprint.Slots10m)
		p.Active10m[slot/64] |= 1 << (slot % 64)
	}
}

// ask gives an account's requests subjects: own is the part of a request that is the account's.
func (w *world) ask(p *fingerprint.Profile, own float64) {
	// Its own generator: what other tests draw stays as it is.
	rng := rand.New(rand.NewPCG(uint64(w.next), 7))
	unit := func() (x [sketch.SubjectSize]float64) {
		sum := 0.0
		for i := range x {
			x[i] = rng.NormFloat64()
			sum += x[i] * x[i]
		}
		for i := range x {
			x[i] /= math.Sqrt(sum)
		}
		return x
	}
	var h fingerprint.Habits
	h.Templates[0].Name = 1
	subject := unit()
	for k := range min(p.Requests, 40) {
		half := &h.Parts[0].Halves[k%2]
		item := unit()
		half.Count++
		for i := range item {
			half.Sum[i] += math.Sqrt(own)*subject[i] + math.Sqrt(1-own)*item[i]
		}
	}
	p.Habits = h.Pack(nil)
}

func (w *world) people(n int) {
	for range n {
		p := w.account()
		w.use(
			&p, uint32(2+w.rng.ExpFloat64()*w.rng.ExpFloat64()*20), 0.3,
			200+300*w.rng.Float64(), true,
		)
		w.out = append(w.out, p)
	}
}

func (w *world) applications(n int) {
	boilerplate := []uint64{w.hash(), w.hash(), w.hash(), w.hash()}
	for range n {
		p := w.account()
		w.use(
			&p, uint32(20+w.rng.ExpFloat64()*w.rng.ExpFloat64()*300), 0.95,
			60+200*w.rng.Float64(), w.rng.IntN(2) == 0,
		)
		for range 12 {
			p.Template = append(p.Template, fingerprint.Counted{Hash: w.hash(), Count: p.Requests})
		}
		p.Template = append(
			p.Template, fingerprint.Counted{Hash: boilerplate[w.rng.IntN(4)], Count: p.Requests},
		)
		p.TemplateRequests = p.Requests
		w.out = append(w.out, p)
	}
}

func (w *world) tool(n int) {
	var system []fingerprint.Counted
	for range 30 {
		system = append(system, fingerprint.Counted{Hash: w.hash(), Count: 0})
	}
	stack := w.hash()
	for range n {
		p := w.account()
		p.Values[attribute.Stack][0].Hash = stack
		w.use(&p, uint32(5+w.rng.ExpFloat64()*w.rng.ExpFloat64()*80), 0.05, 150, true)
		for _, s := range system {
			p.Template = append(p.Template, fingerprint.Counted{Hash: s.Hash, Count: p.Requests})
		}
		p.TemplateRequests = p.Requests
		w.out = append(w.out, p)
	}
}

func (w *world) class(n int) {
	var task []uint64
	for range 8 {
		task = append(task, w.hash())
	}
	domain, network := w.hash(), w.hash()
	for range n {
		p := w.account()
		p.CreatedAt = testStart - 10*baseline.Day - int64(w.rng.IntN(int(baseline.Day)))
		p.Values[attribute.Payment], p.Values[attribute.Issuer] = nil, nil
		p.Values[attribute.Domain][0].Hash = domain
		p.Values[attribute.Network][0].Hash = network
		w.use(&p, uint32(6+w.rng.IntN(5)), 0.9, 150, true)
		for _, h := range task {
			p.Template = append(p.Template, fingerprint.Counted{Hash: h, Count: p.Requests})
		}
		p.TemplateRequests = p.Requests
		w.out = append(w.out, p)
	}
}

// pool is a campaign: one template, few cards of one issuer, one sign-up week, one program, an even
// load round the clock.
func (w *world) pool(n int, requests uint32) []string {
	var template []uint64
	for range 10 {
		template = append(template, w.hash())
	}
	cards := []uint64{w.hash(), w.hash(), w.hash()}
	stack, params, issuer := w.hash(), w.hash(), w.zipf(1, 60)
	var names []string
	for range n {
		p := w.account()
		p.CreatedAt = testStart - 5*baseline.Day - int64(w.rng.IntN(2*int(baseline.Day)))
		p.Values[attribute.Payment][0].Hash = cards[w.rng.IntN(3)]
		p.Values[attribute.Issuer][0].Hash = issuer
		p.Values[attribute.Stack][0].Hash = stack
		p.Values[attribute.Params][0].Hash = params
		w.use(&p, requests+uint32(w.rng.IntN(3)), 1, 900, false)
		w.ask(&p, 0)
		p.Intents[0] = p.Requests
		for _, h := range template {
			p.Template = append(p.Template, fingerprint.Counted{Hash: h, Count: p.Requests})
		}
		p.TemplateRequests, p.TemplateOutput = p.Requests, p.OutputTokens
		names = append(names, p.Account)
		w.out = append(w.out, p)
	}
	return names
}

// run feeds the profiles to an engine and evaluates once.
func (w *world) run(o Options, trace func(search.Measurement)) ([]Emission, *Engine, error) {
	e, err := New(o)
	if err != nil {
		return nil, nil, err
	}
	e.Trace = trace
	for _, p := range w.out {
		e.Upsert(p)
	}
	e.Advance(w.now)
	out := e.Advance(w.now + o.Interval.Milliseconds() + 1)
	return out, e, nil
}
