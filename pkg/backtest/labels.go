package backtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// judged is what analysts said of an account or a group.
type judged uint8

const (
	unjudged judged = iota
	dismissed
	confirmed
)

// labels are what analysts said of accounts, by tenant and name.
type labels map[[2]string]judged

// Label takes in what analysts judged, before Advise: groups that they dismissed are honest,
// however far beyond a threshold, and groups that they confirmed are not.
func (c *Calibration) Label(judgements []review.Label) {
	if c.labels == nil {
		c.labels = labels{}
	}
	for i := range judgements {
		j := &judgements[i]
		said := dismissed
		if j.Confirmed {
			said = confirmed
		}
		for _, name := range j.Accounts {
			account := [2]string{j.Tenant, name}
			c.labels[account] = max(c.labels[account], said)
		}
	}
}

// of is what analysts said of a group: of half of its accounts or more, or of half as many as the
// audit names at most. Where they said both, it is confirmed: an honest group too few costs less
// than a harvest among the honest.
func (l labels) of(m *search.Measurement) judged {
	if len(l) == 0 {
		return unjudged
	}
	counts := [confirmed + 1]int{}
	for _, name := range m.Members {
		counts[l[[2]string{m.Tenant, name}]]++
	}
	for _, said := range []judged{confirmed, dismissed} {
		if 2*counts[said] >= min(len(m.Members), review.EntryAccounts) && counts[said] > 0 {
			return said
		}
	}
	return unjudged
}

// ReadHistory reads a file of audit records, one a line.
func ReadHistory(path string) (h *review.History, err error) {
	in, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	h = &review.History{}
	r := bufio.NewReader(in)
	for n := 1; ; n++ {
		line, readErr := r.ReadBytes('\n')
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			return nil, fmt.Errorf("read %s: %w", path, readErr)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			e, err := review.ParseEntry(line)
			if err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
			}
			h.Add(&e)
		}
		if readErr != nil {
			return h, nil
		}
	}
}
