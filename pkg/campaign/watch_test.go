package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// harvester is an account that asks one template two thousand times a day, with long answers.
func (w *world) harvester() *fingerprint.Profile {
	p := w.account()
	w.use(&p, 2000, 1, 3000, false)
	p.Requests24h = 2000
	p.WithReasoning, p.ReasoningTokens = p.Requests, uint64(p.Requests)*2000
	for range 10 {
		p.Template = append(p.Template, fingerprint.Counted{Hash: w.hash(), Count: p.Requests})
	}
	p.TemplateRequests, p.TemplateOutput, p.TemplateSingleTurn = p.Requests, p.OutputTokens,
		p.Requests
	w.out = append(w.out, p)
	return &w.out[len(w.out)-1]
}

func (w *world) reasons() {
	for i := range w.out {
		w.out[i].WithReasoning, w.out[i].ReasoningTokens = w.out[i].Requests,
			uint64(w.out[i].Requests)*uint64(100+w.rng.IntN(400))
	}
}

func TestASingleHarvesterIsWatchedAndAccusedOnlyOfAPlainPurpose(t *testing.T) {
	const elicitation, coercion = 0, 1
	for _, c := range []struct {
		name     string
		make     func(p *fingerprint.Profile)
		severity Severity
		status   AccountStatus
	}{
		{"asks for the steps: look at it", func(p *fingerprint.Profile) {
			p.TemplateIntents[elicitation] = p.Requests
		}, Low, Watched},
		{"demands the hidden reasoning: act", func(p *fingerprint.Profile) {
			p.TemplateIntents[coercion] = p.Requests
		}, Medium, Implicated},
		{"demands it, as a verified organisation: look at it", func(p *fingerprint.Profile) {
			p.TemplateIntents[coercion], p.Org, p.Verified = p.Requests, "org-1", true
		}, Low, Watched},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(11)
			w.people(300)
			w.applications(100)
			w.reasons()
			p := w.harvester()
			c.make(p)
			out, e, err := w.run(DefaultOptions(), nil)
			require.NoError(t, err)
			require.Len(t, out, 2)
			f := out[0].Finding
			require.Equal(t, KindAccount, f.Kind)
			require.Equal(t, c.severity, f.Severity)
			require.Equal(t, 1, f.Members)
			require.Contains(t, f.Summary, "One account harvests")
			require.Equal(t, p.Account, out[1].Account.Account)
			require.Equal(t, c.status, out[1].Account.Status)
			require.Empty(t, e.Advance(e.Next()+1), "what has not changed is not news")
		})
	}
}

func TestAccountsBehindRelaySoftwareAreWatchedFromAGroupOn(t *testing.T) {
	for n, findings := range map[int]int{5: 0, 12: 1} {
		w := newWorld(12)
		w.people(300)
		for i := range n {
			w.out[i].RelayRequests = 5
		}
		out, _, err := w.run(DefaultOptions(), nil)
		require.NoError(t, err)
		var got []*Finding
		for _, e := range out {
			if e.Finding != nil {
				got = append(got, e.Finding)
			}
		}
		require.Len(t, got, findings)
		for _, f := range got {
			require.Equal(t, KindTripwire, f.Kind)
			require.Equal(t, Low, f.Severity)
			require.Equal(t, n, f.Members)
		}
	}
}

func TestATextWithAPlainPurposeNeedsNoSecondCause(t *testing.T) {
	for _, c := range []struct {
		name   string
		n      int
		intent int
		found  bool
	}{
		{"thirty accounts demand the hidden reasoning in one text", 30, 1, true},
		{"thirty accounts ask for steps in one text, as users of one program do", 30, 0, false},
		{"ten accounts demand it, as a research team does", 10, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(13)
			w.people(400)
			w.applications(100)
			var text []uint64
			for range 10 {
				text = append(text, w.hash())
			}
			for range c.n {
				p := w.account()
				w.use(&p, uint32(10+w.rng.ExpFloat64()*w.rng.ExpFloat64()*60), 1, 1500, true)
				for _, h := range text {
					p.Template = append(p.Template, fingerprint.Counted{Hash: h, Count: p.Requests})
				}
				p.TemplateRequests, p.TemplateOutput, p.TemplateSingleTurn = p.Requests,
					p.OutputTokens, p.Requests
				p.TemplateIntents[c.intent] = p.Requests
				w.out = append(w.out, p)
			}
			_, e, err := w.run(DefaultOptions(), nil)
			require.NoError(t, err)
			require.Equal(t, c.found, e.Open() == 1)
		})
	}
}

func TestAFindingThatIsNotBorneOutIsWithdrawn(t *testing.T) {
	w := newWorld(14)
	w.people(300)
	w.applications(60)
	w.pool(30, 50)
	out, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	require.NotEmpty(t, out)
	uid := out[0].Finding.UID
	// It turns out that they are thirty people with lives of their own.
	other := newWorld(15)
	other.people(30)
	for i := range 30 {
		p := other.out[i]
		p.Account, p.LastSeen = w.out[360+i].Account, w.now
		e.Upsert(p)
	}
	var closed *Finding
	cleared := 0
	for range 6 * 30 {
		for _, x := range e.Advance(e.Next() + 1) {
			switch {
			case x.Finding != nil && x.Finding.Activity == Close:
				closed = x.Finding
			case x.Account != nil && x.Account.Status == Cleared:
				cleared++
			}
		}
	}
	require.NotNil(t, closed)
	require.Equal(t, uid, closed.UID)
	require.Equal(t, "withdrawn", closed.CloseReason)
	require.Equal(t, 30, cleared)
}

func TestTheRestOfAPoolIsKnownByWhatAllMembersShow(t *testing.T) {
	w := newWorld(16)
	w.people(300)
	w.pool(40, 60)
	_, e, err := w.run(DefaultOptions(), nil)
	require.NoError(t, err)
	common := e.tenants["default"].campaigns[0].Model.Common()
	require.GreaterOrEqual(t, len(common), 2)
	require.True(t, common.ShownBy(&w.out[310]))
	require.False(t, common.ShownBy(&w.out[10]))
}
