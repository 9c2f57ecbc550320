package event

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// normal returns a copy of the event without the memory that empty slices keep, fit for comparison.
func normal(ev *Event) Event {
	c := *ev
	strs := func(v []string) []string { return append([]string(nil), v...) }
	c.Request.Tools, c.Response.FinishReasons = strs(ev.Request.Tools),
		strs(ev.Response.FinishReasons)
	c.Content.Input = append([]Message(nil), ev.Content.Input...)
	c.Content.ReasoningIn = strs(ev.Content.ReasoningIn)
	c.Content.ReasoningOut = strs(ev.Content.ReasoningOut)
	if ev.Sketch != nil {
		s := *ev.Sketch
		s.Shingles, s.System, s.Intents = strs(s.Shingles), strs(s.System),
			append([]Intent(nil), s.Intents...)
		c.Sketch = &s
	}
	return c
}

// FuzzDecode compares the decoder with encoding/json. Invariants:
//   - it never panics, and its errors are DecodeErrors with a known reason and an offset within the
//     data;
//   - what it accepts, encoding/json accepts, unless there are numbers in it that JSON does not
//     have; it is no longer than the limit, and all fields agree with those that the oracle finds
//     in encoding/json's tree, where no name is there twice;
//   - what encoding/json accepts, without names twice and within the limit, it accepts too, unless
//     the oracle also finds that it is no valid event; and then the reason is a semantic one;
//   - what it said about one record does not depend on the records before;
//   - it never writes to the record.
func FuzzDecode(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(agree)
}

// agree checks the invariants of FuzzDecode on one record.
func agree(t *testing.T, data []byte) {
	limits := Limits{MaxBytes: 1 << 16, MaxDepth: 24, MaxFields: 300}
	before := string(data)
	var ev Event
	d := NewDecoder(limits)
	err := d.Decode(data, &ev)
	require.Equal(t, before, string(data))

	value, parseErr := parseTree(data)
	within := len(data) <= limits.MaxBytes
	if err == nil {
		require.True(t, within)
		if parseErr != nil {
			require.Regexp(t, "NaN|Infinity", string(data))
		} else if !value.twice {
			want, oracleErr := oracleEvent(value)
			require.NoError(t, oracleErr)
			if got, want := normal(&ev), normal(want); !reflect.DeepEqual(want, got) {
				require.Equal(t, want, got)
			}
		}
	} else {
		var broken *DecodeError
		require.ErrorAs(t, err, &broken)
		require.True(t, slices.Contains(reasons(), broken.Reason), broken.Reason)
		require.LessOrEqual(t, broken.Offset, len(data))
		if parseErr == nil && within && !value.twice {
			require.NotContains(t, syntactic(), broken.Reason)
			_, oracleErr := oracleEvent(value)
			require.Error(t, oracleErr, "rejected for %v", broken)
		}
	}

	got := normal(&ev)
	text := strings.Clone(got.Content.System)
	var other Event
	_ = d.Decode([]byte(full), &other)
	again := d.Decode(data, &other)
	require.Equal(t, err, again)
	if err == nil {
		require.Equal(t, text, other.Content.System)
		var fresh Event
		require.NoError(t, NewDecoder(limits).Decode(data, &fresh))
		if got, want := normal(&other), normal(&fresh); !reflect.DeepEqual(want, got) {
			require.Equal(t, want, got)
		}
	}
}

func TestEveryFieldAgreesWithEncodingJSONForEveryKindOfValue(t *testing.T) {
	values := []string{
		`null`, `""`, `"-"`, `"\u002d"`, `true`, `false`, `"true"`, `"TRUE"`, `0`, `-0`, `-1`,
		`"7"`, `1.0`, `1.5`, `1e2`, `"1e2"`, `1E400`, `"1e400"`, `9223372036854775807`,
		`9223372036854775808`, `-9223372036854775808`, `"9223372036854775807"`, `4294967295`,
		`4294967296`, `1099511627777`, `200`, `"429"`, `999`, `1000`, `01`, `"01"`, `+1`, `"+1"`,
		`.5`, `1.`, `"0x10"`, `"1_0"`, `" 1"`, `NaN`, `"Infinity"`, `-`, `"a"`, `"a\nb"`,
		`"\ud800"`, `"` + "\xff" + `"`, `"` + "\x00" + `"`, `"\u0000"`, `"198.18.4.7"`,
		`"::ffff:1.2.3.4"`, `1793613600000`, `"1793613600000"`, `1793613600000.7`,
		`-62135596800000`, `"0001-01-01T00:00:00Z"`, `"2026-11-02T10:00:00+01:00"`,
		`"1999-12-31T23:59:59.999Z"`, `"2100-01-01T00:00:00Z"`, `"2026-13-01T00:00:00Z"`,
		`"2026-11-02T24:00:00Z"`, `"2026-11-02T10:00:60Z"`, `{}`, `{"a":1}`, `{"a":1,"a":2}`,
		`{"text":"x"}`, `[]`, `["a"]`, `["a",null,"-",1,""]`, `[1.5]`, `[[]]`, `[{}]`,
		`[{"text":"x"},"y",null]`, `[{"text":"x","text":"y"}]`,
		`[{"role":"r","content":[{"text":"x"},{"text":1}]}]`,
		`[{"role":1,"text":["x",{"text":"\n"}]}]`, `{`, `[`, `]`, `"`, ``,
	}
	// Each value of the documented example gives its place to each of these; what else is in the
	// event is the least.
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(full), &members))
	required := fmt.Sprintf(`{"id":%s,"time":%s,"account":%s,"request":%s}`,
		members["id"], members["time"], members["account"], members["request"])
	replace := func(text string, from int) {
		for start, end := range places(text) {
			for _, v := range values {
				if start >= from {
					agree(t, []byte(text[:start]+v+text[end:]))
				}
			}
		}
	}
	replace(required, 0)
	for name, value := range members {
		if !strings.Contains(required, `"`+name+`":`) {
			replace(with(fmt.Sprintf(`%q:%s`, name, value)), len(small))
		}
	}
}

// places finds where the values of a JSON text are: the key is the start, the value the end.
func places(text string) map[int]int {
	found := map[int]int{}
	for i := 1; i < len(text); i++ {
		if text[i-1] != ':' && text[i-1] != '[' && text[i-1] != ',' {
			continue
		}
		var v json.RawMessage
		dec := json.NewDecoder(strings.NewReader(text[i:]))
		if dec.Decode(&v) == nil {
			found[i] = i + int(dec.InputOffset())
		}
	}
	return found
}

func syntactic() []string {
	return []string{
		ReasonMalformed, ReasonDuplicateKey, ReasonTooDeep, ReasonTooLarge, ReasonTooManyFields,
	}
}

func reasons() []string {
	return append(
		syntactic(), ReasonMissingField, ReasonWrongType, ReasonOutOfRange, ReasonNoAccount,
		ReasonBadTime, ReasonBadValue,
	)
}

func TestADecodeErrorIsFoundByErrorsAs(t *testing.T) {
	err := NewDecoder(Limits{}).Decode([]byte(`{`), &Event{})
	var broken *DecodeError
	require.ErrorAs(t, err, &broken)
	require.EqualError(t, err, "event: malformed_json at byte 1")
}

// full is the example of the schema's documentation.
const full = `{"schema":"1","id":"req_01JD","time":"2026-11-02T10:00:00.123Z","tenant":"default",
 "source":{"gateway":"litellm","instance":"eu-1"},
 "account":{"id":"acct_9f31","org_id":"org_22","team_id":"t1","user_id":"u1","end_user_id":"e7","key_hash":"ab12","created_at":"2026-10-20T08:11:00Z",
            "plan":"pro","payment_fp":"cd34","payment_issuer":"ef56","email_domain":"example.org","verified":false,
            "contract":"gh78","purpose":"application"},
 "client":{"ip":"198.18.4.7","asn":64500,"as_org":"Example Net","country":"DE",
   "user_agent":"openai-python/1.99.1","ja4":"t13d1516h2_8daaf6152771_e5627efa2ab1","ja3":"","device_id":""},
 "request":{"operation":"chat","model":"m-large-2","session_id":"s1","stream":true,"temperature":1.0,"top_p":1.0,"n":1,"max_tokens":4096,"seed":7,
            "logprobs":false,"reasoning_effort":"high","response_format":"text","tools":["bash","edit"],"tool_choice":"auto","message_count":3},
 "usage":{"input_tokens":812,"output_tokens":1930,"reasoning_tokens":1100,"cache_read_tokens":0,"cache_write_tokens":0,"cost_usd":0.031},
 "response":{"http_status":200,"status":"ok","error_type":"","finish_reasons":["stop"],"latency_ms":8120,"ttft_ms":410},
 "content":{"system":"be kind","input":[{"role":"user","text":"one\ntwo"},{"role":"assistant","text":"..."},
   {"role":"user","text":"…"}],"output":"o","reasoning":"r"},
 "sketch":{"version":1,"exact":"0a","shingles":["01","02"],"system":["03"],"skeleton":"0b","intents":{"reasoning":1},"prefix":"0c","continuation":"0d","check":"0e","subject":"0f","workspace":"10","tokens":12,"relay":true},
 "labels":{"route":"r1"},"ext":{"a":[1,2.5e3,{"b":null}],"c":"\u00e9\ud83d\ude00"}}`

// small is the least that is an event; with adds members to it.
const small = `{"id":"r","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}}`

func with(members string) string { return small[:len(small)-1] + "," + members + "}" }

func seeds() []string {
	return []string{
		full, small,
		with(`"usage":{"input_tokens":"12","output_tokens":"-","cost_usd":"1e-3"}`),
		with(`"usage":{"input_tokens":9223372036854775808}`),
		with(`"usage":{"input_tokens":1e3,"output_tokens":12.0,"reasoning_tokens":1.5}`),
		with(`"content":{"system":[{"type":"text","text":"a"},"b",null,{"type":"image"}],"input":"hello"}`),
		with(`"content":{"input":[{"role":"user","content":[{"type":"text","text":"a\u0000"},{"text":"b"}]},"c",null]}`),
		with(`"content":{"system":"\ud800 \udc00\ud800 \ud83d\ude00 \ud83dx ` +
			"\xff\xc3\x28 \u2028" + `"}`),
		with(`"x":{"a":1,"\u0061":2}`),
		with(`"content":{"reasoning_in":["ErUBCkYIARgCIkAq0001","rs_0123456789abcdef","sig",null],` +
			`"reasoning_out":"` + strings.Repeat("gAAAAAé", 90) + `"}`),
		with(`"content":{"reasoning_in":[{"a":1},"rs_0123456789abcdef"],"reasoning_out":7}`),
		with(`"x":[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]`),
		with(`"response":{"status":"FAILURE","http_status":"429"}`),
		with(`"client":{"ip":"[::ffff:10.0.0.1]:80","asn":"64500"},"sketch":null,"usage":"-"`),
		`{"id":"r","time":"2026-02-29T10:00:00+02:00","client":{"ip":"10.0.0.1:99"},"request":{"model":"m"}}`,
		`{"id":"r","time":"2024-02-29 23:59:59.9999999-11:30","client":{"ip":"fe80::1%eth0"},"request":{"model":"m"}}`,
		`{"id":7,"time":"1793613600000.5","account":{"org_id":-12},"request":{"model":"m","tools":"t","stream":"true"}}`,
		` [] `, `{`, `{"a":01}`, `{"a":"\x"}`, `{"a":tru}`, "{\"a\":\"\x01\"}", `{"a":1,}`,
		`{"a":1}{}`, "\ufeff{}", ``, with(manyNames(60, "")), with(manyNames(60, `,"k07":1`)),
	}
}
