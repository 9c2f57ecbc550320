package backtest

import (
	"fmt"
	"math"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// The timeline's geometry.
const (
	timelineWidth, timelineHeight         = 640, 264
	timelineLeft, timelineRight           = 54, 46
	timelineTop, timelineBottom           = 58, 40
	timelineBars                          = 120
	markerSize, markerLane, timelineLanes = 14, 15, 2
)

// sample is n requests at a moment.
type sample struct {
	at int64
	n  int64
}

// timeline draws requests over time with what was reported and when.
type timeline struct {
	Title, Kind, Outcome string
	// Missed says that it is a campaign that was not found; FalseAlarm that it is about honest
	// accounts.
	Missed, FalseAlarm bool
	// What the bars count, and in steps of how long.
	What, Step string

	Width, Height, Left, Right, Top, Bottom float64
	Bars                                    string
	// Served is the cumulative share up to the alarm, After the rest of it, Named the share of
	// accounts named.
	Served, After, Named string
	Alarm                *mark
	Markers              []mark
	X, Requests, Percent []tick
	Events               []lifeEvent
}

// mark is a place on a chart with a word.
type mark struct {
	X, Y, TextX, TextY float64
	Label, Class, End  string
	Title              string
}

// lifeEvent is a line in the list below a timeline.
type lifeEvent struct {
	Time, Text, Class, Letter string
	Finding                   int
}

// plot is what a timeline is made of.
type plot struct {
	samples []sample
	// named are the times at which accounts were named, of so many.
	named    []int64
	accounts int
	findings []*finding
	// alarm is when it was found, 0 never.
	alarm int64
	// first and last are the run's.
	first, last int64
	// least is the shortest bar that the samples are fit for.
	least int64
}

func (r *Report) timeline(p plot) timeline {
	t := timeline{
		Width: timelineWidth, Height: timelineHeight, Left: timelineLeft,
		Right: timelineWidth - timelineRight, Top: timelineTop,
		Bottom: timelineHeight - timelineBottom,
	}
	from, to := p.span()
	x := scale{float64(from), float64(to), t.Left, t.Right}
	step := max(stepFor(to-from, timelineBars), p.least)
	t.Step = words(step)
	t.X = times(x, 8)
	bins := map[int64]int64{}
	var total, most int64
	for _, s := range p.samples {
		bins[s.at/step] += s.n
		most = max(most, bins[s.at/step])
		total += s.n
	}
	y := scale{0, math.Max(1, float64(most)), t.Bottom, t.Top}
	for _, k := range numbers(y, 4, "") {
		if k.At >= t.Top-1 {
			t.Requests = append(t.Requests, k)
		}
	}
	percent := scale{0, 100, t.Bottom, t.Top}
	t.Percent = numbers(percent, 4, " %")
	var bars, served, after, named path
	for b := from / step; b <= to/step; b++ {
		if n := bins[b]; n > 0 {
			left, right := math.Max(t.Left, x.at(float64(b*step))),
				math.Min(t.Right, x.at(float64((b+1)*step)))
			bars.rect(
				left+.3, y.at(float64(n)), math.Max(.7, right-left-.6), t.Bottom-y.at(float64(n)),
			)
		}
	}
	// The curve of what was served passes exactly through the alarm.
	var sum int64
	atAlarm := 0.0
	line, resolution := &served, max(1, (to-from)/600)
	line.move(x.at(float64(from)), percent.at(0))
	next, crossed := int64(0), p.alarm == 0
	for i, s := range p.samples {
		if !crossed && s.at >= p.alarm {
			crossed = true
			atAlarm = 100 * float64(sum) / float64(total)
			line.line(x.at(float64(p.alarm)), percent.at(atAlarm))
			line = &after
			line.move(x.at(float64(p.alarm)), percent.at(atAlarm))
		}
		sum += s.n
		if s.at >= next || i == len(p.samples)-1 {
			line.line(x.at(float64(s.at)), percent.at(100*float64(sum)/float64(total)))
			next = s.at + resolution
		}
	}
	if !crossed && total > 0 {
		atAlarm = 100
	}
	if len(p.named) > 0 {
		slices.Sort(p.named)
		level := 0.0
		named.move(x.at(float64(from)), percent.at(0))
		for i, at := range p.named {
			if i+1 < len(p.named) && p.named[i+1] == at {
				continue
			}
			named.line(x.at(float64(at)), percent.at(level))
			level = 100 * float64(i+1) / float64(max(p.accounts, 1))
			named.line(x.at(float64(at)), percent.at(level))
		}
		named.line(t.Right, percent.at(level))
	}
	t.Bars, t.Served, t.After, t.Named = bars.String(), served.String(),
		after.String(), named.String()
	if p.alarm > 0 {
		m := mark{
			X: x.at(float64(p.alarm)), Y: percent.at(atAlarm), End: "start",
			Label: fmt.Sprintf("%.1f %% served by then", atAlarm),
		}
		// Under the curve there is room, as it rises, but for its beginning.
		m.TextX, m.TextY = m.X+9, m.Y+15
		if m.Y > t.Bottom-20 {
			m.TextY = m.Y - 7
		}
		if m.X > (t.Left+t.Right)*.6 {
			m.TextX, m.TextY, m.End = m.X-9, m.Y-7, "end"
		}
		t.Alarm = &m
	}
	r.life(&t, &p, x)
	return t
}

// span is the time that a timeline shows: the run's, or that of what happened when it is less than
// half of it.
func (p *plot) span() (from, to int64) {
	from, to = p.first, p.last
	if len(p.samples) > 0 {
		from, to = p.samples[0].at, p.samples[len(p.samples)-1].at
	}
	for _, f := range p.findings {
		for _, c := range f.changes {
			from, to = min(from, c.time), max(to, c.time)
		}
	}
	pad := max((to-from)/40, 60_000)
	from, to = max(from-pad, min(p.first, from)), min(to+pad, max(p.last, to))
	if 2*(to-from) >= p.last-p.first {
		from, to = min(from, p.first), max(to, p.last)
	}
	return from, max(to, from+60_000)
}

// life marks the creation, the changes of severity and the end of findings.
func (r *Report) life(t *timeline, p *plot, x scale) {
	type event struct {
		change
		f    *finding
		text string
	}
	var events []event
	for _, f := range p.findings {
		was := campaign.Severity(0)
		for _, c := range f.changes {
			switch {
			case was == 0:
				events = append(events, event{c, f, "found, " + severityName(c.severity)})
			case c.activity == campaign.Close:
				events = append(events, event{c, f, "closed"})
			case c.severity != was:
				events = append(events, event{c, f, severityName(c.severity)})
			}
			was = c.severity
		}
	}
	slices.SortStableFunc(events, func(a, b event) int {
		return int(min(max(a.time-b.time, -1), 1))
	})
	free := [timelineLanes]float64{}
	for _, e := range events {
		class, letter := severityClass(e.severity), severityName(e.severity)[:1]
		if e.text == "closed" {
			class, letter = "sev-closed", "×"
		}
		text := fmt.Sprintf("%s, confidence %d %%", e.text, e.confidence)
		t.Events = append(t.Events, lifeEvent{
			Time: stamp(e.time), Text: text, Class: class, Letter: letter, Finding: r.numberOf(e.f),
		})
		m := mark{
			X: x.at(float64(e.time)), Class: class, Label: letter,
			Title: stamp(e.time) + " " + text,
		}
		// Marks that would lie on top of one another go into the next lane, in the last one they
		// may touch.
		lane := 0
		for lane < timelineLanes-1 && m.X < free[lane] {
			lane++
		}
		m.TextX = math.Max(m.X, free[lane]-markerSize/2)
		free[lane] = m.TextX + markerSize + markerSize/2
		m.Y = float64(timelineTop - 10 - lane*markerLane)
		t.Markers = append(t.Markers, m)
	}
}

// campaignTimelines draws every labelled campaign, then the false findings.
func (r *Report) campaignTimelines(res *Result) []timeline {
	var out []timeline
	for i, c := range r.judge.truth.Campaigns {
		got := &res.Campaigns[i]
		p := plot{accounts: got.Accounts, alarm: got.alarm, first: r.first, last: r.last}
		h := r.judge.harvested[c.ID]
		p.samples = make([]sample, len(h))
		for k, at := range h {
			p.samples[k] = sample{at, 1}
		}
		for _, a := range c.Accounts {
			if at, ok := r.judge.named[a]; ok && r.judge.active[a] {
				p.named = append(p.named, at)
			}
		}
		for _, f := range r.judge.order {
			if k := r.judge.compose(f, true); k.about(c.ID) {
				p.findings = append(p.findings, f)
			}
		}
		t := r.timeline(p)
		t.Title, t.Kind, t.What = c.ID, c.Kind, "harvest requests"
		switch {
		case got.Accounts == 0:
			t.Outcome = "sent nothing"
		case got.Found:
			t.Outcome = fmt.Sprintf(
				"found after %.1f h, when %.1f %% of its harvest had been served; half of its %d accounts named at %.1f %%, %.1f %% in the end",
				got.Hours, 100*got.Leaked, got.Accounts, 100*got.HalfLeaked, 100*got.Recall,
			)
		default:
			t.Missed = true
			t.Outcome = fmt.Sprintf("not found; %.1f %% of its %d accounts named",
				100*got.Recall, got.Accounts)
		}
		out = append(out, t)
	}
	for _, f := range r.judge.order {
		k := r.judge.compose(f, false)
		if f.alarm == 0 || k.isTrue() {
			continue
		}
		t := r.findingTimeline(f)
		t.FalseAlarm, t.Title = true, "false finding "+short(f.uid)
		if crowd := k.crowd(r.judge.truth); crowd != "" {
			t.Outcome += ", mostly " + crowd
		}
		out = append(out, t)
	}
	return out
}

// findingTimeline draws all requests of a finding's members.
func (r *Report) findingTimeline(f *finding) timeline {
	p := plot{
		accounts: len(f.members), findings: []*finding{f}, alarm: f.created, first: r.first,
		last: r.last, least: hourMillis,
	}
	bins := map[int32]int64{}
	for a, n := range f.members {
		p.named = append(p.named, n.first)
		for _, h := range r.activity[a] {
			bins[h.hour] += int64(h.requests)
		}
	}
	for hour, n := range bins {
		// The middle of the hour stands for it.
		p.samples = append(p.samples, sample{int64(hour)*hourMillis + hourMillis/2, n})
	}
	slices.SortFunc(p.samples, func(a, b sample) int { return int(min(max(a.at-b.at, -1), 1)) })
	t := r.timeline(p)
	t.Title, t.Kind, t.What = "finding "+short(f.uid), "", "requests of its members"
	t.Outcome = fmt.Sprintf("%s, %d accounts", severityName(f.severity), len(f.members))
	return t
}

// words names the width of a bar.
func words(step int64) string {
	switch {
	case step%(24*hourMillis) == 0 && step > 24*hourMillis:
		return fmt.Sprintf("%d days", step/24/hourMillis)
	case step == 24*hourMillis:
		return "day"
	case step == hourMillis:
		return "hour"
	case step%hourMillis == 0:
		return fmt.Sprintf("%d hours", step/hourMillis)
	case step == 60_000:
		return "minute"
	default:
		return fmt.Sprintf("%d minutes", step/60_000)
	}
}
