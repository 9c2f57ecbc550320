package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/user"
	"time"

	"github.com/google/uuid"

	"github.com/stillwatch/stillwatch/pkg/review"
)

type verdictCmd struct {
	Confirm verdictConfirmCmd `cmd:"" help:"Say that a finding is right: its accounts do harvest together."`
	Dismiss verdictDismissCmd `cmd:"" help:"Say that a finding is wrong: it is closed, its accounts are cleared, and the group is not reported again before it has changed."`
	Allow   verdictAllowCmd   `cmd:"" help:"Let a group do what it does: it is measured and reported, and does not alert before it has changed."`
	Reopen  verdictReopenCmd  `cmd:"" help:"Take back what verdicts have made of one finding or campaign."`
	Revoke  verdictRevokeCmd  `cmd:"" help:"End a verdict before it expires."`
	List    verdictListCmd    `cmd:"" help:"Show the verdicts in force and what they were applied to."`
	Send    verdictSendCmd    `cmd:"" help:"Send verdicts that a program wrote: records as docs/verdicts.md describes them, one a line."`
}

// verdictFlags are the flags of every command that gives a verdict.
type verdictFlags struct {
	kafkaFlags
	Tenant string   `placeholder:"NAME" help:"The tenant. Default: that of the finding with --template-of, else \"default\"."`
	Reason string   `required:"" placeholder:"TEXT" help:"Why, for those who come later."`
	Author string   `placeholder:"NAME" help:"Who gives the verdict. Default: STILLWATCH_AUTHOR, else the name of the system's user."`
	Wait   duration `default:"30s" placeholder:"TIME" help:"How long to wait for what becomes of it; 0s does not wait. Default: ${default}."`
	JSON   bool     `name:"json" help:"Print the verdict and its audit entries as one JSON object."`
}

// expiryFlags say when a verdict ends.
type expiryFlags struct {
	For   duration `placeholder:"TIME" help:"Ends after so long, such as 30d or 12h."`
	Until string   `placeholder:"TIME" help:"Ends then: a date (2026-12-31, its beginning in UTC), a time (RFC 3339), or never."`
}

type verdictConfirmCmd struct {
	verdictFlags
	scopeFlags
	expiryFlags
}

type verdictDismissCmd struct {
	verdictFlags
	scopeFlags
	expiryFlags
}

type verdictAllowCmd struct {
	verdictFlags
	scopeFlags
	expiryFlags
}

type verdictReopenCmd struct {
	verdictFlags
	Finding  string `placeholder:"UID" help:"The finding."`
	Campaign string `placeholder:"ID" help:"The campaign: all of its findings."`
}

type verdictRevokeCmd struct {
	verdictFlags
	ID string `arg:"" help:"The verdict to end, as list prints it."`
}

// allowFor is how long an Allow lasts when nothing else is said: what was looked at is to be looked
// at again, and a month is the usual term of an exception.
const allowFor = 30 * 24 * time.Hour

// Run confirms.
func (c verdictConfirmCmd) Run(ctx context.Context, t terminal) error {
	return c.judge(ctx, t, review.Confirm, &c.scopeFlags, &c.expiryFlags, 0)
}

// Run dismisses.
func (c verdictDismissCmd) Run(ctx context.Context, t terminal) error {
	return c.judge(ctx, t, review.Dismiss, &c.scopeFlags, &c.expiryFlags, 0)
}

// Run allows.
func (c verdictAllowCmd) Run(ctx context.Context, t terminal) error {
	return c.judge(ctx, t, review.Allow, &c.scopeFlags, &c.expiryFlags, allowFor)
}

// Run reopens.
func (c verdictReopenCmd) Run(ctx context.Context, t terminal) error {
	v, err := c.begin(t, review.Reopen)
	if err != nil {
		return err
	}
	v.Scope = review.Scope{Finding: c.Finding, Campaign: c.Campaign}
	return c.give(ctx, t, v)
}

// Run revokes.
func (c verdictRevokeCmd) Run(ctx context.Context, t terminal) error {
	v, err := c.begin(t, review.Revoke)
	if err != nil {
		return err
	}
	v.Revokes = c.ID
	return c.give(ctx, t, v)
}

// judge gives a verdict on a scope; unless it says otherwise it lasts so long, 0 for ever.
func (f *verdictFlags) judge(
	ctx context.Context, t terminal, action review.Action, scope *scopeFlags, expiry *expiryFlags,
	lasts time.Duration,
) error {
	v, err := f.begin(t, action)
	if err != nil {
		return err
	}
	if v.Expires, err = expiry.end(v.Time, lasts); err != nil {
		return err
	}
	about, err := scope.scope(ctx, t, &f.kafkaFlags)
	if err != nil {
		return err
	}
	v.Scope, v.Tenant = about.Scope, cmp.Or(f.Tenant, about.tenant, v.Tenant)
	return f.give(ctx, t, v)
}

// begin makes a verdict of now, without its scope.
func (f *verdictFlags) begin(t terminal, action review.Action) (*review.Verdict, error) {
	author, err := f.author(t)
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, fmt.Errorf("make an id: %w", err)
	}
	return &review.Verdict{
		ID: id.String(), Tenant: cmp.Or(f.Tenant, "default"), Action: action, Author: author,
		Reason: f.Reason, Time: time.Now().UnixMilli(),
	}, nil
}

func (f *verdictFlags) author(t terminal) (string, error) {
	if f.Author != "" {
		return f.Author, nil
	}
	if name, ok := t.env("STILLWATCH_AUTHOR"); ok && name != "" {
		return name, nil
	}
	u, err := user.Current()
	if err != nil {
		return "", usage(errors.New(
			"verdict: the system does not say who you are; give --author or set STILLWATCH_AUTHOR",
		))
	}
	return cmp.Or(u.Username, u.Name), nil
}

// end is when a verdict given at a time (Unix ms) ends, 0 for never.
func (e *expiryFlags) end(given int64, lasts time.Duration) (int64, error) {
	switch {
	case e.For != 0 && e.Until != "":
		return 0, usage(errors.New("verdict: give --for or --until, not both"))
	case e.For < 0:
		return 0, usage(errors.New("verdict: --for must be positive"))
	case e.Until == "never":
		return 0, nil
	case e.Until != "":
		for _, layout := range []string{time.RFC3339, time.DateOnly} {
			if at, err := time.Parse(layout, e.Until); err == nil {
				return at.UnixMilli(), nil
			}
		}
		return 0, usage(fmt.Errorf(
			"verdict: --until: %q is no date (2026-12-31), no time (2026-12-31T12:00:00Z), and not never",
			e.Until,
		))
	}
	if e.For != 0 {
		lasts = time.Duration(e.For)
	}
	if lasts == 0 {
		return 0, nil
	}
	return given + lasts.Milliseconds(), nil
}
