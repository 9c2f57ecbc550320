package event

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// manyNames makes an unknown object with n members, and tail after them.
func manyNames(n int, tail string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%02d":0`, i)
	}
	return `"x":{` + b.String()[1:] + tail + `}`
}

func decode(t *testing.T, text string) (*Event, error) {
	t.Helper()
	ev := &Event{}
	return ev, NewDecoder(DefaultLimits()).Decode([]byte(text), ev)
}

func TestTheDocumentedExampleIsDecodedWhole(t *testing.T) {
	ev, err := decode(t, full)
	require.NoError(t, err)
	require.Equal(t, Event{
		ID: "req_01JD", Time: 1793613600123, Tenant: "default",
		Source: Source{Gateway: "litellm", Instance: "eu-1"},
		Account: Account{
			ID: "acct_9f31", OrgID: "org_22", TeamID: "t1", UserID: "u1", EndUserID: "e7",
			KeyHash: "ab12", CreatedAt: 1792483860000, Plan: "pro", PaymentFP: "cd34",
			PaymentIssuer: "ef56", EmailDomain: "example.org", Verified: Bool{Known: true},
			Contract: "gh78", Purpose: "application",
		},
		Client: Client{
			IP: "198.18.4.7", ASN: Int{64500, true}, ASOrg: "Example Net", Country: "DE",
			UserAgent: "openai-python/1.99.1", JA4: "t13d1516h2_8daaf6152771_e5627efa2ab1",
		},
		Request: Request{
			Operation: "chat", Model: "m-large-2", SessionID: "s1", Stream: Bool{true, true},
			Temperature: Float{1, true}, TopP: Float{1, true}, N: Int{1, true},
			MaxTokens: Int{4096, true}, Seed: Int{7, true}, Logprobs: Bool{Known: true},
			ReasoningEffort: "high", ResponseFormat: "text", Tools: []string{"bash", "edit"},
			ToolChoice: "auto", MessageCount: Int{3, true},
		},
		Usage: Usage{
			Input: Int{812, true}, Output: Int{1930, true}, Reasoning: Int{1100, true},
			CacheRead: Int{0, true}, CacheWrite: Int{0, true}, CostUSD: Float{0.031, true},
		},
		Response: Response{
			HTTPStatus: Int{200, true}, Status: StatusOK, FinishReasons: []string{"stop"},
			LatencyMS: Float{8120, true}, TTFTMS: Float{410, true},
		},
		Content: Content{
			System: "be kind",
			Input:  []Message{{"user", "one\ntwo"}, {"assistant", "..."}, {"user", "…"}},
			Output: "o", Reasoning: "r",
		},
		Sketch: &Sketch{
			Version: 1, Check: "0e", Subject: "0f", Workspace: "10", Tokens: 12, Relay: true, Exact: "0a", Layout: "0b",
			Prefix: "0c", Continuing: "0d", Shingles: []string{"01", "02"}, System: []string{"03"},
			Intents: []Intent{{"reasoning", 1}},
		},
	}, *ev)
}

func TestAnEventIsRejectedWithItsReason(t *testing.T) {
	cases := map[string]struct{ in, reason, field string }{
		"an empty record":                   {``, ReasonMalformed, ""},
		"something else than an object":     {`[]`, ReasonWrongType, ""},
		"text after the event":              {small + `x`, ReasonMalformed, ""},
		"a truncated event":                 {small[:20], ReasonMalformed, "time"},
		"a name twice":                      {with(`"id":"q"`), ReasonDuplicateKey, "id"},
		"a name twice, once with an escape": {with(`"\u0069d":"q"`), ReasonDuplicateKey, "id"},
		"a name twice in a part that is read": {
			strings.Replace(small, `"id":"a"`, `"id":"a","plan":"p","plan":"q"`, 1),
			ReasonDuplicateKey, "account.plan",
		},
		"a name twice in a part with many": {
			strings.Replace(small, `{"id":"a"}`, manyNames(40, `,"k39":1`)[4:], 1),
			ReasonDuplicateKey, "account.k39",
		},
		"a name twice across the hash": {
			strings.Replace(small, `{"id":"a"}`, manyNames(40, `,"k00":1`)[4:], 1),
			ReasonDuplicateKey, "account.k00",
		},
		"a sketch that cannot be read": {
			with(`"sketch":{"version":"x"}`), ReasonWrongType, "sketch.version",
		},
		"an unknown name twice": {with(`"a secret":1,"a secret":2`), ReasonDuplicateKey, "*"},
		"no id":                 {strings.Replace(small, `"r"`, `""`, 1), ReasonMissingField, "id"},
		"no time": {
			strings.Replace(small, `1793613600000`, `"-"`, 1), ReasonMissingField, "time",
		},
		"no model": {strings.Replace(small, `"m"`, `null`, 1), ReasonMissingField, "request.model"},
		"nobody who asked": {
			strings.Replace(small, `{"id":"a"}`, `null`, 1), ReasonNoAccount, "account",
		},
		"an address that is none": {
			`{"id":"r","time":1793613600000,"client":{"ip":"unknown"},"request":{"model":"m"}}`,
			ReasonNoAccount, "account",
		},
		"a day that does not exist": {
			strings.Replace(small, `1793613600000`, `"2026-02-29T00:00:00Z"`, 1), ReasonBadTime,
			"time",
		},
		"an object where a name belongs": {with(`"tenant":{}`), ReasonWrongType, "tenant"},
		"an account with a NUL": {
			strings.Replace(small, `"a"`, `"a\u0000b"`, 1), ReasonBadValue, "account.id",
		},
		"an account that is too long": {
			strings.Replace(small, `"a"`, `"`+strings.Repeat("a", 257)+`"`, 1), ReasonBadValue,
			"account.id",
		},
		"a control character in a string": {with("\"x\":\"\x01\""), ReasonMalformed, "*"},
		"a broken escape":                 {with(`"tenant":"\x41"`), ReasonMalformed, "tenant"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := decode(t, c.in)
			var broken *DecodeError
			require.ErrorAs(t, err, &broken)
			require.Equal(t, c.reason, broken.Reason)
			require.Equal(t, c.field, broken.Field)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestWhatACallerChoseIsAbsentWhenItCannotBeReadAndTheEventCounts(t *testing.T) {
	deep := strings.Repeat("[", 300) + strings.Repeat("]", 300)
	for member, unread := range map[string]int64{
		`"usage":{"input_tokens":9223372036854775808}`:        1,
		`"usage":{"input_tokens":-1}`:                         1,
		`"usage":{"input_tokens":1.5}`:                        1,
		`"usage":{"cost_usd":1e999}`:                          1,
		`"usage":{"cost_usd":"NaN"}`:                          1,
		`"usage":{"cost_usd":NaN,"input_tokens":-Infinity}`:   2,
		`"usage":{"cost_usd":1,"cost_usd":2}`:                 1,
		`"client":{"ip":"192.0.2.1","ip":"192.0.2.2"}`:        1,
		`"response":{"status":"ok","status":"error"}`:         1,
		`"content":{"input":"a","input":"b"}`:                 1,
		`"usage":[]`:                                          1,
		`"response":{"http_status":"teapot"}`:                 1,
		`"content":{"input":[{"role":"user","role":"x"}]}`:    1,
		`"content":{"input":[{"role":{}}]}`:                   1,
		`"content":{"system":[{"text":"a","text":"b"}]}`:      1,
		`"ext":{"y":[{"z":1,"z":2}],"n":NaN,"m":[-Infinity]}`: 0,
		`"ext":` + deep:                                       0,
		manyNames(40, `,"k39":1`):                             0,
		manyNames(70000, ``):                                  0,
	} {
		d := NewDecoder(DefaultLimits())
		var ev Event
		require.NoError(t, d.Decode([]byte(with(member)), &ev), member[:10])
		require.Equal(t, "a", ev.Account.ID)
		require.Equal(t, Usage{}, ev.Usage, member[:10])
		require.False(t, ev.Content.Present() && ev.Content.Input[0].Text != "", member[:10])
		require.Equal(t, unread, d.Unread(), member[:10])
	}
	ev, err := decode(t, strings.Replace(small, `"model":"m"`, `"model":"m","model":"n"`, 1))
	require.NoError(t, err)
	require.Equal(t, UnknownModel, ev.Request.Model)
	for _, model := range []string{`{"a":1}`, `[]`, `1.5`, `NaN`, `true`} {
		ev, err := decode(t, strings.Replace(small, `"m"`, model, 1))
		require.NoError(t, err, model)
		require.Equal(t, UnknownModel, ev.Request.Model, model)
	}
}

func TestSystemAndDeveloperMessagesAreNoTurns(t *testing.T) {
	c := Content{
		Input: []Message{{"system", "s"}, {"user", "u"}, {"developer", "d"}, {"assistant", "a"}},
	}
	require.Equal(t, 2, c.Turns())
}

func TestLimitsAreReportedAsSuch(t *testing.T) {
	long := with(`"x":"` + strings.Repeat("y", 500) + `"`)
	for cut := 1; cut < len(long); cut++ {
		err := NewDecoder(Limits{MaxBytes: cut}).Decode([]byte(long), &Event{})
		var broken *DecodeError
		require.ErrorAs(t, err, &broken)
		require.Equal(t, ReasonTooLarge, broken.Reason, "cut at %d", cut)
	}
	require.NoError(t, NewDecoder(Limits{MaxBytes: len(long)}).Decode([]byte(long), &Event{}))

	s := NewScanner(Limits{MaxFields: 2})
	s.Reset([]byte(`{"a":1,"b":2,"c":3}`))
	for o := s.Object(); s.Next(&o); {
		s.Skip()
	}
	require.ErrorContains(t, s.Err(), ReasonTooManyFields)
}

func TestAbsentIsNotZero(t *testing.T) {
	ev, err := decode(t, with(
		`"tenant":"-","usage":{"input_tokens":0,"output_tokens":"","reasoning_tokens":null,"cache_read_tokens":"-"},`+
			`"request2":1,"source":null,"client":"-","sketch":"","content":null`,
	))
	require.NoError(t, err)
	require.Equal(t, Usage{Input: Int{0, true}}, ev.Usage)
	require.Empty(t, ev.Tenant)
	require.Nil(t, ev.Sketch)
	require.False(t, ev.Content.Present())
}

func TestNamesAreCaseSensitive(t *testing.T) {
	ev, err := decode(t, with(`"Tenant":"x","TENANT":"y"`))
	require.NoError(t, err)
	require.Empty(t, ev.Tenant)
}

func TestTimesAreReadInEveryForm(t *testing.T) {
	for in, want := range map[string]int64{
		`"2026-11-02T10:00:00.123Z"`:       1793613600123,
		`"2026-11-02T10:00:00.1239999Z"`:   1793613600123,
		`"2026-11-02T12:30:00.123+02:30"`:  1793613600123,
		`"2026-11-01T23:00:00.1-11:00"`:    1793613600100,
		`"2026-11-02 10:00:00z"`:           1793613600000,
		`1793613600123`:                    1793613600123,
		`1793613600123.9`:                  1793613600123,
		`1.793613600123e12`:                1793613600123,
		`"1793613600123"`:                  1793613600123,
		`"2024-02-29T00:00:00Z"`:           1709164800000,
		`"2000-01-01T00:00:00Z"`:           946684800000,
		`"2099-12-31T23:59:59.999999999Z"`: 4102444799999,
	} {
		ev, err := decode(t, strings.Replace(small, `1793613600000`, in, 1))
		require.NoError(t, err, in)
		require.Equal(t, want, ev.Time, in)
	}
	ev, err := decode(
		t, strings.Replace(small, `"id":"a"`, `"id":"a","created_at":"0001-01-01T00:00:00Z"`, 1),
	)
	require.NoError(t, err, "a zero time of Go is an absent one")
	require.Zero(t, ev.Account.CreatedAt)
}

func TestContentIsReadInEveryForm(t *testing.T) {
	for in, want := range map[string]Content{
		`{"input":"hello"}`: {
			Input: []Message{{"user", "hello"}},
		},
		`{"input":[{"role":"user","content":"-"}]}`:            {Input: []Message{{"user", "-"}}},
		`{"input":[{"role":"user","text":"t","content":"c"}]}`: {Input: []Message{{"user", "t"}}},
		`{"input":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url"}]}]}`: {
			Input: []Message{{"user", "a"}},
		},
		`{"input":[{"role":"user","content":[{"type":"text","text":"a"},"b\n",{"text":"\u00e9"}]}]}`: {
			Input: []Message{{"user", "a\nb\n\né"}},
		},
		`{"system":[{"type":"text","text":"s"}]}`: {System: "s"},
	} {
		ev, err := decode(t, with(`"content":`+in))
		require.NoError(t, err, in)
		require.Equal(t, want, ev.Content, in)
		require.True(t, ev.Content.Present())
	}
}

func TestInvalidTextBecomesTheReplacementCharacter(t *testing.T) {
	ev, err := decode(
		t, with(`"content":{"system":"a`+"\xff\xe2\x82"+`b\ud800c\udc00\ud83d\ude00\ud83d\u0041"}`),
	)
	require.NoError(t, err)
	require.Equal(t, "a\ufffd\ufffd\ufffdb\ufffdc\ufffd😀\ufffdA", ev.Content.System)
}

func TestTheStatusIsNormalised(t *testing.T) {
	for in, want := range map[string]string{
		`{}`: "", `{"status":"ok"}`: StatusOK, `{"status":"SUCCESS"}`: StatusOK,
		`{"status":"rate_limited"}`: StatusRateLimited, `{"status":"weird"}`: "",
		`{"status":"failure"}`:                   StatusError,
		`{"status":"failure","http_status":429}`: StatusRateLimited,
		`{"http_status":200}`:                    StatusOK, `{"http_status":"304"}`: StatusOK,
		`{"http_status":529}`: StatusRateLimited, `{"http_status":403}`: StatusBlocked,
		`{"http_status":500}`: StatusError, `{"status":"weird","http_status":400}`: StatusError,
		`{"status":"blocked","http_status":200}`: StatusBlocked,
	} {
		ev, err := decode(t, with(`"response":`+in))
		require.NoError(t, err, in)
		require.Equal(t, want, ev.Response.Status, in)
	}
}

func TestAddressesAreReadInEveryForm(t *testing.T) {
	for in, want := range map[string]string{
		"198.18.4.7": "198.18.4.7", "198.18.4.7:443": "198.18.4.7",
		"[2001:db8::1]:443": "2001:db8::1", "2001:db8::1": "2001:db8::1",
		"::ffff:198.18.4.7": "198.18.4.7", "fe80::1%eth0": "fe80::1",
		"[::ffff:1.2.3.4]:1": "1.2.3.4", "": "", "0.0.0.0": "", "::": "", "unknown": "",
		"1.2.3": "", "1.2.3.4, 5.6.7.8": "5.6.7.8", "1.2.3.4,": "", "[::1": "", "999.1.1.1": "",
	} {
		addr, ok := (&Client{IP: in}).Addr()
		require.Equal(t, want != "", ok, in)
		if ok {
			require.Equal(t, want, addr.String(), in)
		}
	}
}

func TestAPrefixEndsWhereTheEventEnds(t *testing.T) {
	d, ev := NewDecoder(DefaultLimits()), &Event{}
	n, err := d.DecodePrefix([]byte(small+"\n"+small), ev)
	require.NoError(t, err)
	require.Equal(t, len(small), n)
}

func TestDecodingAllocatesNothing(t *testing.T) {
	d, ev := NewDecoder(DefaultLimits()), &Event{}
	for name, in := range map[string]string{
		"everything": full, "the least": small, "many unknown names": with(manyNames(60, "")),
		"parts": with(
			`"content":{"input":[{"role":"user","content":[{"type":"text","text":"a\n"},{"text":"b"}]}]}`,
		),
	} {
		data := []byte(in)
		require.NoError(t, d.Decode(data, ev))
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if err := d.Decode(data, ev); err != nil {
				panic(err)
			}
		}), name)
	}
}
