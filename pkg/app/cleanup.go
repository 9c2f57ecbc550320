package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// cleanups is a stack of named clean-ups: what was set up last is torn down first. It is safe for
// concurrent use.
type cleanups struct {
	mu    sync.Mutex
	stack []cleanup
}

type cleanup struct {
	name string
	run  func(context.Context) error
}

func (c *cleanups) push(name string, run func(context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stack = append(c.stack, cleanup{name: name, run: run})
}

// run empties the stack. Every clean-up runs, also after another has failed; a second call finds
// nothing left to do.
func (c *cleanups) run(ctx context.Context) error {
	c.mu.Lock()
	stack := c.stack
	c.stack = nil
	c.mu.Unlock()
	var errs []error
	for _, step := range slices.Backward(stack) {
		if err := step.run(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", step.name, err))
		}
	}
	return errors.Join(errs...)
}
