package soc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/stage/fingerprinting"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
)

// record is one record of the alerts topic, with what the tests ask of it.
type record struct {
	Value []byte
	Key   string
	doc   map[string]any
	f     *campaign.Finding
}

// topics are what a run of the pipeline wrote.
type topics struct {
	alerts   []record
	accounts [][]byte
}

// world is a pool that harvests with one template, and is then silent for longer than
// correlate.quiet.
func world() simulate.Scenario {
	prompt := simulate.Prompt{Style: simulate.StyleTemplate, Items: "math"}
	pool := simulate.Pool{Payments: 4, Issuers: 1}
	return simulate.Scenario{
		Name: "soc", Seed: 11, Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
		Duration: 42 * time.Hour,
		Crowds: []simulate.Crowd{
			{Kind: "chat", Accounts: 140, Rate: 15},
			{Kind: "apps", Accounts: 40, Rate: 20},
			{Kind: "library", Accounts: 30, Rate: 15},
		},
		Campaigns: []simulate.Campaign{{
			ID: "pool", Kind: "template", Accounts: 40, Rate: 100, Stop: 12 * time.Hour,
			Prompt: prompt, Pool: pool,
		}},
	}
}

// run is the one run of the pipeline for all tests of the process.
var run = sync.OnceValues(func() (topics, error) {
	var out topics
	events, err := events()
	if err != nil {
		return out, err
	}
	conf := config.Default()
	conf.Sketch.Secret = "a secret of thirty-two bytes or so"
	// The pool's silence of 30 hours ends its finding.
	conf.Correlate.Quiet = 25 * time.Hour
	var st backtest.Stages
	if st.Ingest, err = ingest.New(conf.Ingest.Options, conf.Sketch.Keys()...); err != nil {
		return out, err
	}
	if st.Fingerprint, err = fingerprinting.New(conf.Fingerprint); err != nil {
		return out, err
	}
	st.Correlate, err = correlate.New(correlate.Options{
		Campaign: conf.Correlate, Alert: conf.Alerts,
	})
	if err != nil {
		return out, err
	}
	_, err = backtest.Run(
		context.Background(), backtest.DefaultOptions(), st, bytes.NewReader(events), &out, nil,
	)
	return out, err
})

// events are the world's, and between them records of one account that lack the request.
func events() ([]byte, error) {
	w, err := simulate.New(world(), simulate.Texts{})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	hidden := 0
	for n := 0; ; n++ {
		r, ok := w.Next()
		if !ok {
			return b.Bytes(), nil
		}
		b.Write(r.JSON)
		b.WriteByte('\n')
		if n%100 == 0 {
			hidden++
			fmt.Fprintf(&b, `{"id":"hidden-%d","time":%d,"account":{"id":"acct-hidden"}}`+"\n",
				hidden, r.Time)
		}
	}
}

// Write takes what the stages produce.
func (o *topics) Write(out stage.Out) error {
	switch out.To {
	case stage.Alerts:
		r, err := newRecord(out.Key, out.Value)
		if err != nil {
			return err
		}
		o.alerts = append(o.alerts, r)
	case stage.Accounts:
		o.accounts = append(o.accounts, bytes.Clone(out.Value))
	default:
	}
	return nil
}

func newRecord(key, value []byte) (record, error) {
	doc, err := newDocument(value)
	if err != nil {
		return record{}, err
	}
	r := record{Value: bytes.Clone(value), Key: string(key), doc: doc}
	r.f, err = alert.Parse(r.Value)
	return r, err
}

func newDocument(value []byte) (doc map[string]any, err error) {
	err = json.Unmarshal(value, &doc)
	return doc, err
}

// records returns what the pipeline wrote.
func records(t *testing.T) topics {
	t.Helper()
	out, err := run()
	require.NoError(t, err)
	return out
}

// encode writes a finding as the pipeline does.
func encode(t *testing.T, f *campaign.Finding) record {
	t.Helper()
	e, err := alert.New(alert.DefaultOptions())
	require.NoError(t, err)
	out, err := e.Finding(f)
	require.NoError(t, err)
	r, err := newRecord(out.Key, out.Value)
	require.NoError(t, err)
	return r
}

// last returns the newest record of each finding, by its uid.
func last(list []record) map[string]record {
	out := map[string]record{}
	for _, r := range list {
		out[r.Key] = r
	}
	return out
}

// get reads a value by its path.
func get(doc map[string]any, path string) any {
	var at any = doc
	for name := range strings.SplitSeq(path, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[name]
	}
	return at
}

func TestTheWorldHasEveryKindOfRecordThatTheRecipesAreFor(t *testing.T) {
	out := records(t)
	var kinds []string
	for _, r := range out.alerts {
		kinds = append(kinds, fmt.Sprintf("%s of a %s", get(r.doc, "activity_name"), r.f.Kind))
	}
	t.Logf("%d records of findings, %d of accounts", len(out.alerts), len(out.accounts))
	for _, want := range []string{
		"Create of a campaign", "Update of a campaign", "Close of a campaign",
		"Create of a tripwire",
	} {
		require.True(t, slices.Contains(kinds, want), "no %s among %v", want, kinds)
	}
	require.NotEmpty(t, out.accounts)
}
