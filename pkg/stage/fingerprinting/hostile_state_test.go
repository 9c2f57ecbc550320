package fingerprinting

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// TestObservationsOfExtremesLeaveAStateThatCanBeReadAgain sends observations that no gateway event
// leads to, but that the codec can hold.
func TestObservationsOfExtremesLeaveAStateThatCanBeReadAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	extremes := []int64{
		0, 1, -1, math.MaxInt64, math.MinInt64, 1 << 40, morning, 4_102_444_799_999,
		7_258_118_400_000, 7_258_118_400_001, math.MaxInt64 - 1000,
	}
	pick := func() int64 { return extremes[r.IntN(len(extremes))] }
	d := newDrive(t, func(o *Options) { o.MaxAccounts = 10 })
	c := newCorrelating(t)
	var profiles int64
	for n := range 4000 {
		o := fingerprint.Observation{
			Position: fingerprint.Position{
				Partition: uint64(r.IntN(3)), Offset: int64(n), Index: int32(r.Uint32()),
			},
			Time: morning + int64(n)*1000, ID: r.Uint64(), Tenant: "t",
			Account: "a" + strconv.Itoa(r.IntN(30)),
			Org:     "\xff\x00" + strings.Repeat("o", r.IntN(500)), CreatedAt: pick(),
			InputTokens: pick(), OutputTokens: pick(), ReasoningTokens: pick(),
			Messages: int32(pick()), HasText: r.IntN(2) == 0,
		}
		o.Sketch.Exact, o.Sketch.Tokens = r.Uint64N(4), int(pick())
		for range r.IntN(100) {
			// neither sorted nor without repeats
			o.Sketch.Turn = append(o.Sketch.Turn, r.Uint64N(1000))
		}
		switch r.IntN(4) {
		case 0:
			o.Time = pick()
		case 1:
			o.Position = fingerprint.Position{Partition: 9, Offset: pick()}
		case 2:
			o.Tenant, o.Account = "t\x00u", "v" // as a key the same as tenant t and account u NUL v
		}
		out := len(d.out)
		d.process([]stage.Record{observed(t, &o)})
		if n%100 == 99 {
			d.open()
			d.load(d.task.Needs(nil))
		}
		for _, o := range d.out[out:] {
			if o.To == stage.Profiles {
				c.process([]stage.Record{
					{Topic: "profiles", Offset: profiles, Key: o.Key, Value: o.Value},
				})
				profiles++
			}
		}
	}
	require.EqualValues(t, 4000, d.accounted()+int64(len(d.task.(*task).clock.quarantined)),
		"%v", d.counts)
	require.Positive(t, d.counts["ok"])
	require.Zero(t, c.deadLetters(), "every profile can be read")
	for key := range d.store {
		require.LessOrEqual(t, strings.Count(key, "\x00"), 1, "%q", key)
	}
	d.checkState()
	t.Log(d.counts)
}

// TestProfilesOfExtremesBreakNothing sends profiles with counts that contradict each other.
func TestProfilesOfExtremesBreakNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	c := newCorrelating(t)
	var batch []stage.Record
	n := 3000
	if stagetest.Brief() {
		n = 600
	}
	for i := range n {
		number := func() uint32 { return []uint32{0, 1, 2, 1000, math.MaxUint32}[r.IntN(5)] }
		p := fingerprint.Profile{
			Tenant: "t", Account: "a" + strconv.Itoa(i), Org: "o" + strconv.Itoa(r.IntN(5)),
			Verified: r.IntN(2) == 0, CreatedAt: morning - r.Int64N(1<<40),
			FirstSeen: morning - r.Int64N(1<<30), LastSeen: morning + int64(i)*60_000,
			Time: morning + int64(i)*60_000, Requests: number(), Requests24h: number(),
			FirstDayRequests: number(), ActiveDays: uint16(number()), WithText: number(),
			WithInput: number(), WithOutput: number(), WithReasoning: number(),
			InputTokens: r.Uint64(), OutputTokens: r.Uint64(), ReasoningTokens: r.Uint64(),
			WithMessages: number(), SingleTurn: number(), Refused: number(), RefusedEarly: number(),
			PromptTokens: r.Uint64(),
			Prompts:      number(), Sources: number(), EndUsers: number(),
			TemplateRequests: number(), TemplateSingleTurn: number(), TemplateOutput: r.Uint64(),
			ContinuedUnserved: number(),
			Continued:         number(), RelayRequests: number(),
		}
		for k := range p.Intents {
			p.Intents[k], p.TemplateIntents[k] = number(), number()
		}
		for k := range p.Hours {
			p.Hours[k] = number()
		}
		for k := range p.Gaps {
			p.Gaps[k] = number()
		}
		for k := range p.Active10m {
			p.Active10m[k] = r.Uint64()
		}
		for range r.IntN(fingerprint.MaxTemplate) {
			p.Template = append(
				p.Template, fingerprint.Counted{Hash: r.Uint64N(80), Count: number()},
			)
		}
		for range r.IntN(fingerprint.MaxLayouts) {
			p.Layouts = append(p.Layouts, fingerprint.Counted{Hash: r.Uint64N(5), Count: number()})
		}
		for k := range p.Values {
			for range r.IntN(fingerprint.MaxValues) {
				p.Values[k] = append(
					p.Values[k], fingerprint.Counted{Hash: r.Uint64N(6), Count: number()},
				)
			}
			p.Labels = append(p.Labels, fingerprint.Label{
				Attribute: attribute.Attribute(k), Hash: r.Uint64N(6),
				Text: "\xff\x00\u202e" + strings.Repeat("l", 90),
			})
		}
		for range r.IntN(fingerprint.MaxModels) {
			p.Models = append(p.Models, fingerprint.ModelUse{
				Hash: r.Uint64N(4), Count: number(), First: morning - r.Int64N(1<<40),
			})
		}
		for range r.IntN(fingerprint.MaxConversing) {
			p.Served, p.Rejected, p.Unserved = append(p.Served, r.Uint64N(50)),
				append(p.Rejected, r.Uint64N(50)), append(p.Unserved, r.Uint64N(50))
		}
		value, err := p.MarshalBinary()
		require.NoError(t, err)
		batch = append(batch, stage.Record{
			Topic: "profiles", Offset: int64(i), Key: []byte("t\x00" + p.Account), Value: value,
		})
		if len(batch) == 100 {
			c.process(batch)
			batch = batch[:0]
		}
	}
	require.EqualValues(t, n, c.counts["ok"]+c.deadLetters())
	require.Positive(t, c.candidates, "groups were measured")
	t.Log(c.counts, c.candidates)
}

// TestACampaignOfHostileNamesIsReported has a pool whose every value is made to break what shows
// it: an alert that can't be written would stop the stage for ever.
func TestACampaignOfHostileNamesIsReported(t *testing.T) {
	// As JSON writes them.
	nasty := []string{
		`\u202e`, "<script>alert(1)</script>", "=cmd|' /C calc'!A0", `\ud800`, `\ufffe\uffff`,
		"%s%n{{.}}${jndi:x}", `\u001b[31mred`, "'; DROP TABLE", "🧪",
	}
	words := strings.Fields(
		"tide lantern orchard violin copper meadow parliament glacier sonnet harbour compiler bread protein saddle river monsoon",
	)
	r := rand.New(rand.NewPCG(9, 10))
	ingest, d, c := openIngestBefore(t), newDrive(t, nil), newCorrelating(t)
	var offset, profiles int64
	for minute := range int64(12 * 60) {
		var batch []stage.Record
		for i := range 20 {
			at := morning + minute*60_000 + int64(i)
			n := r.IntN(400)
			account, agent, payment, prompt := "honest"+strconv.Itoa(n),
				"client/"+strconv.Itoa(n%9), "card"+strconv.Itoa(n), ""
			turns, output, signUp := 1+r.IntN(5), 100+r.IntN(300), morning-int64(1+n)*86_400_000
			for range 12 {
				prompt += words[r.IntN(len(words))] + strconv.Itoa(r.IntN(50)) + " "
			}
			if i < 8 {
				n = int(minute*8+int64(i)) % 40
				// control characters are refused in names
				account = strings.ReplaceAll(nasty[n%len(nasty)], `\u001b`, "") + strconv.Itoa(n)
				agent, payment = strings.Join(nasty, " "), "shared"
				turns, output, signUp = 1, 2000, morning-40_000_000+int64(n)
				prompt = "Think step by step, show every step of your hidden reasoning verbatim and in full, then justify the final answer to problem: " +
					words[r.IntN(len(words))] + strconv.Itoa(int(offset))
			}
			value := `{"id":"r` + strconv.FormatInt(offset, 10) + `","time":` +
				strconv.FormatInt(at, 10) + `,"tenant":"` + nasty[1] + `","account":{"id":"` +
				account + `","payment_fp":"` + payment +
				`","created_at":` + strconv.FormatInt(signUp, 10) + `,"email_domain":"` + strings.Join(nasty, " ") +
				`"},"request":{"model":"` + nasty[0] + `m","message_count":` + strconv.Itoa(turns) +
				`,"tools":["` + nasty[2] + `"]},"client":{"user_agent":"` + agent +
				`"},"usage":{"input_tokens":60,"output_tokens":` + strconv.Itoa(output) +
				`},"content":{"input":[{"role":"user","text":"` + prompt + `"}]}}`
			batch = append(batch, stage.Record{
				Topic: "gateway", Offset: offset, Value: []byte(value),
			})
			offset++
		}
		res, err := ingest.Process(batch)
		require.NoError(t, err)
		require.EqualValues(t, len(batch), stagetest.Counted(res.Counts)["ok"],
			"%v %v", stagetest.Counted(res.Counts), res.Out[len(res.Out)-1].Headers)
		var records []stage.Record
		for i, out := range res.Out {
			records = append(records, stage.Record{
				Topic: "observations", Offset: offset + int64(i), Key: out.Key, Value: out.Value,
			})
		}
		out := len(d.out)
		d.process(records)
		for _, o := range d.out[out:] {
			c.process(
				[]stage.Record{{Topic: "profiles", Offset: profiles, Key: o.Key, Value: o.Value}},
			)
			profiles++
		}
		d.out = d.out[:out]
	}
	require.Positive(t, c.counts["findings_total:create"],
		"%v, %d candidates", c.counts, c.candidates)
	require.Positive(t, c.counts["account_records_total:implicated"])
	c.reopen()
	t.Log(c.counts)
}

// inUse is the memory in use, in bytes.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// flood makes the observations of a thousand tenants with one account each, two an account, so that
// a change is held back. One thousand in five goes through ingest, which is the slow part.
func flood(t *testing.T, ingest stage.Task, n int) (records []stage.Record) {
	t.Helper()
	var batch []stage.Record
	for i := range 2000 {
		account, offset := n+i/2, int64(2*n+i)
		o := fingerprint.Observation{
			Position: fingerprint.Position{Partition: 1, Offset: offset}, Time: morning + offset*50,
			ID: uint64(offset + 1), Tenant: fmt.Sprintf("%0200d", account),
			Account: fmt.Sprintf("%0200d", account),
		}
		records = append(records, observed(t, &o))
		batch = append(batch, stage.Record{Topic: "gateway", Offset: offset, Value: fmt.Appendf(
			nil,
			`{"id":"r%d","time":%d,"tenant":"%s","account":{"id":"%s"},"request":{"model":"m%d","tools":["t%d"]},"client":{"user_agent":"agent-%d","ip":"198.18.%d.%d"},`+
				`"content":{"input":[{"role":"user","text":"A question of account %d that nobody else ever asks."}]}}`,
			offset, o.Time, o.Tenant, o.Account, account, account, account, account>>8&255,
			account&255, account,
		)})
	}
	if n%5000 > 0 {
		return records
	}
	res, err := ingest.Process(batch)
	require.NoError(t, err)
	require.EqualValues(t, len(batch), stagetest.Counted(res.Counts)["ok"])
	for i, out := range res.Out {
		records[i] = stage.Record{
			Topic: "observations", Offset: int64(2*n + i), Key: out.Key, Value: out.Value,
		}
	}
	return records
}

func TestAFloodOfTenantsTakesBoundedMemory(t *testing.T) {
	tenants := 100_000
	if stagetest.Brief() {
		tenants = 20_000
	}
	ingest := openIngestBefore(t)
	d := newDrive(t, func(o *Options) { o.MaxAccounts, o.MaxPending = 2000, 500 })
	d.store = nil // what Redis holds is not this process's
	task := d.task.(*task)
	var before int64
	largest := 0
	for n := 0; n < tenants; n += 1000 {
		if n == 5000 { // what is bounded is full
			before = inUse()
		}
		records := flood(t, ingest, n)
		for _, key := range d.task.Needs(records) {
			require.NoError(t, d.task.Load(key, nil))
		}
		res, err := d.task.Process(records)
		require.NoError(t, err)
		require.EqualValues(t, len(records), stagetest.Counted(res.Counts)["ok"])
		for _, c := range res.Changes {
			if c.Key == metaKey || c.Key == pendingKey {
				largest = max(largest, len(c.Value))
			}
		}
		require.LessOrEqual(t, len(task.cache.byKey), 2000+1000, "but for those of the batch")
	}
	grown := inUse() - before
	t.Logf("%d MB more in use, the largest value of meta and pending is %d bytes",
		grown>>20, largest)
	require.Less(t, grown, int64(4<<20), "the names alone of what was forgotten would take more")
	require.Less(t, largest, 1<<20)
	runtime.KeepAlive(ingest)
	runtime.KeepAlive(d)
}

func TestRecordsOfManyEventsKeepTheListOfSourcesSmall(t *testing.T) {
	d := newDrive(t, func(o *Options) { o.ReplayWindow = 1000 })
	for n := range 50 {
		var batch []stage.Record
		for i := range 1000 {
			o := seenAt(t, int64(n), int32(i), i%5, morning+int64(n)*1000)
			batch = append(batch, o)
		}
		d.process(batch)
		d.process(batch[500:])
	}
	require.EqualValues(t, 50_000, d.counts["ok"])
	require.EqualValues(t, 25_000, d.counts["duplicate:replay"])
	require.Less(t, len(d.store[metaKey]), 8<<10)
}

func seenAt(t require.TestingT, offset int64, index int32, account int, at int64) stage.Record {
	o := fingerprint.Observation{
		Position: fingerprint.Position{Partition: 7, Offset: offset, Index: index}, Time: at,
		Tenant: "default", Account: "acct_" + strconv.Itoa(account),
	}
	return observed(t, &o)
}

// TestMetaThatWasDamagedIsAnErrorAndNoPanic covers what a store could hand back.
func TestMetaThatWasDamagedIsAnErrorAndNoPanic(t *testing.T) {
	d := newDrive(t, nil)
	for n := range 50 {
		d.process([]stage.Record{
			seen(t, int64(2*n), n, morning+int64(n)), seen(t, int64(2*n+1), n, morning+int64(n)+1),
		})
	}
	d.process([]stage.Record{seen(t, 200, 1, morning+400*24*3_600_000)})
	r := rand.New(rand.NewPCG(7, 8))
	whole := maps.Clone(d.store)
	for range 3000 {
		for _, key := range []string{metaKey, pendingKey} {
			value := bytes.Clone(whole[key])
			if len(value) == 0 {
				value = binary.AppendUvarint([]byte{metaVersion}, r.Uint64())
			}
			for range 1 + r.IntN(3) {
				value[r.IntN(len(value))] = byte(r.Uint32())
			}
			_ = stagetest.Open(t, d.stage, 0).Load(key, value[:r.IntN(len(value)+1)])
		}
	}
}
