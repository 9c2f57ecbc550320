package fingerprinting

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// hiding is traffic of 120 people and of a pool of 48 accounts over a day, through the three
// stages. unreadable says which records the gateway spoils.
type hiding struct {
	unreadable func(pool bool, at int64) bool
	// alerts are the titles of the findings opened, accounts the newest verdicts by account.
	alerts   []string
	accounts map[string]string
	letters  int64
}

func (h *hiding) run(t *testing.T) {
	t.Helper()
	const hours, people, pool = 24, 120, 48
	rng := rand.New(rand.NewPCG(5, 6))
	type request struct {
		at      int64
		pool    bool
		account int
	}
	var traffic []request
	for a := range people {
		// People have a few hours a day, some of them many requests.
		begin := rng.Int64N(16 * 3_600_000)
		for range 10 + int(rng.ExpFloat64()*30) {
			traffic = append(traffic, request{begin + rng.Int64N(6*3_600_000), false, a})
		}
	}
	for a := range pool {
		for range 100 {
			traffic = append(traffic, request{rng.Int64N(hours * 3_600_000), true, a})
		}
	}
	slices.SortFunc(traffic, func(a, b request) int { return int(a.at - b.at) })

	ingest, d := openIngestBefore(t), newDrive(t, nil)
	correlate, stored := openCorrelateAfter(t), map[string][]byte{}
	h.accounts = map[string]string{}
	for n := 0; n < len(traffic); n += 100 {
		var batch []stage.Record
		for i, x := range traffic[n:min(n+100, len(traffic))] {
			at := morning + x.at
			name, when := fmt.Sprintf("person-%03d", x.account), fmt.Sprint(at)
			if x.pool {
				name = fmt.Sprintf("pool-%02d", x.account)
			}
			if h.unreadable(x.pool, x.at) {
				when = `"NaN"`
			}
			value := fmt.Appendf(
				nil, `{"id":"r%d","account":{"id":%q},"time":%s,"request":{"model":"m"}}`,
				n+i, name, when,
			)
			batch = append(batch, stage.Record{
				Topic: "gateway", Offset: int64(n + i), Time: at, Value: value,
			})
		}
		res, err := ingest.Process(batch)
		require.NoError(t, err)
		h.letters += int64(len(stagetest.ByOutput(res, stage.DeadLetters)))
		var observations []stage.Record
		for _, out := range stagetest.ByOutput(res, stage.Observations) {
			observations = append(observations, stage.Record{
				Topic: "observations", Key: out.Key, Value: out.Value,
			})
		}
		d.out = nil
		d.process(observations)
		var profiles []stage.Record
		for _, out := range d.out {
			profiles = append(profiles, stage.Record{
				Topic: "profiles", Key: out.Key, Value: out.Value,
			})
		}
		h.tell(t, stagetest.Feed(t, correlate, stored, profiles))
	}
}

func (h *hiding) tell(t *testing.T, res stage.Result) {
	t.Helper()
	for _, out := range stagetest.ByOutput(res, stage.Alerts) {
		var f struct {
			ActivityID  int `json:"activity_id"`
			SeverityID  int `json:"severity_id"`
			FindingInfo struct {
				Title string `json:"title"`
			} `json:"finding_info"`
		}
		require.NoError(t, json.Unmarshal(out.Value, &f))
		require.Equal(t, 2, f.SeverityID, "Low")
		if f.ActivityID == 1 {
			h.alerts = append(h.alerts, f.FindingInfo.Title)
		}
	}
	for _, out := range stagetest.ByOutput(res, stage.Accounts) {
		var v struct{ Account, Status string }
		require.NoError(t, json.Unmarshal(out.Value, &v))
		h.accounts[v.Account] = v.Status
	}
}

func TestAPoolThatMakesAllItsRecordsUnreadableIsWatched(t *testing.T) {
	for name, spoils := range map[string]func(pool bool, at int64) bool{
		"from the start": func(pool bool, _ int64) bool { return pool },
		"after some readable hours": func(pool bool, at int64) bool {
			return pool && at > 6*3_600_000
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := hiding{unreadable: spoils}
			h.run(t)
			require.Equal(t, []string{"Accounts whose records cannot be read"}, h.alerts,
				"one for all")
			require.Len(t, h.accounts, 48)
			for name, status := range h.accounts {
				require.Contains(t, name, "pool-")
				require.Equal(t, "watched", status)
			}
			require.Greater(t, h.letters, int64(2500))
		})
	}
}

func TestAFaultOfTheGatewayIsNobodysTripwire(t *testing.T) {
	const hour, minute = 3_600_000, 60_000
	for name, unreadable := range map[string]func(at int64) bool{
		"all records from ten to four": func(at int64) bool { return at > 10*hour && at < 16*hour },
		"all records of the day":       func(int64) bool { return true },
		"all records from an odd time": func(at int64) bool { return at > 11*hour+7*minute },
		"three of four, to the evening": func(at int64) bool {
			return at > 8*hour && at/1000%4 != 0
		},
		"half an hour over the hour": func(at int64) bool {
			return at > 11*hour+40*minute && at < 12*hour+10*minute
		},
		"one of three": func(at int64) bool { return at/1000%3 == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			h := hiding{unreadable: func(_ bool, at int64) bool { return unreadable(at) }}
			h.run(t)
			require.Empty(t, h.alerts)
			require.Empty(t, h.accounts)
			require.Greater(t, h.letters, int64(200))
		})
	}
}

func TestEveryBadItemOfARecordIsCountedOnceWhateverIsReplayed(t *testing.T) {
	bad := `{"id":"x","account":{"id":"%s"},"time":true}`
	badA, badB := fmt.Sprintf(bad, "a"), fmt.Sprintf(bad, "b")
	value := "[" + badA + "," +
		`{"id":"ok","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}}` + "," +
		badB + "," + badA + "]"
	ingest, d := openIngestBefore(t), newDrive(t, nil)
	for range 3 {
		record := stage.Record{
			Topic: "gw", Partition: 1, Offset: 9, Time: 1_793_613_600_000, Value: []byte(value),
		}
		res, err := ingest.Process([]stage.Record{record})
		require.NoError(t, err)
		require.Len(t, stagetest.ByOutput(res, stage.DeadLetters), 1, "one for the record")
		var batch []stage.Record
		for _, out := range stagetest.ByOutput(res, stage.Observations) {
			batch = append(batch, stage.Record{
				Topic: "observations", Key: out.Key, Value: out.Value,
			})
		}
		require.Len(t, batch, 4)
		d.process(batch)
		// A restart reads back what was stored.
		d.open()
	}
	require.EqualValues(t, 1, d.counts["ok"])
	require.EqualValues(t, 3, d.counts["unreadable"])
	require.EqualValues(t, 8, d.counts["duplicate:replay"])
	d.load(d.task.Needs(nil))
	profiles := d.profiles()
	require.EqualValues(t, 1, profiles["default\x00b"].Unreadable)
	require.Zero(t, profiles["default\x00b"].Requests)
	a := fingerprint.New(new(fingerprint.DefaultOptions()))
	require.NoError(t, a.UnmarshalBinary(d.store[accountPrefix+"default\x00a"]))
	var p fingerprint.Profile
	a.Profile(&p)
	require.EqualValues(t, 2, p.Unreadable)
	require.EqualValues(t, 1, p.Requests)
}
