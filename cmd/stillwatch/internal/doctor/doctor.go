// Package doctor tells from a sample of a gateway's records what detection can see of it: which
// fields of the canonical event the gateway sends, which detectors are blind or weak without the
// others, and what to switch on.
package doctor

import (
	"cmp"
	"strings"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/decode"
	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

// Source is what the records of one format hold.
type Source struct {
	// Format is the format's name, Events the number of events.
	Format string
	Events int
	// Known counts the events that have a field, by its path. The path "sketch" stands for a sketch
	// of the gateway's own.
	Known map[string]int
	// Advice says what to switch on for a field.
	Advice map[string]string
	// Unread counts what was not read of the events.
	Unread gateway.Unread
}

// Exam is what was found in a sample.
type Exam struct {
	Sources []*Source
	// Skipped counts what is left out on purpose, by reason; Broken what would become dead letters.
	Skipped map[string]int
	Broken  map[string]*Fault
	// Twice counts the events that tell of a call once more.
	Twice Twice
	// Incomplete counts the calls of which no part has what an event needs, by what that is.
	Incomplete map[string]int
	// Unjoined counts the events of which a part did not come.
	Unjoined int64

	calls calls
	// waited are the formats of which something had to wait for more.
	waited map[string]bool
}

// Fault is one reason for which objects cannot be read.
type Fault struct {
	Objects int
	// Named counts the objects that still tell whose they are, and Accounts whose.
	Named    int
	Accounts map[uint64]struct{}
}

// New begins an exam.
func New() *Exam {
	return &Exam{
		Skipped: map[string]int{}, Broken: map[string]*Fault{}, waited: map[string]bool{},
		calls: newCalls(), Incomplete: map[string]int{},
	}
}

// Add takes one object that the reader has read.
func (e *Exam) Add(r *decode.Reader, o *decode.Outcome) {
	reason, skipped := o.Skipped()
	lack, incomplete := o.Incomplete()
	switch {
	case o.Unjoined(): // Counted below.
	case incomplete:
		e.Incomplete[lack]++
	case skipped:
		e.Skipped[reason]++
		if o.Waits() {
			e.waited[o.Format] = true
		}
	case o.Dead():
		e.broken(o)
	default:
		e.event(r, o)
	}
}

// End takes what the reader gives up at the end of its input.
func (e *Exam) End(r *decode.Reader) error {
	err := r.Flush(func(o *decode.Outcome) error { e.Add(r, o); return nil })
	e.Unjoined += r.TakeUnjoined()
	return err
}

func (e *Exam) event(r *decode.Reader, o *decode.Outcome) {
	s := e.source(r, o.Format)
	s.Events++
	fields := gateway.Fields()
	for i := range fields {
		if fields[i].Known(o.Event) {
			s.Known[fields[i].Path]++
		}
	}
	if o.Event.Sketch != nil {
		s.Known["sketch"]++
	}
	s.Unread = s.Unread.Plus(o.Unread)
	e.calls.add(o.Event, o.Format, &e.Twice)
}

// maxAccounts bounds the accounts that are held for one reason.
const maxAccounts = 1 << 16

func (e *Exam) broken(o *decode.Outcome) {
	reason := o.Reason()
	f := e.Broken[reason]
	if f == nil {
		f = &Fault{Accounts: map[uint64]struct{}{}}
		e.Broken[reason] = f
	}
	f.Objects++
	a := &o.Event.Account
	if account := cmp.Or(a.ID, a.KeyHash, a.UserID, a.OrgID); account != "" {
		f.Named++
		if len(f.Accounts) < maxAccounts {
			f.Accounts[hash(o.Event.Tenant, account)] = struct{}{}
		}
	}
}

func (e *Exam) source(r *decode.Reader, format string) *Source {
	for _, s := range e.Sources {
		if s.Format == format {
			return s
		}
	}
	s := &Source{Format: format, Known: map[string]int{}, Advice: r.Advice(format)}
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
