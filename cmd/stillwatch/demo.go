package main

import (
	"context"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/demo"
	"github.com/stillwatch/stillwatch/pkg/app"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/store"
)

type demoCmd struct {
	Limit time.Duration `default:"60s" placeholder:"TIME" help:"Give up when nothing was found by then."`
}

// Run shows the demo.
func (c demoCmd) Run(ctx context.Context, t terminal) error {
	log, err := app.NewLogger(config.Log{Level: "error", Format: "console"}, t.err)
	if err != nil {
		return err
	}
	store.LogClient(log.Named("redis"))
	opts := demo.DefaultOptions()
	opts.Out, opts.Limit, opts.Version, opts.Log = t.out, c.Limit, version, log
	if f, ok := t.out.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		opts.Terminal = true
		plain, _ := t.env("NO_COLOR")
		opts.Color = plain == ""
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			opts.Width = min(width, 120)
		}
	}
	return demo.Run(ctx, opts)
}
