package ingest

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

var update = flag.Bool("update", false, "write what the golden tests of ingest want anew")

func ingestKey(secret string) sketch.Options {
	opts := sketch.DefaultOptions()
	opts.Key = []byte(secret)
	return opts
}

func openIngest(t testing.TB, change func(*Options), secrets ...string) stage.Task {
	t.Helper()
	opts := DefaultOptions()
	if change != nil {
		change(&opts)
	}
	if len(secrets) == 0 {
		secrets = []string{"the secret of the tests"}
	}
	var keys []sketch.Options
	for _, s := range secrets {
		keys = append(keys, ingestKey(s))
	}
	s, err := New(opts, keys...)
	require.NoError(t, err)
	require.Equal(t, "ingest", s.Name())
	return stagetest.Open(t, s, 0)
}

// ingestAll runs values as a batch and returns the observations of what could be read, and the dead
// letters.
func ingestAll(
	t testing.TB, task stage.Task, values ...string,
) (seen []fingerprint.Observation, dead []stage.Out, counts map[string]int64) {
	t.Helper()
	var batch []stage.Record
	for i, v := range values {
		batch = append(batch, stage.Record{
			Topic: "gw", Partition: 3, Offset: int64(100 + i), Key: []byte("k"), Value: []byte(v),
		})
	}
	require.Empty(t, task.Needs(batch))
	res, err := task.Process(batch)
	require.NoError(t, err)
	require.Empty(t, res.Changes)
	for i := range batch {
		// Nothing that went out may depend on the records' memory.
		clear(batch[i].Value)
		clear(batch[i].Key)
	}
	for _, out := range res.Out {
		if out.To == stage.DeadLetters {
			dead = append(dead, out)
			continue
		}
		require.Equal(t, stage.Observations, out.To)
		var o fingerprint.Observation
		require.NoError(t, o.UnmarshalBinary(out.Value))
		require.Equal(t, o.Tenant+"\x00"+o.Account, string(out.Key))
		if !o.Unreadable {
			seen = append(seen, o)
		}
	}
	stagetest.RequireDeclared(t, new(ingester), res)
	maps.DeleteFunc(res.Counts, func(what stage.Count, _ int64) bool {
		return what.Counter == fieldsKnown
	})
	return seen, dead, stagetest.Counted(res.Counts)
}

func TestARepeatedEventHasOneIDAndAnotherWithItsIDHasNot(t *testing.T) {
	task := openIngest(t, nil)
	first, _, _ := ingestAll(t, task, ingestEvent("chosen", ""))
	again, _, _ := ingestAll(t, task, ingestEvent("chosen", `"usage":{"output_tokens":1}`))
	later, _, _ := ingestAll(
		t, task, strings.Replace(ingestEvent("chosen", ""), "1793613600000", "1793613600001", 1),
	)
	require.Equal(t, first[0].ID, again[0].ID)
	require.NotEqual(t, first[0].ID, later[0].ID,
		"clients may choose the id, and must not be able to be counted once")
}

func TestABodyThatIsNotReadIsCounted(t *testing.T) {
	task := openIngest(t, func(o *Options) {
		for _, m := range configs.Mappings() {
			o.Gateway.Builtin = append(o.Gateway.Builtin, gateway.MappingFile(m))
		}
	})
	seen, dead, counts := ingestAll(t, task, `{"started_at":1793613600123,"tries":[],"request":{"id":"k"},"latencies":{"request":1},"consumer":{"id":"c"},`+
		`"ai":{"proxy":{"meta":{"request_model":"m"},"payload":{"request":"{\"n\":1,\"n\":2}"}}}}`)
	require.Len(t, seen, 1)
	require.Empty(t, dead)
	require.EqualValues(t, 1, counts["unread_body"])
}

func TestTheFieldsThatDetectorsNeedAreCounted(t *testing.T) {
	batch := []stage.Record{
		{Value: []byte(ingestEvent(
			"a",
			`"client":{"ip":"198.18.4.7"},"usage":{"output_tokens":0},"response":{"latency_ms":5}`,
		))},
		{Value: []byte(ingestEvent("b", `"client":{"ip":"198.18.4.7"},"sketch":{"version":1}`))},
		{Value: []byte("{}")},
	}
	task := openIngest(t, func(*Options) {}, "0123456789abcdef")
	res, err := task.Process(batch)
	require.NoError(t, err)
	require.EqualValues(t, 2, stagetest.Counted(res.Counts)["event_fields_total:client.ip"],
		"%v", res.Counts)
	require.EqualValues(t, 1,
		stagetest.Counted(res.Counts)["event_fields_total:usage.output_tokens"],
		"zero is known")
	require.EqualValues(t, 1, stagetest.Counted(res.Counts)["event_fields_total:sketch"])
	require.NotContains(t, stagetest.Counted(res.Counts), "event_fields_total:client.ja4")
	require.NotContains(t, stagetest.Counted(res.Counts), "event_fields_total:account.plan",
		"no detector needs it")
}

func ingestEvent(id, members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"id":"` + id + `","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}` +
		members + `}`
}

func TestObservationsEqualTheirGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			require.Len(t, archive.Files, 2, "a record and what is wanted")
			seen, dead, counts := ingestAll(t, openIngest(t, nil), string(archive.Files[0].Data))
			var b strings.Builder
			for _, o := range seen {
				dumpObservation(&b, &o)
			}
			for _, out := range dead {
				for _, h := range out.Headers {
					fmt.Fprintf(&b, "%s: %s\n", h.Key, h.Value)
				}
			}
			fmt.Fprintln(&b, counts)
			if *update {
				archive.Files[1].Data = []byte(b.String())
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o600))
			}
			require.Equal(t, string(archive.Files[1].Data), b.String())
		})
	}
}

// dumpObservation lists what is known, one on a line, but for the sketch, which is tested where it
// is made.
func dumpObservation(b *strings.Builder, o *fingerprint.Observation) {
	fmt.Fprintf(b, "# partition %016x, offset %d, item %d\n",
		o.Position.Partition, o.Position.Offset, o.Position.Index)
	v := reflect.ValueOf(*o)
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		switch name {
		case "Position", "Values", "Labels", "Sketch":
		case "RequestID":
			if id := fingerprint.RequestID(o.RequestID); id != "" {
				fmt.Fprintf(b, "RequestID = %q\n", id)
			}
		case "Client":
			agent, ja4 := fingerprint.ClientAsSent(o.Client, o.Labels[attribute.Stack])
			if agent+ja4 != "" {
				fmt.Fprintf(b, "Client = %q %q\n", agent, ja4)
			}
		default:
			if !field.IsZero() {
				fmt.Fprintf(b, "%s = %v\n", name, field.Interface())
			}
		}
	}
	for a, hash := range o.Values {
		if hash != 0 {
			fmt.Fprintf(b, "%s = %016x %q\n", attribute.Attribute(a), hash, o.Labels[a])
		}
	}
}

func TestAnObservationHasWhatAnAnalystLooksFor(t *testing.T) {
	long := strings.Repeat("x", fingerprint.MaxRequestID+1)
	for id, want := range map[string]string{
		"req_01":              "req_01",
		long:                  "",
		"derived:00112233445": "",
	} {
		seen, _, _ := ingestAll(t, openIngest(t, nil), ingestEvent(id,
			`"client":{"user_agent":"  OpenAI/Python 1.99.1 \u0007","ja4":"t13d1516h2_8daaf6152771_e5627efa2ab1"}`,
		))
		require.Len(t, seen, 1)
		require.Equal(t, want, fingerprint.RequestID(seen[0].RequestID))
		agent, ja4 := fingerprint.ClientAsSent(seen[0].Client, seen[0].Labels[attribute.Stack])
		require.Equal(t, "  OpenAI/Python 1.99.1 \a", agent, "as it was sent")
		require.Equal(t, "t13d1516h2_8daaf6152771_e5627efa2ab1", ja4)
	}
	seen, _, _ := ingestAll(t, openIngest(t, nil), ingestEvent("a",
		`"client":{"user_agent":"unknown","ja4":"-"}`))
	require.Empty(t, seen[0].Client, "words for nothing are none")
}

func TestABadItemDoesNotTakeTheOthersWithIt(t *testing.T) {
	a, b, bad := ingestEvent("a", ""), ingestEvent("b", ""), `{"id":"x","id":"a secret"}`
	for name, record := range map[string]string{
		"array": "[" + a + "," + bad + "," + b + ",7]",
		"lines": a + "\n" + bad + "\n" + b + "\n" + `{"id":` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			seen, dead, counts := ingestAll(t, openIngest(t, nil), record, a)
			require.Len(t, seen, 3)
			require.Equal(t, int32(0), seen[0].Position.Index)
			require.Equal(t, int32(2), seen[1].Position.Index)
			require.Equal(t, int64(101), seen[2].Position.Offset)
			require.Equal(t, seen[0].Position.Partition, seen[2].Position.Partition)
			require.Equal(t, map[string]int64{"ok": 3, "dead_letter:duplicate_key": 1}, counts)

			require.Len(t, dead, 1)
			require.Equal(t, record, string(dead[0].Value), "the record comes whole")
			require.Equal(t, "k", string(dead[0].Key))
			for key, want := range map[string]string{
				"stillwatch-reason": event.ReasonDuplicateKey, "stillwatch-topic": "gw",
				"stillwatch-partition": "3", "stillwatch-offset": "100", "stillwatch-item": "1",
				"stillwatch-bad-items": "2",
			} {
				require.Equal(t, want, stagetest.Header(dead[0], key), key)
			}
			require.Contains(t, stagetest.Header(dead[0], "stillwatch-detail"),
				"duplicate_key in id")
			require.NotContains(t, stagetest.Header(dead[0], "stillwatch-detail"), "secret")
		})
	}
}

func TestWhatIsLeftOutIsCounted(t *testing.T) {
	internal := `{"id":"r5","call_type":"acompletion","startTime":1793613600,"model":"m",` +
		`"metadata":{"user_api_key_hash":"h","internal_call_origin":"shadow_eval_judge"}}`
	seen, dead, counts := ingestAll(
		t, openIngest(t, nil), "", " \n", "[]", internal, ingestEvent("a", ""),
	)
	require.Len(t, seen, 1)
	require.Empty(t, dead)
	require.Equal(
		t, map[string]int64{"ok": 1, "skipped:empty": 3, "skipped:internal_call": 1}, counts,
	)
}

func TestARecordThatIsTooLargeIsNotRead(t *testing.T) {
	task := openIngest(t, func(o *Options) { o.MaxRecordBytes = 100 })
	seen, dead, counts := ingestAll(
		t, task, ingestEvent("a", `"x":"`+strings.Repeat("y", 100)+`"`), ingestEvent("b", ""),
	)
	require.Len(t, seen, 1)
	require.Len(t, dead, 1)
	require.Equal(t, event.ReasonTooLarge, stagetest.Header(dead[0], "stillwatch-reason"))
	require.Equal(t, map[string]int64{"ok": 1, "dead_letter:too_large": 1}, counts)
}

func TestAnEventAheadOfItsRecordIsADeadLetter(t *testing.T) {
	const day = 24 * 3_600_000
	at := int64(1_793_613_600_000) // the time of ingestEvent
	late := strings.Replace(ingestEvent("late", ""), "1793613600000", "1793613599000", 1)
	for name, c := range map[string]struct {
		limit time.Duration
		time  int64
		ok    int64
	}{
		"from the past":           {24 * time.Hour, at + 90*day, 2},
		"ahead within the limit":  {24 * time.Hour, at - day, 2},
		"ahead beyond it":         {24 * time.Hour, at - day - 1, 1},
		"far ahead":               {24 * time.Hour, 1, 0},
		"no timestamp":            {24 * time.Hour, 0, 2},
		"switched off":            {0, 1, 2},
		"another limit":           {time.Minute, at - 61_000, 1},
		"another limit, not over": {time.Minute, at - 60_000, 2},
	} {
		t.Run(name, func(t *testing.T) {
			task := openIngest(t, func(o *Options) { o.MaxAhead = c.limit })
			res, err := task.Process([]stage.Record{{
				Topic: "gw", Time: c.time,
				Value: []byte("[" + ingestEvent("a", "") + "," + late + "]"),
			}})
			require.NoError(t, err)
			require.Equal(t, c.ok, stagetest.Counted(res.Counts)["ok"],
				"the others of the record go on")
			if c.ok == 2 {
				require.Len(t, res.Out, 2)
				return
			}
			letter := res.Out[len(res.Out)-1]
			require.Equal(t, stage.DeadLetters, letter.To)
			require.Equal(t, "from_the_future", stagetest.Header(letter, "stillwatch-reason"))
			require.Regexp(
				t, `^time is [0-9hms.]+ ahead of the record's timestamp$`,
				stagetest.Header(letter, "stillwatch-detail"),
			)
			require.EqualValues(t, 1, stagetest.Counted(res.Counts)["dead_letter:from_the_future"])
		})
	}
}

func TestNoTextLeavesIngest(t *testing.T) {
	words := []string{"correspondence", "Zanzibar", "eucalyptus", "parliament", "quicksilver"}
	record := ingestEvent(
		"req_id_1",
		`"tenant":"acme","content":{"system":"You write correspondence in Zanzibar about eucalyptus trees, at least eight words.",`+
			`"input":[{"role":"user","text":"Tell the parliament about quicksilver and whatever else comes to mind today, please."}],"output":"quicksilver",`+
			`"reasoning_in":["EqoBCkgIARABGAIiQL2UoU0b1OHYi0001=="],"reasoning_out":["rs_045fb12aa0dfc2ea0069"]}`,
	)
	record = strings.Replace(
		record, `{"id":"a"}`,
		`{"id":"a","end_user_id":"end-user-7","payment_fp":"pay-fp-1","payment_issuer":"issuer-1"}`,
		1,
	)
	record = strings.Replace(record, `"model":"m"`, `"model":"m","session_id":"session-9"`, 1)
	record = strings.Replace(
		record, `"tenant"`, `"client":{"ip":"198.18.4.77","device_id":"device-5"},"tenant"`, 1,
	)
	task := openIngest(t, nil)
	res, err := task.Process([]stage.Record{{Topic: "gw", Value: []byte(record)}})
	require.NoError(t, err)
	require.Len(t, res.Out, 1)
	var o fingerprint.Observation
	require.NoError(t, o.UnmarshalBinary(res.Out[0].Value))
	require.True(t, o.HasText)
	require.NotEmpty(t, o.Sketch.Turn)
	require.Len(t, o.Presented, 1)
	require.Len(t, o.Minted, 1)
	for _, w := range append(
		words, "198.18.4.77", "device-5", "session-9", "end-user-7", "pay-fp-1",
		"issuer-1", "req_id_1", "EqoBCkgIARABGAIiQL2U", "045fb12aa0dfc2ea",
	) {
		require.False(
			t, bytes.Contains(bytes.ToLower(res.Out[0].Value), []byte(strings.ToLower(w))), w,
		)
		require.NotContains(t, string(res.Out[0].Key), w)
		require.Empty(t, res.Out[0].Headers)
	}
}

const ingestIdentity = `"client":{"ip":"198.18.4.7","asn":64500,"user_agent":"x/1","device_id":"d"},"usage":{"input_tokens":3}`

func TestNothingComparesAcrossTenantsAttributesOrSecrets(t *testing.T) {
	record := func(tenant, value string) string {
		return `{"id":"` + value + `","time":1793613600000,"tenant":"` + tenant +
			`","account":{"id":"a","end_user_id":"` + value + `","payment_fp":"` + value +
			`","payment_issuer":"` + value + `","contract":"` + value +
			`","purpose":"research","email_domain":"` + value +
			`"},"request":{"model":"` + value + `","session_id":"` + value +
			`","tools":["` + value +
			`"],"temperature":1,"seed":7},"content":{"reasoning_in":["` + strings.Repeat(value, 20) +
			`"],"reasoning_out":["` + strings.Repeat(value, 30) + `"]},` + ingestIdentity + `}`
	}
	hashes := map[uint64]string{}
	note := func(who string, o *fingerprint.Observation) {
		all := append([]uint64{o.ID, o.Source, o.EndUser}, o.Values[:]...)
		all = append(append(all, o.Minted...), o.Presented...)
		for i, h := range all {
			require.NotZero(t, h, "%s %d", who, i)
			require.NotContains(t, hashes, h, "%s %d", who, i)
			hashes[h] = who
		}
	}
	seen, _, _ := ingestAll(
		t, openIngest(t, nil), record("t1", "v"), record("t2", "v"), record("", "v"),
		record("t1", "v"), record("default", "v"),
	)
	note("t1", &seen[0])
	note("t2", &seen[1])
	note("default", &seen[2])
	require.Equal(t, seen[0].Values, seen[3].Values, "but equal values of one tenant are equal")
	require.Equal(t, seen[2].Values, seen[4].Values, "and no tenant is the default one")
	other, _, _ := ingestAll(
		t, openIngest(t, nil, "another secret of the tests"), record("t1", "v"),
	)
	note("another secret", &other[0])
}

func TestReasoningIsTheSameBlockInWhicheverAlphabetItsIDIsWritten(t *testing.T) {
	observe := func(in, out string) fingerprint.Observation {
		seen, dead, _ := ingestAll(t, openIngest(t, nil), ingestEvent(
			"r", `"content":{"reasoning_in":[`+in+`],"reasoning_out":[`+out+`]}`,
		))
		require.Empty(t, dead)
		require.False(t, seen[0].HasText, "an id is no text")
		return seen[0]
	}
	standard := observe(`"EqoB+kgI/RABGAIiQL2UoU0b1OHYi0001=="`, `"rs_045fb12aa0dfc2ea0069"`)
	require.Len(t, standard.Presented, 1)
	require.Len(t, standard.Minted, 1)
	require.NotEqual(t, standard.Presented, standard.Minted)
	urls := observe(
		`"EqoB-kgI_RABGAIiQL2UoU0b1OHYi0001"`, `"EqoB+kgI/RABGAIiQL2UoU0b1OHYi0001=="`,
	)
	require.Equal(t, standard.Presented, urls.Presented)
	require.Equal(t, urls.Presented, urls.Minted, "given and presented, a block has one hash")

	none := observe(`"sig",null,"a text that is no id"`, ``)
	require.Empty(t, none.Presented)
	require.Empty(t, none.Minted)
}

func TestPlaceholdersAreUnknown(t *testing.T) {
	for _, nothing := range []string{
		"", "-", "0", "00000000-0000-0000-0000-000000000000", "unknown", "NULL", "None",
		"undefined", "n/a",
	} {
		record := strings.Replace(
			ingestEvent("r", `"client":{"device_id":"`+nothing+`","user_agent":"`+nothing+`"}`),
			`"id":"a"`, `"id":"a","payment_fp":"`+nothing+`","end_user_id":"`+nothing+`"`, 1,
		)
		seen, _, _ := ingestAll(t, openIngest(t, nil), record)
		require.Len(t, seen, 1)
		require.Zero(t, seen[0].Values[attribute.Device], nothing)
		require.Zero(t, seen[0].Values[attribute.Payment], nothing)
		require.Zero(t, seen[0].Values[attribute.Stack], nothing)
		require.Zero(t, seen[0].EndUser, nothing)
	}
}

func TestAttributesAgreeWhereTheSoftwareDoes(t *testing.T) {
	observe := func(members string) *fingerprint.Observation {
		seen, dead, _ := ingestAll(t, openIngest(t, nil), ingestEvent("r", members))
		require.Empty(t, dead)
		return &seen[0]
	}
	same := func(of attribute.Attribute, want bool, a, b string) {
		t.Helper()
		x, y := observe(a), observe(b)
		require.Equal(t, want, x.Values[of] == y.Values[of],
			"%q and %q", x.Labels[of], y.Labels[of])
	}
	same(
		attribute.Stack, true, `"client":{"user_agent":"OpenAI/Python  1.99.1 "}`,
		`"client":{"user_agent":"openai/python 1.99.1"}`,
	)
	same(
		attribute.Stack, false, `"client":{"user_agent":"openai/python 1.99.1"}`,
		`"client":{"user_agent":"openai/python 1.99.2"}`,
	)
	same(
		attribute.Stack, false, `"client":{"user_agent":"x/1","ja4":"t13d1"}`,
		`"client":{"user_agent":"x/1"}`,
	)
	same(
		attribute.Stack, true, `"client":{"user_agent":"x/1 (7f3a9b127f3a9b12)"}`,
		`"client":{"user_agent":"x/1 (7c9e6679-7425-40de-944b-e07fc1f90ae7)"}`,
	)
	same(
		attribute.Network, true, `"client":{"ip":"198.18.4.7"}`,
		`"client":{"ip":"[::ffff:198.18.4.9]:443"}`,
	)
	same(attribute.Network, false, `"client":{"ip":"198.18.4.7"}`, `"client":{"ip":"198.18.5.7"}`)
	same(
		attribute.Network, true, `"client":{"ip":"2001:db8:1:2::3"}`,
		`"client":{"ip":"2001:db8:1:4::5"}`,
	)
	same(
		attribute.Network, false, `"client":{"ip":"2001:db8:1::"}`,
		`"client":{"ip":"2001:db8:2::"}`,
	)

	bare := observe("")
	require.Zero(t, bare.Values[attribute.Params])
	require.Zero(t, bare.Values[attribute.Tools])
	require.Zero(t, bare.Values[attribute.Network])
}

func TestUnknownParametersDifferFromZero(t *testing.T) {
	params := func(members string) (uint64, string) {
		record := strings.Replace(ingestEvent("r", ""), `"model":"m"`, `"model":"m"`+members, 1)
		seen, _, _ := ingestAll(t, openIngest(t, nil), record)
		return seen[0].Values[attribute.Params], seen[0].Labels[attribute.Params]
	}
	one, label := params(`,"temperature":1`)
	zero, _ := params(`,"temperature":1,"top_p":0`)
	same, _ := params(`,"temperature":"1.0"`)
	require.NotEqual(t, one, zero)
	require.Equal(t, one, same)
	require.Equal(t, "temperature=1 top_p=? n=? max=? stream=? effort=? format=?", label)
}

func TestLabelsAreShortAndPrintable(t *testing.T) {
	seen, _, _ := ingestAll(
		t, openIngest(t, nil),
		ingestEvent("r", `"client":{"user_agent":"evil\u001b[31m\n`+strings.Repeat("é", 100)+`"}`),
	)
	label := seen[0].Labels[attribute.Stack]
	require.LessOrEqual(t, len(label), fingerprint.MaxLabel)
	require.True(t, strings.HasPrefix(label, "evil [31m éé"), label)
	require.True(t, strings.HasSuffix(label, "é…"), label)
}

func TestTheConfiguredFieldNamesTheAccount(t *testing.T) {
	record := `{"id":"r","time":1793613600000,"account":{"org_id":"o","key_hash":"k","end_user_id":"e\nf"},` +
		`"client":{"ip":"::ffff:198.18.4.7"},"request":{"model":"m"}}`
	for fields, want := range map[string]string{
		"account.id,account.key_hash": "k", "account.org_id,account.key_hash": "o",
		"client.ip": "198.18.4.7",
	} {
		seen, _, _ := ingestAll(
			t, openIngest(t, func(o *Options) { o.AccountFields = strings.Split(fields, ",") }),
			record,
		)
		require.Equal(t, want, seen[0].Account)
	}
	seen, _, _ := ingestAll(
		t, openIngest(t, func(o *Options) { o.AccountFields = []string{"account.end_user_id"} }),
		record,
	)
	require.Regexp(t, "^hash:[0-9a-f]+$", seen[0].Account,
		"what cannot be part of a key is named by its hash")

	_, dead, _ := ingestAll(
		t, openIngest(t, func(o *Options) { o.AccountFields = []string{"account.team_id"} }),
		record,
	)
	require.Equal(t, event.ReasonNoAccount, stagetest.Header(dead[0], "stillwatch-reason"))
}

func TestRefusalsAreRecognised(t *testing.T) {
	for members, want := range map[string]bool{
		`{}`: false, `{"status":"ok"}`: false, `{"status":"blocked"}`: true,
		`{"http_status":403}`: true, `{"http_status":429}`: false,
		`{"finish_reasons":["stop","content_filter"]}`: true,
		`{"finish_reasons":["REFUSAL"]}`:               true, `{"finish_reasons":["SAFETY"]}`: true,
		`{"finish_reasons":["length"]}`:                                 false,
		`{"status":"error","error_type":"ContentPolicyViolationError"}`: true,
		`{"error_type":"Timeout"}`:                                      false,
	} {
		seen, _, _ := ingestAll(t, openIngest(t, nil), ingestEvent("r", `"response":`+members))
		require.Equal(t, want, seen[0].Refused, members)
	}
}

func TestAnswersThatEndAtALimitAreRecognised(t *testing.T) {
	for members, want := range map[string]bool{
		`{}`: false, `{"finish_reasons":["stop"]}`: false, `{"finish_reasons":["length"]}`: true,
		`{"finish_reasons":["stop","MAX_TOKENS"]}`: true,
		`{"finish_reasons":["max_output_tokens"]}`: true, `{"finish_reasons":["end_turn"]}`: false,
	} {
		seen, _, _ := ingestAll(t, openIngest(t, nil), ingestEvent("r", `"response":`+members))
		require.Equal(t, want, seen[0].Truncated, members)
	}
}

func TestUnknownCountsAreMinusOne(t *testing.T) {
	seen, _, _ := ingestAll(
		t, openIngest(t, nil), ingestEvent("r", ""),
		ingestEvent("r", `"usage":{"input_tokens":0},"content":{"input":["a","b"]}`),
	)
	require.Equal(t, []int64{-1, -1, -1, -1}, []int64{
		seen[0].InputTokens, seen[0].OutputTokens, seen[0].ReasoningTokens, int64(seen[0].Messages),
	})
	require.False(t, seen[0].HasText)
	require.Equal(t, []int64{0, -1, -1, 2}, []int64{
		seen[1].InputTokens, seen[1].OutputTokens, seen[1].ReasoningTokens, int64(seen[1].Messages),
	})
}

func TestAGatewaysOwnSketchIsTaken(t *testing.T) {
	wire := `"sketch":{"version":1,"exact":"00000000000000aa","shingles":["0000000000000002","0000000000000001"],"intents":{"rubric":1}}`
	seen, dead, counts := ingestAll(t, openIngest(t, nil), ingestEvent("r", wire))
	require.Empty(t, dead)
	require.EqualValues(t, 1, counts["unchecked_sketch"])
	require.True(t, seen[0].HasText)
	require.Equal(t, uint64(0xaa), seen[0].Sketch.Exact)
	require.Equal(t, []uint64{1, 2}, seen[0].Sketch.Turn)
	require.Equal(t, sketch.Rubric, seen[0].Sketch.Intents)

	seen, dead, _ = ingestAll(
		t, openIngest(t, nil),
		ingestEvent("r", strings.Replace(wire, `"version":1`, `"version":9`, 1)),
	)
	require.Empty(t, seen)
	require.Equal(t, reasonBadSketch, stagetest.Header(dead[0], "stillwatch-reason"))
}

func TestASketchOfAnotherSecretIsADeadLetterUnlessARotationLasts(t *testing.T) {
	before, after := "the old secret of the tests", "the new secret of the tests"
	encoder, err := sketch.NewEncoder(ingestKey(before))
	require.NoError(t, err)
	object := encoder.Sketch(&sketch.Content{Input: []sketch.Message{{
		Role: "user",
		Text: "write a short story about a lighthouse keeper who collects old maps and letters",
	}}})
	record := ingestEvent("r", `"sketch":`+string(object))
	seen, dead, _ := ingestAll(t, openIngest(t, nil, after), record)
	require.Empty(t, seen)
	require.Equal(t, reasonOtherKey, stagetest.Header(dead[0], "stillwatch-reason"))
	require.Contains(t, stagetest.Header(dead[0], "stillwatch-detail"),
		"give the gateway the secret and the sketch options")
	seen, dead, counts := ingestAll(t, openIngest(t, nil, after, before), record)
	require.Empty(t, dead)
	require.NotContains(t, counts, "unchecked_sketch")
	text := ingestEvent(
		"r",
		`"content":{"input":["write a short story about a lighthouse keeper who collects old maps and letters"]}`,
	)
	fromText, _, _ := ingestAll(t, openIngest(t, nil, before), text)
	want := fromText[0].Sketch
	require.True(t, want.HasSubject())
	// Subjects of two secrets can't be compared.
	want.Subject = [sketch.SubjectSize]int8{}
	require.Equal(t, want, seen[0].Sketch)
}

func TestDuringARotationShinglesAreMadeUnderBothSecrets(t *testing.T) {
	record := ingestEvent(
		"r",
		`"content":{"input":["write a short story about a lighthouse keeper who collects old maps and letters, then name the three ships that he saw in the storm of his first winter and say where each of them was bound"]}`,
	)
	before, after := "the old secret of the tests", "the new secret of the tests"
	old, _, _ := ingestAll(t, openIngest(t, nil, before), record)
	fresh, _, _ := ingestAll(t, openIngest(t, nil, after), record)
	both, _, _ := ingestAll(t, openIngest(t, nil, after, before), record)
	require.NotEmpty(t, old[0].Sketch.Turn)
	require.Subset(t, both[0].Sketch.Turn, old[0].Sketch.Turn)
	require.Subset(t, both[0].Sketch.Turn, fresh[0].Sketch.Turn)
	require.IsIncreasing(t, both[0].Sketch.Turn)
	require.Equal(t, fresh[0].Sketch.Exact, both[0].Sketch.Exact)
	require.Equal(t, fresh[0].Values, both[0].Values)
}

func TestWrongOptionsAreRefusedWithTheWayOut(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"name at least account.id": func(o *Options) { o.AccountFields = nil },
		`"account.name" is no field that can name`: func(o *Options) {
			o.AccountFields = []string{"account.name"}
		},
		`"account.id" is given twice`: func(o *Options) {
			o.AccountFields = []string{"account.id", "account.id"}
		},
		"max_record_bytes is 0, give a positive number": func(o *Options) { o.MaxRecordBytes = 0 },
		"max_ahead is 1s, give at least 1m, or 0": func(o *Options) {
			o.MaxAhead = time.Second
		},
		"max_ahead is -1h":                 func(o *Options) { o.MaxAhead = -time.Hour },
		`gateway: format "x" is not known`: func(o *Options) { o.Gateway.Format = "x" },
	} {
		opts := DefaultOptions()
		change(&opts)
		_, err := New(opts, ingestKey("the secret of the tests"))
		require.ErrorContains(t, err, want)
	}
	_, err := New(DefaultOptions())
	require.ErrorContains(t, err, "no secret")
	_, err = New(DefaultOptions(), ingestKey("short"))
	require.ErrorContains(t, err, "key has 5 bytes")
	require.Error(t, openIngest(t, nil).Load("k", nil))
}

func BenchmarkIngest(b *testing.B) {
	archive, err := txtar.ParseFile("testdata/conversation.txtar")
	require.NoError(b, err)
	value := bytes.TrimSpace(archive.Files[0].Data)
	b.Run("an event with a conversation of three turns, in batches of 500", func(b *testing.B) {
		task := openIngest(b, nil)
		batch := make([]stage.Record, 500)
		for i := range batch {
			batch[i] = stage.Record{Topic: "gw", Offset: int64(i), Value: value}
		}
		b.SetBytes(int64(len(value)))
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			if n++; n%len(batch) != 0 {
				continue
			}
			res, err := task.Process(batch)
			if err != nil || len(res.Out) != len(batch) ||
				res.Counts.Of(stage.OK) != int64(len(batch)) {
				b.Fatal(res.Counts, err)
			}
		}
	})
}

func TestEveryTopicIsReadInItsOwnFormat(t *testing.T) {
	const native = `{"schema":"1","id":"r1","time":"2026-11-02T10:00:00Z","account":{"id":"a"},"client":{"ip":"198.18.4.7, 198.18.9.9"},"request":{"model":"m"}}`
	const own = `{"rid":"r2","at":"2026-11-02T10:00:00Z","who":"b","llm":"m"}`
	one := 1
	task := openIngest(t, func(o *Options) {
		o.Gateway.Format = "native"
		o.Gateway.MappingFiles = []string{"mine.yaml"}
		o.Gateway.Own = []gateway.MappingFile{{Name: "mine.yaml", Text: []byte(
			"name: mine\nfields:\n  id: rid\n  time: at\n  account.id: who\n  request.model: llm\n")}}
		o.Gateway.Topics = map[string]gateway.TopicOptions{
			"mine": {Format: "mine"}, "proxied": {TrustedHops: &one},
		}
	})
	res, err := task.Process([]stage.Record{
		{Topic: "first", Value: []byte(native)},
		{Topic: "mine", Value: []byte(own)},
		{Topic: "first", Value: []byte(own)},
		{Topic: "mine", Value: []byte(native)},
		{Topic: "proxied", Value: []byte(native)},
	})
	require.NoError(t, err)
	var got []string
	var networks []uint64
	for _, out := range res.Out {
		if out.To == stage.DeadLetters {
			got = append(got, "dead letter")
			continue
		}
		var o fingerprint.Observation
		require.NoError(t, o.UnmarshalBinary(out.Value))
		got = append(got, o.Account)
		networks = append(networks, o.Values[attribute.Network])
	}
	require.Equal(t, []string{"a", "b", "dead letter", "dead letter", "a"}, got,
		"a format that a topic names is the only one it has")
	require.NotEqual(t, networks[0], networks[2],
		"the client is found behind the topic's own proxies")
}

type oneNetwork enrich.Network

func (n oneNetwork) Network(netip.Addr) enrich.Network { return enrich.Network(n) }

func TestAnEventIsCompletedBeforeItIsHashed(t *testing.T) {
	facts, err := enrich.ReadCSV(strings.NewReader(
		"account,created_at,payment_fp,payment_issuer,plan,org_id,verified,email_domain,contract,"+
			"purpose\nkey-7,2026-10-20,f,i,pro,org,true,example.org,c,research\n",
	), nil)
	require.NoError(t, err)
	event := func(account, client string) string {
		return `{"schema":"1","id":"r","time":"2026-11-02T10:00:00Z","account":{"key_hash":"key-7"` +
			account + `},"client":{"ip":"198.18.4.7"` + client +
			`},"request":{"model":"m"}}`
	}
	full := event(`,"created_at":"2026-10-20T00:00:00Z","payment_fp":"f","payment_issuer":"i","plan":"pro","org_id":"org","verified":true,"email_domain":"example.org","contract":"c","purpose":"research"`,
		`,"asn":64500,"as_org":"Example Net","country":"DE"`)
	want, _, _ := ingestAll(t, openIngest(t, nil), full)
	enriched := func() stage.Task {
		return openIngest(t, func(o *Options) {
			o.Enricher = &enrich.Enricher{
				Accounts: []enrich.Accounts{facts}, Networks: []enrich.Networks{
					oneNetwork{ASN: 64500, ASOrg: "Example Net", Country: "DE"},
				},
			}
		})
	}
	got, _, counts := ingestAll(t, enriched(), event("", ""))
	require.Equal(t, want, got)
	require.Equal(t, "key-7", got[0].Account,
		"org_id would name the account as well, had it been there before")
	for f := range enrich.NumFields {
		require.EqualValues(t, 1, counts["enrich_filled_total:"+f.Name()], f.Name())
	}
	got, _, counts = ingestAll(t, enriched(), full)
	require.Equal(t, want, got)
	require.Equal(t, map[string]int64{"ok": 1}, counts, "nothing was left to fill")

	res, err := enriched().Process([]stage.Record{{Value: []byte(event("", ""))}})
	require.NoError(t, err)
	require.EqualValues(t, 1,
		stagetest.Counted(res.Counts)["event_fields_total:account.created_at"],
		"what was filled is known to detectors")
}
