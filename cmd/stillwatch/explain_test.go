package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/local"
	"github.com/stillwatch/stillwatch/pkg/app"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// watched is a service that runs on embedded parts and has found the demo's campaign.
type watched struct {
	t    *testing.T
	app  *app.App
	conf config.Config
	// file is its configuration for commands.
	file string
}

func watchDemo(t *testing.T) *watched {
	t.Helper()
	conf := config.Default()
	conf.HTTP.Address = "127.0.0.1:0"
	parts, err := local.Start(local.Options{Kafka: "127.0.0.1:0", Redis: "127.0.0.1:0"}, &conf)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, parts.Close()) })
	a, err := app.New(app.Options{Config: conf, Log: zap.NewNop(), Version: "test"})
	require.NoError(t, err)
	require.NoError(t, a.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, a.Stop(context.WithoutCancel(t.Context()))) })
	w := &watched{t: t, app: a, conf: conf}
	w.file = file(t, "kafka: {brokers: ['"+conf.Kafka.Brokers[0]+"']}\nredis: {addresses: ['"+
		conf.Redis.Addresses[0]+"']}\n")
	code, _, stderr := execute(t, nil, "simulate", "demo", "--kafka", "-c", w.file)
	require.Equal(t, 0, code, stderr)
	return w
}

// command runs a command on the configuration of the service.
func (w *watched) command(want int, args ...string) (stdout, stderr string) {
	w.t.Helper()
	code, stdout, stderr := execute(w.t, nil, append(args, "-c", w.file)...)
	require.Equal(w.t, want, code, stderr)
	return stdout, stderr
}

type listedFinding struct {
	UID, Campaign, Kind, Severity string
	Members                       int
	Risk                          int `json:"risk_score"`
}

func (w *watched) list(args ...string) (list []listedFinding) {
	w.t.Helper()
	stdout, _ := w.command(0, append([]string{"findings", "list", "--json"}, args...)...)
	require.NoError(w.t, json.Unmarshal([]byte(stdout), &list))
	return list
}

// owner is who owns the state of correlate, as Redis has it.
func (w *watched) owner() map[string]string {
	w.t.Helper()
	client := redis.NewClient(&redis.Options{Addr: w.conf.Redis.Addresses[0]})
	defer func() { require.NoError(w.t, client.Close()) }()
	key := w.conf.Redis.Prefix + ":{correlate:" + w.conf.Topics.Profiles + ":0}:meta"
	fields, err := client.HGetAll(w.t.Context(), key).Result()
	require.NoError(w.t, err)
	require.NotEmpty(w.t, fields["owner"])
	return map[string]string{"owner": fields["owner"], "epoch": fields["epoch"]}
}

func TestWhatARunningServiceKnowsIsListedAndExplainedBesideIt(t *testing.T) {
	w := watchDemo(t)
	require.Eventually(t, func() bool {
		code, _, _ := execute(t, nil, "findings", "list", "-c", w.file)
		return code == 0 && len(w.list("--severity", "medium")) > 0
	}, 90*time.Second, 250*time.Millisecond, "the demo's campaign is found")
	before := w.owner()

	all := w.list("--all")
	for i := range all[1:] {
		require.GreaterOrEqual(t, all[i].Risk, all[i+1].Risk)
	}
	found := w.list("--severity", "medium", "--kind", "campaign", "--tenant", "default")[0]
	require.Empty(t, w.list("--tenant", "nobody"))
	text, _ := w.command(0, "findings", "list")
	require.Contains(t, text, found.UID)

	stdout, stderr := w.command(0, "explain", found.UID, "--json")
	require.Contains(t, stderr, "reading the profiles in stillwatch.profiles")
	var x campaign.Explanation
	require.NoError(t, json.Unmarshal([]byte(stdout), &x))
	require.True(t, x.Measured, x.NotMeasured)
	require.Equal(t, campaign.AboutFinding, x.About)
	require.Positive(t, x.Accounts)
	require.GreaterOrEqual(t, len(x.Group.Members), found.Members)
	require.NotNil(t, x.Group.Differs)
	require.NotEmpty(t, x.Group.Differs.Says)
	text, _ = w.command(0, "explain", found.Campaign)
	for _, part := range []string{
		"WHY IT", "COORDINATION", "HARVEST", "HONEST READINGS", "WHAT WOULD HAVE TO DIFFER",
		"TIMELINE", "MEMBERS", found.UID,
	} {
		require.Contains(t, text, part)
	}
	member := x.Group.Members[0].Account
	text, _ = w.command(0, "explain", member)
	require.Contains(t, text, "IMPLICATED   "+member)
	require.Contains(t, text, "NAMES IT")

	stdout, stderr = w.command(0, "explain", member, "--no-profiles")
	require.Contains(t, stdout, "only what is stored is told: no profiles were read")
	require.Empty(t, stderr)
	_, stderr = w.command(2, "explain", "nobody-of-that-name")
	require.Contains(t, stderr, `nothing is known of "nobody-of-that-name"`)

	require.Equal(t, before, w.owner(), "nobody else has owned its state")
	resp, err := http.Get("http://" + w.app.ConsoleAddr() + "/readyz")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	metrics, err := w.app.Registry().Gather()
	require.NoError(t, err)
	for _, m := range metrics {
		if m.GetName() != "stillwatch_fenced_total" {
			continue
		}
		for _, x := range m.GetMetric() {
			require.Zero(t, x.GetCounter().GetValue(), "nobody was fenced")
		}
	}
}

func TestWhatIsMissingToExplainIsSaid(t *testing.T) {
	conf := config.Default()
	parts, err := local.Start(local.Options{Kafka: "127.0.0.1:0", Redis: "127.0.0.1:0"}, &conf)
	require.NoError(t, err)
	defer func() { require.NoError(t, parts.Close()) }()
	conffile := file(t, "redis: {addresses: ['"+conf.Redis.Addresses[0]+"']}\n")
	code, _, stderr := execute(t, nil, "explain", "acct-1", "-c", conffile)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, `no state of correlate for topic stillwatch.profiles under the prefix "stillwatch"`)
	code, _, stderr = execute(t, nil, "findings", "list", "--severity", "huge", "-c", conffile)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--severity must be one of")
	code, _, stderr = execute(t, nil, "findings", "list", "-c",
		file(t, "redis: {addresses: ['127.0.0.1:1']}"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "cannot reach redis at 127.0.0.1:1")
	require.Equal(t, 1, strings.Count(stderr, "\n"))
}
