package sketch

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// Options configure a Sketcher. Sketches are comparable only when they are equal, so every gateway
// and every ingest of one deployment uses the same ones; a sketch on the wire carries a check of
// them.
type Options struct {
	// Key is the deployment's secret, at least MinKey bytes. It is never written to a configuration
	// file.
	Key []byte `yaml:"-" json:"-"`
	// Width is the number of consecutive words in a shingle; characters of scripts written without
	// spaces count half.
	Width int `yaml:"width" json:"width"`
	// TurnSampling keeps one in so many shingles of a user turn, SystemSampling of a system prompt.
	// SystemSampling is not below TurnSampling, so that what is kept of a text as a system prompt
	// is a subset of what would be kept of it as a turn.
	TurnSampling   int `yaml:"turn_sampling" json:"turn_sampling"`
	SystemSampling int `yaml:"system_sampling" json:"system_sampling"`
	// MaxShingles bounds Turn and System, each.
	MaxShingles int `yaml:"max_shingles" json:"max_shingles"`
	// MinTokens is the number of tokens below which a text gives no shingles: small talk is no
	// prompt template.
	MinTokens int `yaml:"min_tokens" json:"min_tokens"`
	// MaxText bounds the work: of a longer text the first and the last MaxText/2 bytes are read.
	MaxText int `yaml:"max_text" json:"max_text"`
}

// MinKey is the least number of bytes of a key.
const MinKey = 16

// DefaultOptions returns the options of the published algorithm, without a key.
func DefaultOptions() Options {
	return Options{
		Width:          4,
		TurnSampling:   4,
		SystemSampling: 8,
		MaxShingles:    64,
		MinTokens:      8,
		MaxText:        64 << 10,
	}
}

// Validate tells what is wrong with the options.
func (o Options) Validate() error {
	if len(o.Key) < MinKey {
		return fmt.Errorf("sketch: key has %d bytes, give a secret of at least %d",
			len(o.Key), MinKey)
	}
	for _, field := range []struct {
		name        string
		value       int
		least, most int
	}{
		{"width", o.Width, 1, maxWidth / 2},
		{"turn_sampling", o.TurnSampling, 1, 1 << 20},
		{"system_sampling", o.SystemSampling, 1, 1 << 20},
		{"max_shingles", o.MaxShingles, 4, maxWire},
		{"min_tokens", o.MinTokens, 0, batch / 2},
		{"max_text", o.MaxText, 4 << 10, 1 << 24},
	} {
		if field.value < field.least || field.value > field.most {
			return fmt.Errorf("sketch: %s is %d, give a number from %d to %d",
				field.name, field.value, field.least, field.most)
		}
	}
	if o.SystemSampling < o.TurnSampling {
		return errors.New("sketch: system_sampling is below turn_sampling, make it equal or higher")
	}
	return nil
}

// clone copies the options with their key.
func (o Options) clone() Options {
	o.Key = slices.Clone(o.Key)
	return o
}

// check tells options apart: 16 hexadecimal digits that travel with a sketch. It tells nothing
// about the key.
func (o Options) check() string {
	use := fmt.Sprintf("check/%d/%d/%d/%d/%d/%d",
		o.Width, o.TurnSampling, o.SystemSampling, o.MaxShingles, o.MinTokens, o.MaxText)
	return hex.EncodeToString(digest(o.Key, use)[:8])
}
