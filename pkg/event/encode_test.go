package event

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// FuzzAppendJSON checks that whatever is decoded and encoded is decoded to the same event.
func FuzzAppendJSON(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := NewDecoder(Limits{})
		var ev Event
		if d.Decode(data, &ev) != nil {
			return
		}
		want := normal(&ev)
		text := AppendJSON(nil, &ev)
		require.True(t, json.Valid(text))
		require.NotContains(t, string(text), "\n")
		var got Event
		require.NoError(t, NewDecoder(Limits{MaxBytes: 1 << 30}).Decode(text, &got))
		require.Equal(t, want, normal(&got))
	})
}

func TestWhatIsAppendedIsOneEvent(t *testing.T) {
	ev := Event{
		ID: "r\"1", Time: 1793613600123, Account: Account{ID: "a", CreatedAt: 1793613600001},
		Request: Request{Model: "m", Tools: []string{"a\nb", "é"}},
		Sketch: &Sketch{
			Version: 1, Check: "00", Exact: "01", Shingles: []string{"02"}, Subject: "03", Workspace: "04", Tokens: 3, Relay: true,
			Intents: []Intent{{"rubric", 1}},
		},
	}
	require.Equal(t, `before {"schema":"1","id":"r\"1","time":"2026-11-02T10:00:00.123Z","account":{"id":"a","created_at":"2026-11-02T10:00:00.001Z"},`+
		`"request":{"model":"m","tools":["a\nb","é"]},`+
		`"sketch":{"version":1,"check":"00","exact":"01","shingles":["02"],"subject":"03","workspace":"04","tokens":3,"relay":true,"intents":{"rubric":1}}}`,
		string(AppendJSON([]byte("before "), &ev)))
}

func TestStringsSurviveJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "s")
		var got string
		if err := json.Unmarshal(appendString(nil, want), &got); err != nil {
			t.Fatal(err)
		}
		if got != strings.ToValidUTF8(want, "\ufffd") {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
	require.Equal(t, "\"a\ufffd\ufffdb\"", string(appendString(nil, "a\xff\xfeb")))
}
