package sketch

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// WireVersion is the version of the algorithm that a wire sketch names.
const WireVersion = 1

// maxWire bounds the shingles read from a wire sketch, each list: the most that Options allow.
const maxWire = 256

// intentNames are the names of the intents on the wire, by bit.
var intentNames = [NumIntents]string{"reasoning", "coercion", "rubric", "generation", "cleaning"}

// FromWire reads a sketch that a gateway computed. The hashes must have been made with the deployment's key and options. Unknown intents
// are skipped: a newer gateway may know more.
func FromWire(wire *event.Sketch, out *Sketch) error {
	out.Reset()
	if wire.Version != WireVersion {
		return fmt.Errorf("sketch: version is %d, only %d can be read: bring gateway and stillwatch to the same release", wire.Version, WireVersion)
	}
	for _, field := range []struct {
		name string
		text string
		to   *uint64
	}{
		{"exact", wire.Exact, &out.Exact},
		{"skeleton", wire.Skeleton, &out.Skeleton},
		{"prefix", wire.Prefix, &out.Prefix},
		{"continuation", wire.Continuing, &out.Continuation},
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
	return nil
}

func parseHash(text string) (uint64, error) {
	h, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%.20q is not a hash of up to 16 hexadecimal digits", text)
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

// ToWire returns the form of a sketch that a gateway sends instead of the text. The number of tokens and the relay constants do not
// travel: the gateway reports usage and device itself.
func ToWire(s *Sketch) *event.Sketch {
	wire := &event.Sketch{
		Version:    WireVersion,
		Exact:      formatHash(s.Exact),
		Skeleton:   formatHash(s.Skeleton),
		Prefix:     formatHash(s.Prefix),
		Continuing: formatHash(s.Continuation),
	}
	for _, h := range s.Turn {
		wire.Shingles = append(wire.Shingles, formatHash(h))
	}
	for _, h := range s.System {
		wire.System = append(wire.System, formatHash(h))
	}
	for bit, name := range intentNames {
		if s.Intents&(1<<bit) != 0 {
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
