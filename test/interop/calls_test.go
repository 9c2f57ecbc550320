package interop

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/test/interop/model"
)

// ownWords are fields in which the software's word stands for the API's: they differ from the call
// on purpose.
var ownWords = []string{"request.operation", "response.finish_reasons", "response.error_type"}

// madeUp are figures that the software makes itself where the API says nothing, or counts in its
// own way.
var madeUp = map[string][]string{
	"usage.reasoning_tokens":   {"litellm", "vercel-ai-sdk"},
	"usage.cache_read_tokens":  {"litellm", "vercel-ai-sdk", "openllmetry"},
	"usage.cache_write_tokens": {"litellm"},
	// One adds the count of a stream's first event to that of its last, the other counts no output
	// of embeddings.
	"usage.output_tokens": {"openllmetry", "litellm"},
	"usage.cost_usd":      {"litellm"},
	// It says only that the call failed.
	"response.status": {"vercel-ai-sdk"},
	// It says so of calls that have no streams.
	"request.stream": {"litellm-otel", "openllmetry"},
}

// TestExpectedEventsAgreeWithTheCalls holds what is expected against what was asked and answered: a
// field that an expected event has must say what the call says. What the software does not write is
// absent.
func TestExpectedEventsAgreeWithTheCalls(t *testing.T) {
	list, err := model.Calls()
	require.NoError(t, err)
	truth := map[string]map[string]string{}
	for _, call := range list {
		var ev object
		require.NoError(t, json.Unmarshal(call.Event, &ev), call.Name)
		truth[call.Name] = flat(ev)
	}
	for _, file := range captures(t) {
		dir := filepath.Dir(file)
		var wrong []string
		for _, e := range readExpectations(t, filepath.Join(dir, expectFile)) {
			call, ok := truth[e.Call]
			if !ok {
				continue
			}
			for path, got := range flat(e.Event) {
				if part, _, _ := strings.Cut(path, "."); !slices.Contains(
					[]string{"request", "usage", "response", "content"},
					part,
				) {
					continue
				}
				if slices.ContainsFunc(ownWords, func(p string) bool {
					return strings.HasPrefix(path, p)
				}) ||
					slices.Contains(volatile, path) {
					continue
				}
				if slices.ContainsFunc(
					madeUp[path],
					func(name string) bool { return strings.HasPrefix(filepath.Base(dir), name) },
				) {
					continue
				}
				if want := call[path]; want != got && path != "request.session_id" {
					wrong = append(wrong, fmt.Sprintf(
						"%s: %s is %s, the call says %s", e.Call, path, got, want,
					))
				}
			}
		}
		require.Empty(t, wrong, "%s\n%s", dir, strings.Join(wrong, "\n"))
	}
}
