package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/stream"
)

func TestAnAnswerSaysWhatBecomesOfARecord(t *testing.T) {
	for _, tc := range []struct {
		status int
		reason string // empty when the record is tried again, and taken then
	}{
		{0, ""},
		{301, ReasonRefused},
		{302, ReasonRefused},
		{304, ReasonRefused},
		{400, ReasonRefused},
		{401, ReasonRefused},
		{404, ReasonRefused},
		{408, ""},
		{410, ReasonRefused},
		{413, ReasonRefused},
		{422, ReasonRefused},
		{425, ""},
		{429, ""},
		{500, ""},
		{501, ""},
		{503, ""},
		{599, ""},
	} {
		t.Run(fmt.Sprint(tc.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := &transport{answers: func(_ string, n int) (int, http.Header) {
					if n == 1 {
						return tc.status, nil
					}
					return http.StatusAccepted, nil
				}}
				s := newSink(t, testOptions("https://soar.example.com/in"), use(tr))
				err := s.Produce(t.Context(), []stream.OutRecord{record("a", 1), record("b", 1)})
				if tc.reason == "" {
					require.NoError(t, err)
					require.Len(t, tr.times("a:1"), 2)
					return
				}
				refused := refusedBy(t, err)
				require.Len(t, refused, 2)
				require.Len(t, tr.times("a:1"), 1)
				for i := range refused {
					require.Equal(t, i, refused[i].Record)
					require.Equal(t, tc.reason, refused[i].Reason)
					require.Equal(t, fmt.Sprint(tc.status), header(&refused[i], headerStatus))
					require.Equal(t, "1", header(&refused[i], headerTries))
					require.Equal(t, fmt.Sprintf("status %d: status %[1]d", tc.status),
						header(&refused[i], headerDetail))
				}
			})
		})
	}
}

func TestARecordIsTriedAgainAtWaitsThatDoubleUntilItIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &transport{answers: func(string, int) (int, http.Header) { return 500, nil }}
		o := testOptions("https://soar.example.com/in")
		o.GiveUpAfter = time.Hour
		s := newSink(t, o, use(tr))
		refused := refusedBy(t, s.Produce(t.Context(), []stream.OutRecord{record("a", 1)}))
		require.Equal(t, ReasonGivenUp, refused[0].Reason)
		require.Equal(t, "500", header(&refused[0], headerStatus))
		times := tr.times("a:1")
		require.Equal(t, fmt.Sprint(len(times)), header(&refused[0], headerTries))
		require.Equal(t, time.Hour, times[len(times)-1], "the last attempt is made in the end")
		most := leastWait
		for i := 1; i < len(times)-1; i++ {
			wait := times[i] - times[i-1]
			require.LessOrEqual(t, wait, most)
			require.GreaterOrEqual(t, wait, most/2)
			most = min(2*most, mostWait)
		}
	})
}

func TestAnEndpointThatIsDownHoldsAFindingUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &transport{answers: func(id string, _ int) (int, http.Header) {
			if id == "b:1" {
				return 200, nil
			}
			return 0, nil
		}}
		o := testOptions("https://soar.example.com/in")
		o.GiveUpAfter = 10 * time.Minute
		s := newSink(t, o, use(tr))
		began := time.Now()
		refused := refusedBy(t, s.Produce(t.Context(), []stream.OutRecord{
			record("a", 1), record("b", 1), record("a", 2), record("a", 3),
		}))
		require.Equal(t, 10*time.Minute, time.Since(began))
		require.Equal(t, []int{0, 2, 3}, []int{
			refused[0].Record, refused[1].Record, refused[2].Record,
		})
		require.Len(t, tr.times("a:2"), 1)
		require.Len(t, tr.times("a:3"), 1)
		require.Equal(t, []time.Duration{0}, tr.times("b:1"), "another finding is not held up")
		for i := range refused {
			require.Equal(t, ReasonGivenUp, refused[i].Reason)
			require.Equal(t, "0", header(&refused[i], headerStatus))
			require.Equal(t, "webhooks.soar at soar.example.com: the line is cut",
				header(&refused[i], headerDetail))
		}
	})
}

func TestARecordThatIsTakenInTheEndGivesTheNextOneItsWholeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &transport{}
		tr.answers = func(id string, _ int) (int, http.Header) {
			// Each record fails for 50 minutes, of an hour that it has.
			if since := time.Since(tr.began); id == "a:1" && since < 50*time.Minute ||
				since < 100*time.Minute && id == "a:2" {
				return 500, nil
			}
			return 200, nil
		}
		o := testOptions("https://soar.example.com/in")
		o.GiveUpAfter = time.Hour
		s := newSink(t, o, use(tr))
		require.NoError(t, s.Produce(
			t.Context(), []stream.OutRecord{record("a", 1), record("a", 2)},
		))
	})
}

func TestTheServerIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	for _, tc := range []struct {
		name  string
		value func() string
		want  time.Duration
	}{
		{"seconds", func() string { return " 120 " }, 2 * time.Minute},
		{"a date", func() string {
			return time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat)
		}, 2 * time.Minute},
		{"longer than a record is kept", func() string { return "86400" }, time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := &transport{answers: func(id string, n int) (int, http.Header) {
					if id == "a:1" && n == 1 {
						return 429, http.Header{"Retry-After": {tc.value()}}
					}
					return 200, nil
				}}
				o := testOptions("https://soar.example.com/in")
				o.MaxInFlight, o.GiveUpAfter = 1, time.Hour
				s := newSink(t, o, use(tr))
				// The other finding comes while the server wants to be left alone.
				done := make(chan error, 1)
				go func() { done <- s.Produce(t.Context(), []stream.OutRecord{record("a", 1)}) }()
				time.Sleep(time.Second)
				require.NoError(t, s.Produce(t.Context(), []stream.OutRecord{record("b", 1)}))
				require.NoError(t, <-done)
				require.Equal(t, []time.Duration{0, tc.want}, tr.times("a:1"))
				require.Equal(t, []time.Duration{tc.want}, tr.times("b:1"))
			})
		})
	}
}

func TestAServerThatAlwaysAsksToBeLeftAloneCannotHoldRecordsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &transport{answers: func(string, int) (int, http.Header) {
			return 429, http.Header{"Retry-After": {"3600"}}
		}}
		o := testOptions("https://soar.example.com/in")
		o.MaxInFlight, o.GiveUpAfter = 1, time.Hour
		s := newSink(t, o, use(tr))
		var records []stream.OutRecord
		for i := range 20 {
			records = append(records, record(fmt.Sprintf("f%d", i%10), i/10+1))
		}
		began := time.Now()
		require.Len(t, refusedBy(t, s.Produce(t.Context(), records)), 20)
		require.Equal(t, time.Hour, time.Since(began))
	})
}

func TestWhatARetryAfterSaysIsBounded(t *testing.T) {
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "-5": 0, "30": 30 * time.Second, "soon": 0, "1e3": 0,
		"99999999999999": 0, "2147483647": maxRetryAfter,
		"Mon, 02 Mar 2026 00:01:00 GMT": time.Minute, "Sun, 01 Mar 2026 00:00:00 GMT": 0,
	} {
		require.Equal(t, want, retryAfter(value, now), value)
	}
}

func TestNoMoreRequestsThanAllowedAreUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &transport{
			takes:   time.Second,
			answers: func(string, int) (int, http.Header) { return 200, nil },
		}
		o := testOptions("https://soar.example.com/in")
		o.MaxInFlight = 3
		s := newSink(t, o, use(tr))
		var records []stream.OutRecord
		for i := range 12 {
			records = append(records, record(fmt.Sprint("f", i), 1))
		}
		began := time.Now()
		require.NoError(t, s.Produce(t.Context(), records))
		require.Equal(t, 3, tr.most)
		require.Equal(t, 4*time.Second, time.Since(began))
	})
}

// TestTheRecordsOfAFindingArePostedInOrderWhateverFails posts random records to an endpoint that
// fails at random, and looks at what it was asked.
func TestTheRecordsOfAFindingArePostedInOrderWhateverFails(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		findings := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 30).Draw(rt, "findings")
		statuses := rapid.SliceOfN(
			rapid.SampledFrom([]int{200, 200, 0, 500, 429, 400, 301}), 200, 200,
		).Draw(rt, "statuses")
		inFlight := rapid.IntRange(1, 5).Draw(rt, "in flight")
		takes := time.Duration(rapid.IntRange(0, 3).Draw(rt, "takes")) * time.Second
		var records []stream.OutRecord
		counts := map[int]int{}
		for _, f := range findings {
			counts[f]++
			records = append(records, record(fmt.Sprintf("f%d", f), counts[f]))
		}
		var ids []string
		var err error
		// What is drawn and what is checked stays outside of the bubble, where rapid cannot reach.
		synctest.Test(t, func(*testing.T) {
			at := 0
			tr := &transport{takes: takes}
			tr.answers = func(string, int) (int, http.Header) {
				tr.mu.Lock()
				defer tr.mu.Unlock()
				at++
				return statuses[at%len(statuses)], nil
			}
			o := testOptions("https://soar.example.com/in")
			o.MaxInFlight, o.GiveUpAfter = inFlight, 5*time.Minute
			s := newSink(t, o, use(tr))
			err = s.Produce(context.Background(), records)
			ids = tr.ids()
		})
		if err != nil {
			for _, r := range refusedBy(rt, err) {
				require.Contains(rt, []string{ReasonRefused, ReasonGivenUp}, r.Reason)
			}
		}
		// Each finding's records were asked for one after the other, each of them, none again
		// after the next.
		for f, n := range counts {
			var want, got []string
			for i := range n {
				want = append(want, fmt.Sprintf("f%d:%d", f, i+1))
			}
			for _, id := range ids {
				if strings.HasPrefix(id, fmt.Sprintf("f%d:", f)) {
					got = append(got, id)
				}
			}
			require.Equal(rt, want, slices.Compact(got))
		}
	})
}

func TestWhatWasNotPostedInTimeIsSaidAndPostedByTheNextOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		tr := &transport{answers: func(id string, _ int) (int, http.Header) {
			switch {
			case id == "bad:1":
				return 400, nil
			case id == "good:1", !down:
				return 200, nil
			}
			return 503, nil
		}}
		s := newSink(t, testOptions("https://soar.example.com/in"), use(tr))
		records := []stream.OutRecord{
			record("a", 1), record("good", 1), record("bad", 1), record("a", 2),
		}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		err := s.Produce(ctx, records)
		var partial *stream.PartialError
		require.ErrorAs(t, err, &partial)
		require.Equal(t, []int{0, 2, 3}, partial.Unacked,
			"what was refused is not lost, as nobody was told")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Empty(t, tr.times("a:2"))

		down = false
		refused := refusedBy(t, s.Produce(t.Context(), records))
		require.Len(t, refused, 1)
		require.Equal(t, 2, refused[0].Record)
	})
}

func TestARequestUnderWayIsGivenUpWhenTheTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &transport{
			takes:   10 * time.Second,
			answers: func(string, int) (int, http.Header) { return 200, nil },
		}
		o := testOptions("https://soar.example.com/in")
		o.MaxInFlight = 1
		s := newSink(t, o, use(tr))
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		err := s.Produce(ctx, []stream.OutRecord{record("a", 1), record("a", 2), record("a", 3)})
		var partial *stream.PartialError
		require.ErrorAs(t, err, &partial)
		require.Equal(t, []int{1, 2}, partial.Unacked)
	})
}

func TestOtherRecordsGoToKafka(t *testing.T) {
	letter := func(key string) stream.OutRecord {
		return stream.OutRecord{Topic: "dead", Key: []byte(key)}
	}
	away := errors.New("kafka is away")
	for _, tc := range []struct {
		name    string
		kafka   error
		posted  int
		large   []int
		refused []int
		unacked []int
		other   error
	}{
		{name: "all well", posted: 2, refused: []int{3}},
		{
			name: "one is too large", kafka: &stream.TooLargeError{Records: []int{1}}, posted: 2,
			large: []int{2}, refused: []int{3},
		},
		{
			name:    "kafka is away",
			kafka:   &stream.PartialError{Unacked: []int{0, 1}, Err: away},
			unacked: []int{0, 1, 2, 3}, other: away,
		},
		{name: "something else", kafka: away, other: away},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tr := &transport{answers: func(id string, _ int) (int, http.Header) {
				return map[string]int{"a:1": 200, "b:1": 410}[id], nil
			}}
			k := &kafka{err: tc.kafka}
			s := newSink(t, testOptions("https://soar.example.com/in"), use(tr), func(s *Sink) {
				s.kafka = k
			})
			err := s.Produce(t.Context(), []stream.OutRecord{
				letter("x"), record("a", 1), letter("y"), record("b", 1),
			})
			require.Len(t, k.records, 2)
			require.Len(t, tr.ids(), tc.posted, "nothing is posted before kafka has its part")
			if large, ok := errors.AsType[*stream.TooLargeError](err); ok {
				require.Equal(t, tc.large, large.Records)
			} else {
				require.Empty(t, tc.large)
			}
			if refused, ok := errors.AsType[*stream.RefusedError](err); ok {
				require.Len(t, refused.Refused, 1)
				require.Equal(t, tc.refused[0], refused.Refused[0].Record)
			} else {
				require.Empty(t, tc.refused)
			}
			if partial, ok := errors.AsType[*stream.PartialError](err); ok {
				require.Equal(t, tc.unacked, partial.Unacked)
			} else {
				require.Empty(t, tc.unacked)
			}
			if tc.other != nil {
				require.ErrorIs(t, err, tc.other)
			}
		})
	}
}

func TestARecordOfWhichNoRequestCanBeMadeIsADeadLetter(t *testing.T) {
	o := testOptions("https://hooks.example.com/in")
	o.Format = FormatSlack
	tr := &transport{answers: func(string, int) (int, http.Header) { return 200, nil }}
	s := newSink(t, o, use(tr))
	without := record("b", 1)
	without.Headers = nil
	refused := refusedBy(t, s.Produce(t.Context(), []stream.OutRecord{record("a", 1), without}))
	require.Len(t, refused, 2)
	require.Equal(t, ReasonUnwritable, refused[0].Reason)
	require.Contains(t, header(&refused[0], headerDetail), "no Detection Finding")
	require.Equal(t, "the record has no webhook-id", header(&refused[1], headerDetail))
	require.Empty(t, tr.ids())
}
