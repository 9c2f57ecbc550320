package alert_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// fill draws everything in a value: what an explanation may hold at worst.
func fill(t *rapid.T, v reflect.Value) {
	const mostItems, mostWidth = 24, 160
	switch v.Kind() {
	case reflect.String:
		s := hostile().Draw(t, "text")
		v.SetString(s[:min(len(s), 2*mostWidth)])
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(-1e6, 1e6).Draw(t, "figure"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "count"))
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(rapid.Uint8().Draw(t, "count")))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "is so"))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "is there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Slice:
		n := rapid.SampledFrom([]int{0, 1, 2, 2, 3, mostItems}).Draw(t, "items")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			if i > 0 && n == mostItems {
				v.Index(i).Set(v.Index(0))
				continue
			}
			fill(t, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i))
			}
		}
	default:
		t.Fatalf("a field of kind %s is not drawn", v.Kind())
	}
}

// nothingActsOnATerminal holds text to what every rendering promises.
func nothingActsOnATerminal(t require.TestingT, text string) {
	for _, r := range text {
		acts := unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff' ||
			unicode.Is(unicode.Co, r)
		require.False(t, r != '\n' && acts, "%q", r)
	}
}

func fitsIn(t require.TestingT, text string, width int) {
	for _, line := range splitLines(text) {
		require.LessOrEqual(t, uniseg.StringWidth(line), max(width, 72), "%q", line)
	}
}

func TestAnyExplanationKeepsItsShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := &campaign.Explanation{}
		fill(t, reflect.ValueOf(x).Elem())
		width := rapid.IntRange(60, 160).Draw(t, "width")
		text := alert.ExplanationText(x, alert.TextOptions{Width: width})
		nothingActsOnATerminal(t, text)
		fitsIn(t, text, width)
		b, err := alert.ExplanationJSON(x)
		require.NoError(t, err)
		nothingActsOnATerminal(t, string(b))
		plain, err := json.Marshal(x)
		require.NoError(t, err)
		require.JSONEq(t, string(plain), string(b), "what is escaped reads as the same")
	})
}

func TestAnyListOfFindingsKeepsItsShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []*campaign.Finding
		for range rapid.IntRange(0, 3).Draw(t, "findings") {
			list = append(list, anyFinding(t))
		}
		width := rapid.IntRange(60, 160).Draw(t, "width")
		text := alert.FindingsText(list, alert.TextOptions{Width: width})
		nothingActsOnATerminal(t, text)
		fitsIn(t, text, width)
		b, err := alert.FindingsJSON(list)
		require.NoError(t, err)
		nothingActsOnATerminal(t, string(b))
		var back []struct{ UID string }
		require.NoError(t, json.Unmarshal(b, &back))
		require.Len(t, back, len(list))
	})
}

func TestFindingsAreListedOneBelowTheOther(t *testing.T) {
	closed := pool()
	closed.Activity, closed.CloseReason, closed.UID = campaign.Close, "quiet", "other"
	closed.Severity = campaign.Low
	muted := pool()
	muted.Muted, muted.Tenant = true, ""
	muted.Review = &campaign.Review{Action: "allow", Author: "kim"}
	list := []*campaign.Finding{pool(), muted, closed}
	golden(t, "findings_list.golden", []byte(alert.FindingsText(list, alert.TextOptions{})))
	b, err := alert.FindingsJSON(list)
	require.NoError(t, err)
	golden(t, "findings_list_json.golden", b)
}

func TestPrivateCharactersBeyondTheFirstPlaneAreEscapedAsPairs(t *testing.T) {
	b, err := alert.ExplanationJSON(&campaign.Explanation{ID: "\U000f0001\u202e\u009b"})
	require.NoError(t, err)
	require.Contains(t, string(b), `"id": "\udb80\udc01\u202e\u009b"`)
	require.False(t, strings.ContainsRune(string(b), 0x9b))
}
