// Package watchlist reads what other providers, or the operator, know of an attacker's tooling, as
// STIX 2 indicators, and tells which values of an account's profile they mean. Of STIX patterns it
// understands those that speak of what a profile keeps; the others are named with the reason, and
// are no error.
//
// The package is pure: bytes in, a list out; whether an indicator has expired is asked for a given
// time.
package watchlist

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Bounds of a list. A list beyond them is refused or its rest skipped, with the reason: what
// watches must not be brought down by what it is given.
const (
	// MaxBytes bounds a file.
	MaxBytes = 64 << 20
	// maxPattern bounds a pattern in bytes, maxAlternatives the alternatives that it is worked out
	// to and maxTerms what each joins, maxDepth the brackets inside each other.
	maxPattern      = 64 << 10
	maxAlternatives = 1024
	maxTerms        = 16
	maxDepth        = 32
	// maxComparisons bounds the terms of a list, worked out: a pattern of a few hundred bytes may
	// mean a thousand times as many.
	maxComparisons = 1 << 19
	// maxScanned bounds the terms that have to be tried one by one on every value, and
	// maxExpression the length of such a regular expression.
	maxScanned    = 1000
	maxExpression = 2048
	// maxText bounds the names that are kept of a bundle.
	maxText = 200
)

var errTooMany = fmt.Errorf("the lists make more than %d comparisons", maxComparisons)

// Indicator is a sign to watch for.
type Indicator struct {
	// ID is its STIX identifier, Name and Producer what a reader knows it by; Producer is empty
	// where the bundle does not tell.
	ID, Name, Producer string
	// Indicates and IndicatesName are the object that it is a sign of, a campaign most often; empty
	// where the bundle does not tell.
	Indicates, IndicatesName string
	// Confidence is the producer's, 0..100, and -1 where it is not given.
	Confidence int
	// ValidUntil is when it expires, in Unix milliseconds, 0 for never. What was a sign before it
	// was noticed is one all the same: valid_from is not looked at.
	ValidUntil int64
	Pattern    Pattern
	// LeftOut are the parts of its pattern that are not compared, each with the reason.
	LeftOut []string

	modified int64
	revoked  bool
}

// Skipped is an indicator that is not watched for.
type Skipped struct{ ID, Name, Reason string }

// List is what is watched for. The zero value is an empty list.
type List struct {
	Indicators []Indicator
	// Revoked are the identifiers of what its producer took back, Skipped what is not understood.
	Revoked []string
	Skipped []Skipped
	// Notes are what a reader should know of the list as a whole.
	Notes []string

	index index
}

func (r *reader) list() *List {
	l := &List{Skipped: r.skipped, Notes: r.notes}
	comparisons := 0
	for i := range r.indicators {
		o := &r.indicators[i]
		in := Indicator{
			ID: clean(o.ID), Name: clean(o.Name), Producer: r.names[o.CreatedBy], Confidence: -1,
			revoked: o.Revoked, Indicates: clean(r.indicates[o.ID]),
			IndicatesName: r.names[r.indicates[o.ID]],
		}
		if o.Confidence != nil {
			in.Confidence = max(0, min(100, *o.Confidence))
		}
		fail := func(err error) {
			l.Skipped = append(l.Skipped, Skipped{
				ID: in.ID, Name: in.Name, Reason: clean(err.Error()),
			})
		}
		var err error
		if in.modified, err = stamp(o.Modified); err != nil {
			fail(fmt.Errorf("modified: %w", err))
			continue
		}
		if in.ValidUntil, err = stamp(o.ValidUntil); err != nil {
			fail(fmt.Errorf("valid_until: %w", err))
			continue
		}
		switch reason := o.unusable(); {
		case in.revoked:
			// What it looked like does not matter.
		case reason != nil:
			fail(reason)
			continue
		case comparisons >= maxComparisons:
			fail(errTooMany)
			continue
		default:
			read, err := ParsePattern(o.Pattern)
			if err != nil {
				fail(err)
				continue
			}
			in.Pattern, in.LeftOut = read.Pattern, read.LeftOut
			if in.ValidUntil == 0 || read.Until != 0 && read.Until < in.ValidUntil {
				in.ValidUntil = read.Until
			}
			n := in.Pattern.comparisons()
			if comparisons+n > maxComparisons {
				fail(errTooMany)
				continue
			}
			comparisons += n
		}
		l.Indicators = append(l.Indicators, in)
	}
	return Merge(l)
}

// stamp reads a STIX timestamp; an empty one is 0.
func stamp(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, errors.New("no timestamp of RFC 3339")
	}
	return t.UnixMilli(), nil
}

// Merge makes one list of several. Of an indicator that is there more than once the newest version
// counts; one that was revoked is gone, for STIX knows no way back.
func Merge(lists ...*List) *List {
	out := &List{}
	newest := map[string]Indicator{}
	revoked := map[string]bool{}
	for _, l := range lists {
		for i := range l.Indicators {
			in := &l.Indicators[i]
			if old, ok := newest[in.ID]; !ok || in.modified > old.modified ||
				in.modified == old.modified && in.revoked {
				newest[in.ID] = *in
			}
		}
		out.Skipped = append(out.Skipped, l.Skipped...)
		out.Notes = append(out.Notes, l.Notes...)
		for _, id := range l.Revoked {
			revoked[id] = true
		}
	}
	scanned, comparisons := 0, 0
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		in := newest[id]
		if in.revoked || revoked[id] {
			revoked[id] = true
			continue
		}
		n, all := in.Pattern.scanned(), in.Pattern.comparisons()
		switch {
		case scanned+n > maxScanned:
			out.Skipped = append(out.Skipped, Skipped{
				ID: in.ID, Name: in.Name,
				Reason: fmt.Sprintf("the lists have more than %d patterns with LIKE or MATCHES",
					maxScanned),
			})
		case comparisons+all > maxComparisons:
			out.Skipped = append(out.Skipped, Skipped{
				ID: in.ID, Name: in.Name, Reason: errTooMany.Error(),
			})
		default:
			scanned, comparisons = scanned+n, comparisons+all
			out.Indicators = append(out.Indicators, in)
		}
	}
	out.Revoked = slices.Sorted(maps.Keys(revoked))
	slices.SortStableFunc(out.Skipped, func(a, b Skipped) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Reason, b.Reason))
	})
	out.index = makeIndex(out.Indicators)
	return out
}

// Expired says whether the indicator is over at a time (Unix ms).
func (in *Indicator) Expired(now int64) bool { return in.ValidUntil != 0 && now >= in.ValidUntil }

// Subject is what the indicator is a sign of: the object that it indicates, else itself. Indicators
// of one subject are reported together.
func (in *Indicator) Subject() string {
	if in.Indicates != "" {
		return in.Indicates
	}
	return in.ID
}

// Title is what a reader is told: the name and whose it is.
func (in *Indicator) Title() string {
	name := in.Name
	if name == "" {
		name = in.ID
	}
	if in.IndicatesName != "" {
		name = fmt.Sprintf("%s of %s", name, in.IndicatesName)
	}
	if in.Producer != "" {
		name = fmt.Sprintf("%s (%s)", name, in.Producer)
	}
	return name
}

// clean makes one printable line of bounded length out of foreign text.
func clean(s string) string {
	if len(s) > 4*maxText {
		s = s[:4*maxText]
	}
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !printable(r) }), " ")
	if len(s) <= maxText {
		return s
	}
	runes := []rune(s)
	for len(string(runes)) > maxText-len("…") {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
