package app

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/lookup"
	"github.com/stillwatch/stillwatch/pkg/pipeline"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/webhook"
)

// TestEveryCounterThatCanBeIsAtZeroFromTheStart has the values of the labels once more, as
// docs/operations.md has them. Of the fields of events it has a few: there are many.
func TestEveryCounterThatCanBeIsAtZeroFromTheStart(t *testing.T) {
	opts := DefaultOptions()
	opts.Config.Sketch.Secret = "0123456789abcdef0123456789abcdef"
	a, err := New(opts)
	require.NoError(t, err)
	all := []string{"ingest", "fingerprint", "verdicts", "correlate"}
	families, err := a.Registry().Gather()
	require.NoError(t, err)
	got := map[string][]string{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetCounter() == nil {
				continue
			}
			require.Zero(t, m.GetCounter().GetValue(), "%s %s", f.GetName(), m)
			stage, labelled := "", []string{}
			for _, l := range m.GetLabel() {
				if l.GetName() == "stage" {
					stage = l.GetValue()
				} else {
					labelled = append(labelled, l.GetValue())
				}
			}
			key := f.GetName() + " " + stage
			got[key] = append(got[key], strings.Join(labelled, "/"))
		}
	}
	for _, tc := range []struct {
		metric string
		stages []string
		values string
	}{
		{"events_total", []string{"ingest"}, "ok dead_letter skipped"},
		{"events_total", []string{"fingerprint"}, "ok dead_letter unreadable duplicate late"},
		{"events_total", []string{"correlate"}, "ok dead_letter verdict"},
		{"events_total", []string{"verdicts"}, "ok dead_letter"},
		{
			"dead_letters_total", []string{"ingest"}, `malformed_json duplicate_key too_deep
			too_large too_many_fields wrong_type out_of_range missing_field no_account bad_time
			bad_value encoding_utf16 encoding_utf32 encoding_base64 encoding_gzip encoding_zstd
			encoding_schema partial_line unknown_format unreadable bad_sketch other_sketch_key
			bad_observation from_the_future record_too_large`,
		},
		{
			"dead_letters_total",
			[]string{"fingerprint"},
			"bad_observation wrong_key from_the_future record_too_large",
		},
		{
			"dead_letters_total", []string{"correlate"}, `bad_profile record_too_large
			verdict_too_large verdict_bad_json verdict_bad_action verdict_bad_scope
			verdict_bad_identity verdict_bad_time`,
		},
		{
			"dead_letters_total", []string{"verdicts"}, `record_too_large
			verdict_too_large verdict_bad_json verdict_bad_action verdict_bad_scope
			verdict_bad_identity verdict_bad_time`,
		},
		{"verdicts_total", []string{"verdicts"}, "confirm dismiss allow reopen revoke"},
		{
			"audit_records_total",
			[]string{"correlate"},
			"given unknown applied changed expired revoked",
		},
		{
			"shadow_findings_total", []string{"correlate"}, `create/true create/false update/true
			update/false close/true close/false`,
		},
		{
			"dropped_total",
			[]string{"fingerprint"},
			"duplicate_replay duplicate_id late retention dead_letter_too_large",
		},
		{
			"dropped_total",
			[]string{"ingest", "correlate", "verdicts"},
			"retention dead_letter_too_large",
		},
		{
			"upkeep_total",
			[]string{"ingest"},
			"unjoined unread_body unread_value filler unknown_purpose unchecked_sketch",
		},
		{
			"upkeep_total", []string{"fingerprint"}, `published published_early quarantined reset
			expired evicted source_forgotten`,
		},
		{"state_repaired_total", []string{"correlate"}, "campaign_listed_again"},
		{
			"enrich_filled_total", []string{"ingest"}, `account.created_at account.payment_fp
			account.payment_issuer account.plan account.org_id account.verified
			account.email_domain account.contract account.purpose client.asn client.as_org
			client.country`,
		},
		{"findings_total", []string{"correlate"}, "create update close"},
		{"account_records_total", []string{"correlate"}, "implicated watched allowed cleared"},
		{"produced_total", []string{"ingest"}, "observations dead_letters"},
		{"produced_total", []string{"fingerprint"}, "profiles dead_letters"},
		{"produced_total", []string{"correlate"}, "alerts accounts audit dead_letters"},
		{"produced_total", []string{"verdicts"}, "profiles dead_letters"},
		{"retries_total", all, "acquire load commit produce"},
		{"watch_list_reloads_total", []string{""}, "ok failed"},
		{"enrich_loads_total", []string{""}, "topic file maxmind"},
		{"enrich_reload_failures_total", []string{""}, "file maxmind"},
		{"enrich_bad_rows_total", []string{""}, "topic file"},
		{"enrich_lookup_errors_total", []string{""}, "maxmind"},
	} {
		for _, stage := range tc.stages {
			key := "stillwatch_" + tc.metric + " " + stage
			require.ElementsMatch(t, strings.Fields(tc.values), got[key], key)
			delete(got, key)
		}
	}
	fields := "stillwatch_event_fields_total ingest"
	require.Subset(t, got[fields], []string{"client.ip", "account.payment_fp", "sketch"})
	delete(got, fields)
	for key, values := range got {
		require.Equal(t, []string{""}, values, "%s is not in the table of this test", key)
	}
}

// TestTheDocumentationListsEveryMetric also finds what it lists and is no more.
func TestTheDocumentationListsEveryMetric(t *testing.T) {
	reg := processMetrics("dev")
	newReloadMetrics(reg)
	metrics := pipeline.NewMetrics(reg)
	lists, err := newWatchLists(nil, zap.NewNop(), reg)
	require.NoError(t, err)
	for _, s := range stagesOf(t, lists) {
		require.NoError(t, metrics.Expose(s))
	}
	webhook.NewMetrics(reg)
	_, err = lookup.New(lookup.DefaultOptions(), zap.NewNop(), reg)
	require.NoError(t, err)
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		reg.Describe(descs)
	}()
	name := regexp.MustCompile(`stillwatch_[a-z_]+`)
	have := map[string]bool{}
	for d := range descs {
		if n := name.FindString(d.String()); n != "" {
			have[n] = true
		}
	}
	text, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `stillwatch_.*$").FindAllString(
		string(text), -1,
	) {
		for _, n := range name.FindAllString(row, -1) {
			listed[n] = true
		}
	}
	require.Equal(t, have, listed)
}

// TestTheDocumentationNamesEverythingThatStagesCount holds the words of the counters, which are
// values of labels, to the page: dashboards are built from it.
func TestTheDocumentationNamesEverythingThatStagesCount(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	row := func(metric string) string {
		return regexp.MustCompile("(?m)^\\| `stillwatch_" + metric + "`.*$").
			FindString(string(text))
	}
	results, dropped, upkeep, repaired := row("events_total"), row("dropped_total"),
		row("upkeep_total"), row("state_repaired_total")
	lists, err := newWatchLists(nil, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	for _, s := range stagesOf(t, lists) {
		for _, c := range s.Counters() {
			named := func(row string) {
				require.Regexp(t, "`"+c.Name+"[a-z_]*`", row, "%s counts it", s.Name())
			}
			switch c.Kind {
			case stage.Processed, stage.Rejected:
				named(results)
			case stage.Dropped:
				named(results)
				named(dropped)
			case stage.Upkeep:
				named(upkeep)
			case stage.Repaired:
				named(repaired)
			case stage.Own: // TestTheDocumentationListsEveryMetric has them.
			}
		}
	}
}

// stagesOf makes the stages of the default configuration.
func stagesOf(t *testing.T, lists *watchLists) (stages []stage.Stage) {
	t.Helper()
	opts := DefaultOptions()
	opts.Config.Sketch.Secret = "0123456789abcdef0123456789abcdef"
	runs, err := newStages(opts, nil, lists)
	require.NoError(t, err)
	for _, r := range runs {
		stages = append(stages, r.stage)
	}
	return stages
}
