package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

func TestWhatIsBrokenIsNotPutDownToWhoeverCameBefore(t *testing.T) {
	const ada = `{"id":"1","time":1793613600000,"account":{"id":"ada"},"request":{"model":"m"}}`
	for _, format := range []string{FormatAuto, "native"} {
		r := newReader(t, format)
		for _, broken := range []string{
			ada + "\ngarbage", "[" + ada + ",]", "[" + ada + ` "x"]`, ada + "\n[",
			ada + `{"level":"info"}`, ada + `{"resourceSpans":1}`, ada + "{",
		} {
			dead := 0
			r.Read([]byte(broken), func(ev *event.Event, err error) bool {
				if err != nil {
					dead++
					require.Empty(t, ev.Account, broken)
				}
				return true
			})
			require.Positive(t, dead, broken)
		}
	}
}
