package fingerprint

import "github.com/stillwatch/stillwatch/pkg/attribute"

// Versions 1 to 4 of the encodings of fingerprints and profiles hold what nothing ever read, from
// the relay constants that were seen to the requests of the last hour. It is passed over.

// firstAttributes is how many attributes versions 1 to 5 hold; later ones say how many.
const firstAttributes = int(attribute.Model) + 1

// maxAttributes bounds how many attributes an encoding may hold: one of a newer release holds more
// than are known here, and those are passed over.
const maxAttributes = 64

// attributes reads how many attributes an encoding holds.
func (r *reader) attributes(version byte) int {
	if version < 6 {
		return firstAttributes
	}
	n := int(r.Byte())
	r.Check(n >= firstAttributes && n <= maxAttributes, "number of attributes out of range")
	return n
}

// gone stands for a figure of an older version that is counted no more.
const gone = -1

// figuresOf lists where the figures of a version's daily panes are kept now.
func figuresOf(version byte) []int {
	switch version {
	case 1:
		return oldFigures[:30]
	case 2:
		return oldFigures[:40]
	case 3, 4:
		return oldFigures[:]
	default:
		return newFigures[:]
	}
}

// oldFigures lists the figures of versions 3 and 4; version 1 knew the first 30, version 2 the
// first 40 of them.
var oldFigures = [...]int{
	nRequests, nText, nInput, nOutput, nReasoning, nMessages, nSingle,
	// How requests ended: well, in an error, blocked, limited in their rate.
	gone, gone, gone, gone,
	nRefused, nContinued, nContinuedUnserved, nRelay, nTemplate, nTemplateSingle,
	sumInput, sumOutput, sumReasoning, sumPrompt, sumTemplateOutput,
	nIntents, nIntents + 1, nIntents + 2, nIntents + 3,
	nIntents + 4, nIntents + 5, nIntents + 6, nIntents + 7,
	// Reasoning in the prompt template's slice: requests and tokens.
	gone, gone,
	nTemplateIntents, nTemplateIntents + 1, nTemplateIntents + 2, nTemplateIntents + 3,
	nTemplateIntents + 4, nTemplateIntents + 5, nTemplateIntents + 6, nTemplateIntents + 7,
	nBatch,
}

// newFigures lists the figures in the order in which they are written.
var newFigures = func() (list [numTotals]int) {
	for i := range list {
		list[i] = i
	}
	return list
}()

// passIf passes over a field where the encoding is one that has it.
func (r *reader) passIf(has bool, field func(*reader)) {
	if has {
		field(r)
	}
}

// passRelay passes over which of a relay's constants were seen.
func passRelay(r *reader) { r.Byte() }

// passPlan passes over the plan that the account was on.
func passPlan(r *reader) { r.Text(maxText) }

// passShortPanes passes over the panes that counted the requests of the last hour.
func passShortPanes(r *reader) {
	r.Uvarint()
	for range r.Count(maxPanes, 2) {
		r.Uvarint()
		r.Uint32()
	}
}

// oldSample is how many hashes a sample of prompts had at the most.
const oldSample = 32

// passSample passes over a sample of the account's prompts.
func passSample(r *reader) { r.Bytes(8 * r.Count(oldSample, 8)) }

// passSketches passes over the sketches that stood behind the i-th of those that are kept: behind
// that of the prompts, that of the prompts with the template; behind that of the sources, those of
// the client stacks and of the sessions.
func (r *reader) passSketches(i int, scratch []byte) []byte {
	after := [...]int{1, 2, 0}
	for range after[i] {
		_, scratch = r.distinct(scratch)
	}
	return scratch
}

// passCounts passes over counts.
func (r *reader) passCounts(n int) {
	for range n {
		r.Uint32()
	}
}
