package event

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// tenOClock is 2026-11-02T10:00:00Z in Unix milliseconds.
const tenOClock = 1793613600000

func TestTimesAreReadAsLoggersWriteThem(t *testing.T) {
	for in, want := range map[string]int64{
		"2026-11-02 10:00:00,123":                                            123, // Python's logging, log4j
		"2026-11-02T10:00:00,123Z":                                           123,
		"2026-11-02T12:00:00.123+0200":                                       123, // Java's SimpleDateFormat, strftime's %z
		"2026-11-02T12:00:00+02":                                             0,   // PostgreSQL
		"2026-11-02 12:00:00.5+02:00":                                        500,
		"2026-11-02 10:00:00.123 UTC":                                        123,
		"2026-11-02 10:00:00 +0000 UTC":                                      0, // Go's Time.String
		"2026-11-02 11:00:00.123456 +0100 CET":                               123,
		"2026-11-02 10:00:00.1 +0000 UTC m=+12.000000":                       100,
		"2026-11-02T10:00:00.123Z[UTC]":                                      123, // Java's ZonedDateTime
		"2026-11-02T11:00+01:00[Europe/Berlin]":                              0,
		"2026-11-02T11:00:00+01:00[Europe/Berlin]":                           0,
		"2026-11-02T10:00:00[UTC]":                                           0,
		"2026-11-02T11:00:00+01:00[!Europe/Berlin][u-ca=iso8601]":            0, // RFC 9557
		"2026-11-02T10:00Z":                                                  0,
		"2026-11-02t10:00:00z":                                               0,
		"2026/11/02 10:00:00":                                                0, // nginx, Go's log
		"2026/11/02 10:00:00.123456":                                         123,
		"20261102T100000Z":                                                   0,
		"20261102T100000.123Z":                                               123,
		"20261102T110000+0100":                                               0,
		"20261102 10:00:00.123":                                              123,
		"20261102100000":                                                     0,
		"20261102100000123":                                                  123,
		"02/Nov/2026:10:00:00 +0000":                                         0, // access logs
		"[02/Nov/2026:11:00:00 +0100]":                                       0,
		"02/Nov/2026:10:00:00.123 +0000":                                     123,
		"Mon, 02 Nov 2026 10:00:00 GMT":                                      0,
		"Mon, 02 Nov 2026 11:00:00 +0100":                                    0,
		"Monday, 02-Nov-26 10:00:00 GMT":                                     0,
		"02-Nov-2026 10:00:00.123":                                           123, // Tomcat
		"02 Nov 2026 10:00:00,123":                                           123, // log4j's DATE
		"2 Nov 2026 10:00:00":                                                0,
		"Mon Nov  2 10:00:00 2026":                                           0, // ctime
		"[Mon Nov 02 10:00:00.123456 2026]":                                  123,
		"Mon Nov  2 10:00:00 UTC 2026":                                       0, // date
		"Mon Nov 02 11:00:00 +0100 2026":                                     0, // Ruby
		"Mon Nov 02 2026 11:00:00 GMT+0100 (Central European Standard Time)": 0, // JavaScript
		"Nov 2, 2026, 10:00:00 AM":                                           0, // Java's DateFormat
		"Nov 2, 2026 12:00:00 PM":                                            2 * 3600000,
		"Nov 2, 2026 @ 10:00:00.123":                                         123, // Kibana
		"1793613600":                                                         0,
		"1793613600.123":                                                     123,
		"1793613600.1229":                                                    122,
		"1793613600.12299999999":                                             123, // A float that stands for .123.
		"1793613600123":                                                      123,
		"1793613600123.9":                                                    123,
		"1793613600123456":                                                   123,
		"1793613600123456789":                                                123,
		"1.793613600123E9":                                                   123,
		"1.793613600123E12":                                                  123,
		"1.793613600123456789E18":                                            123,
	} {
		ms, ok := ParseTime(in)
		require.True(t, ok, in)
		require.Equal(t, tenOClock+want, ms, in)
	}
}

func TestWhatCouldBeTwoTimesIsNone(t *testing.T) {
	for _, in := range []string{
		"02.11.2026 10:00:00", "11/02/2026 10:00:00", "02-11-2026 10:00:00", "10:00:00", "2026-11-02", "Nov  2 10:00:00", "Mon Nov  2 10:00:00 EST 2026",
		"2026-11-02 10:00:00 CST", "2026-11-02T10:00:00 Europe/Berlin", "2026-11-02T10:00:00[Europe/Berlin]", "2026-11-02T10:00:00[UTC", "2026-11-02T10:00:00.Z",
		"2026-11-02T10:00:00+2", "2026-11-02T10:00:00+24:00", "2026-11-02T10:00:00+02:", "2026-11-02T10:00:00+02:0", "2026-11/02 10:00:00",
		"2026-13-02T10:00:00Z", "2026-11-31T10:00:00Z", "2026-11-02T24:00:00Z", "2026-11-02T10:60:00Z", "2026-11-02T10:00:60Z", "2026-11-02T10:00:00Zx",
		"2026-11-02T10:00:00 ", "02/Nov/26:10:00:00 +0000", "02/Nov/2026:10:00:00 (CET)", "Nov 2, 2026 13:00:00 PM", "Nov 2, 2026 0:00:00 AM",
		"20261302100000", "99999999999999", "638000000000000000", "12345", "1e5", "1793613600Z", "-1793613600", "17936136001234567890", "Monday, 02-Nov-99 10:00:00 GMT",
	} {
		ms, ok := ParseTime(in)
		require.False(t, ok && PlausibleTime(ms), "%s was read as %d", in, ms)
	}
}

func TestAnUnreadableTimeIsShownByItsShape(t *testing.T) {
	for value, shape := range map[string]string{
		`"02.11.2026 10:00"`:                     "99.99.9999 99:99",
		`"gestern um 7 \u00e4h"`:                 "aaaaaaa aa 9 ?a",
		`"a\tb\u0000c"`:                          "a?a?a",
		`12345`:                                  "99999",
		`"` + strings.Repeat("secret ", 9) + `"`: strings.Repeat("aaaaaa ", 6)[:40] + "...",
	} {
		_, err := decode(t, strings.Replace(small, `1793613600000`, value, 1))
		var broken *DecodeError
		require.ErrorAs(t, err, &broken)
		require.Equal(t, ReasonBadTime, broken.Reason)
		require.Equal(t, "time", broken.Field)
		require.Equal(t, shape, broken.Shape)
		require.ErrorContains(t, err, "event: bad_time in time ("+shape+") at byte ")
	}
	_, err := decode(t, strings.Replace(small, `1793613600000`, `null`, 1))
	require.EqualError(t, err, "event: missing_field in time at byte 0", "an absent time has no shape")
}

// layouts are those of package time that ParseTime reads, with whether they have a zone.
var layouts = []string{
	time.RFC3339, time.RFC3339Nano, time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC,
	time.UnixDate, time.RubyDate, time.DateTime,
	"2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04:05,000", "2006/01/02 15:04:05", "20060102T150405Z0700", "02/Jan/2006:15:04:05 -0700", "[02/Jan/2006:15:04:05 -0700]",
	"2 Jan 2006 15:04:05", "02-Jan-2006 15:04:05.000", "Jan 2, 2006 3:04:05 PM", "Jan 2, 2006, 3:04:05 PM", "Mon Jan 02 2006 15:04:05 GMT-0700",
}

func TestEveryTimeComesBackThroughEveryForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// The years of two digits end at 2069.
		ms := rapid.Int64Range(minTime, time.Date(2069, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()-1).Draw(t, "ms")
		layout := rapid.SampledFrom(layouts).Draw(t, "layout")
		zone := time.UTC
		if strings.Contains(layout, "07") && !strings.HasSuffix(layout, "Z07") && !strings.Contains(layout, "MST") {
			zone = time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "zone"))
		}
		at := time.UnixMilli(ms).In(zone)
		text := at.Format(layout)
		want, err := time.Parse(layout, text)
		require.NoError(t, err)
		got, ok := ParseTime(text)
		require.True(t, ok, text)
		require.Equal(t, want.UnixMilli(), got, text)

		for _, text := range []string{
			strconv.FormatInt(ms, 10), fmt.Sprintf("%d.%03d", ms/1000, ms%1000), strconv.FormatInt(ms*1000+999, 10), strconv.FormatInt(ms*1000000+999999, 10),
			strconv.FormatFloat(float64(ms)/1000, 'g', -1, 64), strconv.FormatFloat(float64(ms), 'E', -1, 64), time.UnixMilli(ms).UTC().Format("20060102150405") +
				fmt.Sprintf("%03d", ms%1000),
		} {
			got, ok := ParseTime(text)
			require.True(t, ok, text)
			require.Equal(t, ms, got, text)
		}
	})
}

func TestReadingATimeAllocatesNothing(t *testing.T) {
	for _, text := range []string{"2026-11-02T10:00:00.123Z", "2026-11-02 12:00:00,123 +0200", "02/Nov/2026:10:00:00 +0000", "1793613600123", "1793613600.123"} {
		require.Zero(t, testing.AllocsPerRun(100, func() { ParseTime(text) }), text)
	}
}

// FuzzParseTime compares with time.Parse. Invariants: it never panics, and what time.Parse accepts
// for a layout that is read, with no other zone's name than UTC's and no offset that no zone has,
// is either the same time or, where it has to be told from other forms by its digits' number, none.
func FuzzParseTime(f *testing.F) {
	for i, layout := range layouts {
		f.Add(time.UnixMilli(tenOClock+123).UTC().Format(layout), i)
	}
	for _, text := range []string{"2026-11-02T10:00:00.123Z[UTC]", "1793613600.123", "20261102100000", "Nov 2, 2026 @ 10:00:00", "[2026-11-02T10:00:00]"} {
		f.Add(text, 0)
	}
	f.Fuzz(func(t *testing.T, text string, which int) {
		got, ok := ParseTime(text)
		want, err := time.Parse(layouts[uint(which)%uint(len(layouts))], text)
		if ok && err == nil && isUTC(want) && PlausibleTime(want.UnixMilli()) {
			require.Equal(t, want.UnixMilli(), got, text)
		}
		require.LessOrEqual(t, len(Shape(text)), maxShape+3)
	})
}

// isUTC tells whether a time's zone is an offset or UTC's name: time.Parse gives other names the
// offset 0.
func isUTC(at time.Time) bool {
	name, offset := at.Zone()
	return offset != 0 || name == "UTC" || name == "GMT" || name == ""
}

func BenchmarkParseTime(b *testing.B) {
	for _, text := range []string{"2026-11-02T10:00:00.123Z", "02/Nov/2026:10:00:00 +0000", "1793613600123"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseTime(text)
			}
		})
	}
}
