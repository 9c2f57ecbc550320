package tree

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
)

func parse(t *testing.T, text string) *Document {
	t.Helper()
	d := New(event.DefaultLimits())
	n, err := d.Parse([]byte(text))
	require.NoError(t, err)
	require.Equal(t, len(strings.TrimSpace(text)), n)
	return d
}

func find(t *testing.T, d *Document, path string) string {
	t.Helper()
	p, err := NewPath(path, false)
	require.NoError(t, err)
	return d.Scalar(d.Find(&p))
}

func TestPathsLeadThroughObjectsListsAndStringsThatHoldJSON(t *testing.T) {
	d := parse(t, `{"a":{"b":[{"c":1},{"c":"two"}]},"a.d":true,"text":"{\"x\":{\"y\":\"\\u00e9\"}}","none":null,"dash":"-"}`)
	for path, want := range map[string]string{
		"a.b.0.c": "1", "a.b.1.c": "two", "a.b.*.c": "1", "a.d": "true", "text.x.y": "é",
		"none": "", "dash": "", "a.b": "", "a.x": "",
	} {
		require.Equal(t, want, find(t, d, path), path)
	}
	require.NoError(t, d.Err())
}

func TestWhatNobodyAsksForHasNeitherLimitsNorAWayToSpoilTheRest(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100000) + "1" + strings.Repeat("}", 100000)
	many := `{"k":1` + strings.Repeat(`,"k":1`, 100000) + "}"
	d := parse(t, `{"deep":`+deep+`,"many":`+many+`,"nan":[NaN,-Infinity],"id":"x"}`)
	require.Equal(t, "x", find(t, d, "id"))
	require.NoError(t, d.Err())
	require.Empty(t, find(t, d, "many.k"), "a name that is there twice")
	require.ErrorContains(t, d.Err(), event.ReasonDuplicateKey)
	require.Equal(t, "x", find(t, d, "id"))
}

func TestAnObjectWithANameTwiceIsNone(t *testing.T) {
	_, err := New(event.DefaultLimits()).Parse([]byte(`{"a":1,"a":2}`))
	require.ErrorContains(t, err, event.ReasonDuplicateKey)
	for _, broken := range []string{
		`{"a":1`, `{"a" 1}`, `{"a":[}`, `[1]`, `"a"`, ``, `{"a":"\x"}`,
	} {
		_, err := New(event.DefaultLimits()).Parse([]byte(broken))
		require.ErrorAs(t, err, new(*event.DecodeError), broken)
	}
}

func TestMoreMembersThanTheLimitAreReportedAndTheFirstAreThere(t *testing.T) {
	d := New(event.Limits{MaxBytes: 1 << 20, MaxDepth: 9, MaxFields: 10})
	_, err := d.Parse([]byte(`{"big":{"first":1` + members(100) + `},"id":"x"}`))
	require.NoError(t, err)
	require.Equal(t, "1", find(t, d, "big.first"))
	require.ErrorContains(t, d.Err(), event.ReasonTooManyFields)
	require.Equal(t, "x", find(t, d, "id"))
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"m` + strings.Repeat("i", i) + `":1`)
	}
	return b.String()
}

func TestASalvagedObjectHasTheMembersBeforeTheBrokenOne(t *testing.T) {
	d := New(event.DefaultLimits())
	for text, want := range map[string]string{
		`{"who":{"id":"a"},"text":"cut`: "a", `{"who":{"id":"a"`: "a", `{"who":{"id":"a`: "",
		`{`: "", ``: "", `{"x":1,"who":{"id":"a"},,`: "a", `{"who":{"id":"a"},"who":1}`: "a",
	} {
		d.Salvage([]byte(text))
		if len(text) > 0 {
			require.Equal(t, want, find(t, d, "who.id"), text)
		}
	}
}

func TestValuesOneAfterTheOtherAreTakenApart(t *testing.T) {
	d := New(event.DefaultLimits())
	d.Reset()
	var got []string
	for text := ` {"a":1} {"a":2},` + "\n" + `{"a":3}{"a":`; text != ""; {
		at, rest := d.Next(text)
		if at == None {
			break
		}
		got = append(got, d.Scalar(d.Member(at, "a")))
		text = rest
	}
	require.Equal(t, []string{"1", "2", "3"}, got)
}

// FuzzDocument compares a document with encoding/json. Invariants: it never panics; of what
// encoding/json accepts as an object it finds the same members with the same values, unless a name
// is there twice; and it never writes to its input.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{"a":{"b":[1,"x",null]},"c":"{\"d\":1}"}`, `{"a":1,"a":2}`,
		`{"a":[[[]]],"":{}}`, `{"\u0061":"\ud800"}`,
	} {
		f.Add(seed)
	}
	d := New(event.Limits{MaxBytes: 1 << 16, MaxDepth: 9, MaxFields: 1 << 12})
	f.Fuzz(func(t *testing.T, text string) {
		data := []byte(text)
		_, err := d.Parse(data)
		require.Equal(t, text, string(data))
		var want map[string]any
		if json.Unmarshal(data, &want) != nil || want == nil {
			d.Salvage(data)
			return
		}
		if err != nil {
			require.ErrorContains(t, err, event.ReasonDuplicateKey)
			return
		}
		seen := 0
		d.Parts(0, func(at int32) bool {
			seen++
			switch value := want[d.Name(at)].(type) {
			case string:
				require.Equal(t, value, d.Text(at))
			case bool:
				require.Equal(t, value, d.Scalar(at) == "true")
			case nil:
				require.False(t, d.Known(at))
			case []any:
				require.Equal(t, event.KindArray, d.Kind(at))
			case map[string]any:
				require.Equal(t, event.KindObject, d.Kind(at))
			}
			d.Open(at)
			return true
		})
		require.Len(t, want, seen)
	})
}

func TestOfANameThatABodyHasTwiceTheLastCounts(t *testing.T) {
	body := `{"a":1,"m":{"x":"first","x":"second"},"a":2,"n":[{"y":1,"y":2}]}`
	text := strings.ReplaceAll(body, `"`, `\"`)
	for _, record := range []string{`{"body":` + body + `}`, `{"body":"` + text + `"}`} {
		for _, asked := range []bool{false, true} {
			d := parse(t, record)
			if asked {
				require.Empty(t, find(t, d, "body.a"))
			}
			at := d.Body(d.Member(0, "body"))
			require.Equal(t, "2", d.Scalar(d.Member(at, "a")))
			require.Equal(t, "second", d.Scalar(d.Member(d.Member(at, "m"), "x")))
			d.Parts(d.Member(at, "n"), func(part int32) bool {
				require.Equal(t, "2", d.Scalar(d.Member(part, "y")))
				return true
			})
			require.ErrorContains(t, d.Err(), event.ReasonDuplicateKey)
		}
	}
	d := parse(t, `{"body":{"k":1`+strings.Repeat(`,"k":1`, 100000)+`},"id":"x"}`)
	require.Equal(t, int32(None), d.Member(d.Body(d.Member(0, "body")), "k"))
	require.Equal(t, "x", find(t, d, "id"))
	require.Equal(t, int32(None), d.Body(None))
}
