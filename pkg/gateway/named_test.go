package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

func TestABrokenRecordNamesNobodyWhoHadNoPartInIt(t *testing.T) {
	good := `{"id":"r","time":1793613600000,"account":{"id":"victim"},"request":{"model":"m"}}`
	for name, record := range map[string]string{
		"what follows another's event in a list": "[" + good + `,7]`,
		"what follows another's event on a line": good + "\nbroken",
		"a list that breaks after another's":     "[" + good + `,,{}]`,
		"a part that stands twice":               `{"account":{"id":"victim"},"account":{"id":"a"}}`,
		"an identity that stands twice":          `{"account":{"id":"victim","id":"a"}}`,
		"a field of the envelope that does":      `{"account":{"id":"victim"},"id":"r","id":"s"}`,
		"a raw credential":                       `{"account":{"id":"sk-0123456789abcdef"}}`,
		"Kong: the second name, the first is cut": `{"started_at":1793613600123,"tries":[],"request":{"id":"k"},` +
			`"latencies":{},"authenticated_entity":{"consumer_id":"x"},"ai":{"cut`,
	} {
		t.Run(name, func(t *testing.T) {
			broken := 0
			newReader(t, FormatAuto).Read([]byte(record), func(ev *event.Event, err error) bool {
				if err != nil {
					broken++
					require.Equal(t, event.Account{}, ev.Account)
				}
				return true
			})
			require.Positive(t, broken)
		})
	}
}

func TestOfABrokenRecordOnlyItsNameIsKept(t *testing.T) {
	record := `{"account":{"id":"a"},"client":{"ip":"203.0.113.9, 198.51.100.7"},` +
		`"request":{"operation":"chat"},"content":{"input":"text"},"time":true}`
	newReader(t, FormatAuto).Read([]byte(record), func(ev *event.Event, err error) bool {
		require.Error(t, err)
		require.Equal(t, "a", ev.Account.ID)
		require.Equal(t, "198.51.100.7", ev.Client.IP)
		require.Empty(t, ev.Request.Operation)
		require.False(t, ev.Content.Present())
		return true
	})
}
