package app

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

func TestFactsAreThereBeforeTheFirstEventAndStayFresh(t *testing.T) {
	opts := newOptions(t)
	core, logs := observer.New(zapcore.DebugLevel)
	opts.Log = zap.New(core)
	c := &opts.Config
	c.Ingest.Enrich.FactsTopic = "stillwatch.account-facts"
	client, err := stream.New(c.Kafka.Options, nil)
	require.NoError(t, err)
	warnings, err := client.EnsureTopics(t.Context(), topicSpecs(*c), true)
	require.NoError(t, err)
	require.Empty(t, warnings, "the topic of facts is compacted")
	producer, err := client.Producer(c.Ingest.Enrich.FactsTopic)
	require.NoError(t, err)
	defer producer.Close()
	facts := func(values map[string]string) {
		var records []stream.OutRecord
		for account, value := range values {
			r := stream.OutRecord{Topic: c.Ingest.Enrich.FactsTopic, Key: []byte(account)}
			if value != "" {
				r.Value = []byte(value)
			}
			records = append(records, r)
		}
		require.NoError(t, producer.Produce(t.Context(), records))
	}
	all := map[string]string{"acct-0": "not json"}
	for i := 1; i < 40; i++ {
		all[fmt.Sprintf("acct-%d", i)] = `{"created_at":"2026-10-20","plan":"pro"}`
	}
	facts(all)
	facts(map[string]string{"acct-1": "", "acct-2": `{"plan":"pro"}`})
	produce(t, *c, 40)

	a, err := New(opts)
	require.NoError(t, err)
	require.NoError(t, a.Start(t.Context()))
	defer func() { require.NoError(t, a.Stop(t.Context())) }()
	metric := func(name string) string {
		_, metrics := get(t, a, "/metrics")
		for line := range strings.Lines(metrics) {
			if value, ok := strings.CutPrefix(line, name+" "); ok {
				return strings.TrimSpace(value)
			}
		}
		return ""
	}
	eventually(t, "all events ingested", func() bool {
		return metric(`stillwatch_events_total{result="ok",stage="ingest"}`) == "40"
	})
	require.Equal(
		t, "37",
		metric(`stillwatch_enrich_filled_total{field="account.created_at",stage="ingest"}`),
	)
	require.Equal(
		t, "38", metric(`stillwatch_enrich_filled_total{field="account.plan",stage="ingest"}`),
	)
	require.Equal(t, "38", metric(`stillwatch_enrich_facts{source="topic"}`))
	require.Equal(t, "1", metric(`stillwatch_enrich_bad_rows_total{source="topic"}`))
	code, body := get(t, a, "/readyz?verbose")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, body, `"facts"`)

	facts(map[string]string{"acct-0": `{"plan":"free"}`})
	eventually(t, "the topic is followed", func() bool {
		return metric(`stillwatch_enrich_facts{source="topic"}`) == "39"
	})
	for _, entry := range logs.All() {
		require.NotContains(t, entry.Message+fmt.Sprint(entry.ContextMap()), "acct-")
	}
}

func TestFactsThatCannotBeHadStopTheStart(t *testing.T) {
	opts := newOptions(t)
	opts.Config.Ingest.Enrich.FactsFile = filepath.Join(t.TempDir(), "absent.csv")
	_, err := New(opts)
	require.ErrorContains(t, err,
		"ingest.enrich.facts_file: "+opts.Config.Ingest.Enrich.FactsFile+
			": no such file or directory")
	opts.Config.Stages = []string{config.StageCorrelate}
	_, err = New(opts)
	require.NoError(t, err, "who does not ingest needs no facts")

	facts := filepath.Join(t.TempDir(), "facts.csv")
	require.NoError(t, os.WriteFile(facts, []byte("account\n"), 0o600))
	opts = newOptions(t)
	opts.Config.Topics.Create = false
	opts.Config.Ingest.Enrich.FactsTopic, opts.Config.Ingest.Enrich.FactsFile = "my.facts", facts
	s, _ := newSupervisor(t, opts)
	require.ErrorContains(t, s.Run(t.Context(), nil),
		"--topic my.facts --partitions 3 --config cleanup.policy=compact")
}
