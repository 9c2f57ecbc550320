package lookup

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// put replaces a file the way a careful job does.
func put(t *testing.T, path, text string) {
	t.Helper()
	next := path + ".next"
	require.NoError(t, os.WriteFile(next, []byte(text), 0o600))
	require.NoError(t, os.Rename(next, path))
}

func newSources(t *testing.T, change func(*Options)) (*Sources, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	opts := DefaultOptions()
	change(&opts)
	s, err := New(opts, zap.New(core), prometheus.NewRegistry())
	require.NoError(t, err)
	return s, logs
}

func plan(s *Sources, account string) string {
	var ev event.Event
	var filled enrich.Filled
	s.Enricher().Apply(&ev, "", account, &filled)
	return ev.Account.Plan
}

func TestWithoutAnySourceThereIsNothingToApply(t *testing.T) {
	s, _ := newSources(t, func(*Options) {})
	require.Nil(t, s.Enricher())
	s.Watch(t.Context())
	called := false
	require.NoError(t, s.Follow(t.Context(), nil, func() { called = true }))
	require.True(t, called)
}

func TestAFileThatChangesIsReadAnewAndOneThatBreaksLeavesWhatWasThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "facts.csv")
	put(t, path, "account,plan\na,1\nsecret-account,x,y\n")
	s, logs := newSources(t, func(o *Options) { o.FactsFile = path })
	require.Equal(t, "1", plan(s, "a"))
	value := testutil.ToFloat64
	failures, loads := s.metrics.failures.WithLabelValues("file"),
		s.metrics.loads.WithLabelValues("file")

	for _, step := range []struct {
		name, text, want string
		loads, failures  float64
	}{
		{name: "unchanged", want: "1", loads: 1},
		{
			name: "replaced by one of the same size",
			text: "account,plan\na,2\nsecret-account,x,y\n", want: "2", loads: 2,
		},
		{name: "another shape", text: "account,age\na,3\n", want: "2", loads: 2, failures: 1},
		{name: "still so", want: "2", loads: 2, failures: 2},
		{name: "empty", text: "", want: "2", loads: 2, failures: 3},
		{
			name: "not one row to be read", text: "account,plan\na;3\n", want: "2",
			loads: 2, failures: 4,
		},
		{name: "gone", text: "-", want: "2", loads: 2, failures: 5},
		{name: "back", text: "account,plan\na,4\n", want: "4", loads: 3, failures: 5},
		{name: "of nobody", text: "account,plan\n", want: "4", loads: 3, failures: 6},
	} {
		switch {
		case step.text == "-":
			require.NoError(t, os.Remove(path))
		case step.text != "" || step.name == "empty":
			put(t, path, step.text)
		}
		s.reload()
		require.Equal(t, step.want, plan(s, "a"), step.name)
		require.InDelta(t, step.loads, value(loads), 0, step.name)
		require.InDelta(t, step.failures, value(failures), 0, step.name)
	}
	require.InDelta(t, 1, value(s.metrics.facts.WithLabelValues("file")), 0)
	require.InDelta(t, 3, value(s.metrics.bad.WithLabelValues("file")), 0)
	require.Len(t, logs.FilterLevelExact(zapcore.ErrorLevel).All(), 5,
		"one that stays unreadable is reported once")
	for _, entry := range logs.All() {
		require.NotContains(t, fmt.Sprint(entry.ContextMap()), "secret-account")
	}
}

func TestAFileThatGrowsWhileItIsReadIsNotTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "facts.csv")
	put(t, path, "account,plan\na,1\n")
	f := &file{path: path, read: func(io.Reader) (func(), error) {
		more, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = more.WriteString("b,2\n")
		require.NoError(t, err)
		require.NoError(t, more.Close())
		return func() { t.Error("it was taken") }, nil
	}}
	_, err := f.check()
	require.ErrorIs(t, err, errBusy)
	require.Nil(t, f.seen, "it is read again")
}

func TestAFileThatCannotBeReadIsNotReadAgainBeforeItChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "facts.csv")
	put(t, path, "broken")
	reads := 0
	f := &file{path: path, read: func(io.Reader) (func(), error) {
		reads++
		return nil, io.ErrUnexpectedEOF
	}}
	for range 3 {
		_, err := f.check()
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	require.Equal(t, 1, reads)
	put(t, path, "broken otherwise")
	_, err := f.check()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, 2, reads)
}

func TestTheWatchLooksUntilItIsStopped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "facts.csv")
	put(t, path, "account,plan\na,1\n")
	s, _ := newSources(t, func(o *Options) { o.FactsFile, o.Reload = path, 24*time.Hour })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Watch(ctx)
	}()
	put(t, path, "account,plan\na,2\n")
	require.Eventually(
		t, func() bool { return plan(s, "a") == "2" }, 20*time.Second, 5*time.Millisecond,
	)
	cancel()
	<-done
}

func TestWhatCannotBeReadAtTheStartIsAnError(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	put(t, bad, "account,age\n")
	other := filepath.Join(dir, "other.mmdb")
	put(t, other, database(t, "Anonymous", 6, map[string]mmdbtype.Map{
		"198.18.0.0/16": {"is_vpn": mmdbtype.Bool(true)},
	}))
	shape := filepath.Join(dir, "shape.mmdb")
	put(t, shape, database(
		t, "Flat", 6, map[string]mmdbtype.Map{"198.18.0.0/16": {"country": mmdbtype.String("DE")}},
	))
	opts := DefaultOptions()
	opts.FactsFile, opts.MaxMind = bad,
		[]string{filepath.Join(dir, "absent"), bad, dir, other, shape}
	_, err := New(opts, zap.NewNop(), prometheus.NewRegistry())
	for _, want := range []string{
		"ingest.enrich.facts_file: " + bad +
			": line 1, which names the columns: unknown column \"age\"",
		"ingest.enrich.maxmind: " + filepath.Join(dir, "absent") + ": no such file or directory",
		"ingest.enrich.maxmind: " + bad + ": not a database in MaxMind's format",
		"ingest.enrich.maxmind: " + dir + ": is a folder",
		other + ": a database of type Anonymous has no autonomous_system_number, autonomous_system_organization or country.iso_code",
		shape + ": its records are not those of an ASN, Country or City database",
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = New(Options{}, zap.NewNop(), prometheus.NewRegistry())
	require.ErrorContains(t, err, "reload")
}

// database writes a small database in MaxMind's format.
func database(t *testing.T, kind string, version int, records map[string]mmdbtype.Map) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: kind, IPVersion: version, RecordSize: 24, IncludeReservedNetworks: true,
		DisableIPv4Aliasing: version == 4,
	})
	require.NoError(t, err)
	for prefix, record := range records {
		_, network, err := net.ParseCIDR(prefix)
		require.NoError(t, err)
		require.NoError(t, tree.Insert(network, record))
	}
	var out bytes.Buffer
	_, err = tree.WriteTo(&out)
	require.NoError(t, err)
	return out.String()
}

func asn(number uint32, name string) mmdbtype.Map {
	return mmdbtype.Map{
		"autonomous_system_number":       mmdbtype.Uint32(number),
		"autonomous_system_organization": mmdbtype.String(name),
	}
}

func country(code string) mmdbtype.Map {
	return mmdbtype.Map{
		"country": mmdbtype.Map{"iso_code": mmdbtype.String(code), "names": mmdbtype.Map{
			"en": mmdbtype.String("A name"),
		}},
		"registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("XX")},
	}
}

func TestNetworkAndCountryAreFoundByAddress(t *testing.T) {
	dir := t.TempDir()
	asns, countries := filepath.Join(dir, "asn.mmdb"), filepath.Join(dir, "country.mmdb")
	put(t, asns, database(
		t, "GeoLite2-ASN", 4, map[string]mmdbtype.Map{"198.18.0.0/16": asn(64500, "Example Net")},
	))
	put(t, countries, database(t, "GeoLite2-Country", 6, map[string]mmdbtype.Map{
		"198.18.0.0/15": country("DE"), "2001:db8::/32": country("FR"),
	}))
	s, _ := newSources(t, func(o *Options) { o.MaxMind = []string{asns, countries} })
	look := func(ip string) event.Client {
		ev := event.Event{Client: event.Client{IP: ip}}
		var filled enrich.Filled
		s.Enricher().Apply(&ev, "", "a", &filled)
		return ev.Client
	}
	for _, want := range []event.Client{
		{
			IP: "198.18.4.7:4711", ASN: event.Int{V: 64500, Known: true},
			ASOrg: "Example Net", Country: "DE",
		},
		{
			IP: "::ffff:198.18.4.7", ASN: event.Int{V: 64500, Known: true},
			ASOrg: "Example Net", Country: "DE",
		},
		{IP: "198.19.4.7", Country: "DE"},
		{IP: "2001:db8::1", Country: "FR"},
		{IP: "203.0.113.9"},
		{IP: "nowhere"},
		{},
	} {
		require.Equal(t, want, look(want.IP))
	}
	require.Zero(t, testutil.ToFloat64(s.metrics.fault.WithLabelValues("maxmind")))

	whole := database(
		t, "GeoLite2-ASN", 4, map[string]mmdbtype.Map{"198.18.0.0/16": asn(64501, "Other Net")},
	)
	put(t, asns, whole[:len(whole)/2])
	s.reload()
	require.EqualValues(t, 64500, look("198.18.4.7").ASN.V, "half a database leaves the one before")
	put(t, asns, whole)
	s.reload()
	require.EqualValues(t, 64501, look("198.18.4.7").ASN.V)
	require.InDelta(t, 1, testutil.ToFloat64(s.metrics.failures.WithLabelValues("maxmind")), 0)
	require.InDelta(t, 3, testutil.ToFloat64(s.metrics.loads.WithLabelValues("maxmind")), 0)
}

func BenchmarkNetwork(b *testing.B) {
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: "GeoLite2-ASN", IPVersion: 6, RecordSize: 24, IncludeReservedNetworks: true,
	})
	require.NoError(b, err)
	for i := range 256 {
		require.NoError(b, tree.Insert(
			&net.IPNet{IP: net.IPv4(198, 18, byte(i), 0), Mask: net.CIDRMask(24, 32)},
			asn(uint32(64000+i), "Example Net"),
		))
	}
	var out bytes.Buffer
	_, err = tree.WriteTo(&out)
	require.NoError(b, err)
	db := &maxMind{log: zap.NewNop(), metrics: newMetrics(prometheus.NewRegistry())}
	commit, err := db.read(&out)
	require.NoError(b, err)
	commit()
	addr := netip.MustParseAddr("198.18.77.7")
	b.ReportAllocs()
	for b.Loop() {
		db.Network(addr)
	}
}
