package evaluate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
)

// Store keeps the outcomes of random worlds as lines of JSON, so that a run can be continued.
type Store struct {
	path             string
	program, options string

	mu   sync.Mutex
	file *os.File
	done map[int]Outcome
}

// OpenStore reads the outcomes that a file has and adds to it. Outcomes of another program or
// configuration are an error: figures of both would be mixed. An empty path keeps nothing.
func OpenStore(path, program, options string) (*Store, error) {
	s := &Store{path: path, program: program, options: options, done: map[int]Outcome{}}
	if path == "" {
		return s, nil
	}
	outcomes, whole, err := readOutcomes(path)
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		if o.Program != program || o.Options != options {
			return nil, fmt.Errorf("the results in %s are of another program or configuration (%s, %s; this is %s, %s): "+
				"give another folder, or remove the file", path, o.Program, o.Options, program, options)
		}
		s.done[o.Index] = o
	}
	if s.file, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("open the results: %w", err)
	}
	if err := s.file.Truncate(int64(whole)); err != nil {
		return nil, errors.Join(fmt.Errorf("cut the results: %w", err), s.file.Close())
	}
	if _, err := s.file.Seek(0, 2); err != nil {
		return nil, errors.Join(fmt.Errorf("open the results: %w", err), s.file.Close())
	}
	return s, nil
}

// ReadOutcomes reads the outcomes that a file has, by index.
func ReadOutcomes(path string) ([]Outcome, error) {
	out, _, err := readOutcomes(path)
	slices.SortStableFunc(out, func(a, b Outcome) int { return cmp.Compare(a.Index, b.Index) })
	return out, err
}

// readOutcomes reads the outcomes of a file, and the length of its whole lines.
func readOutcomes(path string) (out []Outcome, whole int, err error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("read earlier results: %w", err)
	}
	// A run that was killed leaves a line without its end.
	whole = bytes.LastIndexByte(data, '\n') + 1
	for line := range bytes.Lines(data[:whole]) {
		var o Outcome
		if err := json.Unmarshal(line, &o); err != nil {
			return nil, 0, fmt.Errorf("read earlier results in %s: %w", path, err)
		}
		out = append(out, o)
	}
	return out, whole, nil
}

// Has says that the outcome of a world is there.
func (s *Store) Has(index int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.done[index]
	return ok
}

// Add keeps an outcome.
func (s *Store) Add(o Outcome) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.Program, o.Options = s.program, s.options
	if s.file != nil {
		line, err := json.Marshal(o)
		if err != nil {
			return fmt.Errorf("write a result: %w", err)
		}
		if _, err := s.file.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write a result: %w", err)
		}
	}
	s.done[o.Index] = o
	return nil
}

// Outcomes are those of the worlds below n, by index.
func (s *Store) Outcomes(n int) []Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Outcome
	for i := range n {
		if o, ok := s.done[i]; ok {
			out = append(out, o)
		}
	}
	return out
}

// Close closes the file.
func (s *Store) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
