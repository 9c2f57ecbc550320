package watchlist_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// utf16le is text as Windows PowerShell redirects it to a file.
func utf16le(s string) string {
	b := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

func TestIndicatorsAreReadFromWhateverHoldsThem(t *testing.T) {
	one, two := indicator(1, "[user-agent:value = 'reaper/3']"),
		indicator(2, "[ipv4-addr:value = '192.0.2.7']")
	both := "[" + one + "," + two + "]"
	bundled := `{"type":"bundle","id":"bundle--1","objects":` + both + `}`
	page := func(more, object string) string {
		return `{"more":` + more + `,"next":"b","objects":[` + object + `]}`
	}
	for name, c := range map[string]struct {
		text string
		want int
		note string
	}{
		"a bundle": {bundled, 2, ""},
		"a bundle of STIX 2.0": {
			`{"type":"bundle","spec_version":"2.0","objects":` + both + `}`, 2, "",
		},
		"a bundle with a BOM":            {"\ufeff" + bundled, 2, ""},
		"a bundle with two BOMs":         {"\ufeff\n\ufeff " + bundled, 2, ""},
		"a bundle in UTF-16":             {utf16le(bundled), 2, ""},
		"a TAXII envelope":               {`{"more":false,"objects":` + both + `}`, 2, ""},
		"an envelope without more":       {`{"objects":` + both + `}`, 2, ""},
		"an empty envelope":              {`{}`, 0, ""},
		"a page of several":              {page("true", one), 1, "more objects follow"},
		"all pages one after the other":  {page("true", one) + "\n" + page("false", two), 2, ""},
		"an array of objects":            {both, 2, ""},
		"an array of objects with a BOM": {"\ufeff" + both, 2, ""},
		"a bundle without any":           {`{"type":"bundle","id":"bundle--1"}`, 0, ""},
		"a bundle beside foreign objects": {
			strings.Replace(bundled, "[", `[{"type":"malware","name":"x","labels":"no list"},`, 1),
			2, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := watchlist.Parse([]byte(c.text))
			require.NoError(t, err)
			require.Empty(t, l.Skipped)
			require.Equal(t, c.want, l.Len())
			require.Equal(t, c.note != "", len(l.Notes) > 0)
			for _, note := range watchlist.Merge(l).Notes {
				require.Contains(t, note, c.note)
			}
		})
	}
}

func TestOfWhatIsNoPatternTheReasonIsGiven(t *testing.T) {
	for object, why := range map[string]string{
		// STIX 2.0 has no pattern_type, and no spec_version in an object.
		`{"type":"indicator","id":"indicator--1","labels":["malicious-activity"],"pattern":"[user-agent:value = 'a']"}`:                                         "",
		`{"type":"indicator","id":"indicator--1","labels":["benign"],"pattern":"[user-agent:value = 'a']"}`:                                                     "calls it benign",
		`{"type":"indicator","spec_version":"2.1","id":"indicator--1","pattern":"[user-agent:value = 'a']"}`:                                                    "no pattern_type, which STIX 2.1 requires",
		`{"type":"indicator","spec_version":"2.1","id":"indicator--1","pattern_type":"stix","indicator_types":["benign"],"pattern":"[user-agent:value = 'a']"}`: "calls it benign",
		`{"type":"indicator","spec_version":"2.1","id":"indicator--1","pattern_type":"stix","labels":["benign"],"pattern":"[user-agent:value = 'a']"}`:          "",
		`{"type":"indicator","spec_version":"2.1","id":"indicator--1","pattern_type":"STIX","pattern":"[user-agent:value = 'a']"}`:                              "",
		`{"type":"indicator","spec_version":"2.1","id":"indicator--1","pattern_type":"suricata","pattern":"alert http any any -> any any (sid:1;)"}`:            `pattern_type "suricata"`,
		`{"type":"indicator","spec_version":"2.1","id":"indicator--1","pattern_type":"stix"}`:                                                                   "ends where [ is expected",
		`{"type":"x-misp-attribute","id":"x-misp-attribute--1","labels":["misp:to_ids=\"True\""],"x_misp_type":"ja3-fingerprint-md5","x_misp_value":"aa"}`:      `MISP writes "ja3-fingerprint-md5"`,
		`{"type":"x-misp-object","id":"x-misp-object--1","labels":["misp:to_ids=\"True\""],"x_misp_name":"ja4-plus"}`:                                           `MISP writes "ja4-plus"`,
	} {
		l := parse(t, object)
		if why == "" {
			require.Empty(t, l.Skipped, object)
			require.Equal(t, 1, l.Len(), object)
			continue
		}
		require.Zero(t, l.Len(), object)
		require.Len(t, l.Skipped, 1, object)
		require.Contains(t, l.Skipped[0].Reason, why)
	}
	// What MISP does not want looked for is passed over without a word, like every other object.
	require.Empty(t, parse(
		t, `{"type":"x-misp-attribute","id":"x-misp-attribute--1","x_misp_type":"text"}`,
	).Skipped)
}

func TestAnIndicatorEndsWithItsPatternsWindow(t *testing.T) {
	const pattern = "[user-agent:value = 'a'] START t'2026-10-01T00:00:00Z' STOP t'2026-11-01T00:00:00Z'"
	const november, september = int64(1_793_491_200_000), int64(1_788_220_800_000)
	for more, until := range map[string]int64{
		`"confidence":1`:                       november,
		`"valid_until":"2026-12-01T00:00:00Z"`: november,
		`"valid_until":"2026-09-01T00:00:00Z"`: september,
	} {
		l := parse(t, indicator(1, pattern, more))
		require.Equal(t, until, l.Indicators[0].ValidUntil, more)
		require.True(t, l.Indicators[0].Expired(until))
	}
	l := parse(t, indicator(1, "[user-agent:value = 'a' AND network-traffic:dst_port = 443]"))
	require.Len(t, l.Indicators[0].LeftOut, 1)
}
