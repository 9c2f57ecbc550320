package simulate

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// Load reads a scenario and checks it. Unknown keys are errors, so that a typing mistake does not
// silently change a world.
func Load(src io.Reader) (Scenario, error) {
	var sc Scenario
	data, err := io.ReadAll(src)
	if err != nil {
		return sc, fmt.Errorf("read the scenario: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&sc); err != nil {
		return sc, fmt.Errorf("read the scenario: %w", err)
	}
	sc.fill()
	if err := sc.Validate(); err != nil {
		return sc, err
	}
	return sc, nil
}

// Write writes the scenario in the form that Load reads.
func (sc *Scenario) Write(dst io.Writer) error {
	enc := yaml.NewEncoder(dst)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(sc), enc.Close()); err != nil {
		return fmt.Errorf("write the scenario: %w", err)
	}
	return nil
}
