package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stillwatch/stillwatch/cmd/stillwatch/internal/evaluate"
	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign/search"
	"github.com/stillwatch/stillwatch/pkg/simulate"
	"github.com/stillwatch/stillwatch/pkg/simulate/random"
)

// randomFlags are those of evaluate that say which random worlds are measured.
type randomFlags struct {
	Random   int      `placeholder:"N" help:"Measure this many random worlds instead, and print tables (docs/random-worlds.md)."`
	Seed     uint64   `default:"1" placeholder:"S" help:"With --random: the seed of the worlds. Default: ${default}."`
	Set      string   `default:"develop" enum:"develop,choose,final" help:"With --random: the set of mechanisms and tactics, ${enum}. final is looked at once. Default: ${default}."`
	Accounts int      `default:"800" placeholder:"N" help:"With --random: about how many honest accounts a world has. Default: ${default}."`
	Duration duration `default:"48h" placeholder:"TIME" help:"With --random: how long a world is, its first, honest day included. Default: ${default}."`
	Cold     bool     `help:"With --random: leave the first, honest day out; the rest is as long."`
	Results  string   `placeholder:"DIR" help:"With --random: keep the result of each world here, and do not measure again what is here."`
	Document bool     `help:"With --results: write the figures of all results that are there into --out, measuring nothing."`
	Observe  bool     `help:"With --random and --results: measure all groups and find none, and keep those near the thresholds or beyond in groups/, for choosing thresholds."`
}

// options are those of one world.
func (f *randomFlags) options(index int) random.Options {
	return random.Options{
		Set: random.Set(f.Set), Seed: f.Seed, Index: index, Accounts: f.Accounts,
		Duration: time.Duration(f.Duration), Cold: f.Cold,
	}
}

// randomly measures random worlds and prints the tables.
func (c evaluateCmd) randomly(ctx context.Context, t terminal, conf config.Config) (err error) {
	if len(c.Scenarios)+len(c.World) > 0 {
		return usage(
			errors.New("evaluate: --random measures random worlds only; leave the scenarios and --world out"),
		)
	}
	o := c.options(0)
	if err := o.Validate(); err != nil {
		return usage(fmt.Errorf("evaluate: %w", err))
	}
	if c.Observe && c.Results == "" {
		return usage(errors.New("evaluate: --observe keeps what it measures; give --results"))
	}
	store, err := c.store(conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	dir, err := os.MkdirTemp("", "stillwatch-evaluate-")
	if err != nil {
		return fmt.Errorf("make a folder for the worlds: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.randomJobs())
	var mu sync.Mutex
	for i := range c.Random {
		if store.Has(i) {
			continue
		}
		g.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			out, err := c.world(ctx, conf, i, dir)
			if err != nil {
				return fmt.Errorf("evaluate %s: %w", random.Name(c.options(i)), err)
			}
			if err := c.keep(&out); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			err = store.Add(out)
			fmt.Fprintf(
				t.err, "%d of %d: %s, %d campaigns, %d accounts named, %d wrongly, %d false findings\n",
				len(store.Outcomes(c.Random)), c.Random, out.Name, len(out.Campaigns), out.Named,
				out.Wrong, len(out.False),
			)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	title := fmt.Sprintf(
		"%d random worlds, set %s, seed %d, %s, %d honest accounts each", c.Random, c.Set, c.Seed,
		time.Duration(c.Duration), c.Accounts,
	)
	if c.Cold {
		title += ", cold"
	}
	if c.Observe {
		seen, err := c.observation(conf, store.Outcomes(c.Random))
		if err != nil {
			return err
		}
		return evaluate.WriteObserved(t.out, title, seen)
	}
	return evaluate.WriteRandom(
		t.out, title, store.Outcomes(c.Random), &conf.Correlate.Policy,
	)
}

// observation reads the groups of worlds that were observed.
func (c evaluateCmd) observation(
	conf config.Config, worlds []evaluate.Outcome,
) (*evaluate.Observation, error) {
	o := &evaluate.Observation{
		Worlds: worlds, Groups: map[string][]evaluate.Group{}, Options: conf.Correlate,
	}
	for i := range worlds {
		groups, err := evaluate.ReadGroups(c.groups(worlds[i].Index))
		if err != nil {
			return nil, err
		}
		o.Groups[worlds[i].Name] = groups
	}
	return o, nil
}

// document writes the section on random worlds from all results of a folder.
func (c evaluateCmd) document(conf config.Config) error {
	if c.Results == "" {
		return usage(errors.New("evaluate: --document reads kept results; give --results"))
	}
	all, err := c.allResults()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return usage(fmt.Errorf("evaluate: %q has no results of random worlds", c.Results))
	}
	command := "bin/stillwatch evaluate --document --results " + filepath.Base(c.Results)
	section, plots, err := evaluate.RenderRandom(all, conf.Correlate, imagesDir, command)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(c.Out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the evaluation: %w", err)
	}
	return c.put(&evaluate.Document{
		Markdown: evaluate.PutRandom(string(text), section), Images: plots,
	})
}

// allResults reads all results of a folder, sorted by name.
func (c evaluateCmd) allResults() (all []evaluate.Results, err error) {
	files, err := filepath.Glob(filepath.Join(c.Results, "random-*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("list the results: %w", err)
	}
	for _, file := range slices.SortedFunc(slices.Values(files), func(a, b string) int {
		return strings.Compare(strings.TrimSuffix(a, ".jsonl"), strings.TrimSuffix(b, ".jsonl"))
	}) {
		folder := strings.TrimSuffix(file, ".jsonl")
		r, ok := evaluate.ParseResults(filepath.Base(folder))
		if !ok {
			continue
		}
		if r.Worlds, err = evaluate.ReadOutcomes(file); err != nil {
			return nil, err
		}
		r.Groups = map[string][]evaluate.Group{}
		for i := range r.Worlds {
			name := r.Worlds[i].Name
			r.Groups[name], err = evaluate.ReadGroups(filepath.Join(folder, name+".jsonl"))
			if err != nil {
				return nil, err
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// randomJobs is how many worlds are measured at a time: random worlds are small, one per core.
func (c evaluateCmd) randomJobs() int {
	if c.Jobs > 0 {
		return min(c.Jobs, runtime.GOMAXPROCS(0))
	}
	return runtime.GOMAXPROCS(0)
}

// store opens the results of worlds with these options. The number of worlds is not among them, so
// that more can be added.
func (c evaluateCmd) store(conf config.Config) (*evaluate.Store, error) {
	options, err := digest(conf)
	if err != nil {
		return nil, err
	}
	build, err := buildName()
	if err != nil {
		return nil, err
	}
	if c.Results == "" {
		return evaluate.OpenStore("", build, options)
	}
	if err := os.MkdirAll(c.Results, 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of the results: %w", err)
	}
	if c.Observe {
		if err := os.MkdirAll(c.results(), 0o750); err != nil {
			return nil, fmt.Errorf("make the folder of the groups: %w", err)
		}
	}
	return evaluate.OpenStore(c.results()+".jsonl", build, options)
}

// results is the file of the worlds' results without its extension; groups that were measured are
// in a folder of that name.
func (c evaluateCmd) results() string {
	name := fmt.Sprintf("random-%s-%d-%d-%s", c.Set, c.Seed, c.Accounts, time.Duration(c.Duration))
	if c.Cold {
		name += "-cold"
	}
	if c.Observe {
		name += "-observed"
	}
	return filepath.Join(c.Results, name)
}

// buildName names the build by a hash of the program itself: results of another one must not be
// mixed in, and sources that are being worked on have no version of their own.
func buildName() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("name this build: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("name this build: %w", err)
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("name this build: %w", err)
	}
	return version + " " + hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// digest is a short hash of the options that decide what is found.
func digest(conf config.Config) (string, error) {
	data, err := json.Marshal([]any{conf.Fingerprint, conf.Correlate, conf.Sketch.Secret})
	if err != nil {
		return "", fmt.Errorf("hash the options: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6]), nil
}

// groups is the file of the groups that were measured in a world.
func (c evaluateCmd) groups(index int) string {
	return filepath.Join(c.results(), random.Name(c.options(index))+".jsonl")
}

// world measures one world, and keeps its groups where they are only observed.
func (c evaluateCmd) world(
	ctx context.Context, conf config.Config, index int, dir string,
) (evaluate.Outcome, error) {
	near := evaluate.NewNearness(conf.Correlate.Policy)
	if !c.Observe {
		out, _, err := randomWorld(ctx, conf, c.options(index), dir, near, nil)
		return out, err
	}
	seen := evaluate.NewObserved(conf.Correlate.Policy)
	conf.Correlate = backtest.Observing(conf.Correlate)
	out, groups, err := randomWorld(ctx, conf, c.options(index), dir, near, seen)
	if err != nil {
		return out, err
	}
	return out, evaluate.WriteGroups(c.groups(index), groups)
}

// randomWorld simulates one world into a folder of its own, judges it, and removes it again. near
// takes what is measured, and so does seen, where there is one.
func randomWorld(
	ctx context.Context, conf config.Config, o random.Options, parent string,
	near *evaluate.Nearness, seen *evaluate.Observed,
) (out evaluate.Outcome, groups []evaluate.Group, err error) {
	sc, err := random.Scenario(o)
	if err != nil {
		return out, nil, err
	}
	dir := filepath.Join(parent, sc.Name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return out, nil, fmt.Errorf("make the world's folder: %w", err)
	}
	sim := simulateCmd{
		Format: "native", Output: filepath.Join(dir, randomEventsFile),
		Truth: filepath.Join(dir, truthFile),
	}
	if err := sim.play(ctx, terminal{out: io.Discard, err: io.Discard}, sc); err != nil {
		return out, nil, err
	}
	told := evaluate.NewTold()
	sink := &backtest.Files{Alerts: told.Alerts(), Accounts: told.Accounts()}
	deeper, trace := float64(evaluate.Deeper), near.Add
	if seen != nil {
		// With lower thresholds members are fitted as far down in any case.
		deeper, trace = 0, func(m search.Measurement) {
			near.Add(m)
			seen.Add(m)
		}
	}
	w, err := judgedInto(ctx, conf, dir, randomEventsFile, sink, deeper, trace)
	if err != nil {
		return out, nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, truthFile))
	if err != nil {
		return out, nil, fmt.Errorf("read the truth: %w", err)
	}
	var truth simulate.Truth
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&truth); err != nil {
		return out, nil, fmt.Errorf("read the truth: %w", err)
	}
	out = evaluate.Sum(&truth, &w.Result, told)
	out.Index = o.Index
	out.Near = near.Groups(&truth, conf.Correlate.Search.MinGroup)
	if seen != nil {
		groups = seen.Groups(&truth, sink.Judge.Leaked)
	}
	return out, groups, os.RemoveAll(dir)
}

// keep writes the scenario of a world in which something went wrong beside the results, so that it
// can be simulated and looked at.
func (c evaluateCmd) keep(out *evaluate.Outcome) (err error) {
	if c.Results == "" || c.Observe || !out.Wanting() {
		return nil
	}
	sc, err := random.Scenario(c.options(out.Index))
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(c.Results, sc.Name+".yaml"))
	if err != nil {
		return fmt.Errorf("keep the scenario: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return sc.Write(f)
}
