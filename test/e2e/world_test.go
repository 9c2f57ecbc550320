package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// program is a group of a dozen accounts with one program: a tooling rare enough to be shared as a
// watch list.
func program() simulate.Scenario {
	return simulate.Scenario{
		Name: "program", Seed: 1, Start: trafficStart, Duration: 48 * time.Hour,
		Crowds: []simulate.Crowd{
			{Kind: "chat", Accounts: 200},
			{Kind: "apps", Accounts: 60, Rate: 10},
			{Kind: "agents", Accounts: 40, Groups: 2, Rate: 8},
			{Kind: "library", Accounts: 20},
		},
		Campaigns: []simulate.Campaign{{
			ID: "program", Kind: "small group", Accounts: 12, Rate: 40,
			Prompt:   simulate.Prompt{Style: simulate.StyleTemplate, Position: "system"},
			Pool:     simulate.Pool{Payments: 3, SignUp: "tight", Stack: "one", Addresses: 2},
			Schedule: simulate.Schedule{CV: 1, Balance: "random"},
		}},
	}
}

// oneOrder makes all runs on the same events see the same order of records, so that their results
// can be compared to the byte. Nothing comes out by the clock on the wall either. The log tells all
// that there is.
var oneOrder = section{
	"topics": section{"partitions": 1}, "pipeline": section{"flush_after": "0s"},
	"log": section{"level": "debug"},
}

// TestAWorldLeadsToTheSameAlertsHoweverItsEventsCome compares what one run on whole events tells,
// record by record, with runs that get the same world in another way: without what a topic of
// account facts knows, and killed in the middle; and as sketches in the place of text. What the
// first run found is then watched for by another one.
func TestAWorldLeadsToTheSameAlertsHoweverItsEventsCome(t *testing.T) {
	world, err := simulate.New(program(), simulate.Texts{})
	require.NoError(t, err)
	var lines [][]byte
	for {
		record, ok := world.Next()
		if !ok {
			break
		}
		lines = append(lines, bytes.Clone(record.JSON))
	}
	members := slices.Sorted(slices.Values(world.Truth().Campaigns[0].Accounts))

	whole := newDeployment(t).set(oneOrder)
	s := whole.start().waitReady()
	services := []*service{s}
	whole.produce(whole.topic("gateway"), records(lines))
	whole.waitDone(int64(len(lines)))
	require.Zero(t, s.stop(), s.log)
	want := whole.reported()
	require.Equal(t, members, slices.Sorted(slices.Values(whole.implicated())))
	for _, detector := range []string{"signup_cohort", "payment"} {
		require.Contains(t, strings.Join(want, "\n"), `"`+detector+`"`,
			"facts of accounts matter in this world")
	}

	t.Run("as facts in a topic beside events without them, killed in the middle",
		func(t *testing.T) {
			poor, facts := withoutFacts(t, lines)
			d := newDeployment(t).set(oneOrder).set(smallBatches)
			topic := d.name + ".facts"
			d.set(section{
				"ingest": section{"enrich": section{"facts_topic": topic}},
				// Under the race detector this test would need long to unpack so many small
				// batches.
				"kafka": section{"compression": "none"},
			})
			reported, front := d.start("--stages", "correlate").waitReady(),
				d.start("--stages", "ingest,fingerprint").waitReady()
			require.Equal(t, "compact", d.topicConfig(topic, "cleanup.policy"))
			d.produce(topic, facts)
			front.waitMetric(`stillwatch_enrich_facts{source="topic"}`, len(facts))
			d.produce(d.topic("gateway"), records(poor))
			d.waitCommitted(int64(len(poor) / 3))
			front.kill()
			done, err := d.fingerprinted()
			require.NoError(t, err)
			require.Less(t, done, int64(len(poor)), "killed too late to show anything")
			// It goes on with the events at once: every fact has to be there before the first of
			// them.
			again := d.start("--stages", "ingest,fingerprint").waitReady()
			d.waitDone(int64(len(poor)))
			for _, s := range []*service{reported, again} {
				require.Zero(t, s.stop(), s.log)
			}
			services = append(services, reported, front, again)
			requireSame(t, want, d.reported())
		})

	t.Run("as sketches", func(t *testing.T) {
		d := newDeployment(t).set(oneOrder)
		d.set(section{"topics": section{"gateway": []string{d.name + ".sketches"}}})
		events := writeFile(t, "events.jsonl", bytes.Join(lines, []byte("\n")))
		sketched := bytes.Split(
			bytes.TrimSpace(command(t, "sketch", "--config", d.file(), events)), []byte("\n"),
		)
		require.Len(t, sketched, len(lines))
		s := d.start().waitReady()
		d.produce(d.topic("gateway"), records(sketched))
		d.waitDone(int64(len(sketched)))
		require.Zero(t, s.stop(), s.log)
		requireSame(t, want, d.reported())
		services = append(services, s)

		prompts := phrasesOf(t, lines)
		wordy := 0
		for _, line := range lines[:100] {
			if prompts.in(line) {
				wordy++
			}
		}
		require.Greater(t, wordy, 50, "what is looked for is in the events as they came")
		require.NotZero(t, prompts.inTopics(d), "topics searched")
		require.NotZero(t, prompts.inRedis(d), "keys searched")
		for _, s := range services {
			log := s.log.String()
			require.False(t, prompts.in([]byte(log)))
			for _, private := range []string{"acct_", "198.18."} {
				require.NotContains(t, log, private)
			}
		}
	})

	t.Run("and are reported under the same names when correlate is killed in the middle",
		func(t *testing.T) {
			d := newDeployment(t).set(oneOrder).set(smallBatches).set(
				section{"topics": section{"profiles": whole.topic("profiles")}},
			)
			s := d.start("--stages", "correlate")
			d.waitCorrelated(func(done, all int64) bool { return done > all/3 })
			s.kill()
			done, all, err := d.progress("correlate", d.topic("profiles"))
			require.NoError(t, err)
			require.Less(t, done, all, "killed too late to show anything")
			before := d.reported()
			require.Subset(t, want, before)
			s = d.start("--stages", "correlate").waitReady()
			d.waitCorrelated(func(done, all int64) bool { return done == all })
			require.Zero(t, s.stop(), s.log)
			require.Subset(t, d.reported(), before)
			// Figures told after it may differ in tenths of bits: the population that they are
			// measured against is looked at anew.
			require.Equal(t, whole.findings(), d.findings())
			require.Equal(t, members, slices.Sorted(slices.Values(d.implicated())))
		})

	t.Run("and what was found is watched for", func(t *testing.T) {
		bundle := command(
			t, "stix", "export", "--producer", "Example AI",
			writeFile(t, "alerts.jsonl", whole.values("alerts")),
		)
		// No group is beyond a threshold, so that only the list can find them.
		d := newDeployment(t).set(oneOrder).set(section{
			"topics": section{"profiles": whole.topic("profiles")},
			"correlate": section{
				"total_bits": 99, "operator_bits": 99, "coordination_bits": 99,
				"watch_lists": []string{writeFile(t, "list.json", bundle)},
			},
		})
		s := d.start("--stages", "correlate")
		d.waitCorrelated(func(done, all int64) bool { return done == all })
		require.Zero(t, s.stop(), s.log)
		alerts := d.read(d.topic("alerts"))
		require.NotEmpty(t, alerts)
		for _, record := range alerts {
			finding, err := alert.Parse(record.Value)
			require.NoError(t, err)
			require.Equal(t, campaign.KindTripwire, finding.Kind)
			require.Contains(t, finding.Summary, "(Example AI), confidence ")
		}
		watched := d.accounts("watched")
		require.Subset(t, watched, members)
		require.Less(t, len(watched), 2*len(members),
			"others have the same parameters, but not many")
	})
}

// records makes Kafka records of events, keyed by account.
func records(lines [][]byte) []kafka.Message {
	messages := make([]kafka.Message, len(lines))
	for i, line := range lines {
		var ev struct{ Account struct{ ID string } }
		_ = json.Unmarshal(line, &ev)
		messages[i] = kafka.Message{Key: []byte(ev.Account.ID), Value: line}
	}
	return messages
}

// withoutFacts takes out of events what a gateway often does not know of an account, into records
// for the topic of account facts.
func withoutFacts(t *testing.T, lines [][]byte) (poor [][]byte, facts []kafka.Message) {
	t.Helper()
	known := make(map[string][]byte)
	for _, line := range lines {
		var ev map[string]any
		require.NoError(t, json.Unmarshal(line, &ev))
		account := ev["account"].(map[string]any)
		row := make(map[string]any)
		for _, name := range []string{
			"created_at", "payment_fp", "payment_issuer", "plan", "org_id",
			"verified", "email_domain", "contract", "purpose",
		} {
			if value, ok := account[name]; ok {
				row[name] = value
			}
			delete(account, name)
		}
		value, err := json.Marshal(row)
		require.NoError(t, err)
		known[account["id"].(string)] = value
		line, err := json.Marshal(ev)
		require.NoError(t, err)
		poor = append(poor, line)
	}
	for _, account := range slices.Sorted(maps.Keys(known)) {
		facts = append(facts, kafka.Message{Key: []byte(account), Value: known[account]})
	}
	return poor, facts
}

// told returns all records of findings and accounts, in order, and once: a crash may repeat a
// record, but never change one.
func (d *deployment) reported() []string {
	d.t.Helper()
	var all []string
	seen := make(map[string]bool)
	for _, key := range []string{"alerts", "accounts"} {
		for _, m := range d.read(d.topic(key)) {
			record := fmt.Sprintf("%s %s %s %s", key, m.Key, m.Headers, m.Value)
			if !seen[record] {
				all = append(all, record)
			}
			seen[record] = true
		}
	}
	require.Empty(d.t, d.read(d.topic("dead_letters")))
	return all
}

// requireSame compares without showing megabytes.
func requireSame(t *testing.T, want, got []string) {
	t.Helper()
	require.NotEmpty(t, want)
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i], got[i], "record %d", i)
	}
	require.Len(t, got, len(want))
}

// findings returns the identities of the findings, and what campaigns they are about.
func (d *deployment) findings() []string {
	d.t.Helper()
	found := make(map[string]bool)
	for _, record := range d.read(d.topic("alerts")) {
		finding, err := alert.Parse(record.Value)
		require.NoError(d.t, err)
		found[finding.UID+" "+finding.Campaign] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// waitCorrelated waits until correlate has come so far in the profiles.
func (d *deployment) waitCorrelated(far func(done, all int64) bool) {
	d.t.Helper()
	eventually(d.t, func() error {
		done, all, err := d.progress("correlate", d.topic("profiles"))
		if err == nil && !far(done, all) {
			err = fmt.Errorf("correlate has done %d of %d records", done, all)
		}
		return err
	})
}

// values returns the records of one of the deployment's topics, one a line.
func (d *deployment) values(key string) []byte {
	d.t.Helper()
	var lines bytes.Buffer
	for _, m := range d.read(d.topic(key)) {
		lines.Write(append(m.Value, '\n'))
	}
	return lines.Bytes()
}
