package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// TestRecordsFromTheFieldReadRight puts the records of testdata/field through stillwatch decode.
// Each file stands for a kind of record that real gateways, loggers and Kafka clients write, and
// says under "want" what has to come out, a line each:
//
//	events 2                 so many events
//	0 request.model = m      of the first event the value at a path
//	0 content.input ~ text   or a part of it
//	0 usage absent           or that there is none
//	skipped not_llm 1        so many objects skipped for a reason
//	dead bad_time 1          so many dead letters for a reason
func TestRecordsFromTheFieldReadRight(t *testing.T) {
	files, err := filepath.Glob("testdata/field/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			dir, args, want := t.TempDir(), []string{}, ""
			for _, f := range archive.Files {
				path := filepath.Join(dir, f.Name)
				require.NoError(t, os.WriteFile(path, f.Data, 0o600))
				switch {
				case f.Name == "want":
					want = string(f.Data)
				case strings.HasSuffix(f.Name, ".yaml"):
					args = append(args, "--mapping", path)
				default:
					args = append(args, path)
				}
			}
			code := 0
			if strings.Contains(want, "dead ") {
				code = 1
			}
			events, stderr := decoded(t, code, args...)
			for line := range strings.Lines(want) {
				checkWant(t, strings.TrimSuffix(line, "\n"), events, stderr)
			}
		})
	}
}

// wanted are the forms of a line under "want".
var wanted = regexp.MustCompile(
	`^(?:events (\d+)|(skipped|dead) (\w+) (\d+)|(\d+) (\S+) (?:(=|~) (.*)|absent))$`,
)

func checkWant(t *testing.T, line string, events []map[string]any, stderr string) {
	t.Helper()
	m := wanted.FindStringSubmatch(line)
	require.NotNil(t, m, "testdata/field: %q is no line of what is wanted", line)
	switch {
	case m[1] != "":
		require.Equal(t, m[1], strconv.Itoa(len(events)), "%s\n%s", line, stderr)
	case m[2] != "":
		require.Equal(t, m[4], strconv.Itoa(strings.Count(stderr, m[3])), "%s\n%s", line, stderr)
	default:
		n, err := strconv.Atoi(m[5])
		require.NoError(t, err)
		require.Less(t, n, len(events), "%s\n%s", line, stderr)
		checkValue(t, line, valueAt(events[n], m[6]), m[6], m[7], m[8])
	}
}

func checkValue(t *testing.T, line string, got any, path, how, want string) {
	t.Helper()
	switch how {
	case "":
		require.Nil(t, got, line)
	case "~":
		require.Contains(t, fmt.Sprint(got), want, line)
	default:
		text := fmt.Sprint(got)
		if number, ok := got.(float64); ok {
			text = strconv.FormatFloat(number, 'f', -1, 64)
		}
		if path == "time" {
			text, want = instant(t, text), instant(t, want)
		}
		require.Equal(t, want, text, line)
	}
}

func instant(t *testing.T, text string) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return at.UTC().String()
}

// valueAt is the value at a dotted path, with positions in lists; nil where there is none.
func valueAt(ev map[string]any, path string) any {
	var v any = ev
	for name := range strings.SplitSeq(path, ".") {
		switch part := v.(type) {
		case map[string]any:
			v = part[name]
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n >= len(part) {
				return nil
			}
			v = part[n]
		default:
			return nil
		}
	}
	return v
}
