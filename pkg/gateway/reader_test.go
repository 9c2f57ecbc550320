package gateway

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/event"
)

var update = flag.Bool("update", false, "write what the golden tests want anew")

func newReader(t testing.TB, format string) *Reader {
	t.Helper()
	opts := testOptions()
	opts.Format = format
	r, err := New(opts)
	require.NoError(t, err)
	return r
}

// testOptions know the mappings that come with Stillwatch.
func testOptions() Options {
	opts := DefaultOptions()
	opts.Secret = []byte("a secret for tests")
	for _, f := range configs.Mappings() {
		opts.Builtin = append(opts.Builtin, MappingFile(f))
	}
	return opts
}

// allFormats names every format, mappings included.
func allFormats() []string {
	out := append(Formats(), FormatAuto)
	for _, f := range configs.Mappings() {
		out = append(out, strings.TrimSuffix(f.Name, ".yaml"))
	}
	return out
}

// dump lists the known fields of an event, one on a line.
func dump(b *strings.Builder, path string, v reflect.Value) {
	switch value := v.Interface().(type) {
	case event.Int:
		if value.Known {
			fmt.Fprintf(b, "%s = %d\n", path, value.V)
		}
		return
	case event.Float:
		if value.Known {
			fmt.Fprintf(b, "%s = %v\n", path, value.V)
		}
		return
	case event.Bool:
		if value.Known {
			fmt.Fprintf(b, "%s = %v\n", path, value.V)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			dump(b, path, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			dump(b, strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			dump(b, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	default:
		if !v.IsZero() {
			fmt.Fprintf(b, "%s = %#v\n", path, v.Interface())
		}
	}
}

func readAll(r *Reader, record []byte) string {
	var b strings.Builder
	i := 0
	visit := func(ev *event.Event, err error) bool {
		fmt.Fprintf(&b, "# item %d\n", i)
		i++
		if err != nil {
			fmt.Fprintln(&b, err)
		} else {
			dump(&b, "", reflect.ValueOf(*ev))
		}
		return true
	}
	r.Read(record, visit)
	r.Flush(visit)
	return b.String()
}

func TestRecordsGiveTheEventsOfTheirGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			require.Len(t, archive.Files, 2, "a record and what is wanted")
			require.Equal(t, "record", archive.Files[0].Name)
			got := readAll(newReader(t, FormatAuto), archive.Files[0].Data)
			if *update {
				archive.Files[1].Data = []byte(got)
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o600))
			}
			require.Equal(t, string(archive.Files[1].Data), got)
		})
	}
}

func good(id string) string {
	return `{"id":"` + id + `","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}}`
}

// read returns the ids of the events and the reasons of the failures, in order. Parts of calls are
// put together.
func read(r *Reader, record string) (got []string) {
	visit := func(ev *event.Event, err error) bool {
		var broken *event.DecodeError
		var skip *SkipError
		switch {
		case err == nil:
			got = append(got, ev.ID)
		case errors.As(err, &broken):
			got = append(got, fmt.Sprintf("%s@%d", broken.Reason, broken.Offset))
		case errors.As(err, &skip) && skip.Reason == ReasonWaiting:
		case errors.As(err, &skip):
			got = append(got, "skip:"+skip.Reason)
		}
		return true
	}
	r.Read([]byte(record), visit)
	r.Flush(visit)
	return got
}

func TestARecordHoldsAnyNumberOfEvents(t *testing.T) {
	a, b, bad := good("a"), good("b"), `{"id":"x"}`
	n := len(a)
	indented := "{\n  \"id\": \"a\",\n  \"time\": 1793613600000,\n  \"account\": {\n    \"id\": \"a\"\n  },\n  \"request\": {\"model\": \"m\"}\n}\n"
	cases := map[string]struct {
		in   string
		want []string
	}{
		"nothing":                     {"", nil},
		"white space":                 {" \r\n\t", nil},
		"one":                         {a, []string{"a"}},
		"one after a byte order mark": {"\ufeff \n" + a, []string{"a"}},
		"one with a newline":          {a + "\n", []string{"a"}},
		"one that is indented":        {indented, []string{"a"}},
		"several lines":               {a + "\n" + b + "\r\n" + a, []string{"a", "b", "a"}},
		"several indented ones":       {indented + indented, []string{"a", "a"}},
		"several without a separator": {a + b, []string{"a", "b"}},
		"an array":                    {"[" + a + " , " + b + "]\n", []string{"a", "b"}},
		"an empty array":              {"[ ]", nil},
		"an array on each line":       {"[" + a + "]\n[" + b + "]", []string{"a", "b"}},
		"an array with a bad item": {
			"[" + a + "," + bad + "," + b + "]",
			[]string{"a", "unknown_format@" + fmt.Sprint(n+2), "b"},
		},
		"an array with an item that is no object": {
			"[" + a + ",7,null,[" + a + "]," + b + "]", []string{
				"a", at("wrong_type", n+2), at("wrong_type", n+4), at("wrong_type", n+9), "b",
			},
		},
		"an array with an item of broken syntax": {
			"[" + a + `,{"id":tru,"x":"}]"},` + b + "]",
			[]string{"a", at("malformed_json", n+8), "b"},
		},
		"an array with an item twice named": {
			"[" + a + `,{"id":1,"id":2},` + b + "]", []string{"a", at("duplicate_key", n+14), "b"},
		},
		"an array that is not closed": {"[" + a, []string{"a", at("malformed_json", n+1)}},
		"an array with a comma too many": {
			"[" + a + ",]", []string{"a", at("malformed_json", n+2)},
		},
		"an array without a comma": {
			"[" + a + b + "]", []string{"a", at("malformed_json", n+1)},
		},
		"a line that is cut":             {a[:20] + "\n" + b, []string{"malformed_json@21", "b"}},
		"a line that is cut in a string": {a[:10] + "\n" + b, []string{"malformed_json@11", "b"}},
		"a line that is no JSON":         {"hello\n" + b, []string{"malformed_json@0", "b"}},
		"a bad object before a good one": {`{"id":tru}` + b, []string{"malformed_json@6", "b"}},
		"a closing bracket":              {a + "}", []string{"a", at("malformed_json", n)}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, read(newReader(t, FormatAuto), c.in))
		})
	}
}

func at(reason string, offset int) string { return fmt.Sprintf("%s@%d", reason, offset) }

func TestARecordFullOfBrokenObjectsIsGivenUp(t *testing.T) {
	broken := strings.Repeat("{\"a\":[\n", 2000)
	require.Len(t, read(newReader(t, FormatAuto), broken), MaxLost+1)
	require.Equal(t, "a", read(newReader(t, FormatAuto), broken[:7*100]+good("a"))[100])

	array := func(items ...string) string { return "[" + strings.Join(items, ",") + "]" }
	bad := slices.Repeat([]string{"0"}, 2000)
	require.Len(t, read(newReader(t, FormatAuto), array(bad...)), MaxLost+1)
	require.Len(
		t, read(newReader(t, FormatAuto), array(append(bad[:MaxLost:MaxLost], good("a"))...)),
		MaxLost+1,
	)
	mixed := array(slices.Repeat([]string{"0", good("a")}, 2000)...)
	require.Len(t, read(newReader(t, FormatAuto), mixed), 4000, "as many good ones as broken ones")
}

func TestReadingStopsWhenTheVisitorSaysSo(t *testing.T) {
	for _, record := range []string{
		"[" + good("a") + "," + good("b") + "]", good("a") + good("b"), "x\n" + good("b"),
	} {
		visits := 0
		newReader(t, FormatAuto).Read(
			[]byte(record), func(*event.Event, error) bool { visits++; return false },
		)
		require.Equal(t, 1, visits)
	}
}

func TestANamedFormatIsTheOnlyOneRead(t *testing.T) {
	lite := `{"id":"c","call_type":"acompletion","startTime":1793613600.5,"model":"m","metadata":{"user_api_key_hash":"h"}}`
	require.Equal(t, []string{"c"}, read(newReader(t, "litellm"), lite))
	require.Equal(t, []string{"missing_field@0"}, read(newReader(t, "native"), lite))
	require.Equal(t, []string{"c", "a"}, read(newReader(t, FormatAuto), lite+good("a")))
}

func TestWhatIsNoObjectIsWrongInEveryFormat(t *testing.T) {
	for _, format := range allFormats() {
		for _, value := range []string{"null", `"-"`, "7", "[]"} {
			for _, got := range read(newReader(t, format), "["+value+"]") {
				require.Contains(t, []string{"wrong_type@1", "unknown_format@1", "missing_field@1"},
					got,
					"%s: %s", format, value)
			}
		}
	}
}

func TestRawCredentialsNeverSurvive(t *testing.T) {
	key := "sk-proj-0123456789abcdef"
	record := `{"id":"r","time":1793613600000,"account":{"id":"a","key_hash":"` + key +
		`","user_id":"Bearer abcdefgh","end_user_id":"` + key + `"},` +
		`"client":{"user_agent":"` + key + `"},"request":{"model":"m","session_id":"` + key +
		`"},"headers":{"authorization":"Bearer ` + key + `"}}`
	got := readAll(newReader(t, FormatAuto), []byte(record))
	require.Contains(t, got, `Account.ID = "a"`)
	require.NotContains(t, got, "sk-")
	require.NotContains(t, got, "Bearer")

	require.Equal(t, []string{"no_account@0"}, read(newReader(t, FormatAuto),
		`{"id":"r","time":1793613600000,"account":{"id":"`+key+`"},"request":{"model":"m"}}`))
}

func TestTheAddressComesFromATrustedPlaceInTheList(t *testing.T) {
	record := []byte(`{"id":"r","time":1793613600000,"client":{"ip":"1.1.1.1, 2.2.2.2,3.3.3.3"},"request":{"model":"m"}}`)
	for hops, want := range []string{"3.3.3.3", "2.2.2.2", "1.1.1.1", "1.1.1.1"} {
		opts := DefaultOptions()
		opts.TrustedHops = hops
		r, err := New(opts)
		require.NoError(t, err)
		r.Read(record, func(ev *event.Event, err error) bool {
			require.NoError(t, err)
			require.Equal(t, want, ev.Client.IP)
			return true
		})
	}
}

func TestWrongOptionsAreRefusedWithTheWayOut(t *testing.T) {
	for want, change := range map[string]func(*Options){
		`"litellm" "mapping"`: func(o *Options) { o.Format = "pigeon" },
		"must be positive":    func(o *Options) { o.Limits.MaxDepth = 0 },
		"trusted_hops is -1":  func(o *Options) { o.TrustedHops = -1 },
	} {
		opts := DefaultOptions()
		change(&opts)
		_, err := New(opts)
		require.ErrorContains(t, err, want)
	}
}

// FuzzRead reads any record in each format, those of mappings included. Invariants: it never
// panics, every visit is either a valid event or has an error of one of the two kinds, error
// offsets lie within the record, no credential comes out, and the record is not written to.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(f, err)
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(f, err)
		for i := range allFormats() {
			f.Add(archive.Files[0].Data, i)
		}
	}
	f.Add([]byte(`[{"id":1},2,{"a":[}]`), 0)
	f.Add([]byte("\ufeff{}\n{\n"), 1)
	for i, seed := range []string{
		zipped(f, good("a")), zstandard(f, good("a")), "\x00\x00\x00\x00\x0c" + good("a"),
		"\x00\x00\x00\x00\x0c\x00" + protoSpans(f), quote(good("a")),
		criOut + "P {\n" + criOut + "F }", docker("{") + docker("}\n"),
		"<134>Nov  2 10:00:00 h a: " + good("a"), encoded(good("a")),
		`{"awslogs":{"data":"` + encoded(zipped(f, good("a"))) + `"}}`,
		`{"message":"{}","log":` + quote(good("a")) + `}`,
	} {
		f.Add([]byte(seed), i)
	}
	readers, formats := map[string]*Reader{}, allFormats()
	for _, format := range formats {
		readers[format] = newReader(f, format)
	}
	f.Fuzz(func(t *testing.T, record []byte, which int) {
		format := formats[((which%len(formats))+len(formats))%len(formats)]
		before := string(record)
		visits := 0
		visit := func(ev *event.Event, err error) bool {
			visits++
			checkVisit(t, record, ev, err)
			return true
		}
		readers[format].Read(record, visit)
		readers[format].Flush(visit)
		if codecOf(record) == nil && !bytes.Contains(record, []byte("H4sI")) &&
			!bytes.Contains(record, []byte("KLUv")) {
			require.LessOrEqual(t, visits, len(record)) // Nothing is compressed, in base64 either.
		}
		require.Zero(t, readers[format].Held())
		require.Equal(t, before, string(record))
	})
}

func TestReadingNativeEventsAllocatesNothing(t *testing.T) {
	r, record := newReader(t, FormatAuto), []byte("["+good("a")+","+good("b")+"]\n")
	n := 0
	visit := func(_ *event.Event, err error) bool {
		if err == nil {
			n++
		}
		return true
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { r.Read(record, visit) }))
	require.Equal(t, 202, n)
}

func BenchmarkRead(b *testing.B) {
	for name, file := range map[string]string{
		"a native event": "native_full", "a LiteLLM payload": "litellm_success", "Kong": "kong",
		"APISIX": "apisix", "Bedrock": "bedrock", "Higress": "higress",
	} {
		b.Run(name, func(b *testing.B) {
			archive, err := txtar.ParseFile("testdata/" + file + ".txtar")
			require.NoError(b, err)
			r, record, n := newReader(b, FormatAuto), archive.Files[0].Data, 0
			visit := func(_ *event.Event, err error) bool {
				if err == nil {
					n++
				}
				return true
			}
			b.SetBytes(int64(len(record)))
			b.ReportAllocs()
			for b.Loop() {
				r.Read(record, visit)
			}
			require.GreaterOrEqual(b, n, b.N)
		})
	}
}
