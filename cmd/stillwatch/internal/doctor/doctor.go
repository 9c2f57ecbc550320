// Package doctor tells from a sample of a gateway's records what detection can see of it: which fields of the canonical event the gateway
// sends, which detectors are blind or weak without the others, and what to switch on.
package doctor

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

// Source is what the records of one format hold.
type Source struct {
	// Format is the format's name, Events the number of events.
	Format string
	Events int
	// Known counts the events that have a field, by its path. The path "sketch" stands for a sketch of the gateway's own.
	Known map[string]int
	// Advice says what to switch on for a field.
	Advice map[string]string
}

// Exam is what was found in a sample.
type Exam struct {
	Sources []*Source
	// Skipped and Broken count what is no event, by reason.
	Skipped, Broken map[string]int
	// Unread counts what was not read of the events.
	Unread gateway.Unread
}

// New begins an exam.
func New() *Exam { return &Exam{Skipped: map[string]int{}, Broken: map[string]int{}} }

// Examine reads a record with its headers, nil for none, or a whole file of records.
func (e *Exam) Examine(r *gateway.Reader, record []byte, headers []gateway.Header) {
	fields := gateway.Fields()
	r.ReadRecord(record, headers, func(ev *event.Event, err error) bool {
		if err != nil {
			e.reject(err)
			return true
		}
		s := e.source(r)
		s.Events++
		for i := range fields {
			if fields[i].Known(ev) {
				s.Known[fields[i].Path]++
			}
		}
		if ev.Sketch != nil {
			s.Known["sketch"]++
		}
		return true
	})
	if n := r.TakeUnjoined(); n > 0 {
		e.Skipped["unjoined"] += int(n)
	}
	e.Unread = e.Unread.Plus(r.TakeUnread())
}

func (e *Exam) reject(err error) {
	if skip, ok := errors.AsType[*gateway.SkipError](err); ok {
		e.Skipped[skip.Reason]++
	} else if broken, ok := errors.AsType[*event.DecodeError](err); ok {
		reason := broken.Reason
		if broken.Field != "" {
			reason += " (" + broken.Field + ")"
		}
		e.Broken[reason]++
	}
}

func (e *Exam) source(r *gateway.Reader) *Source {
	for _, s := range e.Sources {
		if s.Format == r.Format() {
			return s
		}
	}
	s := &Source{Format: r.Format(), Known: map[string]int{}, Advice: r.Advice(r.Format())}
	e.Sources = append(e.Sources, s)
	return s
}

// Share is the part of the events that have a field, or one of several that are joined by " or ".
func (s *Source) Share(need string) float64 {
	best := 0
	for path := range strings.SplitSeq(need, " or ") {
		best = max(best, s.Known[path])
	}
	return float64(best) / float64(max(s.Events, 1))
}

// enough is the share of events from which a field counts as sent.
const enough = 0.9

// Verdict says how well a detector sees.
type Verdict struct {
	Detector string
	// Blind says that none of what it needs is there; otherwise some of it is there too seldom.
	Blind bool
	// Missing lists what it needs and does not get.
	Missing []string
}

// Verdicts tells which detectors are blind or weak.
func (s *Source) Verdicts() []Verdict {
	var out []Verdict
	all := detectors.All()
	for i := range all {
		v := Verdict{Detector: all[i].Spec.ID, Blind: true}
		for _, need := range all[i].Spec.Needs {
			share := s.Share(need)
			v.Blind = v.Blind && share == 0
			if share < enough {
				v.Missing = append(v.Missing, need)
			}
		}
		if len(v.Missing) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// Print writes the exam for a person.
func (e *Exam) Print(w io.Writer) error {
	var b strings.Builder
	if len(e.Sources) == 0 {
		b.WriteString("No event was found.\n")
	}
	for _, s := range e.Sources {
		s.print(&b)
	}
	if n := e.Unread.Bodies; n > 0 {
		fmt.Fprintf(&b, "Of %d events the body is not read: it is cut or no JSON, has a name twice, or is beyond ingest.gateway.limits.\n", n)
	}
	if n := e.Unread.Values; n > 0 {
		fmt.Fprintf(&b, "%d values are of the wrong type or range, and count as absent.\n", n)
	}
	if n := e.Unread.Fillers; n > 0 {
		fmt.Fprintf(&b, "In %d events the logger has put a text of its own in place of the conversation.\n", n)
	}
	list(&b, "Left out on purpose", e.Skipped)
	list(&b, "Cannot be read (these would become dead letters)", e.Broken)
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Source) print(b *strings.Builder) {
	fmt.Fprintf(b, "Format %s: %d events\n\nFields that the events have:\n", s.Format, s.Events)
	var absent []string
	for _, f := range gateway.Fields() {
		if n := s.Known[f.Path]; n > 0 {
			fmt.Fprintf(b, "  %-28s %3.0f %%\n", f.Path, 100*float64(n)/float64(s.Events))
		} else {
			absent = append(absent, f.Path)
		}
	}
	fmt.Fprintf(b, "Fields that none has:\n")
	for line := range slices.Chunk(absent, 5) {
		fmt.Fprintf(b, "  %s\n", strings.Join(line, ", "))
	}
	verdicts := s.Verdicts()
	fmt.Fprintf(b, "\nDetectors: %d of %d see all that they need\n", len(detectors.All())-len(verdicts), len(detectors.All()))
	missing := map[string]bool{}
	for _, v := range verdicts {
		word := "weak "
		if v.Blind {
			word = "blind"
		}
		fmt.Fprintf(b, "  %s  %-18s needs %s\n", word, v.Detector, strings.Join(v.Missing, ", "))
		for _, need := range v.Missing {
			for path := range strings.SplitSeq(need, " or ") {
				missing[path] = true
			}
		}
	}
	var advice []string
	for _, path := range slices.Sorted(maps.Keys(s.Advice)) {
		if missing[path] || s.Known[path] == 0 {
			advice = append(advice, fmt.Sprintf("  %-28s %s\n", path, s.Advice[path]))
		}
	}
	if len(advice) > 0 {
		fmt.Fprintf(b, "\nWhat to switch on in the gateway:\n%s", strings.Join(advice, ""))
	}
	var enrich []string
	for _, path := range []string{"account.created_at", "account.payment_fp", "account.payment_issuer", "account.email_domain"} {
		if missing[path] && s.Advice[path] == "" {
			enrich = append(enrich, path)
		}
	}
	if len(enrich) > 0 {
		fmt.Fprintf(b, "\nNo gateway knows %s:\n  give Stillwatch your account table (ingest.enrich, docs/enrichment.md).\n", strings.Join(enrich, ", "))
	}
	b.WriteByte('\n')
}

func list(b *strings.Builder, title string, counts map[string]int) {
	if len(counts) == 0 {
		return
	}
	fmt.Fprintf(b, "%s:\n", title)
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(b, "  %-28s %d\n", reason, counts[reason])
	}
}
