package membership

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// shinglesOf lists the shingles of a text from number from to number to.
func shinglesOf(text uint8, from, to uint64, rarity float64) (out []Shingle) {
	for k := from; k < to; k++ {
		out = append(out, Shingle{
			Hash: index.Mix(uint64(text), k) | 1, Rarity: rarity, Once: rarity, Text: text,
		})
	}
	return out
}

// writer is an account that wrote n requests, each text in so many of them.
func writer(n uint32, texts map[uint8]uint32) *fingerprint.Profile {
	p := &fingerprint.Profile{Requests: n, WithText: n}
	for text, count := range texts {
		for _, s := range shinglesOf(text, 0, 12, 0) {
			p.Template = append(p.Template, fingerprint.Counted{Hash: s.Hash, Count: count})
		}
		p.TemplateRequests += count
	}
	return p
}

func TestATextSpeaksAloneWhereItCoversWhatAnAccountDoes(t *testing.T) {
	var m Model
	for text := uint8(1); text <= 4; text++ {
		m.Shingles = append(m.Shingles, shinglesOf(text, 0, 12, 9)...)
	}
	const own = 50
	for _, c := range []struct {
		name  string
		n     uint32
		texts map[uint8]uint32
		same  bool
	}{
		{"four templates in turn", 40, map[uint8]uint32{1: 10, 2: 11, 3: 9, 4: 10}, true},
		{"three of four, met so far", 40, map[uint8]uint32{1: 10, 2: 11, 3: 9}, true},
		{"a slice beside the owner's program", 90, map[uint8]uint32{1: 14, 2: 12, own: 60}, true},
		{"a tenth is not reached", 400, map[uint8]uint32{1: 9, 2: 8, own: 300}, false},
		{"tried a few times", 30, map[uint8]uint32{1: 4, own: 20}, false},
		{"two requests, both with the text", 2, map[uint8]uint32{1: 2}, true},
		{"two requests, one of them with the text", 2, map[uint8]uint32{1: 1}, false},
		{"two requests, each with another of the texts", 2, map[uint8]uint32{1: 1, 2: 1}, false},
		{"a single request does not speak alone", 1, map[uint8]uint32{1: 1}, false},
		{"another text", 40, map[uint8]uint32{own: 40}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			bits, same := m.texts().fit(writer(c.n, c.texts), 1, math.Inf(1))
			require.Equal(t, c.same, same)
			if same {
				require.InDelta(t, 9, bits, 1e-9)
			}
		})
	}
}

func TestOnePhraseIsATextInMostRequestsOnly(t *testing.T) {
	m := Model{Shingles: shinglesOf(1, 0, 1, 9), Pace: 0.9}
	require.Equal(t, 1, leastCarried(&m))
	for _, c := range []struct {
		name string
		n    uint32
		with uint32
		same bool
	}{
		{"all requests", 20, 20, true},
		{"most requests", 20, 10, true},
		{"a third of them", 30, 10, false},
		{"a tenth", 90, 10, false},
	} {
		bits, same := m.texts().fit(writer(c.n, map[uint8]uint32{1: c.with}), 1, math.Inf(1))
		require.Equal(t, c.same, same, c.name)
		require.Equal(t, c.same, bits > 0, c.name)
	}
	m.Pace = 0.3
	require.Zero(t, leastCarried(&m), "a phrase in a third of the requests of those who carry it")
	m.Shingles = shinglesOf(1, 0, 2, 9)
	require.Equal(t, carriedShingles, leastCarried(&m))
	m = Model{Shingles: shinglesOf(1, 0, 1, 9), Pace: 0.9, Layout: 7}
	require.Zero(t, leastCarried(&m), "members are told by their layout")
}

func TestATextThatNobodyElseHasSpeaksAloneFromThreeSightingsOn(t *testing.T) {
	const population = 2000
	for _, c := range []struct {
		name   string
		rarity float64
		size   float64
		texts  map[uint8]uint32
		same   bool
	}{
		{"three of four hundred requests, on a leased account", 11, 8, map[uint8]uint32{1: 3}, true},
		{"beside the owner's program", 11, 8, map[uint8]uint32{1: 3, 2: 300}, true},
		{"two are chance", 11, 8, map[uint8]uint32{1: 2}, false},
		{"others have it too", 8, 8, map[uint8]uint32{1: 3}, false},
		{"the same rarity, among few others", 8, 1800, map[uint8]uint32{1: 3}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Model{Size: c.size, Shingles: shinglesOf(1, 0, 12, c.rarity)}
			_, same, ok := m.fitWork(writer(400, c.texts), population)
			require.True(t, ok)
			require.Equal(t, c.same, same)
		})
	}
}

func TestThatATextIsNotThereSpeaksAgainstThoseWhoCouldHaveShownIt(t *testing.T) {
	m := Model{Shingles: shinglesOf(1, 0, 12, 9), Carriers: 1, Pace: 0.25}
	against := func(n uint32) float64 {
		bits, _, ok := m.fitWork(writer(n, nil), 1000)
		require.True(t, ok)
		return bits
	}
	require.Greater(t, against(4), -0.5)
	require.Less(t, against(12), against(4))
	require.Less(t, against(60), -3.0)
	m.Pace = 1
	require.Less(t, against(12), -3.0, "in every request of the members")
}

func TestATextSpeaksForWhoWroteItOnce(t *testing.T) {
	m := Model{Size: 20, Shingles: shinglesOf(1, 0, 12, 9), Carriers: 1, Pace: 1}
	bits, same, ok := m.fitWork(writer(1, map[uint8]uint32{1: 1}), 1000)
	require.True(t, ok)
	require.Positive(t, bits)
	require.False(t, same)
	bits, _, ok = m.fitWork(writer(30, map[uint8]uint32{1: 1}), 1000)
	require.True(t, ok)
	require.Less(t, bits, -3.0, "of who wrote much it is chance, and most of it is missing")
}

func TestModelsAreAlikeByTheLargerTextAndNotByAPublicPhrase(t *testing.T) {
	model := func(parts ...[]Shingle) *Model {
		var m Model
		for _, p := range parts {
			m.Shingles = append(m.Shingles, p...)
		}
		return &m
	}
	whole := model(shinglesOf(1, 0, 16, 9))
	for _, c := range []struct {
		name string
		a, b *Model
		same bool
	}{
		{"the same text", whole, model(shinglesOf(1, 0, 16, 9)), true},
		{"most of it, as of a successor", whole, model(shinglesOf(1, 0, 9, 9)), true},
		{"a phrase is all that one knows", whole, model(shinglesOf(1, 0, 4, 9)), false},
		{
			"a public phrase inside two texts",
			model(shinglesOf(1, 0, 16, 9), shinglesOf(9, 0, 8, 2)),
			model(shinglesOf(2, 0, 16, 9), shinglesOf(9, 0, 8, 2)), false,
		},
		{
			"a short text, all of it", model(shinglesOf(1, 0, 3, 9)),
			model(shinglesOf(1, 0, 3, 9)), true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.same, c.a.Similar(c.b) >= 0.6)
			require.InDelta(t, c.a.Similar(c.b), c.b.Similar(c.a), 1e-9)
		})
	}
}

func TestOnlyATextThatSpeaksAloneIsNotOutweighedByWhatDiffers(t *testing.T) {
	// Of 1,000 accounts 100 are members: the prior log odds are -3.2.
	const n, population = 100, 1000
	work, client := detectors.Work.Index(), detectors.Client.Index()
	of := func(text, other float64) *Likelihood {
		l := &Likelihood{SameText: true, Bits: text + 3 + other, against: other, requests: 20}
		l.Families[work], l.Families[detectors.Identity.Index()] = text, 3
		l.Families[client] = other
		return l
	}
	require.True(t, of(9, -3).Fits(n, population), "a text of its own, another client")
	require.True(t, of(9, -9).Stays(n, population))
	require.True(t, of(5, 0).Fits(n, population), "the text of a tool, and the week of sign-up")
	require.False(t, of(5, -3).Fits(n, population), "and another client")
	require.True(t, of(5, -3).Stays(n, population), "more likely a member than not")
	require.False(t, of(5, -6).Stays(n, population))
}

func TestWhatALaunchBringsIsOneCause(t *testing.T) {
	const n, population = 200, 1000
	type families = map[detectors.Family]float64
	for name, c := range map[string]struct {
		families families
		tied     bool
		fits     bool
	}{
		"client and sign-up day": {
			families{detectors.Client: 6, detectors.Identity: 5}, false, false,
		},
		"client and device": {
			families{detectors.Client: 6, detectors.Identity: 5}, true, true,
		},
		"client, sign-up day and card": {
			families{
				detectors.Client: 6, detectors.Identity: 5, detectors.Funding: 2,
			}, false, true,
		},
		"client, sign-up day and text": {
			families{
				detectors.Client: 6, detectors.Identity: 5, detectors.Work: 2,
			}, false, true,
		},
		"sign-up day and text": {
			families{detectors.Identity: 5, detectors.Work: 5}, false, true,
		},
		"text and client": {
			families{detectors.Client: 6, detectors.Work: 5}, false, false,
		},
	} {
		l := &Likelihood{requests: 20, tied: c.tied}
		for family, bits := range c.families {
			l.Families[family.Index()] = bits
			l.Bits += bits
		}
		require.Equal(t, c.fits, l.Fits(n, population), name)
		l.launched = true
		own := c.fits || c.families[detectors.Work] == 0
		require.Equal(t, own, l.Fits(n, population), "%s, of a launch of their own", name)
	}
}

func TestALaunchIsTheMembersOwnUntilSomebodyElseIsSeenInIt(t *testing.T) {
	of := func(client, identity, work float64) *Likelihood {
		l := &Likelihood{}
		l.Families[detectors.Client.Index()] = client
		l.Families[detectors.Identity.Index()] = identity
		l.Families[detectors.Work.Index()] = work
		return l
	}
	var launch Launch
	for range leastOfLaunch {
		require.False(t, launch.Own())
		launch.Add(of(5, 3, 6))
	}
	require.True(t, launch.Own())
	launch.Add(of(5, 3, 0))
	require.True(t, launch.Own(), "one who has sent too little to show the text")
	launch.Add(of(5, -1, -3))
	launch.Add(of(-2, 3, -3))
	require.True(t, launch.Own(), "users of the client, and people who signed up in these days")
	launch.Add(of(5, 3, -3))
	require.False(t, launch.Own())
}

func TestADeviceOrAConversationIsMoreThanADayOfSignUp(t *testing.T) {
	const device, stack, day = 7, 8, 20_000
	m := &Model{Size: 20, HandOvers: 1, Attributes: []Attribute{
		{attribute.Stack, detectors.Client, []Value{{stack, 1, 0.001}}, 1},
		{attribute.SignupDay, detectors.Identity, []Value{{day + 1, 1, 0.001}}, 1},
		{attribute.Device, detectors.Identity, []Value{{device, 1, 0.001}}, 1},
	}}
	ctx := &detectors.Context{Baseline: &baseline.Baseline{N: 1000}}
	account := func(of uint64) *index.Account {
		a := &index.Account{Profile: fingerprint.Profile{Requests: 20, CreatedAt: day * 86_400_000}}
		for attr, v := range map[attribute.Attribute]uint64{
			attribute.Stack: stack, attribute.Device: of,
		} {
			if v > 0 {
				a.Profile.Values[attr] = []fingerprint.Counted{{Hash: v, Count: 20}}
			}
		}
		return a
	}
	for name, c := range map[string]struct {
		account      *index.Account
		linked, tied bool
	}{
		"the pool's device":            {account(device), false, true},
		"a device of its own":          {account(device + 1), false, false},
		"a conversation with a member": {account(device + 1), true, true},
	} {
		l := m.Fit(c.account, ctx, false, c.linked)
		require.Equal(t, c.tied, l.tied, name)
	}
}

func TestWhoIsUsedFromElsewhereForTheTextIsAMemberWithoutAnotherCause(t *testing.T) {
	// Of 1,000 accounts 50 are members, whose text two other accounts in a hundred write.
	const n, population, began = 50, 1000, uint32(20_003 * 24)
	const clients, owners = 7, 8
	m := &Model{
		Size: n, Shingles: shinglesOf(1, 0, 12, 5.6), Carriers: 1,
		Takeover: Takeover{Share: 0.95, Began: began},
		Attributes: []Attribute{
			{attribute.Stack, detectors.Client, []Value{{clients, 1, 0.01}}, 1},
		},
	}
	ctx := &detectors.Context{Baseline: &baseline.Baseline{N: population - n}}
	account := func(network int, earlier uint16) *index.Account {
		a := &index.Account{Profile: *writer(20, map[uint8]uint32{1: 15})}
		a.Profile.LastSeen = (int64(began) + 10) * 3_600_000
		a.Profile.Networks = fingerprint.NetworkDays{0, earlier}
		// The owner's client speaks against it, and most of the requests are his.
		a.Profile.Values[attribute.Stack] = []fingerprint.Counted{{Hash: owners, Count: 20}}
		var h fingerprint.Habits
		h.Templates[0] = fingerprint.TemplateUse{
			Name: m.Shingles[3].Hash, Since: began, Requests: 15,
		}
		h.Parts[0].Networks[network] = 15
		h.Templates[1] = fingerprint.TemplateUse{Name: math.MaxUint64, Since: began, Requests: 5}
		h.Parts[1].Networks[2] = 5
		a.Profile.Habits = h.Pack(nil)
		return a
	}
	for name, c := range map[string]struct {
		account   *index.Account
		fits, yes bool
	}{
		"from elsewhere": {account(7, 1<<2), true, true},
		"from home":      {account(2, 1<<2), false, true},
		"a new account":  {account(7, 0), false, false},
	} {
		l := m.Fit(c.account, ctx, false, false)
		require.Equal(t, c.fits, l.Fits(n, population), name)
		require.Equal(t, c.yes, l.Families[detectors.Takeover.Index()] != 0, name)
	}
	m.Takeover = Takeover{}
	l := m.Fit(account(7, 1<<2), ctx, false, false)
	require.False(t, l.Fits(n, population), "a group whose accounts are its own")
}
