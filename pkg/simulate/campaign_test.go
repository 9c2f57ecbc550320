package simulate

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// pooled plays a world with one campaign among a few honest accounts and returns the campaign's
// events.
func pooled(
	t *testing.T, hours int, c Campaign, releases ...Release,
) (events []seen, truth TrueCampaign, w *World) {
	t.Helper()
	c.ID = "c"
	sc := Scenario{
		Name: "one", Seed: 9, Start: time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC),
		Duration: time.Duration(hours) * time.Hour, Releases: releases,
		Crowds: []Crowd{
			{Kind: "chat", ID: "chat", Accounts: 6}, {Kind: "apps", ID: "apps", Accounts: 2},
		},
		Campaigns: []Campaign{c},
	}
	w = newWorld(t, sc)
	all := play(t, w)
	truth = w.Truth().Campaigns[0]
	mine := map[string]bool{}
	for _, a := range truth.Accounts {
		mine[a] = true
	}
	for _, e := range all {
		if mine[e.account] {
			events = append(events, e)
		}
	}
	return events, truth, w
}

func distinct(events []seen, value func(seen) string) map[string]int {
	out := map[string]int{}
	for _, e := range events {
		out[value(e)]++
	}
	return out
}

func TestACampaignKeepsItsRateWhateverItCarries(t *testing.T) {
	for _, style := range PromptStyles() {
		for _, cover := range []float64{0, 0.7} {
			c := Campaign{
				Accounts: 30, Rate: 60, Prompt: Prompt{Style: style},
				Cover: Cover{Share: cover, Kind: "mixed"}, Schedule: Schedule{CV: 1},
			}
			events, truth, _ := pooled(t, 24, c)
			got := float64(len(events)) / 30
			require.InDelta(t, 60, got, 60*0.2,
				"%s with cover %g: requests per account and day", style, cover)
			require.Len(t, truth.Accounts, 30)
			require.InDelta(t, 1-cover, truth.SliceShare, 0.08, style)
		}
	}
}

func TestBalanceDecidesHowEvenlyTheLoadIsShared(t *testing.T) {
	cv := func(balance string) float64 {
		events, _, _ := pooled(t, 24, Campaign{
			Accounts: 40, Rate: 100, Prompt: Prompt{Style: StyleTemplate},
			Schedule: Schedule{CV: 1, Balance: balance},
		})
		sum, sq := 0.0, 0.0
		for _, n := range distinct(events, func(e seen) string { return e.account }) {
			sum += float64(n)
			sq += float64(n) * float64(n)
		}
		mean := sum / 40
		return math.Sqrt(sq/40-mean*mean) / mean
	}
	require.Less(t, cv("lru"), 0.06)
	require.Less(t, cv("even"), 0.03)
	require.Less(t, cv("random"), 0.2)
	require.Greater(t, cv("random"), 0.05)
	require.Greater(t, cv("skewed"), 0.4)
}

func TestWavesAndBatchesKeepTheRate(t *testing.T) {
	events, _, _ := pooled(t, 48, Campaign{
		Accounts: 40, Rate: 100, Prompt: Prompt{Style: StyleTemplate},
		Schedule: Schedule{CV: 1, Waves: 2 * time.Hour, Duty: 0.4, Batch: 5},
	})
	require.InDelta(t, 8000, len(events), 1600)
	quiet, runs := 0, 0
	for i := 1; i < len(events); i++ {
		if events[i].time-events[i-1].time > 15*minute {
			quiet++
		}
		if events[i].account == events[i-1].account {
			runs++
		}
	}
	require.InDelta(t, 24, quiet, 12, "pauses of the whole pool")
	require.InDelta(t, 0.8, float64(runs)/float64(len(events)), 0.05)
}

func TestPoolsShareWhatTheScenarioSays(t *testing.T) {
	c := Campaign{
		Accounts: 50, Rate: 20, Start: 20 * time.Hour, Prompt: Prompt{Style: StyleTemplate},
		Schedule: Schedule{CV: 1},
		Pool: Pool{
			Payments: 3, Issuers: 1, SignUp: "tight", SignUpSpread: 10 * time.Hour,
			Device: "unified", Domains: 2,
		},
	}
	events, truth, w := pooled(t, 48, c)
	require.Len(t, distinct(events, func(e seen) string { return e.payment }), 3)
	require.Len(t, distinct(events, func(e seen) string { return e.issuer }), 1)
	require.Len(t, distinct(events, func(e seen) string { return e.agent }), 1)
	require.Len(t, distinct(events, func(e seen) string { return e.device }), 1)
	require.LessOrEqual(t, len(distinct(events, func(e seen) string { return e.domain })), 2)
	require.Len(t, distinct(events, func(e seen) string { return e.ip }), 50,
		"an address for each account")
	slices.SortFunc(events, func(a, b seen) int { return int(a.created - b.created) })
	require.Less(t, events[len(events)-1].created-events[0].created, int64(10*hour))
	start, _ := w.Span()
	require.False(t, truth.Start.Before(start.Add(20*time.Hour)))

	c.Pool = Pool{SignUp: "aged", Stack: "native", Params: "own", Device: "own"}
	events, _, _ = pooled(t, 48, c)
	require.Greater(t, len(distinct(events, func(e seen) string { return e.agent })), 5)
	require.Greater(t, len(distinct(events, func(e seen) string { return e.payment })), 25)
}

func TestTemplatesStandWhereTheScenarioPutsThem(t *testing.T) {
	run := func(p Prompt) []seen {
		events, _, _ := pooled(t, 12, Campaign{
			Accounts: 10, Rate: 40, Prompt: p, Schedule: Schedule{CV: 1},
		})
		return events
	}
	for _, e := range run(Prompt{Style: StyleInject, Position: "system"}) {
		require.NotEmpty(t, e.system)
	}
	require.Len(t, distinct(run(Prompt{Style: StyleInject, Position: "system"}),
		func(e seen) string { return e.system }), 1)
	require.Greater(t, len(distinct(
		run(Prompt{Style: StyleSections, Position: "system"}),
		func(e seen) string { return e.system },
	)), 100)
	var places [3]bool
	paragraph := run(Prompt{Style: StyleInject, Position: "system"})[0].system
	for _, e := range run(Prompt{Style: StyleInject, Position: "any"}) {
		switch {
		case e.system == paragraph:
			places[0] = true
		case strings.HasPrefix(e.last, paragraph):
			places[1] = true
		case strings.HasSuffix(e.last, paragraph):
			places[2] = true
		default:
			require.Fail(t, "the paragraph is missing", "%q", e.last)
		}
	}
	require.Equal(t, [3]bool{true, true, true}, places)
}

func TestAWorkListIsDealtOutUnlessItOverlaps(t *testing.T) {
	repeats := func(overlap float64) float64 {
		events, _, _ := pooled(t, 24, Campaign{
			Accounts: 20, Rate: 100, Prompt: Prompt{Style: StyleBare, Overlap: overlap},
			Schedule: Schedule{CV: 1},
		})
		return 1 - float64(len(distinct(events, func(e seen) string { return e.last })))/
			float64(len(events))
	}
	require.Less(t, repeats(0), 0.04, "only retries repeat")
	require.Greater(t, repeats(0.5), 0.4)
}

func TestABlockedPoolFallsSilentAndComesBackAsOthers(t *testing.T) {
	block := 12 * time.Hour
	events, truth, w := pooled(t, 36, Campaign{
		Accounts: 30, Rate: 80, Prompt: Prompt{Style: StyleTemplate}, Schedule: Schedule{CV: 1},
		Pool:      Pool{Payments: 4, Issuers: 1},
		Reactions: Reactions{BlockAfter: block, Replace: true, ReplaceIn: 2 * time.Hour},
	})
	require.Len(t, truth.Accounts, 60)
	start, _ := w.Span()
	at := start.Add(block).UnixMilli()
	old := map[string]bool{}
	var fresh int
	for _, e := range events {
		switch {
		case e.time <= at:
			old[e.account] = true
		case old[e.account]:
			require.Equal(t, event.StatusBlocked, e.status, "a blocked account was answered")
		default:
			fresh++
			require.GreaterOrEqual(t, e.created, at-6*hour)
		}
	}
	require.Len(t, old, 30)
	require.Greater(t, fresh, 1500)
	require.Len(t, distinct(events, func(e seen) string { return e.issuer }), 1,
		"the second pool is funded like the first")
}

func TestConversationsMoveToAnotherAccountAfterARejection(t *testing.T) {
	events, _, _ := pooled(t, 48, Campaign{
		Accounts: 30, Rate: 60, Prompt: Prompt{Style: StyleRelay}, Schedule: Schedule{CV: 1},
		Reactions: Reactions{Handover: true, RateLimited: 0.05},
	})
	last := map[string]seen{}
	hops, stays := 0, 0
	for _, e := range events {
		before, known := last[e.session]
		last[e.session] = e
		if !known {
			continue
		}
		switch {
		case before.status == event.StatusRateLimited:
			require.NotEqual(t, before.account, e.account, "a rejected conversation stayed")
			require.Less(t, e.time-before.time, int64(2*minute))
			hops++
		case before.account == e.account:
			stays++
		}
	}
	require.Greater(t, hops, 50)
	require.Greater(t, stays, 10*hops)
}

func TestAPivotBringsItsShareToTheNewModelWithinADay(t *testing.T) {
	events, _, w := pooled(t, 60, Campaign{
		Accounts: 30, Rate: 60, Prompt: Prompt{Style: StyleTemplate}, Schedule: Schedule{CV: 1},
		Reactions: Reactions{Pivot: 0.5},
	}, Release{Model: "corvid-3", After: 24 * time.Hour})
	start, _ := w.Span()
	released := start.Add(24 * time.Hour).UnixMilli()
	var late, moved int
	for _, e := range events {
		if e.time < released {
			require.NotEqual(t, "corvid-3", e.model)
		}
		if e.time > released+day {
			late++
			if e.model == "corvid-3" {
				moved++
			}
		}
	}
	require.InDelta(t, 0.5, float64(moved)/float64(late), 0.05)
}

func TestAProbeIsRefusedAndThenOneWordingIsRepeated(t *testing.T) {
	events, _, w := pooled(t, 24, Campaign{
		Accounts: 40, Rate: 60, Prompt: Prompt{Style: StyleCoerce, Position: "system"},
		Schedule: Schedule{CV: 1}, Probe: Probe{Requests: 800, For: 5 * time.Hour},
	})
	start, _ := w.Span()
	end := start.Add(5 * time.Hour).UnixMilli()
	texts, refused, probes := map[string]bool{}, 0, 0
	later := map[string]bool{}
	for _, e := range events {
		if e.time >= end {
			later[e.system] = true
			continue
		}
		probes++
		texts[e.system+e.last] = true
		if strings.HasPrefix(e.finish, "refusal") || e.finish == "content_filter" {
			refused++
		}
	}
	require.InDelta(t, 800, probes, 120)
	require.Greater(t, float64(len(texts)), 0.9*float64(probes))
	require.InDelta(t, 0.9, float64(refused)/float64(probes), 0.06)
	require.LessOrEqual(t, len(later), 4)
}

func TestShiftsAndOfficeHoursShapeTheDay(t *testing.T) {
	hours := func(shape string) map[string]map[int64]bool {
		out := map[string]map[int64]bool{}
		events, _, _ := pooled(t, 48, Campaign{
			Accounts: 36, Rate: 100, Prompt: Prompt{Style: StyleTemplate},
			Schedule: Schedule{CV: 1, Shape: shape},
		})
		for _, e := range events {
			for _, who := range []string{e.account, ""} {
				if out[who] == nil {
					out[who] = map[int64]bool{}
				}
				out[who][e.time/hour%24] = true
			}
		}
		return out
	}
	shifts := hours("shifts")
	require.Len(t, shifts[""], 24)
	for who, h := range shifts {
		if who != "" {
			require.LessOrEqual(t, len(h), 11,
				"an eight hour shift and the odd hour when nobody else is there")
		}
	}
	require.Len(t, hours("flat")[""], 24)
}
