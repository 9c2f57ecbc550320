package review_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/review"
)

// good is a verdict that is right in everything.
func good() review.Verdict {
	return review.Verdict{
		ID: "v-1", Tenant: "acme", Action: review.Dismiss, Scope: review.Scope{Finding: "f-1"},
		Author: "kim", Reason: "a course", Time: 1_772_432_400_000,
	}
}

func record(t require.TestingT, v review.Verdict) []byte {
	b, err := v.MarshalJSON()
	require.NoError(t, err)
	return b
}

func reasonOf(t *testing.T, err error) string {
	t.Helper()
	fault, ok := errors.AsType[*review.InvalidError](err)
	require.True(t, ok, "%v is no InvalidError", err)
	return fault.Reason
}

func TestARecordIsReadAsDocumented(t *testing.T) {
	v, err := review.Parse([]byte(`{
		"schema": "1", "id": "soar-4711", "action": "allow", "scope": {"organisation": "org_5"},
		"author": "soar", "reason": "a contract", "time": 1772432400000, "expires": 1775024400000
	}`))
	require.NoError(t, err)
	require.Equal(t, review.Verdict{
		ID: "soar-4711", Tenant: "default", Action: review.Allow,
		Scope:  review.Scope{Organisation: "org_5"},
		Author: "soar", Reason: "a contract", Time: 1_772_432_400_000, Expires: 1_775_024_400_000,
	}, v)
	v, err = review.Parse([]byte(
		`{"schema":"1","id":"r","action":"revoke","revokes":"v-1","author":"a","reason":"b","time":1}`,
	))
	require.NoError(t, err)
	require.Equal(t, "v-1", v.Revokes)
}

func TestEveryFaultOfAVerdictHasItsReason(t *testing.T) {
	long := strings.Repeat("x", 3000)
	var many []string
	for i := range 10_001 {
		many = append(many, fmt.Sprint(i))
	}
	for _, tc := range []struct {
		name   string
		change func(v *review.Verdict)
		reason string
	}{
		{"no id", func(v *review.Verdict) { v.ID = "" }, review.ReasonIdentity},
		{"an id with a space", func(v *review.Verdict) { v.ID = "a b" }, review.ReasonIdentity},
		{"an id that is too long", func(v *review.Verdict) { v.ID = long }, review.ReasonIdentity},
		{"no tenant", func(v *review.Verdict) { v.Tenant = "" }, review.ReasonIdentity},
		{"no author", func(v *review.Verdict) { v.Author = "" }, review.ReasonIdentity},
		{"a long author", func(v *review.Verdict) { v.Author = long }, review.ReasonIdentity},
		{"no reason", func(v *review.Verdict) { v.Reason = "" }, review.ReasonIdentity},
		{"a long reason", func(v *review.Verdict) { v.Reason = long }, review.ReasonIdentity},
		{
			"a reason that colours the terminal",
			func(v *review.Verdict) { v.Reason = "\x1b[31m" }, review.ReasonIdentity,
		},
		{
			"a reason of two lines",
			func(v *review.Verdict) { v.Reason = "a\u2028b" }, review.ReasonIdentity,
		},
		{
			"an author written backwards",
			func(v *review.Verdict) { v.Author = "a\u202eb" }, review.ReasonIdentity,
		},
		{"no time", func(v *review.Verdict) { v.Time = 0 }, review.ReasonTime},
		{"a time in nanoseconds", func(v *review.Verdict) { v.Time = 1e18 }, review.ReasonTime},
		{"an end before the time", func(v *review.Verdict) { v.Expires = 1 }, review.ReasonTime},
		{"an end in nanoseconds", func(v *review.Verdict) { v.Expires = 1e18 }, review.ReasonTime},
		{"another action", func(v *review.Verdict) { v.Action = "mute" }, review.ReasonAction},
		{"no action", func(v *review.Verdict) { v.Action = "" }, review.ReasonAction},
		{"no scope", func(v *review.Verdict) { v.Scope = review.Scope{} }, review.ReasonScope},
		{
			"two scopes", func(v *review.Verdict) { v.Scope.Campaign = "c-1" }, review.ReasonScope,
		},
		{
			"a long name", func(v *review.Verdict) { v.Scope.Finding = long }, review.ReasonScope,
		},
		{
			"a long client",
			func(v *review.Verdict) { v.Scope = review.Scope{Client: long} }, review.ReasonScope,
		},
		{
			"too many accounts",
			func(v *review.Verdict) { v.Scope = review.Scope{Accounts: many} }, review.ReasonScope,
		},
		{
			"an account without a name",
			func(v *review.Verdict) { v.Scope = review.Scope{Accounts: []string{""}} },
			review.ReasonScope,
		},
		{
			"a phrase that is none",
			func(v *review.Verdict) { v.Scope = review.Scope{Template: []string{"0123"}} },
			review.ReasonScope,
		},
		{
			"a phrase that is no number",
			func(v *review.Verdict) { v.Scope = review.Scope{Template: []string{"0x0123456789abcd"}} },
			review.ReasonScope,
		},
		{
			"a dismissal that revokes", func(v *review.Verdict) { v.Revokes = "v-2" },
			review.ReasonScope,
		},
		{
			"a revoke without what it ends",
			func(v *review.Verdict) { v.Action, v.Scope = review.Revoke, review.Scope{} },
			review.ReasonScope,
		},
		{
			"a revoke with a scope",
			func(v *review.Verdict) { v.Action, v.Revokes = review.Revoke, "v-2" },
			review.ReasonScope,
		},
		{
			"a reopen of an organisation", func(v *review.Verdict) {
				v.Action, v.Scope = review.Reopen, review.Scope{Organisation: "o"}
			}, review.ReasonScope,
		},
		{
			"a reopen that expires", func(v *review.Verdict) {
				v.Action, v.Expires = review.Reopen, v.Time+1
			}, review.ReasonTime,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := good()
			require.NoError(t, v.Validate())
			tc.change(&v)
			err := v.Validate()
			require.Equal(t, tc.reason, reasonOf(t, err))
			require.NotContains(t, err.Error(), "\x1b")
			if v.Tenant == "" || tc.name == "a revoke with a scope" {
				return // A record without a tenant is the default's, and a revoke's has no scope.
			}
			_, err = review.Parse(record(t, v))
			require.Equal(t, tc.reason, reasonOf(t, err))
		})
	}
}

func TestARecordThatIsNoVerdictSaysWhyWithoutWhatStandsInIt(t *testing.T) {
	for _, tc := range []struct{ name, record, reason, detail string }{
		{"nothing", ``, review.ReasonFormat, "no JSON object"},
		{"null", `null`, review.ReasonFormat, `schema must be "1"`},
		{"a list", `[]`, review.ReasonFormat, "the record must not be this array"},
		{"half of a record", `{"schema":"1"`, review.ReasonFormat, "no JSON object"},
		{"no JSON", `{"schema":S3CRET}`, review.ReasonFormat, "no JSON at byte 11"},
		{"two records", `{"schema":"1"} {}`, review.ReasonFormat, "more than one JSON value"},
		{"another schema", `{"schema":"S3CRET"}`, review.ReasonFormat, `schema must be "1"`},
		{
			"a time that is a text", `{"schema":"1","time":"S3CRET"}`, review.ReasonFormat,
			"time must not be this string",
		},
		{
			"a time that is no whole number", `{"schema":"1","time":1234567.5}`,
			review.ReasonFormat, "time must not be this number",
		},
		{
			"an end that is misspelt", `{"schema":"1","expiry":1772432400000}`,
			review.ReasonFormat, `unknown field "expiry"`,
		},
		{
			"a field that is not the scope's", `{"schema":"1","scope":{"accountNumbers":"S3CRET"}}`,
			review.ReasonFormat, `unknown field "accountNumbers`,
		},
		{
			"a field with a long name", `{"a_field_with_S3CRET":1}`, review.ReasonFormat,
			`unknown field "a_field_with_S3`,
		},
		{"no UTF-8", "{\"schema\":\"\xff\"}", review.ReasonFormat, "no UTF-8"},
		{
			"too large", strings.Repeat(" ", review.MaxRecord+1), review.ReasonTooLarge,
			"a verdict has at most 1000000",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := review.Parse([]byte(tc.record))
			require.Equal(t, tc.reason, reasonOf(t, err))
			require.Contains(t, err.Error(), tc.detail)
			require.NotContains(t, err.Error(), "S3CRET")
			require.NotContains(t, err.Error(), "1234567")
			require.Contains(t, review.Reasons(), tc.reason)
		})
	}
}

func TestALongVerdictIsKeptWithAllItsEscapes(t *testing.T) {
	v := good()
	v.Scope = review.Scope{}
	for i := range 9000 {
		v.Scope.Accounts = append(v.Scope.Accounts, fmt.Sprintf("%s-%d", strings.Repeat("<", 90), i))
	}
	read, err := review.Parse(record(t, v))
	require.NoError(t, err)
	require.Equal(t, v, read)
	// Whoever keeps it may write "<" as six bytes.
	kept, err := json.Marshal(&review.Held{Verdict: v, Number: 1})
	require.NoError(t, err)
	require.Greater(t, len(kept), review.MaxRecord)
	var held review.Held
	require.NoError(t, json.Unmarshal(kept, &held))
	require.Equal(t, v, held.Verdict)
	e := review.Entry{Verdict: v, Number: 1, Event: review.Applied, Time: 1, Members: 3000}
	for i := range 3000 {
		e.Accounts = append(e.Accounts, fmt.Sprintf("%0100d", i))
	}
	out, err := e.Record()
	require.NoError(t, err)
	require.Less(t, len(out), review.MaxRecord+5000)
	require.Contains(t, string(out), `"accounts_cut":true`)
}

// texts are names and reasons that a verdict may have.
func texts(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("aZ09 .<>&\"\\/äß漢😀@:")), 1, 40, most).Draw(t, "text")
		return s
	})
}

func verdicts() *rapid.Generator[review.Verdict] {
	return rapid.Custom(func(t *rapid.T) review.Verdict {
		v := review.Verdict{
			ID:     rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`).Draw(t, "id"),
			Tenant: texts(256).Draw(t, "tenant"), Author: texts(256).Draw(t, "author"),
			Reason: texts(2000).Draw(t, "reason"),
			Time:   rapid.Int64Range(1, 4e12).Draw(t, "time"),
			Action: rapid.SampledFrom([]review.Action{
				review.Confirm, review.Dismiss, review.Allow, review.Reopen, review.Revoke,
			}).Draw(t, "action"),
		}
		kinds := 6
		switch v.Action {
		case review.Revoke:
			v.Revokes = rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`).Draw(t, "revokes")
			return v
		case review.Reopen:
			kinds = 2
		default:
			if rapid.Bool().Draw(t, "ends") {
				v.Expires = v.Time + rapid.Int64Range(1, 4e12).Draw(t, "lasts")
			}
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "scope") {
		case 0:
			v.Scope.Finding = texts(256).Draw(t, "finding")
		case 1:
			v.Scope.Campaign = texts(256).Draw(t, "campaign")
		case 2:
			v.Scope.Accounts = rapid.SliceOfN(texts(256), 1, 5).Draw(t, "accounts")
		case 3:
			v.Scope.Organisation = texts(256).Draw(t, "organisation")
		case 4:
			v.Scope.Client = texts(1024).Draw(t, "client")
		default:
			for _, h := range rapid.SliceOfN(rapid.Uint64(), 1, 16).Draw(t, "phrases") {
				v.Scope.Template = append(v.Scope.Template, review.Phrase(h))
			}
		}
		return v
	})
}

func TestAVerdictComesBackFromItsRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := verdicts().Draw(t, "verdict")
		require.NoError(t, v.Validate())
		read, err := review.Parse(record(t, v))
		require.NoError(t, err)
		require.Equal(t, v, read)
	})
}

func TestAnEntryComesBackFromItsRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := review.Entry{
			Verdict: verdicts().Draw(t, "verdict"), Number: rapid.IntRange(1, 1e6).Draw(t, "number"),
			Event: rapid.SampledFrom([]review.Event{
				review.Given, review.Unknown, review.Applied, review.Changed, review.Expired,
				review.Revoked,
			}).Draw(t, "event"),
			Time:   rapid.Int64Range(1, 4e12).Draw(t, "time"),
			Detail: texts(2000).Draw(t, "detail"),
		}
		if rapid.Bool().Draw(t, "about") {
			e.Finding, e.Campaign = texts(256).Draw(t, "finding"), texts(256).Draw(t, "campaign")
			e.Accounts = rapid.SliceOfN(texts(256), 1, 5).Draw(t, "accounts")
			e.Members = len(e.Accounts) + rapid.IntRange(0, 5).Draw(t, "more")
		}
		out, err := e.Record()
		require.NoError(t, err)
		require.NotContains(t, string(out), "\n")
		read, err := review.ParseEntry(out)
		require.NoError(t, err)
		require.Equal(t, e, read)
		require.Contains(t, string(e.Key()), e.Verdict.ID+":")
	})
}

func TestARecordThatIsNoEntryIsRefused(t *testing.T) {
	e := review.Entry{Verdict: good(), Number: 1, Event: review.Given, Time: 1}
	out, err := e.Record()
	require.NoError(t, err)
	for _, tc := range []struct{ name, old, new, want string }{
		{"another id", `"v-1:1"`, `"v-2:1"`, "id must be"},
		{"no number", `"v-1:1"`, `"v-1:"`, "id must be"},
		{"a number below 1", `"v-1:1"`, `"v-1:0"`, "id must be"},
		{"a number in another form", `"v-1:1"`, `"v-1:01"`, "id must be"},
		{"another schema", `"schema":"1","id":"v-1:1"`, `"schema":"2","id":"v-1:1"`, "schema"},
		{"no event", `"event":"given"`, `"event":""`, "no event"},
		{"a verdict that is none", `"dismiss"`, `"S3CRET"`, "its verdict: bad_action"},
		{"a verdict that is a text", `"verdict":{`, `"other":{`, "no verdict"},
		{
			"more accounts than members", `"event"`, `"accounts":["a"],"event"`, "more accounts",
		},
		{"a finding of two lines", `"event"`, `"finding":"a\nb","event"`, "is no text"},
		{"a time that is a text", `"time":1,`, `"time":"S3CRET",`, "time must not be"},
		{"no JSON", `"event"`, `S3CRET`, "no JSON"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			damaged := strings.Replace(string(out), tc.old, tc.new, 1)
			require.NotEqual(t, string(out), damaged)
			_, err := review.ParseEntry([]byte(damaged))
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "S3CRET")
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(record(f, good()))
	f.Add([]byte(`{"schema":"1","id":"r","action":"revoke","revokes":"v","author":"a","reason":"b","time":1}`))
	f.Add([]byte(`{"schema":"1","scope":{"accounts":[]},"time":1e5}`))
	f.Add([]byte(`{"schema":"1","\u202eabc":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := review.Parse(b)
		if err != nil {
			fault, ok := errors.AsType[*review.InvalidError](err)
			require.True(t, ok)
			require.Contains(t, review.Reasons(), fault.Reason)
			tellsNothing(t, err, b)
			return
		}
		require.NoError(t, v.Validate())
		again, err := review.Parse(record(t, v))
		require.NoError(t, err)
		require.Equal(t, v, again)
	})
}

func FuzzParseEntry(f *testing.F) {
	e := review.Entry{
		Verdict: good(), Number: 3, Event: review.Applied, Time: 5, Finding: "f", Campaign: "c",
		Members: 2, Accounts: []string{"a", "b"},
	}
	out, err := e.Record()
	require.NoError(f, err)
	f.Add(out)
	f.Add([]byte(`{"schema":"1","verdict":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := review.ParseEntry(b)
		if err != nil {
			tellsNothing(t, err, b)
			return
		}
		out, err := e.Record()
		require.NoError(t, err)
		again, err := review.ParseEntry(out)
		require.NoError(t, err)
		require.Equal(t, e, again)
	})
}

// tellsNothing checks that an error holds no value of the input: the texts and numbers of more than
// eight characters that stand behind a colon or in a list. Of an unknown field's name it may hold
// a part.
func tellsNothing(t *testing.T, err error, input []byte) {
	t.Helper()
	text := err.Error()
	require.Less(t, len(text), 200)
	var values func(v any)
	values = func(v any) {
		switch v := v.(type) {
		case string:
			// A value of small letters may be a word of the error's own.
			telling := strings.ContainsFunc(v, func(r rune) bool { return r >= 'A' && r <= 'Z' })
			require.False(t, len(v) > 8 && telling && strings.Contains(text, v),
				"%q holds a value", text)
		case json.Number:
			require.False(t, len(v) > 8 && strings.Contains(text, v.String()),
				"%q holds a number", text)
		case []any:
			for _, x := range v {
				values(x)
			}
		case map[string]any:
			for _, x := range v {
				values(x)
			}
		}
	}
	dec := json.NewDecoder(strings.NewReader(string(input)))
	dec.UseNumber()
	var doc any
	if dec.Decode(&doc) == nil {
		values(doc)
	}
}
