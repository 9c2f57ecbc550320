// Package test holds the tests that look at the whole repository: its architecture, its scripts and
// its deployment files. The end-to-end tests are in e2e, the servers that they run on in harness.
package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/stillwatch/stillwatch/"

// floors are the domain, from the ground up: each may import those before it. They are pure: no
// input or output, no clock, no chance, so that live, replay and backtest are one code path.
var floors = []string{
	"pkg/record", "pkg/packed",
	"pkg/siphash", "pkg/event", "pkg/enrich", "pkg/attribute", "pkg/sketch", "pkg/fingerprint",
	"pkg/baseline", "detectors", "pkg/watchlist", "pkg/review",
	// The rooms of campaign, then the engine that joins them.
	"pkg/campaign/index", "pkg/campaign/decision", "pkg/campaign/measure",
	"pkg/campaign/membership", "pkg/campaign/search", "pkg/campaign/watch",
	"pkg/campaign", "pkg/alert",
}

// stages are the stages over the domain, and pure as it is. Who drives them (pkg/pipeline,
// pkg/backtest) knows their contract only, pkg/stage.
var stages = []string{
	"pkg/stage", "pkg/stage/ingest", "pkg/stage/fingerprinting",
	"pkg/stage/verdicts", "pkg/stage/correlate", "pkg/stage/keyed", "pkg/stage/forwarding",
}

// allowed lists what the parts outside the floors may import of this module; the floors' own rule
// is added to it.
var allowed = map[string][]string{
	"configs":            {},
	"pkg/gateway":        {"pkg/event", "pkg/record"},
	"pkg/simulate":       {"pkg/event"},
	"pkg/simulate/shape": {"pkg/event", "pkg/gateway"},
	"pkg/stage":          {"pkg/record"},
	"pkg/stage/ingest": {
		"pkg/stage", "pkg/gateway", "pkg/siphash", "pkg/event", "pkg/enrich", "pkg/attribute",
		"pkg/sketch", "pkg/fingerprint", "detectors",
	},
	"pkg/stage/fingerprinting": {"pkg/stage", "pkg/packed", "pkg/event", "pkg/fingerprint"},
	// What is watched for is compared by the hashes that ingest makes, and only it knows how.
	"pkg/stage/correlate": {
		"pkg/stage", "pkg/stage/ingest", "pkg/stage/verdicts", "pkg/attribute",
		"pkg/fingerprint", "pkg/watchlist", "pkg/review",
		"pkg/campaign", "pkg/campaign/search", "pkg/campaign/watch", "pkg/alert",
	},
	"pkg/stage/keyed":      {"pkg/stage"},
	"pkg/stage/verdicts":   {"pkg/stage", "pkg/review"},
	"pkg/stage/forwarding": {"pkg/stage", "pkg/campaign", "pkg/alert"},
	"pkg/remote":           {},
	"pkg/stream":           {"pkg/remote", "pkg/record"},
	// Gateways import it: see TestGatewaysNeedNothingElse.
	"pkg/verdict":   {"pkg/remote", "pkg/stream"},
	"pkg/filewatch": {},
	"pkg/lookup":    {"pkg/event", "pkg/enrich", "pkg/filewatch", "pkg/stream"},
	"pkg/store":     {"pkg/remote"},
	"pkg/embedded":  {},
	"pkg/console":   {},
	"pkg/webhook":   {"pkg/alert", "pkg/stream", "pkg/remote"},
	"pkg/pipeline":  {"pkg/stage", "pkg/stream", "pkg/store", "pkg/remote", "pkg/packed"},
	"pkg/backtest":  append([]string{"pkg/gateway", "pkg/stage"}, floors...),
	"pkg/app": slices.Concat([]string{
		"configs", "pkg/filewatch", "pkg/gateway", "pkg/lookup", "pkg/pipeline", "pkg/stream",
		"pkg/store", "pkg/remote", "pkg/console", "pkg/embedded", "pkg/webhook",
	}, stages, floors),
	"cmd/stillwatch": slices.Concat([]string{
		"configs", "pkg/app", "pkg/backtest", "pkg/simulate", "pkg/simulate/shape", "pkg/embedded",
		"pkg/gateway", "pkg/lookup", "pkg/stream", "pkg/store", "pkg/remote", "pkg/console",
		"pkg/webhook",
	}, stages, floors),
	"test": {},
}

// impure are the imports that give a package the outside world. Calls of the clock are found by
// forbidigo (.golangci.yml).
var impure = []string{
	"net", "net/http", "os", "os/exec", "os/signal", "syscall", "math/rand", "math/rand/v2",
	"crypto/rand", "log", "log/slog", "database/sql", "go.uber.org/zap",
	"github.com/segmentio/kafka-go", "github.com/redis/go-redis/v9",
	"github.com/prometheus/client_golang/prometheus",
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestImportsRunOneWay(t *testing.T) {
	var wrong []string
	for _, p := range listPackages(t) {
		part, known := partOf(p.ImportPath)
		if !known {
			wrong = append(wrong, fmt.Sprintf(
				"%s is in no part that test/arch_test.go knows: say there what it may import",
				p.ImportPath,
			))
			continue
		}
		for _, imported := range p.Imports {
			other, inModule := partOf(imported)
			if inModule && other != part && !mayImport(part, other) {
				wrong = append(wrong, fmt.Sprintf(
					"%s imports %s: %s may import only %v",
					p.ImportPath, imported, part, reachOf(part),
				))
			}
		}
	}
	require.Empty(t, wrong,
		"the direction of imports (test/arch_test.go)\n%s", strings.Join(wrong, "\n"))
}

func TestTheDomainDoesNotReachTheOutsideWorld(t *testing.T) {
	var wrong []string
	for _, p := range listPackages(t) {
		if part, _ := partOf(p.ImportPath); part != "pkg/gateway" &&
			!slices.Contains(stages, part) && !slices.Contains(floors, part) {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains(impure, imported) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s", p.ImportPath, imported))
			}
		}
	}
	require.Empty(t, wrong,
		"pure packages do no input or output and ask nobody for time or chance\n%s",
		strings.Join(wrong, "\n"))
}

// TestGatewaysNeedNothingElse keeps what gateways import fit for it.
func TestGatewaysNeedNothingElse(t *testing.T) {
	for _, tc := range []struct {
		imported     string
		ours, others []string
	}{
		{
			"pkg/sketch",
			[]string{"pkg/event", "pkg/siphash", "pkg/sketch"},
			[]string{"github.com/dchest/siphash", "golang.org/x/text/"},
		},
		{
			// The clients of Kafka and what they bring; no detection, no Prometheus, no Redis.
			"pkg/verdict",
			[]string{"pkg/verdict", "pkg/stream", "pkg/remote", "pkg/record"},
			[]string{
				"github.com/segmentio/kafka-go", "github.com/twmb/franz-go/pkg/kgo",
				"github.com/twmb/franz-go/pkg/kmsg", "github.com/twmb/franz-go/pkg/kerr",
				"github.com/twmb/franz-go/pkg/kversion",
				"github.com/twmb/franz-go/pkg/kbin", "github.com/twmb/franz-go/pkg/sasl",
				"github.com/klauspost/compress", "github.com/pierrec/lz4/", "github.com/xdg-go/",
				"github.com/cenkalti/backoff/", "go.uber.org/zap", "go.uber.org/multierr",
				"golang.org/x/text/", "golang.org/x/sync/",
			},
		},
	} {
		t.Run(tc.imported, func(t *testing.T) {
			out, err := exec.Command("go", "list", "-deps", "-f",
				"{{if not .Standard}}{{.ImportPath}}{{end}}", module+tc.imported).Output()
			require.NoError(t, err)
			for path := range strings.FieldsSeq(string(out)) {
				own, isOurs := strings.CutPrefix(path, module)
				fit := isOurs && slices.Contains(tc.ours, own) ||
					slices.ContainsFunc(tc.others, func(other string) bool {
						return strings.HasPrefix(path, other)
					})
				require.True(t, fit, "%s, which gateways import, brings %s with it",
					tc.imported, path)
			}
		})
	}
}

// partOf returns the part of the table that a package belongs to: its own entry or that of a folder
// above it.
func partOf(importPath string) (part string, known bool) {
	path, inModule := strings.CutPrefix(importPath, module)
	for inModule {
		if _, listed := allowed[path]; listed || slices.Contains(floors, path) {
			return path, true
		}
		cut := strings.LastIndexByte(path, '/')
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return path, false
}

func reachOf(part string) []string {
	reach := slices.Clone(allowed[part])
	if floor := slices.Index(floors, part); floor > 0 {
		reach = append(reach, floors[:floor]...)
	}
	return reach
}

func mayImport(part, other string) bool {
	return part == "test" || slices.Contains(reachOf(part), other)
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		packages = append(packages, p)
	}
	require.NotEmpty(t, packages)
	return packages
}
