package fingerprint

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"time"
)

// maxPanes bounds the panes of one width.
const maxPanes = 168

// The figures of a daily pane.
const (
	nRequests = iota
	nText
	nInput
	nOutput
	nReasoning
	nMessages
	nSingle
	nRefused
	nContinued
	nContinuedUnserved
	nRelay
	nTemplate
	nTemplateSingle
	nBatch
	sumInput
	sumOutput
	sumReasoning
	sumPrompt
	sumTemplateOutput
	nIntents
	nTemplateIntents = nIntents + numIntents
	numTotals        = nTemplateIntents + numIntents
)

// numIntents is the number of intents counted.
const numIntents = len(Profile{}.Intents)

// totals are the figures of a daily pane, by the constants above.
type totals [numTotals]uint64

func (t *totals) bump(figure int, n uint64) { t[figure] = min(t[figure]+n, maxSum) }

func (t *totals) add(other *totals) {
	for i, n := range other {
		t.bump(i, n)
	}
}

// dayPane is a UTC day with requests.
type dayPane struct {
	slot int64
	totals
}

// pane is a shorter stretch of time with its requests.
type pane struct {
	slot int64
	n    uint32
}

// panes are the stretches of one width that have requests, oldest first.
type panes []pane

// add counts n requests in a slot, and drops what is keep slots older than the newest.
func (p *panes) add(slot int64, n uint32, keep int64) {
	s := *p
	i := len(s)
	for i > 0 && s[i-1].slot > slot {
		i--
	}
	switch {
	case i > 0 && s[i-1].slot == slot:
		s[i-1].n += n
		return
	case i < len(s) && s[len(s)-1].slot-slot >= keep:
		return
	}
	newest, old := max(slot, newestSlot(s)), 0
	for old < len(s) && newest-s[old].slot >= keep {
		old++
	}
	if old > 0 {
		s = slices.Delete(s, 0, old)
		i -= old
	}
	*p = slices.Insert(s, i, pane{slot, n})
}

func newestSlot(p panes) int64 {
	if len(p) == 0 {
		return 0
	}
	return p[len(p)-1].slot
}

// since sums the requests of the slots after slot.
func (p panes) since(slot int64) (n uint32) {
	for i := len(p) - 1; i >= 0 && p[i].slot > slot; i-- {
		n += p[i].n
	}
	return n
}

// slotOf is the slot of width that holds the time, in Unix milliseconds.
func slotOf(t int64, width time.Duration) int64 { return t / width.Milliseconds() }

// pane returns the totals of the day that holds t, nil when it lies beyond the horizon.
func (f *Fingerprint) pane(t int64) *totals {
	slot, keep := t/day, f.opts.Horizon.Milliseconds()/day
	i := len(f.days)
	for i > 0 && f.days[i-1].slot > slot {
		i--
	}
	if i > 0 && f.days[i-1].slot == slot {
		return &f.days[i-1].totals
	}
	if i < len(f.days) && f.days[len(f.days)-1].slot-slot >= keep {
		return nil
	}
	f.days = slices.Insert(f.days, i, dayPane{slot: slot})
	newest, old := f.days[len(f.days)-1].slot, 0
	for newest-f.days[old].slot >= keep {
		old++
	}
	if old > 0 {
		f.days = slices.Delete(f.days, 0, old)
		i -= old
	}
	return &f.days[i].totals
}

func appendPanes(b []byte, p panes, last int64, width time.Duration) []byte {
	b = binary.AppendUvarint(b, uint64(width/time.Second))
	b = binary.AppendUvarint(b, uint64(len(p)))
	newer := slotOf(last, width)
	for _, x := range slices.Backward(p) {
		b = binary.AppendUvarint(b, uint64(newer-x.slot))
		b = binary.AppendUvarint(b, uint64(x.n))
		newer = x.slot
	}
	return b
}

// panes reads panes; those of another width, from before the options changed, are counted in the
// panes of today's width that hold their start.
func (r *reader) panes(last int64, width, keep time.Duration) panes {
	was := time.Duration(r.Uvarint()) * time.Second
	n := r.Count(maxPanes, 2)
	if !r.Check(was > 0 && was <= 24*time.Hour, "pane width out of range") || n == 0 {
		return nil
	}
	read := make(panes, n)
	slot := slotOf(last, was)
	for i := n - 1; i >= 0; i-- {
		gap := r.Uvarint()
		r.Check(gap <= uint64(slot) && (gap > 0 || i == n-1), "panes out of order")
		slot -= int64(gap)
		read[i] = pane{slot, r.Uint32()}
	}
	if was == width || !r.OK() {
		return read
	}
	var p panes
	for _, x := range read {
		p.add(slotOf(x.slot*was.Milliseconds(), width), x.n, int64(keep/width))
	}
	return p
}

func appendDays(b []byte, days []dayPane, last int64) []byte {
	b = binary.AppendUvarint(b, uint64(len(days)))
	newer := last / day
	for i := len(days) - 1; i >= 0; i-- {
		d := &days[i]
		b = binary.AppendUvarint(b, uint64(newer-d.slot))
		newer = d.slot
		mask := uint64(0)
		for k, n := range d.totals {
			if n > 0 {
				mask |= 1 << k
			}
		}
		b = binary.AppendUvarint(b, mask)
		for k := mask; k != 0; k &= k - 1 {
			b = binary.AppendUvarint(b, d.totals[bits.TrailingZeros64(k)])
		}
	}
	return b
}

// days reads daily panes whose figures stand at the given places.
func (r *reader) days(last int64, figures []int) []dayPane {
	n := r.Count(maxDays, 2)
	if n == 0 {
		return nil
	}
	days := make([]dayPane, n)
	slot := last / day
	for i := n - 1; i >= 0; i-- {
		gap := r.Uvarint()
		if !r.Check(gap <= uint64(slot) && (gap > 0 || i == n-1), "days out of order") {
			return nil
		}
		slot -= int64(gap)
		days[i].slot = slot
		mask := r.Uvarint()
		r.Check(mask>>len(figures) == 0, "unknown figure")
		for k := mask; k != 0 && r.OK(); k &= k - 1 {
			x := r.Uvarint()
			r.Check(x > 0 && x <= maxSum, "figure out of range")
			if figure := figures[bits.TrailingZeros64(k)]; figure != gone {
				days[i].totals[figure] = x
			}
		}
	}
	return days
}

const (
	// maxDays is the longest horizon that Options allow.
	maxDays = 90
	// maxSum bounds a figure of a day, so that the sum over days can't overflow.
	maxSum = 1 << 56
)

// merge adds the panes of other.
func (p *panes) merge(other panes, keep int64) {
	for _, x := range other {
		p.add(x.slot, x.n, keep)
	}
}

func (f *Fingerprint) mergeDays(other []dayPane) {
	for i := range other {
		if t := f.pane(other[i].slot * day); t != nil {
			t.add(&other[i].totals)
		}
	}
}

// shift moves a bitmap of slots, whose bit 0 is the newest, on by some slots.
func shift(words []uint64, by int64, size int) {
	if by >= int64(size) {
		clear(words)
		return
	}
	whole, part := int(by/64), uint(by%64)
	for i := len(words) - 1; i >= 0; i-- {
		var x uint64
		if i >= whole {
			x = words[i-whole] << part
			if part > 0 && i > whole {
				x |= words[i-whole-1] >> (64 - part)
			}
		}
		words[i] = x
	}
	trim(words, size)
}

// trim clears the bits from size on.
func trim(words []uint64, size int) {
	if rest := size % 64; rest > 0 {
		words[len(words)-1] &= 1<<rest - 1
	}
}

// mark moves the bitmap on to the slot when it is newer than last, and sets its bit.
func mark(words []uint64, size int, slot, last int64) {
	if slot > last {
		shift(words, slot-last, size)
		last = slot
	}
	if i := last - slot; i < int64(size) {
		words[i/64] |= 1 << (i % 64)
	}
}

// mergeActivity adds the slots of other, which ends at theirs, to words, which ends at ours.
func mergeActivity(words []uint64, ours int64, other []uint64, theirs int64, size int) {
	moved := slices.Clone(other)
	if theirs > ours {
		shift(words, theirs-ours, size)
	} else {
		shift(moved, ours-theirs, size)
	}
	for i, x := range moved {
		words[i] |= x
	}
}
