package sketch

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// WireVersion is the version of the algorithm that a wire sketch names.
const WireVersion = 1

// maxWire bounds the shingles read from a wire sketch, each list: the most that Options allow.
const maxWire = 256

// maxWireTokens bounds the number of tokens read from a wire sketch: far above what a record can
// hold.
const maxWireTokens = 1 << 40

// intentNames are the names of the intents on the wire, by bit.
var intentNames = [NumIntents]string{"reasoning", "coercion", "rubric", "generation", "cleaning"}

// ErrOtherKey says that a sketch was made with another key or other options, so that its hashes
// meet none of this deployment's.
var ErrOtherKey = errors.New(
	"sketch: made with another secret or other options: give the gateway the secret and the sketch options of stillwatch",
)

// FromWire reads a sketch that a gateway computed. One that was made with another key or other
// options than this Sketcher's is ErrOtherKey; a sketch without a check is believed. Unknown
// intents are skipped: a newer gateway may know more.
func (s *Sketcher) FromWire(wire *event.Sketch, out *Sketch) error {
	out.Reset()
	if wire.Version != WireVersion {
		return fmt.Errorf(
			"sketch: version is %d, only %d can be read: bring gateway and stillwatch to the same release",
			wire.Version, WireVersion,
		)
	}
	if wire.Check != "" && wire.Check != s.check &&
		!slices.ContainsFunc(s.previous, func(p *Sketcher) bool { return p.check == wire.Check }) {
		return ErrOtherKey
	}
	for _, field := range []struct {
		name string
		text string
		to   *uint64
	}{
		{"exact", wire.Exact, &out.Exact},
		{"skeleton", wire.Layout, &out.Layout},
		{"prefix", wire.Prefix, &out.Prefix},
		{"continuation", wire.Continuing, &out.Continuation},
		{"workspace", wire.Workspace, &out.Workspace},
	} {
		if field.text == "" {
			continue
		}
		h, err := parseHash(field.text)
		if err != nil {
			return fmt.Errorf("sketch: %s: %w", field.name, err)
		}
		*field.to = h
	}
	var err error
	if out.Turn, err = parseHashes(out.Turn, wire.Shingles); err != nil {
		return fmt.Errorf("sketch: shingles: %w", err)
	}
	if out.System, err = parseHashes(out.System, wire.System); err != nil {
		return fmt.Errorf("sketch: system: %w", err)
	}
	for _, intent := range wire.Intents {
		if bit := slices.Index(intentNames[:], intent.Name); bit >= 0 && intent.Count > 0 {
			out.Intents |= 1 << bit
		}
	}
	if wire.Relay {
		out.Relay |= RelaySystem
	}
	out.Tokens = int(min(max(wire.Tokens, 0), maxWireTokens))
	// Subjects of different keys can't be compared. To have none is better than to be unlike
	// everybody else.
	if wire.Subject != "" && (wire.Check == "" || wire.Check == s.check) {
		if err = parseSubject(&out.Subject, wire.Subject); err != nil {
			return fmt.Errorf("sketch: subject: %w", err)
		}
	}
	return nil
}

// parseSubject does not show what it cannot read, as parseHash.
func parseSubject(to *[SubjectSize]int8, text string) error {
	var raw [SubjectSize]byte
	if len(text) != 2*SubjectSize {
		return fmt.Errorf("a value of %d characters is not %d hexadecimal digits",
			len(text), 2*SubjectSize)
	}
	if _, err := hex.Decode(raw[:], []byte(text)); err != nil {
		return fmt.Errorf("a value is not of %d hexadecimal digits", 2*SubjectSize)
	}
	squares := 0
	for i, b := range raw {
		to[i] = int8(b)
		squares += int(to[i]) * int(to[i])
	}
	// Rounding moves each number by a half at the most, and so the length by the root of a quarter
	// of SubjectSize, less than 3.
	const slack = 3
	if least, most := SubjectNorm-slack, SubjectNorm+slack; squares < least*least ||
		squares > most*most {
		return fmt.Errorf("the numbers have a length of %.0f, it has to be %d",
			math.Sqrt(float64(squares)), SubjectNorm)
	}
	return nil
}

func formatSubject(s *Sketch) string {
	if !s.HasSubject() {
		return ""
	}
	var raw [SubjectSize]byte
	for i, n := range s.Subject {
		raw[i] = byte(n)
	}
	return hex.EncodeToString(raw[:])
}

// parseHash does not show what it cannot read: a gateway that puts text there must not find it in
// the dead letters' headers.
func parseHash(text string) (uint64, error) {
	h, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf(
			"a value of %d characters is not a hash of up to 16 hexadecimal digits", len(text),
		)
	}
	return h, nil
}

func parseHashes(dst []uint64, texts []string) ([]uint64, error) {
	if len(texts) > maxWire {
		return dst, fmt.Errorf("%d hashes, at most %d are allowed", len(texts), maxWire)
	}
	for _, text := range texts {
		h, err := parseHash(text)
		if err != nil {
			return dst, err
		}
		if h != 0 {
			dst = append(dst, h)
		}
	}
	slices.Sort(dst)
	return slices.Compact(dst), nil
}

// ToWire returns the form of a sketch that a gateway sends instead of the text. The relay's device
// does not travel: the gateway reports client.device_id itself.
func (s *Sketcher) ToWire(sk *Sketch) *event.Sketch {
	wire := &event.Sketch{
		Version:    WireVersion,
		Check:      s.check,
		Exact:      formatHash(sk.Exact),
		Layout:     formatHash(sk.Layout),
		Prefix:     formatHash(sk.Prefix),
		Continuing: formatHash(sk.Continuation),
		Workspace:  formatHash(sk.Workspace),
		Tokens:     int64(sk.Tokens),
		Relay:      sk.Relay&RelaySystem != 0,
	}
	wire.Subject = formatSubject(sk)
	for _, h := range sk.Turn {
		wire.Shingles = append(wire.Shingles, formatHash(h))
	}
	for _, h := range sk.System {
		wire.System = append(wire.System, formatHash(h))
	}
	for bit, name := range intentNames {
		if sk.Intents&(1<<bit) != 0 {
			wire.Intents = append(wire.Intents, event.Intent{Name: name, Count: 1})
		}
	}
	return wire
}

func formatHash(h uint64) string {
	if h == 0 {
		return ""
	}
	return fmt.Sprintf("%016x", h)
}
