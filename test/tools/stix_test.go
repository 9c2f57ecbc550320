package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const sound = `{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":[{
	"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
	"created":"2026-10-01T00:00:00.000Z","modified":"2026-10-01T00:00:00.000Z",
	"name":"a host","description":"a host","indicator_types":["malicious-activity"],
	"pattern":"[ipv4-addr:value = '192.0.2.7']","pattern_type":"stix","valid_from":"2026-10-01T00:00:00Z"}]}`

func TestTheJudgeFindsWhatIsWrongAndNothingElse(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".json"), []byte(text), 0o600))
	}
	write("sound", sound)
	require.NoError(t, judgeSTIX(folder))
	faults := map[string][2]string{
		"an empty list":      {`["malicious-activity"]`, `[]`},
		"a broken pattern":   {"= '192.0.2.7'", "= 192.0.2.7"},
		"no pattern type":    {`"pattern_type":"stix",`, ""},
		"a reference abroad": {`"name"`, `"created_by_ref":"identity--1","name"`},
		"no bundle":          {sound, "{"},
	}
	for name, replace := range faults {
		write(name, strings.Replace(sound, replace[0], replace[1], 1))
	}
	err := judgeSTIX(folder)
	require.ErrorContains(t, err, "finds 1 of 6 files valid")
	for name := range faults {
		require.ErrorContains(t, err, name+".json")
	}
	require.NotContains(t, err.Error(), "sound.json")
	require.ErrorContains(t, judgeSTIX(t.TempDir()), "0 of 0 files valid", "nothing was judged")
}

func TestWhereTheJudgeIsMissingItIsSaidHowToGetIt(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	require.ErrorContains(t, judgeSTIX(t.TempDir()), "test/setup.sh")
}
