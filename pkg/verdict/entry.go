package verdict

import (
	"encoding/binary"
	"iter"
)

// An entry is an account's standing as a row of bytes, which the garbage collector has nothing to
// look for in and which is next to itself in memory:
//
//	 0  tenant, a number in the generation's texts
//	 4  length of the account's name, 2 bytes
//	 6  number of findings, 1 byte
//	 7  status, 1 byte
//	 8  changed, Unix milliseconds
//	16  the account's name
//	    the findings, each: uid (4 bytes, in the texts), since (8), severity (1), confidence (1)
//	    the status as it was written (4 bytes, in the texts), where it is Unknown
//
// An entry is written once and then only read.
type entry []byte

const (
	headSize = 16
	refSize  = 14
	textSize = 4
	// maxEntry is the size of the largest entry, which fits into a chunk and its counts into their
	// fields: a name is shorter than its key.
	maxEntry = headSize + maxKey + maxFindings*refSize + textSize
)

const _ = uint(chunkSize - maxEntry)

// sizeOf is the size of the entry of an account.
func sizeOf(id identity, s *said) int {
	n := headSize + len(id.account) + len(s.refs)*refSize
	if s.status == Unknown {
		n += textSize
	}
	return n
}

// write fills an entry of the right size. number gives the number of a text.
func (e entry) write(id identity, s *said, number func(string) uint32) {
	binary.LittleEndian.PutUint32(e, number(id.tenant))
	binary.LittleEndian.PutUint16(e[4:], uint16(len(id.account)))
	e[6], e[7] = byte(len(s.refs)), byte(s.status)
	binary.LittleEndian.PutUint64(e[8:], uint64(s.changed))
	rest := e[headSize+copy(e[headSize:], id.account):]
	for i := range s.refs {
		r := &s.refs[i]
		binary.LittleEndian.PutUint32(rest, number(r.uid))
		binary.LittleEndian.PutUint64(rest[4:], uint64(r.since))
		rest[12], rest[13] = byte(r.severity), r.confidence
		rest = rest[refSize:]
	}
	if s.status == Unknown {
		binary.LittleEndian.PutUint32(rest, number(s.text))
	}
}

// renumber gives every text of an entry its number in another generation.
func (e entry) renumber(number func(uint32) uint32) {
	again := func(at []byte) {
		binary.LittleEndian.PutUint32(at, number(binary.LittleEndian.Uint32(at)))
	}
	again(e)
	refs := e.refs()
	for at := 0; at < len(refs); at += refSize {
		again(refs[at:])
	}
	if e.status() == Unknown {
		again(e[len(e)-textSize:])
	}
}

func (e entry) tenant() uint32 { return binary.LittleEndian.Uint32(e) }

func (e entry) status() Status { return Status(e[7]) }

// length is the entry's size, which its head tells.
func (e entry) length() int {
	n := headSize + int(binary.LittleEndian.Uint16(e[4:])) + int(e[6])*refSize
	if e.status() == Unknown {
		n += textSize
	}
	return n
}

func (e entry) account() []byte {
	return e[headSize : headSize+int(binary.LittleEndian.Uint16(e[4:]))]
}

func (e entry) refs() []byte {
	at := headSize + int(binary.LittleEndian.Uint16(e[4:]))
	return e[at : at+int(e[6])*refSize]
}

// standing is what the entry says, for whoever asks.
func (e entry) standing(texts []string) Standing {
	s := Standing{
		Status: e.status(), Text: e.status().String(),
		Changed:  timeOf(int64(binary.LittleEndian.Uint64(e[8:]))),
		findings: findings{refs: e.refs(), texts: texts},
	}
	if s.Status == Unknown {
		s.Text = texts[binary.LittleEndian.Uint32(e[len(e)-textSize:])]
	}
	if refs := s.findings.refs; len(refs) > 0 {
		since := refSince(refs)
		s.Severity, s.Confidence = refSeverity(refs), refConfidence(refs)
		for rest := refs[refSize:]; len(rest) > 0; rest = rest[refSize:] {
			since = min(since, refSince(rest))
		}
		s.Since = timeOf(since)
	}
	return s
}

// The fields of a finding but its uid, of the bytes that begin with it.
func refSince(refs []byte) int64       { return int64(binary.LittleEndian.Uint64(refs[4:])) }
func refSeverity(refs []byte) Severity { return Severity(refs[12]) }
func refConfidence(refs []byte) int    { return int(refs[13]) }

// findings are those of an entry, with the texts that their numbers mean.
type findings struct {
	refs  []byte
	texts []string
}

// reaches tells whether one of them has both, at least.
func (f *findings) reaches(severity Severity, confidence int) bool {
	for refs := f.refs; len(refs) > 0; refs = refs[refSize:] {
		if refSeverity(refs) >= severity && refConfidence(refs) >= confidence {
			return true
		}
	}
	return false
}

// all returns the findings, the most severe first.
func (f *findings) all() iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		for refs := f.refs; len(refs) > 0; refs = refs[refSize:] {
			finding := Finding{
				UID: f.texts[binary.LittleEndian.Uint32(refs)], Severity: refSeverity(refs),
				Confidence: refConfidence(refs), Since: timeOf(refSince(refs)),
			}
			if !yield(finding) {
				return
			}
		}
	}
}
