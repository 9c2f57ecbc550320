package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type healthCmd struct {
	URL     string        `default:"http://127.0.0.1:9464/readyz" help:"What to ask."`
	Timeout time.Duration `default:"5s" help:"How long to wait for the answer."`
}

// Run asks once; anything but 200 is an error that says what is missing.
func (c healthCmd) Run(ctx context.Context, t terminal) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return usage(fmt.Errorf("--url: %w", err))
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return fmt.Errorf("%s does not answer: %w", c.URL, err)
	}
	defer func() { _ = resp.Body.Close() }()
	var body struct {
		Checks []struct{ Name, Reason string }
	}
	if resp.StatusCode != http.StatusOK {
		var failing []string
		if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&body); err == nil {
			for _, check := range body.Checks {
				failing = append(failing, strings.TrimSuffix(check.Name+": "+check.Reason, ": "))
			}
		}
		return fmt.Errorf("%s says %s (%s)", c.URL, resp.Status, strings.Join(failing, "; "))
	}
	_, err = fmt.Fprintln(t.out, "ready")
	return err
}
