package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"
	"go.uber.org/zap"
	"golang.org/x/term"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/live"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/store"
)

type explainCmd struct {
	kafkaFlags
	Tenant     string `placeholder:"NAME" help:"The tenant of what is asked about; needed where several tenants have it."`
	NoProfiles bool   `help:"Do not read the profiles: at once, and only what is stored."`
	JSON       bool   `name:"json" help:"Print everything as JSON."`
	Subject    string `arg:"" placeholder:"FINDING|CAMPAIGN|ACCOUNT" help:"A finding's uid, a campaign's identity, or an account's name."`
}

// Run explains from what the running service knows.
func (c explainCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	store.LogClient(zap.NewNop())
	view, err := live.Read(ctx, live.Options{
		Config: conf, Profiles: !c.NoProfiles, Progress: t.err,
	})
	if err != nil {
		return err
	}
	x, err := view.Explain(campaign.Subject{ID: c.Subject, Tenant: c.Tenant}, view.Now)
	if err != nil {
		return askedWrong(err)
	}
	if c.JSON {
		text, err := alert.ExplanationJSON(x)
		if err != nil {
			return err
		}
		_, err = t.out.Write(text)
		return err
	}
	_, err = fmt.Fprint(t.out, alert.ExplanationText(x, textOptions(t)))
	return err
}

// askedWrong marks errors that the user can only mend by asking for something else.
func askedWrong(err error) error {
	if _, ok := errors.AsType[*campaign.UnknownError](err); ok {
		return usage(err)
	}
	if _, ok := errors.AsType[*campaign.AmbiguousError](err); ok {
		return usage(fmt.Errorf("%w with --tenant", err))
	}
	return err
}

// mostWidth is how wide text is drawn at most: wider is harder to read.
const mostWidth = 120

// textOptions says what the terminal can show.
func textOptions(t terminal) (o alert.TextOptions) {
	f, ok := t.out.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return o
	}
	plain, _ := t.env("NO_COLOR")
	o.Color = plain == ""
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		o.Width = min(width, mostWidth)
	}
	return o
}

type findingsListCmd struct {
	configFlag
	Severity string `placeholder:"NAME" default:"informational" enum:"informational,low,medium,high,critical" help:"Only findings of this severity or a higher one: informational, low, medium, high, critical."`
	Tenant   string `placeholder:"NAME" help:"Only findings of this tenant."`
	Kind     string `placeholder:"NAME" default:"" enum:",campaign,account,tripwire,overflow" help:"Only findings of this kind: campaign, account, tripwire, overflow."`
	All      bool   `help:"Closed findings as well."`
	JSON     bool   `name:"json" help:"Print them as JSON."`
}

// severityNames are the severities on the command line, the lowest first.
func severityNames() []string {
	return []string{"informational", "low", "medium", "high", "critical"}
}

// Run lists what the stored state of the running service holds.
func (c findingsListCmd) Run(ctx context.Context, t terminal) error {
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	store.LogClient(zap.NewNop())
	view, err := live.Read(ctx, live.Options{Config: conf})
	if err != nil {
		return err
	}
	least := campaign.Informational + campaign.Severity(slices.Index(severityNames(), c.Severity))
	list := slices.DeleteFunc(view.Findings(c.All), func(f *campaign.Finding) bool {
		return f.Severity < least || c.Tenant != "" && f.Tenant != c.Tenant ||
			c.Kind != "" && string(f.Kind) != c.Kind
	})
	slices.SortStableFunc(list, func(a, b *campaign.Finding) int {
		return cmp.Or(cmp.Compare(alert.Risk(b), alert.Risk(a)),
			cmp.Compare(b.Modified, a.Modified), strings.Compare(a.UID, b.UID))
	})
	if c.JSON {
		text, err := alert.FindingsJSON(list)
		if err != nil {
			return err
		}
		_, err = t.out.Write(text)
		return err
	}
	if len(list) == 0 {
		_, err = fmt.Fprintln(t.out, "No findings.")
		return err
	}
	_, err = fmt.Fprint(t.out, alert.FindingsText(list, textOptions(t)))
	return err
}
