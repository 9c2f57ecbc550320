package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/local"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/app"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// analyst is a running service on embedded parts, and who gives verdicts on what it finds.
type analyst struct {
	t      *testing.T
	conf   config.Config
	app    *app.App
	client *stream.Client
}

func newAnalyst(t *testing.T) *analyst {
	t.Helper()
	a := &analyst{t: t, conf: config.Default()}
	a.conf.HTTP.Enabled = false
	parts, err := local.Start(local.Options{}, &a.conf)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, parts.Close()) })
	a.client, err = stream.New(a.conf.Kafka.Options, nil)
	require.NoError(t, err)
	a.start()
	t.Cleanup(a.stop)
	return a
}

func (a *analyst) start() {
	var err error
	a.app, err = app.New(app.Options{Config: a.conf, Log: zap.NewNop(), Version: "test"})
	require.NoError(a.t, err)
	require.NoError(a.t, a.app.Start(a.t.Context()))
}

func (a *analyst) stop() {
	require.NoError(a.t, a.app.Stop(context.WithoutCancel(a.t.Context())))
}

// run executes a command line against the service.
func (a *analyst) run(args ...string) (code int, stdout, stderr string) {
	return execute(a.t, map[string]string{"STILLWATCH_AUTHOR": "kim"},
		append(args, "--brokers", a.conf.Kafka.Brokers[0])...)
}

// records are the values of a topic's records so far.
func (a *analyst) records(topic string) (out [][]byte) {
	_, err := a.client.Tail(a.t.Context(), topic, math.MaxInt, func(records []stream.Record) {
		for i := range records {
			out = append(out, bytes.Clone(records[i].Value))
		}
	})
	require.NoError(a.t, err)
	return out
}

// findings are the records of findings so far.
func (a *analyst) findings() (out []*campaign.Finding) {
	for _, value := range a.records(a.conf.Topics.Alerts) {
		f, err := alert.Parse(value)
		require.NoError(a.t, err)
		out = append(out, f)
	}
	return out
}

// standing counts the accounts by what was last said of each.
func (a *analyst) standing() map[string]int {
	last := map[string]string{}
	for _, value := range a.records(a.conf.Topics.Accounts) {
		var r struct{ Account, Status string }
		require.NoError(a.t, json.Unmarshal(value, &r))
		last[r.Account] = r.Status
	}
	out := map[string]int{}
	for _, status := range last {
		out[status]++
	}
	return out
}

func (a *analyst) eventually(what string, holds func() bool) {
	a.t.Helper()
	require.Eventually(a.t, holds, time.Minute, 50*time.Millisecond, what)
}

func TestAFindingIsDismissedAcrossARestartAndComesBackWhenTheVerdictIsRevoked(t *testing.T) {
	a := newAnalyst(t)
	code, _, stderr := execute(t, map[string]string{
		"STILLWATCH_KAFKA_BROKERS": a.conf.Kafka.Brokers[0],
	}, "simulate", "demo", "--duration", "8h", "--kafka")
	require.Equal(t, 0, code, stderr)
	var found *campaign.Finding
	// How many accounts are named depends on how far each partition was when the last evaluation
	// was due: what counts is that no more are coming.
	members, same := 0, 0
	a.eventually("the campaign is found, and all traffic was looked at", func() bool {
		for _, f := range a.findings() {
			found = f
		}
		if n := a.standing()["implicated"]; n == members {
			same++
		} else {
			members, same = n, 0
		}
		return found != nil && members > 0 && same > 40
	})
	named := fmt.Sprintf(`\(%d accounts\)`, members)

	code, stdout, stderr := a.run(
		"verdict", "dismiss", "--finding", found.UID, "--reason", "a course of a university",
	)
	require.Equal(t, 0, code, stderr)
	require.Regexp(t, `^verdict \S+: dismiss finding `+found.UID+`, by kim, [^\n]*\n`+
		`  applied to finding `+found.UID+` of campaign `+found.Campaign+` `+named+`, [^\n]*\n$`,
		stdout)
	id := regexp.MustCompile(`verdict (\S+):`).FindStringSubmatch(stdout)[1]
	a.eventually("the finding is closed and its accounts cleared", func() bool {
		all := a.findings()
		last := all[len(all)-1]
		return last.CloseReason == "dismissed" && a.standing()["cleared"] == members
	})
	var events []review.Event
	for _, value := range a.records(a.conf.Topics.Audit) {
		e, err := review.ParseEntry(value)
		require.NoError(t, err)
		require.Equal(t, id, e.Verdict.ID)
		require.Equal(t, "a course of a university", e.Verdict.Reason)
		events = append(events, e.Event)
	}
	require.Equal(t, []review.Event{review.Given, review.Applied}, events)

	a.stop()
	a.start()
	code, stdout, stderr = a.run("verdict", "list")
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, id+"  in force: dismiss finding "+found.UID)
	require.Contains(t, stdout, "a course of a university\n")

	code, stdout, stderr = a.run("verdict", "revoke", id, "--reason", "it was none")
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "  ended dismiss finding "+found.UID)
	a.eventually("a new finding alerts, and its accounts are implicated", func() bool {
		all := a.findings()
		last := all[len(all)-1]
		return last.UID != found.UID && last.Campaign == found.Campaign && last.Alerts &&
			a.standing()["implicated"] == members
	})
	code, stdout, _ = a.run("verdict", "list")
	require.Equal(t, 0, code)
	require.Equal(t, "no verdict is in force\n", stdout)
	code, stdout, _ = a.run("verdict", "list", "--all")
	require.Equal(t, 0, code)
	require.Contains(t, stdout, id+"  revoked: dismiss finding")
	require.Contains(t, stdout, "revoked by kim: it was none")

	a.givesVerdictsOfOtherKinds(found)
}

// givesVerdictsOfOtherKinds tries what else the commands can be asked for.
func (a *analyst) givesVerdictsOfOtherKinds(found *campaign.Finding) {
	t := a.t
	code, _, stderr := a.run("verdict", "dismiss", "--finding", "none", "--reason", "x")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "the verdict changes nothing: no finding of this scope is known")

	code, stdout, stderr := a.run(
		"verdict", "allow", "--template-of", found.UID, "--reason", "x", "--json",
	)
	require.Equal(t, 0, code, stderr)
	var given struct {
		Verdict review.Verdict
		Entries []json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &given))
	require.Equal(t, found.Template, given.Verdict.Scope.Template)
	require.Equal(t, int64(30*24*3_600_000), given.Verdict.Expires-given.Verdict.Time)
	require.Len(t, given.Entries, 2)
	a.eventually("they are allowed", func() bool {
		now := a.standing()
		return now["allowed"] > 0 && now["implicated"] == 0
	})

	code, labels, stderr := a.run("verdict", "list", "--json", "--tenant", "default")
	require.Equal(t, 0, code, stderr)
	require.Equal(t, 2, strings.Count(labels, "\n"))
	for line := range strings.Lines(labels) {
		_, err := review.ParseEntry([]byte(line))
		require.NoError(t, err)
	}

	record := fmt.Sprintf(
		`{"schema":"1","id":"soar-1","action":"confirm","scope":{"campaign":%q},"author":"soar","reason":"x","time":1}`,
		found.Campaign,
	)
	code, stdout, stderr = a.run("verdict", "send", file(t, record+"\n"))
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, `"event":"applied"`)
}

func TestAVerdictThatNobodyTakesInSaysSo(t *testing.T) {
	conf := config.Default()
	parts, err := local.Start(local.Options{}, &conf)
	require.NoError(t, err)
	defer func() { require.NoError(t, parts.Close()) }()
	client, err := stream.New(conf.Kafka.Options, nil)
	require.NoError(t, err)
	give := func(wait string) (code int, stdout, stderr string) {
		return execute(t, map[string]string{"STILLWATCH_AUTHOR": "kim"},
			"verdict", "confirm", "--campaign", "c", "--reason", "x", "--wait", wait,
			"--brokers", conf.Kafka.Brokers[0])
	}
	_, err = client.EnsureTopics(t.Context(), []stream.TopicSpec{
		{Name: conf.Topics.Verdicts, Partitions: 1}, {Name: conf.Topics.Audit, Partitions: 1},
	}, true)
	require.NoError(t, err)
	code, _, stderr := give("100ms")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "correlate has not answered: the verdict is in the topic")
	code, stdout, stderr := give("0s")
	require.Equal(t, 0, code, stderr)
	require.Contains(t, stdout, "confirm campaign c, by kim")
}

func TestAVerdictIsRefusedBeforeItIsSent(t *testing.T) {
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"no scope", []string{"dismiss", "--reason", "x"}, "exactly one of --finding"},
		{
			"two scopes",
			[]string{"dismiss", "--reason", "x", "--finding", "a", "--client", "b"},
			"exactly one of --finding",
		},
		{"no reason", []string{"dismiss", "--finding", "a"}, "--reason"},
		{
			"two ends",
			[]string{
				"allow", "--reason", "x", "--finding", "a", "--for", "1d", "--until", "never",
			},
			"--for or --until, not both",
		},
		{
			"an end that is no time",
			[]string{"allow", "--reason", "x", "--finding", "a", "--until", "soon"},
			`"soon" is no date`,
		},
		{
			"an end that has passed",
			[]string{"allow", "--reason", "x", "--finding", "a", "--until", "2001-01-01"},
			"expires must be",
		},
		{
			"a negative time",
			[]string{"allow", "--reason", "x", "--finding", "a", "--for=-1d"},
			"--for",
		},
		{
			"a file of accounts that is not there",
			[]string{"allow", "--reason", "x", "--accounts-file", "/nowhere"},
			"/nowhere",
		},
		{
			"findings for nothing",
			[]string{"allow", "--reason", "x", "--finding", "a", "--alerts", "f"},
			"--alerts is for --template-of",
		},
		{"a reopen of nothing", []string{"reopen", "--reason", "x"}, "bad_scope: reopen needs"},
		{"a revoke of nothing", []string{"revoke", " ", "--reason", "x"}, "revokes must be the id"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, stdout, stderr := execute(t, map[string]string{"STILLWATCH_AUTHOR": "kim"},
				append(append([]string{"verdict"}, tc.args...), "--brokers", "127.0.0.1:1")...)
			require.Equal(t, 2, code, stderr)
			require.Contains(t, stderr, tc.want)
			require.Empty(t, stdout)
		})
	}
	code, _, stderr := execute(t, nil, "verdict", "send", file(t, "{}\n"))
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "line 1: bad_json: schema must be")
}

func TestTheAuthorIsWhoIsNamedElseTheEnvironmentsElseTheSystems(t *testing.T) {
	env := func(name string) func(string) (string, bool) {
		return func(string) (string, bool) { return name, name != "" }
	}
	f := verdictFlags{Author: "flag"}
	author, err := f.author(terminal{env: env("environment")})
	require.NoError(t, err)
	require.Equal(t, "flag", author)
	f.Author = ""
	author, err = f.author(terminal{env: env("environment")})
	require.NoError(t, err)
	require.Equal(t, "environment", author)
	author, err = f.author(terminal{env: env("")})
	require.NoError(t, err)
	require.NotEmpty(t, author)
}
