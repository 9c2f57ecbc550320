package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// recordsFile and expectFile are the files of a capture: Kafka records, one a line, and what
	// has to become of them.
	recordsFile = "records.jsonl"
	expectFile  = "expect.jsonl"
	// runFor is how long a command may take that does not wait for anything.
	runFor = 2 * time.Minute
)

// object is a JSON object.
type object = map[string]any

// expectation is a line of expectFile: an event, in the order of their times, or how many objects
// are skipped for the reasons that matter here.
type expectation struct {
	Call    string         `json:"call,omitempty"`
	Event   object         `json:"event,omitempty"`
	Skipped map[string]int `json:"skipped,omitempty"`
}

var update = flag.Bool(
	"update",
	false,
	"take what differs from run to run from what is decoded; make interop also takes the records",
)

// outcome is what `stillwatch decode` says.
type outcome struct {
	events  []object
	skipped map[string]int
	dead    []string
}

// binary builds stillwatch once for the test process; STILLWATCH names one that is built.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("STILLWATCH"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "stillwatch-interop-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "stillwatch")
	build := exec.Command("go", "build", "-o", path, "../../cmd/stillwatch")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build stillwatch: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil && os.Getenv("STILLWATCH") == "" {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

var (
	skippedLine = regexp.MustCompile(`: skipped: (\S+)$`)
	deadLine    = regexp.MustCompile(`: dead letter: `)
)

// decode has files decoded, each record in its own line or file, and returns the events by their
// time.
func decode(t *testing.T, files ...string) outcome {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, append([]string{"decode"}, files...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	got := outcome{skipped: map[string]int{}}
	for line := range strings.Lines(stderr.String()) {
		line = strings.TrimSpace(line)
		if m := skippedLine.FindStringSubmatch(line); m != nil {
			got.skipped[m[1]]++
		}
		if deadLine.MatchString(line) {
			got.dead = append(got.dead, line)
		}
	}
	if len(got.dead) == 0 {
		require.NoError(t, err, stderr.String())
	}
	for line := range strings.Lines(stdout.String()) {
		var ev object
		require.NoError(t, json.Unmarshal([]byte(line), &ev))
		got.events = append(got.events, ev)
	}
	slices.SortStableFunc(got.events, func(a, b object) int {
		return strings.Compare(fmt.Sprint(a["time"]), fmt.Sprint(b["time"]))
	})
	return got
}

// volatile are the fields that differ from run to run.
var volatile = []string{
	"id", "time", "response.latency_ms", "response.ttft_ms",
	"source.instance", "request.session_id",
	"content.reasoning_out.0",
}

// flatten adds the leaves of a value by their paths; a list is one for each item.
func flatten(into map[string]string, path string, v any) {
	switch v := v.(type) {
	case object:
		for key, inner := range v {
			flatten(into, strings.TrimPrefix(path+"."+key, "."), inner)
		}
	case []any:
		for i, inner := range v {
			flatten(into, path+"."+strconv.Itoa(i), inner)
		}
	case nil:
	default:
		text, _ := json.Marshal(v)
		into[path] = string(text)
	}
}

func flat(ev object) map[string]string {
	into := map[string]string{}
	flatten(into, "", ev)
	return into
}

// differences compares an event with what is wanted, field by field. Of volatile fields only their
// presence is compared unless exactly.
func differences(want, got object, exactly bool) (list []string) {
	w, g := flat(want), flat(got)
	paths := slices.Sorted(maps.Keys(w))
	for path := range g {
		if _, ok := w[path]; !ok {
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		wanted, ok := w[path]
		have, found := g[path]
		switch {
		case !found:
			list = append(list, fmt.Sprintf("%s: want %s, absent", path, wanted))
		case !ok:
			list = append(list, fmt.Sprintf("%s: want it absent, got %s", path, have))
		case wanted != have && (exactly || !slices.Contains(volatile, path)):
			list = append(list, fmt.Sprintf("%s: want %s, got %s", path, wanted, have))
		}
	}
	return list
}

// check compares what came of records with what is wanted.
func check(t *testing.T, want []expectation, got outcome, exactly bool) {
	t.Helper()
	var wrong []string
	n := 0
	for _, w := range want {
		for reason, count := range w.Skipped {
			if got.skipped[reason] != count {
				wrong = append(wrong, fmt.Sprintf(
					"want %d skipped as %s, got %v", count, reason, got.skipped,
				))
			}
		}
		if w.Event == nil {
			continue
		}
		if n >= len(got.events) {
			wrong = append(wrong, w.Call+": no event")
			continue
		}
		for _, d := range differences(w.Event, got.events[n], exactly) {
			wrong = append(wrong, w.Call+": "+d)
		}
		n++
	}
	for _, ev := range got.events[min(n, len(got.events)):] {
		text, _ := json.Marshal(ev)
		wrong = append(wrong, "an event too many: "+string(text))
	}
	wrong = append(wrong, got.dead...)
	if len(wrong) > 0 {
		t.Errorf("%d differences\n%s", len(wrong), strings.Join(wrong, "\n"))
	}
}

func readExpectations(t *testing.T, path string) (list []expectation) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for lines.Scan() {
		var e expectation
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e), path)
		list = append(list, e)
	}
	require.NoError(t, lines.Err())
	return list
}

func captures(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("captures", "*", recordsFile))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func TestCapturedRecordsGiveTheEventsOfTheCalls(t *testing.T) {
	for _, file := range captures(t) {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			path, got := filepath.Join(filepath.Dir(file), expectFile), decode(t, file)
			if *update {
				refresh(t, path, got)
			}
			check(t, readExpectations(t, path), got, true)
		})
	}
}

// fromMachine are traces of the machine on which a capture was made.
var fromMachine = regexp.MustCompile(`/root/|/home/[a-z]|/work/|/tmp/`)

func TestCapturesSayNothingOfTheMachineTheyWereMadeOn(t *testing.T) {
	for _, file := range captures(t) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Empty(t, fromMachine.FindAllString(string(data), -1), file)
	}
}

func TestADifferenceIsNamedByItsField(t *testing.T) {
	want := object{"id": "a", "request": object{"model": "m", "tools": []any{"x"}}}
	got := object{"id": "b", "request": object{"model": "n", "tools": []any{"x", "y"}, "seed": 7.0}}
	require.ElementsMatch(t, []string{
		`request.model: want "m", got "n"`, `request.tools.1: want it absent, got "y"`,
		"request.seed: want it absent, got 7",
	}, differences(want, got, false))
	require.Contains(t, differences(want, got, true), `id: want "a", got "b"`)
	require.True(t, reflect.DeepEqual([]string{"request.model: want \"m\", absent"},
		differences(object{"request": object{"model": "m"}}, object{}, true)))
}

// refresh writes expectations anew: what differs from run to run is taken from what was decoded,
// the rest stays. An event that nobody expected is added for a person to look at.
func refresh(t *testing.T, path string, got outcome) {
	t.Helper()
	var want []expectation
	if _, err := os.Stat(path); err == nil {
		want = readExpectations(t, path)
	}
	n := 0
	for i := range want {
		if want[i].Event == nil {
			continue
		}
		if n < len(got.events) {
			takeVolatile(want[i].Event, got.events[n])
		}
		n++
	}
	for _, ev := range got.events[min(n, len(got.events)):] {
		want = append(want, expectation{Call: "?", Event: ev})
	}
	if n == 0 {
		want = append(want, expectation{Skipped: got.skipped})
	}
	var b bytes.Buffer
	for _, e := range want {
		line, err := json.Marshal(e)
		require.NoError(t, err)
		fmt.Fprintf(&b, "%s\n", line)
	}
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	t.Logf("wrote %s: look at every field before it is committed", path)
}

func takeVolatile(want, got object) {
	for _, path := range volatile {
		part, field, nested := strings.Cut(path, ".")
		if !nested {
			want[part] = got[part]
			continue
		}
		from, _ := got[part].(object)
		to, ok := want[part].(object)
		switch value, has := from[field]; {
		case has && !ok:
			want[part] = object{field: value}
		case has:
			to[field] = value
		case ok:
			delete(to, field)
		}
	}
}
