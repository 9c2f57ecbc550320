package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

type stixCmd struct {
	Export stixExportCmd `cmd:"" help:"Write findings as a STIX 2.1 bundle: their fingerprints without any text, and accounts only as keyed pseudonyms."`
	Check  stixCheckCmd  `cmd:"" help:"Show what of a STIX bundle or TAXII envelope would be watched for, and what not and why."`
}

type stixExportCmd struct {
	Producer         string   `required:"" placeholder:"NAME" help:"The organisation that shares."`
	Finding          []string `placeholder:"UID" help:"The finding to export; may be repeated. Default: all but tripwires, what is in shadow, and what was withdrawn or dismissed."`
	TLP              string   `name:"tlp" default:"amber" enum:"clear,green,amber,red" help:"Traffic Light Protocol marking: clear, green, amber or red."`
	PseudonymKeyFile string   `placeholder:"FILE" help:"Key of at least 16 bytes for the pseudonyms of accounts; without it no account leaves, not even as a pseudonym."`
	Alerts           string   `arg:"" default:"-" help:"Finding records, one a line, as backtest --alerts writes and the alerts topic carries (.jsonl, .gz, .zst), or - for standard input."`
}

// Run writes the bundle to standard output.
func (c stixExportCmd) Run(t terminal) error {
	o := alert.STIXOptions{Producer: c.Producer, TLP: c.TLP}
	if c.PseudonymKeyFile != "" {
		key, err := os.ReadFile(c.PseudonymKeyFile)
		if err != nil {
			return fmt.Errorf("pseudonym key: %w", err)
		}
		if o.PseudonymKey = bytes.TrimSpace(key); len(o.PseudonymKey) == 0 {
			return fmt.Errorf("pseudonym key: %s is empty; make one with: openssl rand -hex 32",
				c.PseudonymKeyFile)
		}
	}
	found, err := readAlerts(c.Alerts)
	if err != nil {
		return err
	}
	chosen, err := c.choose(found)
	if err != nil {
		return err
	}
	bundle, err := alert.STIXOf(chosen, o)
	if err != nil {
		return err
	}
	_, err = t.out.Write(append(bundle, '\n'))
	return err
}

// choose takes the findings that were asked for.
func (c stixExportCmd) choose(found []*campaign.Finding) (chosen []*campaign.Finding, err error) {
	for _, uid := range c.Finding {
		at := slices.IndexFunc(found, func(f *campaign.Finding) bool { return f.UID == uid })
		if at < 0 {
			return nil, usage(fmt.Errorf("no record of finding %s in %s", uid, c.Alerts))
		}
		chosen = append(chosen, found[at])
	}
	if len(c.Finding) > 0 {
		return chosen, nil
	}
	for _, f := range found {
		// A tripwire is a hint, and a match with another provider's list would come back to it as
		// if somebody had confirmed it. What is in shadow is on trial.
		if f.Kind != campaign.KindTripwire && f.Shadow == nil && f.CloseReason != "withdrawn" &&
			f.CloseReason != "dismissed" {
			chosen = append(chosen, f)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%s: none of %d findings is to be shared; name one with --finding",
			c.Alerts, len(found))
	}
	return chosen, nil
}

// readAlerts reads the newest record of every finding, in the order of first appearance.
func readAlerts(path string) (found []*campaign.Finding, err error) {
	in, err := backtest.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	places := map[string]int{}
	r := bufio.NewReader(in)
	for n := 1; ; n++ {
		line, readErr := r.ReadBytes('\n')
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			return nil, fmt.Errorf("read %s: %w", path, readErr)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			f, err := alert.Parse(line)
			if err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
			}
			at, ok := places[f.UID]
			switch {
			case !ok:
				places[f.UID] = len(found)
				found = append(found, f)
			case f.Sequence >= found[at].Sequence:
				found[at] = f
			}
		}
		if readErr != nil {
			return found, nil
		}
	}
}

type stixCheckCmd struct {
	Files []string `arg:"" help:"STIX bundles or TAXII envelopes, as correlate.watch_lists names them; several are read as one list."`
}

// Run shows the list.
func (c stixCheckCmd) Run(t terminal) error {
	list, err := config.ReadWatchLists(c.Files)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(t.out)
	now := time.Now().UnixMilli()
	watched, expired := 0, 0
	for i := range list.Indicators {
		in := &list.Indicators[i]
		state := "watched"
		if in.Expired(now) {
			state = "expired"
			expired++
		} else {
			watched++
		}
		fmt.Fprintf(w, "%-9s %s%s\n          %s\n          %s\n",
			state, in.Title(), details(in), in.ID, in.Pattern)
		for _, part := range in.LeftOut {
			fmt.Fprintf(w, "          left out: %s\n", part)
		}
	}
	for _, id := range list.Revoked {
		fmt.Fprintf(w, "revoked   %s\n", id)
	}
	for _, s := range list.Skipped {
		fmt.Fprintf(w, "unusable  %s: %s\n", strings.TrimSpace(s.Name+" "+s.ID), s.Reason)
	}
	for _, note := range list.Notes {
		fmt.Fprintf(w, "note      %s\n", note)
	}
	fmt.Fprintf(w, "%d watched for, %d expired, %d revoked, %d unusable\n",
		watched, expired, len(list.Revoked), len(list.Skipped))
	return w.Flush()
}

// details are the confidence and the end of an indicator, where they are given.
func details(in *watchlist.Indicator) string {
	out := ""
	if in.Confidence >= 0 {
		out += fmt.Sprintf(", confidence %d", in.Confidence)
	}
	if in.ValidUntil != 0 {
		out += ", until " + time.UnixMilli(in.ValidUntil).UTC().Format(time.RFC3339)
	}
	return out
}
