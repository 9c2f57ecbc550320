package backtest

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// Files writes what the stages produce to files, one record a line, and shows it to a judge. Nil
// writers and a nil judge are left out.
type Files struct {
	Alerts, Accounts, Shadow, Audit io.WriteCloser
	Judge                           *Judge
	DeadLetters                     int64
}

// Write takes one record.
func (f *Files) Write(out stage.Out) error {
	var w io.Writer
	switch out.To {
	case stage.Alerts:
		if f.Alerts != nil {
			w = f.Alerts
		}
	case stage.Accounts:
		if f.Accounts != nil {
			w = f.Accounts
		}
	case stage.Shadow:
		if f.Shadow != nil {
			w = f.Shadow
		}
	case stage.Audit:
		if f.Audit != nil {
			w = f.Audit
		}
	case stage.DeadLetters:
		f.DeadLetters++
	default:
	}
	if w != nil {
		if _, err := w.Write(append(slices.Clip(out.Value), '\n')); err != nil {
			return fmt.Errorf("write %s: %w", out.To, err)
		}
	}
	if f.Judge != nil {
		return f.Judge.Write(out)
	}
	return nil
}

// Close closes the files.
func (f *Files) Close() error {
	var errs []error
	for _, c := range []io.Closer{f.Alerts, f.Accounts, f.Shadow, f.Audit} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}
