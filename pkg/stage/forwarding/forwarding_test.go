package forwarding

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

const (
	create = 1 + iota
	update
	closed
)

// finding is a record as far as the stage looks at it.
type finding struct {
	uid      string
	sequence int
	activity int
	severity int
	alert    bool
	muted    bool
}

func (f finding) id() string { return fmt.Sprintf("%s:%d", f.uid, f.sequence) }

func (f finding) record(offset int) stage.Record {
	return stage.Record{
		Topic: "alerts", Offset: int64(offset), Key: []byte(f.uid),
		Value: fmt.Appendf(nil,
			`{"class_uid":2004,"activity_id":%d,"severity_id":%d,"is_alert":%t,"metadata":{"uid":%q,"sequence":%d},`+
				`"finding_info":{"uid":%q},"unmapped":{"stillwatch":{"muted":%t}}}`,
			f.activity, f.severity, f.alert, f.id(), f.sequence, f.uid, f.muted),
		Headers: []stage.Header{{Key: "ce_id", Value: []byte(f.id())}},
	}
}

func open(t require.TestingT, f Filter) *Stage {
	s, err := New("soar", f)
	require.NoError(t, err)
	return s
}

// posted feeds findings one batch after the other and returns the ids of what comes out.
func posted(
	t require.TestingT, s *Stage, stored map[string][]byte, batches ...[]finding,
) (ids []string, counts stage.Counts) {
	counts = stage.Counts{}
	for _, batch := range batches {
		// Each batch by a new task, as after a restart: nothing may depend on its memory.
		task := stagetest.Open(t, s, 0)
		var records []stage.Record
		for i, f := range batch {
			records = append(records, f.record(i))
		}
		res := stagetest.Feed(t, task, stored, records)
		stagetest.RequireDeclared(t, s, res)
		counts.AddAll(res.Counts)
		for _, o := range res.Out {
			require.Equal(t, stage.Webhook, o.To)
			ids = append(ids, stagetest.Header(o, HeaderID))
		}
	}
	return ids, counts
}

func TestAWebhookGetsWhatItsFilterLetsThrough(t *testing.T) {
	for _, tc := range []struct {
		name   string
		filter Filter
		in     []finding
		want   []string
	}{
		{"everything by default", DefaultFilter(), []finding{
			{"a", 1, create, 1, true, false},
			{"a", 2, update, 1, false, false},
			{"a", 3, closed, 1, false, false},
		}, []string{"a:1", "a:2", "a:3"}},
		{"from a severity on", Filter{MinSeverity: "high"}, []finding{
			{"a", 1, create, 3, true, false},
			{"b", 1, create, 4, true, false},
			{"c", 1, create, 5, true, false},
			{"a", 2, update, 3, false, false},
			{"a", 3, update, 4, false, false},
			{"a", 4, closed, 4, false, false},
			{"b", 2, closed, 2, false, false},
		}, []string{"b:1", "c:1", "a:3", "a:4", "b:2"}},
		{"alerts only", Filter{MinSeverity: "informational", AlertsOnly: true}, []finding{
			{"a", 1, create, 3, true, false},
			{"a", 2, update, 3, false, false},
			{"a", 3, update, 4, true, false},
			{"a", 4, closed, 4, false, false},
			{"b", 1, create, 3, false, false},
			{"b", 2, closed, 3, false, false},
		}, []string{"a:1", "a:3", "a:4"}},
		{"an end that was not begun", Filter{MinSeverity: "low", AlertsOnly: true}, []finding{
			{"a", 7, closed, 5, false, false},
		}, nil},
		{
			"what mutes a finding that was sent, once",
			Filter{MinSeverity: "low", AlertsOnly: true},
			[]finding{
				{"a", 1, create, 3, true, false},
				{"a", 2, update, 3, false, true},
				{"a", 3, update, 3, false, true},
				{"a", 4, update, 3, true, false},
				{"a", 5, update, 3, false, true},
				{"b", 1, create, 3, false, true},
			},
			[]string{"a:1", "a:2", "a:4", "a:5"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(t, tc.filter)
			got, counts := posted(t, s, map[string][]byte{}, tc.in)
			require.Equal(t, tc.want, got)
			require.EqualValues(t, len(tc.want), counts.Of(stage.OK))
			require.EqualValues(t, len(tc.in)-len(tc.want), counts.Of(filtered))

			// The same in one batch for each record.
			var one [][]finding
			for _, f := range tc.in {
				one = append(one, []finding{f})
			}
			got, _ = posted(t, s, map[string][]byte{}, one...)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestARecordIsHandedOnOnceHoweverOftenItComes(t *testing.T) {
	s, stored := open(t, DefaultFilter()), map[string][]byte{}
	a, b, end := finding{"a", 1, create, 3, true, false}, finding{"b", 1, create, 3, true, false},
		finding{"a", 2, closed, 3, false, false}
	ids, counts := posted(t, s, stored, []finding{a, b, a}, []finding{end, a, b}, []finding{end})
	require.Equal(t, []string{"a:1", "b:1", "a:2"}, ids)
	require.EqualValues(t, 4, counts.Of(repeated))
}

func TestWhatIsHandedOnIsTheRecordWithWhereItCameFrom(t *testing.T) {
	s := open(t, DefaultFilter())
	r := finding{"a", 1, create, 3, true, false}.record(7)
	r.Partition = 2
	want := string(r.Value)
	res := stagetest.Feed(t, stagetest.Open(t, s, 2), map[string][]byte{}, []stage.Record{r})
	clear(r.Value)
	clear(r.Headers[0].Value)
	require.Len(t, res.Out, 1)
	require.Equal(t, want, string(res.Out[0].Value))
	require.Equal(t, "a", string(res.Out[0].Key))
	for key, value := range map[string]string{
		HeaderID: "a:1", HeaderWebhook: "soar", "ce_id": "a:1", "stillwatch-topic": "alerts",
		"stillwatch-partition": "2", "stillwatch-offset": "7",
	} {
		require.Equal(t, value, stagetest.Header(res.Out[0], key), key)
	}
	require.Equal(t, "webhook-soar", s.Name())
}

func TestWhatIsNoFindingIsADeadLetterAndADeletionIsNothing(t *testing.T) {
	s := open(t, DefaultFilter())
	batch := []stage.Record{
		{Topic: "alerts", Offset: 1, Key: []byte("k"), Value: []byte("no finding of acct_1")},
		{Topic: "alerts", Offset: 2, Key: []byte("k")},
		{Topic: "alerts", Offset: 3, Value: []byte(`{"class_uid":2004,"activity_id":1}`)},
	}
	res := stagetest.Feed(t, stagetest.Open(t, s, 0), map[string][]byte{}, batch)
	require.Len(t, res.Out, 2)
	require.Empty(t, res.Changes)
	for i, o := range res.Out {
		require.Equal(t, stage.DeadLetters, o.To)
		require.Equal(t, string(batch[2*i].Value), string(o.Value))
		require.Equal(t, "no_finding", stagetest.Header(o, "stillwatch-reason"))
		require.Equal(t, "soar", stagetest.Header(o, HeaderWebhook))
		require.NotContains(t, stagetest.Header(o, "stillwatch-detail"), "acct_1")
	}
	require.EqualValues(t, 2, res.Counts.Of(deadLettered, reasonNoFinding))
	require.EqualValues(t, 1, res.Counts.Of(deleted))
}

func TestStateThatCannotBeReadStopsThePartition(t *testing.T) {
	task := stagetest.Open(t, open(t, DefaultFilter()), 0)
	f := finding{"a", 1, create, 3, true, false}
	require.Equal(t, []string{"finding/a"}, task.Needs([]stage.Record{f.record(0), f.record(1)}))
	require.ErrorContains(t, task.Load("finding/a", []byte("{")), `state key "finding/a"`)
}

func TestAClosedFindingIsForgottenAfterAWhile(t *testing.T) {
	s, stored := open(t, DefaultFilter()), map[string][]byte{}
	res := stagetest.Feed(t, stagetest.Open(t, s, 0), stored, []stage.Record{
		finding{"a", 1, create, 3, true, false}.record(0),
		finding{"b", 1, create, 3, true, false}.record(1),
		finding{"a", 2, closed, 3, false, false}.record(2),
	})
	require.Len(t, res.Changes, 2)
	require.Equal(t, closedTTL, res.Changes[0].TTL)
	require.Zero(t, res.Changes[1].TTL, "the store's own")
}

func TestAWebhookThatCannotBeIsRefused(t *testing.T) {
	_, err := New("a", Filter{MinSeverity: "grave"})
	require.EqualError(t, err,
		`min_severity: want informational, low, medium, high, critical, not "grave"`)
	_, err = New("", DefaultFilter())
	require.ErrorContains(t, err, "needs one")
}

// TestEveryFindingThatWasSentEndsAndNothingComesTwice plays random lives of findings, with records
// that come again, under random filters.
func TestEveryFindingThatWasSentEndsAndNothingComesTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		filter := Filter{
			MinSeverity: rapid.SampledFrom([]string{"low", "medium", "high"}).Draw(t, "least"),
			AlertsOnly:  rapid.Bool().Draw(t, "alerts only"),
		}
		var all []finding
		for f := range rapid.IntRange(1, 4).Draw(t, "findings") {
			severity := rapid.IntRange(2, 4).Draw(t, "severity")
			records := rapid.IntRange(2, 6).Draw(t, "records")
			for n := 1; n <= records; n++ {
				activity := update
				switch n {
				case 1:
					activity = create
				case records:
					activity = closed
				}
				all = append(all, finding{
					fmt.Sprint("f", f), n, activity, severity,
					activity != closed && rapid.Bool().Draw(t, "alert"),
					rapid.Bool().Draw(t, "muted"),
				})
			}
		}
		var batches [][]finding
		for at := 0; at < len(all); {
			n := rapid.IntRange(1, len(all)-at).Draw(t, "batch")
			// A batch that begins with what came before is what correlate sends after a crash.
			batches = append(batches, all[max(0, at-rapid.IntRange(0, 3).Draw(t, "again")):at+n])
			at += n
		}
		ids, _ := posted(t, open(t, filter), map[string][]byte{}, batches...)
		sent := map[string]bool{}
		for i, id := range ids {
			require.NotContains(t, ids[:i], id)
			uid, _, _ := strings.Cut(id, ":")
			sent[uid] = true
		}
		for _, f := range all {
			if f.activity == closed && sent[f.uid] {
				require.True(t, slices.Contains(ids, f.id()), "the end of %s", f.uid)
			}
		}
	})
}
