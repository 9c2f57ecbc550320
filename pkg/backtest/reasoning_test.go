package backtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs/scenarios"
	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// thinker holds a conversation with a model that signs its thoughts, and writes the records of
// LiteLLM's Messages endpoint.
type thinker struct {
	name     string
	at       time.Time
	messages []any
	turns    int
}

// ask sends the next turn through an account, and returns the record of the call.
func (c *thinker) ask(t *testing.T, account string) []byte {
	t.Helper()
	c.turns++
	c.at = c.at.Add(time.Minute)
	c.messages = append(c.messages, map[string]any{
		"role": "user", "content": fmt.Sprintf("Question %d of %s, please.", c.turns, c.name),
	})
	answer := []any{
		map[string]any{
			"type": "thinking", "thinking": "Hm.",
			"signature": fmt.Sprintf("EqoBCkgIARABGAIiQL2U%s%08d==", c.name, c.turns),
		},
		map[string]any{"type": "text", "text": fmt.Sprintf("Answer %d.", c.turns)},
	}
	start := float64(c.at.UnixMilli()) / 1000
	record, err := json.Marshal(map[string]any{
		"id": fmt.Sprint(c.name, c.turns), "call_type": "anthropic_messages",
		"status": "success", "startTime": start, "endTime": start + 2, "model": "vega-2",
		"metadata": map[string]any{"user_api_key_hash": account},
		"messages": c.messages,
		"response": map[string]any{
			"type": "message", "role": "assistant", "content": answer, "stop_reason": "end_turn",
		},
	})
	require.NoError(t, err)
	c.messages = append(c.messages, map[string]any{"role": "assistant", "content": answer})
	return append(record, '\n')
}

// honestWith mixes records into the traffic of honest accounts, from a quarter of the way on.
func honestWith(t *testing.T, write func(at time.Time) [][]byte) []byte {
	t.Helper()
	text, err := scenarios.Read("honest-small")
	require.NoError(t, err)
	s, err := simulate.Load(bytes.NewReader(text))
	require.NoError(t, err)
	w, err := simulate.New(s, simulate.Texts{})
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = w.Write(&b)
	require.NoError(t, err)
	lines := bytes.SplitAfter(b.Bytes(), []byte("\n"))
	at := len(lines) / 4
	var ev struct{ Time time.Time }
	require.NoError(t, json.Unmarshal(lines[at], &ev))
	return bytes.Join(slices.Insert(lines, at, write(ev.Time)...), nil)
}

func TestAccountsThatCarryAConversationWithItsReasoningAreReported(t *testing.T) {
	events := honestWith(t, func(at time.Time) (records [][]byte) {
		c := thinker{name: "relayed", at: at}
		for i := range 12 {
			records = append(records, c.ask(t, fmt.Sprint("key-", i%3)))
		}
		return records
	})
	alerts, _, stats := replay(t, events, 1, nil)
	require.Empty(t, stats.DeadReasons())
	lines := strings.Split(strings.TrimSpace(alerts), "\n")
	require.Contains(t, lines[0], "Reasoning of one account presented by another")
	require.Contains(t, lines[0], "3 accounts present reasoning")
	for i := range 3 {
		require.Contains(t, alerts, fmt.Sprint("key-", i))
	}
	require.NotContains(t, alerts, "EqoBCkgIARABGAIiQL2U", "no finding has a signature's text")
	again, _, _ := replay(t, events, 3, nil)
	require.Equal(t, alerts, again)
}

func TestPeopleWithConversationsOfTheirOwnAreNotReportedForTheirReasoning(t *testing.T) {
	events := honestWith(t, func(at time.Time) (records [][]byte) {
		for person := range 4 {
			// Two sessions at once through one account, and one that goes on through a second.
			first := thinker{name: fmt.Sprint("first", person), at: at}
			second := thinker{name: fmt.Sprint("second", person), at: at}
			for turn := range 6 {
				own, work := fmt.Sprint("own-", person), fmt.Sprint("work-", person)
				if turn < 3 {
					work = own
				}
				records = append(records, first.ask(t, own), second.ask(t, work))
			}
		}
		return records
	})
	alerts, accounts, stats := replay(t, events, 2, nil)
	require.Empty(t, stats.DeadReasons())
	require.Empty(t, alerts)
	require.Empty(t, accounts)
}
