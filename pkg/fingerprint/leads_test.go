package fingerprint

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

func TestAnIDIsPackedAndReadAsTheGatewaySentIt(t *testing.T) {
	for id, most := range map[string]int{
		"":                                     0,
		"7":                                    2,
		"550e8400-e29b-41d4-a716-446655440000": 18,
		"req-550e8400-e29b-41d4-a716-446655440000":                                    22,
		"550E8400-E29B-41D4-A716-446655440000":                                        28,
		"550e8400e29b41d4a716446655440000":                                            18,
		"gen-1726000000-0123456789abcdef0":                                            26,
		"chatcmpl-9nYGv8q3dXzQ7mH2kLpWcTfRsA1bE":                                      30,
		"req_01m1wjm9014j582eq5tj15aves":                                              24,
		"a request/1?x=2":                                                             16,
		strings.Repeat("x", MaxRequestID):                                             MaxRequestID,
		strings.Repeat("x", MaxRequestID+1):                                           0,
		"550e8400-e29b-41d4-a716-446655440000:chatcmpl-9nYGv8q3dXzQ7mH2kLpWcTfRsA1bE": 50,
		":": 2, "a:": 3, ":a": 3, "a:b:c": 6, "1:2:3:4:5": 10,
		"two\nlines": 0,
		"naïve":      0,
	} {
		packed := AppendRequestID(nil, id)
		require.LessOrEqual(t, len(packed), most, id)
		if most > 0 {
			require.Equal(t, id, RequestID(packed))
		}
	}
}

func TestWhateverIsNoPackedIDIsReadAsNone(t *testing.T) {
	for _, packed := range [][]byte{
		nil,
		{idText},
		{idHex},
		{idHex, 9, 'x'},
		{idUUID, 0, 1, 2},
		{99, 'x', 'y'},
		make([]byte, maxPackedID+1),
	} {
		require.Empty(t, RequestID(packed))
	}
	// Each id of each length, with and without hexadecimal digits at the end.
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[ -~]{0,60}[0-9a-f-]{0,40}[A-Za-z0-9_-]{0,28}`).Draw(t, "id")
		require.Equal(t, id, RequestID(AppendRequestID(nil, id)))
	})
}

func FuzzRequestID(f *testing.F) {
	f.Add([]byte{idUUID, 0, 1, 2}, "550e8400-e29b-41d4-a716-446655440000")
	f.Add([]byte{idSixBits, 0xff}, "abc")
	f.Fuzz(func(t *testing.T, packed []byte, id string) {
		RequestID(packed)
		if b := AppendRequestID(nil, id); len(b) > 0 {
			require.LessOrEqual(t, len(b), maxPackedID)
			require.Equal(t, id, RequestID(b))
		}
	})
}

func TestAClientIsReadAsItWasSent(t *testing.T) {
	const ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1"
	browser := "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) " +
		"Chrome/126.0.0.0 Safari/537.36"
	for name, c := range map[string]struct {
		label, agent, ja4 string
		most              int
	}{
		"nothing":               {"", "", "", 0},
		"a library":             {"openai/python 1.99.1 ja4=" + ja4, "OpenAI/Python 1.99.1", ja4, 7},
		"a label that was cut":  {strings.ToLower(browser)[:93] + "…", browser, ja4, 80},
		"an id in it":           {"tool/1 (id #) ja4=" + ja4, "Tool/1 (ID 0123456789abcdef01)", ja4, 32},
		"white space":           {"a b", "A  b\tC", "", 12},
		"a fingerprint alone":   {"ja4=" + ja4, "", ja4, 4},
		"no label":              {"", "Agent", ja4, 50},
		"a fingerprint in caps": {"a ja4=" + ja4, "a", strings.ToUpper(ja4), 44},
		"ja4= in the agent":     {"x ja4=y ja4=" + ja4, "X ja4=y", ja4, 5},
	} {
		packed := AppendClient(nil, c.label, c.agent, c.ja4)
		require.LessOrEqual(t, len(packed), c.most, name)
		agent, fingerprint := ClientAsSent(packed, c.label)
		require.Equal(t, c.agent, agent, name)
		require.Equal(t, c.ja4, fingerprint, name)
	}
	long := strings.Repeat("ü", MaxUserAgent)
	agent, _ := ClientAsSent(AppendClient(nil, "", long, strings.Repeat("x", MaxJA4+1)), "")
	require.Equal(t, long[:MaxUserAgent], agent)
}

func FuzzClientAsSent(f *testing.F) {
	f.Add([]byte{7, 1, 1, 1, 'x', 0}, "label", "Label", "ja4")
	f.Fuzz(func(t *testing.T, packed []byte, label, agent, ja4 string) {
		if len(label) > MaxLabel {
			return
		}
		ClientAsSent(packed, label)
		client := AppendClient(nil, label, agent, ja4)
		require.LessOrEqual(t, len(client), maxClient)
		back, fingerprint := ClientAsSent(client, label)
		if len(agent) <= MaxUserAgent {
			require.Equal(t, agent, back)
		}
		if len(ja4) <= MaxJA4 {
			require.Equal(t, ja4, fingerprint)
		}
	})
}

// leadsOf are the leads of a fingerprint's profile.
func leadsOf(f *Fingerprint) Leads {
	p := profileOf(f)
	return p.Leads(func(stack uint64) string {
		for _, l := range p.Labels {
			if l.Attribute == attribute.Stack && l.Hash == stack {
				return l.Text
			}
		}
		return ""
	})
}

func idsOf(l Leads) (ids []string) {
	for _, e := range l.Exemplars {
		ids = append(ids, e.ID)
	}
	return ids
}

func TestTheNewestRequestsAreKeptWhereNoneCarriesTheTemplate(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(5) {
		f.Observe(request(1, n, origin+int64(n)*1000))
	}
	late := request(1, 9, origin+500)
	f.Observe(late)
	l := leadsOf(f)
	require.Equal(t, []string{requestID(1, 4), requestID(1, 3)}, idsOf(l), "newest first")
	require.False(t, l.Exemplars[0].Template)
	require.Equal(t, origin+4000, l.Exemplars[0].Time)
	require.NotEmpty(t, l.Exemplars[0].Shingles, "what it wrote once is shown of few prompts")
	require.Equal(t, "OpenAI-Python", l.UserAgent)
	require.Equal(t, "t13d1516h2_8daaf6152771_e5627efa2ab1", l.JA4)
}

func TestRequestsWithATextOfTheTemplateAreKept(t *testing.T) {
	f, _ := newTest(t)
	at := origin
	send := func(o func(account, n uint64, at int64) *Observation, n uint64) {
		at += millis(time.Minute)
		f.Observe(o(1, n, at))
	}
	harvest := func(account, n uint64, at int64) *Observation {
		return templated(account, 7, n, at)
	}
	other := func(account, n uint64, at int64) *Observation {
		return templated(account, 8, n, at)
	}
	for n := range uint64(10) {
		send(harvest, n)
	}
	for n := range uint64(3) {
		send(request, 100+n)
	}
	l := leadsOf(f)
	require.Equal(t, []string{
		requestID(1, 9), requestID(1, 8), requestID(1, 7), requestID(1, 6),
	}, idsOf(l), "the newest that carried it, though others came later")
	template := shingles(12, useTemplate, 7)
	for _, e := range l.Exemplars {
		require.True(t, e.Template)
		require.Subset(t, template, e.Shingles)
		require.Len(t, e.Shingles, exemplarMarks)
		require.Equal(t, hash(useTemplate, 7), e.Layout)
	}

	for n := range uint64(50) {
		send(other, 200+n)
	}
	l = leadsOf(f)
	require.Len(t, l.Exemplars, maxExemplars)
	of := map[uint64]int{}
	for _, e := range l.Exemplars {
		of[e.Layout]++
	}
	require.Equal(t, map[uint64]int{hash(useTemplate, 7): 2, hash(useTemplate, 8): 2}, of,
		"of two texts, examples of both stay")

	at += millis(f.opts.Horizon) - millis(30*time.Minute)
	send(request, 999)
	require.Equal(t, []string{requestID(1, 249), requestID(1, 248)}, idsOf(leadsOf(f)),
		"what is beyond the horizon goes")
	at += millis(time.Hour)
	send(request, 1000)
	require.Equal(t, []string{requestID(1, 1000)}, idsOf(leadsOf(f)))
}

func TestTheClientKeptIsTheCommonestOne(t *testing.T) {
	f, _ := newTest(t)
	for n := range uint64(9) {
		o := request(1, n, origin+int64(n)*1000)
		if n%3 == 2 {
			o.Values[attribute.Stack], o.Labels[attribute.Stack] = 77, "other/1"
			o.Client = AppendClient(nil, "other/1", "Other/1", "")
		}
		f.Observe(o)
	}
	require.Equal(t, "OpenAI-Python", leadsOf(f).UserAgent)
	for n := range uint64(9) {
		o := request(1, 10+n, origin+int64(10+n)*1000)
		o.Values[attribute.Stack], o.Labels[attribute.Stack] = 77, "other/1"
		o.Client = AppendClient(nil, "other/1", "Other/1", "")
		f.Observe(o)
	}
	l := leadsOf(f)
	require.Equal(t, "Other/1", l.UserAgent)
	require.EqualValues(t, 77, l.Stack)
	require.Empty(t, l.JA4)
}

func TestAMergeKeepsTheNewestLeadsOfBoth(t *testing.T) {
	a, opts := newTest(t)
	b := New(opts)
	for n := range uint64(10) {
		a.Observe(templated(1, 7, n, origin+int64(n)*2000))
		b.Observe(templated(1, 7, 100+n, origin+int64(n)*2000+1000))
	}
	require.NoError(t, a.Merge(b))
	require.Equal(t, []string{
		requestID(1, 109), requestID(1, 9), requestID(1, 108), requestID(1, 8),
	}, idsOf(leadsOf(a)))

	few := New(opts)
	few.Observe(request(1, 500, origin+1_000_000))
	require.NoError(t, few.Merge(a))
	require.Len(t, leadsOf(few).Exemplars, maxExemplars)
	require.True(t, leadsOf(few).Exemplars[0].Template, "those with the template count for more")
}
