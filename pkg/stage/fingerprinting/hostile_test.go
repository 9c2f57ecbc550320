package fingerprinting

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// hostileRecord makes the n-th record of a gateway that is broken or hostile, and tells how many
// items it holds; -1 when that can't be told.
func hostileRecord(r *rand.Rand, n int) (value []byte, items int) {
	at := morning + int64(n)*1000
	good := func(id, account, rest string) string {
		return `{"id":` + strconv.Quote(id) + `,"time":` + strconv.FormatInt(at, 10) +
			`,"account":{"id":"` + account + `"},"request":{"model":"m"}` + rest + `}`
	}
	text := func(t string) string {
		return `,"content":{"input":[{"role":"user","text":"` + t + `"}]}`
	}
	id := "r" + strconv.Itoa(n)
	switch kind := n % 24; kind {
	case 0: // random bytes
		value = make([]byte, r.IntN(4096))
		for i := range value {
			value[i] = byte(r.Uint32())
		}
		return value, -1
	case 1: // JSON of random parts
		parts := []string{
			"{", "}", "[", "]", ",", ":", `"`, "\\", "\n", " ", `"id"`, `"time"`, "1e308", "-0",
			"null", "true", `"\ud800"`, `"account":{`, "0",
		}
		var b strings.Builder
		for range r.IntN(300) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		return []byte(b.String()), -1
	case 2: // cut short
		v := good(id, "cut", text("What is a fjord, and why are there so many of them in Norway?"))
		return []byte(v[:1+r.IntN(len(v)-1)]), 1
	case 3: // damaged
		value = []byte(good(
			id, "damaged",
			text("Translate this letter into Portuguese, please, and keep its tone."),
		))
		for range 1 + r.IntN(5) {
			value[r.IntN(len(value))] = byte(r.Uint32())
		}
		return value, -1
	case 4: // deep
		depth := 1 + r.IntN(100_000)
		return []byte(good(
			id, "deep", `,"ext":`+strings.Repeat("[", depth)+strings.Repeat("]", depth),
		)), 1
	case 5: // deep and open
		return []byte(strings.Repeat(`{"a":[`, 1+r.IntN(50_000))), -1
	case 6: // wide
		var b strings.Builder
		for i := range 1 + r.IntN(20_000) {
			fmt.Fprintf(&b, `,"x%d":%d`, i, i)
		}
		return []byte(good(id, "wide", b.String())), 1
	case 7: // a long array of good events, and some that are not
		items := make([]string, 1+r.IntN(400))
		for i := range items {
			switch r.IntN(4) {
			case 0:
				items[i] = `{"id":"x","id":"x"}`
			case 1:
				items[i] = strconv.Itoa(i)
			default:
				items[i] = good(id+"."+strconv.Itoa(i), "array"+strconv.Itoa(i%7), "")
			}
		}
		return []byte("[" + strings.Join(items, ",") + "]"), len(items)
	case 8: // invalid UTF-8
		return []byte(good(
			id, "utf\xff\xfe8",
			text("caf\xe9 \xf0\x28\x8c\x28 and what it means in an old manuscript of the abbey"),
		)), 1
	case 9: // numbers
		numbers := []string{
			"-1", "-9223372036854775808", "9223372036854775807", "1e308", "-1e308", "1e999", "0.1",
			"-0", `"12"`, `"x"`, "1e-400", strings.Repeat("9", 400),
		}
		pick := func() string { return numbers[r.IntN(len(numbers))] }
		return []byte(good(id, "numbers", `,"usage":{"input_tokens":`+pick()+`,"output_tokens":`+
			pick()+`,"reasoning_tokens":`+pick()+`},"client":{"asn":`+pick()+`}`)), 1
	case 10: // times
		times := []string{
			"0", "-1", "1e308", "4102444799999", "946684800000", `"9999-12-31T23:59:59Z"`,
			`"0001-01-01T00:00:00Z"`, "9223372036854775807", `"now"`,
		}
		v := good(id, "times", "")
		return []byte(strings.Replace(v, strconv.FormatInt(at, 10), times[r.IntN(len(times))], 1)),
			1
	case 11: // the same id again and again
		return []byte(good("same", "repeats", "")), 1
	case 12: // long names
		return []byte(good(id, strings.Repeat("n", r.IntN(10<<10)), "")), 1
	case 13: // names that would break keys
		return []byte(good(id, []string{
			`a\u0000b`, `\n`, " ", "..", "{a}", `\ud800`, "a:b", "\u202eevil",
		}[r.IntN(8)], "")), 1
	case 14: // a tenant of its own
		return []byte(good(id, "a", `,"tenant":"t`+id+`"`)), 1
	case 15: // a large text
		return []byte(good(id, "large", text(strings.Repeat("word"+id+" ", 1+r.IntN(20_000))))), 1
	case 16: // a word without an end
		return []byte(good(id, "long word", text(strings.Repeat("x", r.IntN(200_000))))), 1
	case 17: // a sketch of the gateway's own
		hash := []string{
			`"ff"`, `"zz"`, `""`, `"` + strings.Repeat("f", 17) + `"`, "1", "null",
		}[r.IntN(6)]
		list := strings.TrimSuffix(strings.Repeat(hash+",", r.IntN(600)), ",")
		return []byte(good(id, "sketched", `,"sketch":{"version":`+strconv.Itoa(r.IntN(3))+
			`,"exact":`+hash+`,"shingles":[`+list+`],"system":[`+list+
			`],"intents":{"reasoning":1e300}}`)), 1
	case 18: // many tools, labels and headers
		tools := strings.TrimSuffix(strings.Repeat(`"tool`+id+`",`, r.IntN(2000)), ",")
		return []byte(strings.Replace(good(id, "tools", ""), `"model":"m"`,
			`"model":"`+strings.Repeat("m", r.IntN(5000))+`","tools":[`+tools+`]`, 1)), 1
	case 19: // lines
		return []byte(strings.Repeat(good(id, "lines", "")+"\n", 1+r.IntN(50))), -1
	case 20: // a log record of LiteLLM
		return []byte(`{"litellm_call_id":"` + id + `","call_type":"acompletion","startTime":` +
			strconv.FormatInt(at/1000, 10) + `,"model":"m","metadata":{"user_api_key_hash":"h"},` +
			`"messages":` + []string{
			`"x"`, "[]", "{}", "[[]]", `[{"role":1}]`,
			`[{"role":"user","content":[{"type":"text","text":null}]}]`,
		}[r.IntN(6)] + `}`), 1
	case 21: // conversations of many turns
		return []byte(good(id, "turns", `,"content":{"input":[`+strings.TrimSuffix(strings.Repeat(
			`{"role":"user","text":"Once more, with feeling: `+id+`"},`, 1+r.IntN(3000),
		), ",")+`]}`)), 1
	case 22:
		return nil, 0
	default: // something good in between
		return []byte(good(id, "good"+strconv.Itoa(n%5),
			text("What would a patient teacher say about the tides to a child of seven?"))), 1
	}
}

// ingested checks that everything about a record is accounted for, and hands on the observations.
func ingested(t *testing.T, res stage.Result, items int) (seen []stage.Out) {
	t.Helper()
	require.Empty(t, res.Changes)
	var reported, letters, named int64
	for what, n := range stagetest.Counted(res.Counts) {
		require.Positive(t, n)
		switch result, _, _ := strings.Cut(what, ":"); result {
		case "ok", "skipped":
			reported += n
		case "event_fields_total", "unread_body", "unread_value", "filler":
		case "dead_letter":
			letters += n
		case "dead_letters_by_tenant_total":
			named += n
		default:
			require.Fail(t, "an unknown count", what)
		}
	}
	require.LessOrEqual(t, letters, int64(1), "one dead letter for a record")
	for _, out := range res.Out {
		if out.To == stage.Observations {
			require.LessOrEqual(t, len(out.Key), 2*event.MaxIdentity+1)
			require.LessOrEqual(t, len(out.Value), 32<<10)
			seen = append(seen, out)
			continue
		}
		require.Equal(t, stage.DeadLetters, out.To)
		require.LessOrEqual(t, len(stagetest.Header(out, "stillwatch-detail")), 1<<10)
		bad, err := strconv.ParseInt(stagetest.Header(out, "stillwatch-bad-items"), 10, 64)
		require.NoError(t, err)
		reported += bad
		letters--
	}
	require.Zero(t, letters, "each counted dead letter is there")
	require.LessOrEqual(t, int64(len(seen)), stagetest.Counted(res.Counts)["ok"]+named,
		"events, and what names an account")
	require.GreaterOrEqual(t, int64(len(seen)), stagetest.Counted(res.Counts)["ok"])
	if items >= 0 {
		require.EqualValues(t, max(1, items), reported, "%v", res.Counts)
	} else {
		require.Positive(t, reported)
	}
	return seen
}

// TestGarbageIsAccountedForAndBreaksNothing sends what a broken or hostile gateway could through
// the three stages.
func TestGarbageIsAccountedForAndBreaksNothing(t *testing.T) {
	records := 2400
	if stagetest.Brief() {
		records = 800
	}
	r := rand.New(rand.NewPCG(1, 2))
	ingest := openIngestBefore(t)
	d := newDrive(t, nil)
	c := newCorrelating(t)
	offset, profiles, taken := int64(0), int64(0), int64(0)
	for n := 0; n < records; {
		var batch []stage.Record
		for range 200 {
			value, items := hostileRecord(r, n)
			res, err := ingest.Process([]stage.Record{
				{Topic: "gateway", Partition: n % 3, Offset: int64(n / 3), Value: value},
			})
			require.NoError(t, err)
			for _, out := range ingested(t, res, items) {
				batch = append(batch, stage.Record{
					Topic: "observations", Offset: offset, Key: out.Key, Value: out.Value,
				})
				offset++
			}
			n++
		}
		// What could be written to the observations' own topic, too.
		for range 20 {
			batch = append(batch, spoiled(r, offset, batch))
			offset++
		}
		out := len(d.out)
		d.process(batch)
		taken += int64(len(batch))
		quarantined := len(d.task.(*task).clock.quarantined)
		require.Equal(t, taken, d.accounted()+int64(quarantined), "%v", d.counts)
		if n%400 == 0 {
			d.open()
			d.load(d.task.Needs(nil))
		}
		var published []stage.Record
		for _, o := range d.out[out:] {
			if o.To == stage.Profiles {
				published = append(published, stage.Record{
					Topic: "profiles", Offset: profiles, Key: o.Key, Value: o.Value,
				})
				profiles++
			}
		}
		d.out = d.out[:0]
		for range 3 {
			published = append(published, spoiled(r, profiles, published))
			profiles++
		}
		c.process(published)
	}
	d.checkState()
	require.Equal(t, profiles, c.counts["ok"]+c.deadLetters(), "%v", c.counts)
	t.Logf("%d observations: %v; %d profiles: %v; %d state keys",
		taken, d.counts, profiles, c.counts, len(d.store))
}

// accounted sums what became of the records.
func (d *drive) accounted() (n int64) {
	for what, count := range d.counts {
		switch result, _, _ := strings.Cut(what, ":"); result {
		case "ok", "unreadable", "duplicate", "late", "dead_letter":
			n += count
		}
	}
	return n
}

// checkState checks that what is stored is bounded and can be read again.
func (d *drive) checkState() {
	largest := map[string]int{}
	for key, value := range d.store {
		require.LessOrEqual(d.t, len(key), len(accountPrefix)+2*event.MaxIdentity+1)
		name, account := cutAccount(key)
		if account {
			require.LessOrEqual(d.t, len(value), fingerprint.MaxBytes)
			require.NoError(
				d.t, fingerprint.New(&d.task.(*task).o.Fingerprint).UnmarshalBinary(value),
				"the state of %q", name,
			)
			name = "account"
		} else {
			name = key
			require.LessOrEqual(d.t, len(value), 4<<20, "half of what the store takes")
		}
		largest[name] = max(largest[name], len(value))
	}
	d.open()
	d.load(d.task.Needs(nil))
	_, err := d.task.Flush()
	require.NoError(d.t, err)
	if t, ok := d.t.(*testing.T); ok {
		t.Logf("largest values: %v", largest)
	}
}

// spoiled is a record that the stage before did not write: noise, a damaged copy of one that it
// did, or one under another's key.
func spoiled(r *rand.Rand, offset int64, from []stage.Record) stage.Record {
	rec := stage.Record{Offset: offset, Key: []byte("default\x00spoiled")}
	if len(from) > 0 {
		other := from[r.IntN(len(from))]
		rec.Key, rec.Value = bytes.Clone(other.Key), bytes.Clone(other.Value)
	}
	switch r.IntN(6) {
	case 0:
		rec.Value = nil
	case 1:
		rec.Key = nil
	case 2:
		rec.Key = bytes.Repeat([]byte("k"), r.IntN(100_000))
	case 3:
		rec.Value = make([]byte, r.IntN(2000))
		for i := range rec.Value {
			rec.Value[i] = byte(r.Uint32())
		}
	case 4:
		rec.Value = rec.Value[:r.IntN(len(rec.Value)+1)]
	default:
		for range min(4, len(rec.Value)) {
			rec.Value[r.IntN(len(rec.Value))] ^= byte(1 << r.IntN(8))
		}
	}
	return rec
}

// correlating is the last stage on a store of its own.
type correlating struct {
	t      *testing.T
	stage  stage.Stage
	task   stage.Task
	store  map[string][]byte
	counts map[string]int64
	// candidates counts the groups that were measured.
	candidates int
}

func newCorrelating(t *testing.T) *correlating {
	t.Helper()
	c := &correlating{t: t, store: map[string][]byte{}, counts: map[string]int64{}}
	opts := correlate.DefaultOptions()
	opts.Trace = func(search.Measurement) { c.candidates++ }
	st, err := correlate.New(opts)
	require.NoError(t, err)
	c.stage, c.task = st, stagetest.Open(c.t, st, 0)
	return c
}

func (c *correlating) process(batch []stage.Record) {
	res := stagetest.Feed(c.t, c.task, c.store, batch)
	stagetest.RequireDeclared(c.t, c.stage, res)
	for what, n := range stagetest.Counted(res.Counts) {
		c.counts[what] += n
	}
	for _, change := range res.Changes {
		require.LessOrEqual(c.t, len(change.Key), 256)
		require.LessOrEqual(c.t, len(change.Value), 4<<20)
	}
	for _, out := range res.Out {
		if out.To == stage.Alerts || out.To == stage.Accounts {
			require.True(c.t, json.Valid(out.Value) && utf8.Valid(out.Value), "%q", out.Value)
			require.LessOrEqual(c.t, len(out.Key), 1<<10)
		}
	}
}

// reopen is what happens after a restart: all state can be read again.
func (c *correlating) reopen() {
	c.task = stagetest.Open(c.t, c.stage, 0)
	loaded := 0
	for keys := c.task.Needs(nil); len(keys) > 0; keys = c.task.Needs(nil) {
		for _, key := range keys {
			require.NoError(c.t, c.task.Load(key, c.store[key]))
			loaded++
		}
	}
	require.GreaterOrEqual(c.t, loaded, len(c.store), "all that is stored is asked for")
}

func (c *correlating) deadLetters() (n int64) {
	for what, count := range c.counts {
		if strings.HasPrefix(what, "dead_letter:") {
			n += count
		}
	}
	return n
}

// TestALargeRecordOfNothingCostsLittle bounds the work that one record of the gateway can make.
func TestALargeRecordOfNothingCostsLittle(t *testing.T) {
	size := 10 << 20
	if stagetest.Brief() {
		size = 2 << 20
	}
	fill := func(part string) []byte { return bytes.Repeat([]byte(part), size/len(part)) }
	event := `{"id":"a","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}},`
	for name, value := range map[string][]byte{
		"numbers":         slices.Concat([]byte("[0"), fill(",0"), []byte("]")),
		"empty objects":   slices.Concat([]byte("[{}"), fill(",{}"), []byte("]")),
		"empty arrays":    fill("[]"),
		"open arrays":     fill("["),
		"open objects":    fill(`{"a":`),
		"broken lines":    fill("{\n"),
		"opened strings":  fill(`{"`),
		"lines of quotes": fill("{\"\n"),
		"line feeds":      fill("\n"),
		"zeros":           make([]byte, size),
		"backslashes":     slices.Concat([]byte(`{"id":"`), fill(`\\`), []byte(`"}`)),
		"escapes":         slices.Concat([]byte(`{"id":"`), fill(`\u0041`), []byte(`"}`)),
		"one text": slices.Concat(
			[]byte(event[:len(event)-2]+`,"content":{"input":[{"role":"user","text":"`),
			fill("lorem ipsum dolor "), []byte(`"}]}}`),
		),
		"one word": slices.Concat(
			[]byte(event[:len(event)-2]+`,"content":{"input":[{"role":"user","text":"`), fill("x"),
			[]byte(`"}]}}`),
		),
		"combining marks": slices.Concat(
			[]byte(event[:len(event)-2]+`,"content":{"input":[{"role":"user","text":"a`),
			fill("\u0301"), []byte(`"}]}}`),
		),
		"good events":   slices.Concat([]byte("["), fill(event), []byte("{}]")),
		"a long number": slices.Concat([]byte(`{"time":`), fill("9"), []byte(`}`)),
		"names":         slices.Concat([]byte(`{"":0`), fill(`,"a":0`), []byte(`}`)),
		"litellm": slices.Concat(
			[]byte(`{"litellm_call_id":"x","call_type":"y","messages":[`),
			fill(`{"role":"user","content":[{"type":"text","text":"x"}]},`), []byte(`0]}`),
		),
	} {
		t.Run(name, func(t *testing.T) {
			task := openIngestBefore(t)
			began := time.Now()
			res, err := task.Process([]stage.Record{{Topic: "gateway", Value: value}})
			took := time.Since(began)
			require.NoError(t, err)
			ingested(t, res, -1)
			t.Logf("%v, %d records out", took.Round(time.Millisecond), len(res.Out))
			require.Less(t, took, 10*time.Second)
		})
	}
}
