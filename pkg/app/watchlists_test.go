package app

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
)

// listFile writes a bundle of n indicators and dates it, for a file system may not tell two writes
// apart by their time.
func listFile(t *testing.T, path, text string, version int) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	at := time.Unix(1_700_000_000+int64(version), 0)
	require.NoError(t, os.Chtimes(path, at, at))
}

func bundleOf(asns ...int) string {
	text := ""
	for i, n := range asns {
		if i > 0 {
			text += ","
		}
		id := strconv.Itoa(n)
		text += `{"type":"indicator","id":"indicator--` + id + `","name":"AS ` + id +
			`","pattern_type":"stix","pattern":"[autonomous-system:number = ` + id + `]"}`
	}
	return `{"type":"bundle","objects":[` + text + `]}`
}

func TestWatchListsAreReadAgainWhenTheyChangeAndABrokenOneChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.json")
	listFile(t, path, bundleOf(64500), 1)
	core, logs := observer.New(zap.InfoLevel)
	w, err := newWatchLists([]string{path}, zap.New(core), prometheus.NewRegistry())
	require.NoError(t, err)
	first := w.List()
	require.Equal(t, 1, first.Len())
	result := func(r string) int { return int(testutil.ToFloat64(w.reloads.WithLabelValues(r))) }

	w.check()
	require.Same(t, first, w.List(), "nothing has changed")

	listFile(t, path, bundleOf(64500, 64501), 2)
	w.check()
	require.Equal(t, 2, w.List().Len())
	require.Equal(t, 1, result("ok"))
	require.InDelta(t, 2, testutil.ToFloat64(w.indicators.WithLabelValues("watched")), 0)

	for version, text := range []string{"{", `{"type":"indicator"}`} {
		listFile(t, path, text, 3+version)
		w.check()
		require.Equal(t, 2, w.List().Len())
		require.Equal(t, 1+version, result("failed"))
		w.check()
		require.Equal(t, 1+version, result("failed"), "told once")
	}
	require.NoError(t, os.Remove(path))
	w.check()
	require.Equal(t, 2, w.List().Len())
	require.Equal(t, 3, result("failed"))
	require.Equal(
		t, 3, logs.FilterMessage("watch lists not read, the ones before stay in force").Len(),
	)

	listFile(t, path, bundleOf(64502), 9)
	w.check()
	require.Equal(t, "indicator--64502", w.List().Indicators[0].ID)
	require.Equal(t, 2, result("ok"))
}

func TestAWatchListInAConfigMapIsReadAgainWhenKubernetesReplacesIt(t *testing.T) {
	volume := t.TempDir()
	version := func(name, text string) {
		require.NoError(t, os.Mkdir(filepath.Join(volume, name), 0o700))
		require.NoError(
			t, os.WriteFile(filepath.Join(volume, name, "list.json"), []byte(text), 0o600),
		)
		require.NoError(t, os.Symlink(name, filepath.Join(volume, "..data_tmp")))
		require.NoError(
			t, os.Rename(filepath.Join(volume, "..data_tmp"), filepath.Join(volume, "..data")),
		)
	}
	version("..1", bundleOf(64500))
	path := filepath.Join(volume, "list.json")
	require.NoError(t, os.Symlink(filepath.Join("..data", "list.json"), path))
	w, err := newWatchLists([]string{path}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	var stop cleanups
	w.start(t.Context(), &stop)
	version("..2", bundleOf(64500, 64501))
	require.NoError(t, os.RemoveAll(filepath.Join(volume, "..1")))
	require.Eventually(
		t, func() bool { return w.List().Len() == 2 }, 20*time.Second, 5*time.Millisecond,
	)
	require.InDelta(t, 0, testutil.ToFloat64(w.reloads.WithLabelValues("failed")), 0)
	require.NoError(t, stop.run(t.Context()))
}

func TestAWatchListThatCannotBeReadAtTheStartIsAClearError(t *testing.T) {
	opts := DefaultOptions()
	opts.Config.Sketch.Secret = "0123456789abcdef0123456789abcdef"
	opts.Config.Correlate.WatchLists = []string{filepath.Join(t.TempDir(), "none.json")}
	_, err := New(opts)
	require.ErrorContains(t, err, "watch list ")
	require.ErrorContains(t, err, "none.json: no such file or directory")
	opts.Config.Stages = []string{"ingest", "fingerprint"}
	_, err = New(opts)
	require.NoError(t, err, "only correlate reads them")
}

func TestAnIndicatorThatIsTooBroadIsReportedOnceForEachTenantAndList(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.json")
	listFile(t, path, bundleOf(64500), 1)
	core, logs := observer.New(zap.WarnLevel)
	w, err := newWatchLists([]string{path}, zap.New(core), prometheus.NewRegistry())
	require.NoError(t, err)
	in := &w.List().Indicators[0]
	for _, tenant := range []string{"a", "b", "a"} {
		w.sighted(watch.Sighting{
			Tenant: tenant, Indicator: in, Entities: 90, Live: 300, TooBroad: true,
		})
		w.sighted(watch.Sighting{Tenant: tenant, Indicator: in, Entities: 9, Live: 300})
	}
	require.Equal(t, 2, logs.Len())
	listFile(t, path, bundleOf(64500), 2)
	w.check()
	w.sighted(watch.Sighting{Tenant: "a", Indicator: in, Entities: 90, Live: 300, TooBroad: true})
	require.Equal(t, 3, logs.Len())
	require.InDelta(t, 3, testutil.ToFloat64(w.broad), 0)
}
