package shape

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

var update = flag.Bool("update", false, "write the table of the documentation anew")

// everything is a chat completion of which all is known.
func everything() event.Event {
	n := func(v int64) event.Int { return event.Int{V: v, Known: true} }
	f := func(v float64) event.Float { return event.Float{V: v, Known: true} }
	yes := event.Bool{V: true, Known: true}
	return event.Event{
		ID: "1", Time: 1793613600000, Tenant: "t",
		Source: event.Source{Gateway: "g", Instance: "i"},
		Account: event.Account{
			ID: "a", OrgID: "o", TeamID: "t", UserID: "u", EndUserID: "e", KeyHash: "k",
			CreatedAt: 1792479600000, Plan: "p",
			PaymentFP: "f", PaymentIssuer: "i", EmailDomain: "example.org", Verified: yes,
			Contract: "c", Purpose: "application",
		},
		Client: event.Client{
			IP: "203.0.113.7", ASN: n(64500), ASOrg: "n", Country: "DE", UserAgent: "u", JA4: "4",
			JA3: "3", DeviceID: "d",
		},
		Request: event.Request{
			Operation: "chat", Model: "m", SessionID: "s", Stream: yes,
			Temperature: f(1), TopP: f(1),
			N: n(1), MaxTokens: n(9), Seed: n(7), Logprobs: yes, ReasoningEffort: "high",
			ResponseFormat: "text", Tools: []string{"bash"}, ToolChoice: "auto", MessageCount: n(1),
		},
		Usage: event.Usage{
			Input: n(9), Output: n(9), Reasoning: n(1), CacheRead: n(1),
			CacheWrite: n(1), CostUSD: f(1),
		},
		Response: event.Response{
			HTTPStatus: n(200), Status: event.StatusOK, FinishReasons: []string{"stop"},
			LatencyMS: f(9), TTFTMS: f(1),
		},
		Content: event.Content{
			System: "s", Input: []event.Message{{Role: "user", Text: "t"}},
			Output: "o", Reasoning: "r",
		},
	}
}

// lossTable lists what each shape loses of a chat completion.
func lossTable() string {
	var b strings.Builder
	b.WriteString("| format | lost |\n|---|---|\n")
	for _, s := range shapes() {
		ev := everything()
		carried := s.Carried(&ev)
		var lost []string
		for _, path := range Left(&ev, &carried) {
			if slices.Contains(Restored(), path) {
				path += "\\*"
			}
			lost = append(lost, path)
		}
		if len(lost) == 0 {
			lost = []string{"nothing"}
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", s.name, strings.Join(lost, ", "))
	}
	return b.String()
}

func TestWhatEveryShapeLosesIsInTheDocumentation(t *testing.T) {
	const file = "../../../docs/gateways/simulated.md"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	block := regexp.MustCompile(`(?s)<!-- loss -->\n.*?<!-- end -->`)
	want := block.ReplaceAllLiteralString(
		string(text), "<!-- loss -->\n"+lossTable()+"<!-- end -->",
	)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(text),
		"go test ./pkg/simulate/shape -update writes the table anew")
}

func TestAShapeLosesWhatItSays(t *testing.T) {
	for _, s := range shapes() {
		ev := everything()
		carried := s.Carried(&ev)
		left := Left(&ev, &carried)
		for _, path := range s.Lost() {
			// An error's type is known of failures only.
			require.True(t, path == "response.error_type" || slices.Contains(left, path),
				"%s keeps %s",
				s.name, path)
		}
	}
}
