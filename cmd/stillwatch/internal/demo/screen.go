package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// screen writes what the demo shows.
type screen struct {
	out             io.Writer
	terminal, color bool
	width           int
	// live says that the last line is one that is kept up to date.
	live bool
}

// The few styles in use, as ANSI codes.
const (
	bold  = "1"
	faint = "2"
	red   = "1;31"
	green = "32"
)

func (s *screen) style(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// printf writes below the live line, if there is one.
func (s *screen) printf(format string, args ...any) {
	if s.live {
		fmt.Fprintln(s.out)
		s.live = false
	}
	fmt.Fprintf(s.out, format, args...)
}

func (s *screen) heading(text string) { s.printf("\n%s\n", s.style(bold, text)) }

func (s *screen) intro(conf config.Config, http string, world *simulate.World) {
	begin, end := world.Span()
	s.printf("%s\n", s.style(bold, "Stillwatch demo"))
	s.printf("An embedded Kafka (%s) and Redis (%s), and the production service between them.\n",
		conf.Kafka.Brokers[0], conf.Redis.Addresses[0])
	s.printf("%s of simulated traffic goes into %s; findings come out of %s.\n",
		hours(end.Sub(begin)), conf.Topics.Gateway[0], conf.Topics.Alerts)
	if http != "" {
		s.printf("%s\n", s.style(faint, "Metrics: http://"+http+"/metrics"))
	}
	s.printf("\n")
}

// hours writes a span of simulated time.
func hours(d time.Duration) string {
	if h := d.Hours(); h >= 48 {
		return fmt.Sprintf("%.3g days", h/24)
	}
	return fmt.Sprintf("%.3g hours", d.Hours())
}

// progress shows the figures, in place on a terminal.
func (s *screen) progress(p progress) {
	rate := 0.0
	if p.elapsed > 0 {
		rate = float64(p.processed) / p.elapsed.Seconds()
	}
	text := fmt.Sprintf(
		"%3.0f s  %s  %s events (%s/s)  %s accounts  %s groups measured  findings: %d",
		p.elapsed.Seconds(), p.clock.Format("Mon 15:04"), count(p.processed), count(int64(rate)),
		count(p.accounts), count(p.groups), p.findings,
	)
	if !s.terminal {
		s.printf("%s\n", text)
		return
	}
	if s.width > 0 && len(text) >= s.width {
		text = text[:s.width-1]
	}
	fmt.Fprintf(s.out, "\r\x1b[2K%s", text)
	s.live = true
}

// count writes a number with a comma at the thousands.
func count(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func (s *screen) announce(f *campaign.Finding, p progress) {
	s.printf("%s after %.0f s, at %s of the simulated time: %s\n",
		s.style(red, "FOUND"), p.elapsed.Seconds(), p.clock.Format("Mon 15:04"), f.Title)
}

// findings shows the largest finding whole and the others in a line each.
func (s *screen) findings(found []*campaign.Finding) {
	s.heading("What the SOC receives")
	s.printf("\n%s", alert.Text(found[0], alert.TextOptions{Width: s.width, Color: s.color}))
	for _, f := range found[1:] {
		s.printf("\nAlso: %s (%d accounts)\n", f.Title, f.Members)
	}
}

// comparison shows which accounts belong to what, which only the simulator knows, and what was
// reported.
func (s *screen) comparison(crowds []crowd, o campaign.Options) {
	s.heading("Which accounts belong to what, as only the simulator knows")
	s.printf("\n  %-57s %8s  %5s  %s\n",
		"", "accounts", "named", "closest group: coordination, harvest")
	for _, c := range crowds {
		mark := s.style(green, "✓")
		// Some of a campaign, and nobody else.
		if c.campaign && c.named == 0 || !c.campaign && c.named > 0 {
			mark = s.style(red, "✗")
		}
		closest := "none measured"
		switch {
		case c.campaign && c.named > 0:
			closest = "reported"
		case c.measured:
			closest = fmt.Sprintf("%d accounts: %.1f, %.1f bits",
				len(c.closest.Members), c.closest.Coordination, c.closest.Harvest)
		}
		s.printf("  %s %-55s %8d  %5d  %s\n",
			mark, describe(c), c.accounts, c.named, s.style(faint, closest))
	}
	s.printf("\n  A finding needs, in bits, %g of coordination beyond the best honest explanation and %g of harvest, %g in sum; from %g it is High.\n",
		o.Coordination, o.Harvest, o.Total, o.Total+o.HighMargin)
}

// describe says in words what a crowd is.
func describe(c crowd) string {
	if c.campaign {
		return "THE CAMPAIGN: " + c.kind
	}
	return c.kind + " (" + c.id + ")"
}

func (s *screen) next(conf config.Config, http string, stays bool) {
	s.heading("Where to look next")
	lines := []string{
		"docs/alerts.md           what is in a finding, field by field",
		"docs/operations.md       configuration, topics, guarantees, what to do when something is wrong",
		"configs/stillwatch.yaml  every key with its default",
		"make run                 the same service on local ports, for events of your own",
	}
	s.printf("\n  %s\n", strings.Join(lines, "\n  "))
	if !stays {
		return
	}
	s.printf("\nThe service keeps running until Ctrl-C. The finding as a consumer gets it:\n")
	s.printf("  kcat -C -e -b %s -t %s\n", conf.Kafka.Brokers[0], conf.Topics.Alerts)
	if http != "" {
		s.printf("  curl http://%s/metrics\n", http)
	}
}
