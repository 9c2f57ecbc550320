package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// folder has the files of a configuration.
type folder struct {
	t    *testing.T
	path string
}

func (f folder) put(name, text string) string {
	f.t.Helper()
	path := filepath.Join(f.path, name)
	require.NoError(f.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestALoadedConfigurationTellsItsFiles(t *testing.T) {
	dir := folder{t, t.TempDir()}
	secret := dir.put("secret", "0123456789abcdef0123456789abcdef\n")
	facts := dir.put("facts.csv", "account\n")
	ca := filepath.Join(dir.path, "ca.pem")
	path := dir.put("stillwatch.yaml", `
sketch: {secret_file: `+secret+`}
kafka: {tls: {enabled: true, ca_file: `+ca+`}}
ingest: {enrich: {facts_file: `+facts+`}}
`)
	loaded, err := Read(path, environ(nil))
	require.NoError(t, err)
	require.Equal(t, []string{ca, secret, path}, loaded.Files.Paths(),
		"facts are followed by who uses them, and a file that is not there may come")
	require.False(t, loaded.Files.Changed())
	require.Empty(t, loaded.Changed(&loaded))

	dir.put("ca.pem", "one")
	require.True(t, loaded.Files.Changed())
	next, err := Read(path, environ(nil))
	require.NoError(t, err)
	require.Equal(t, []string{"kafka.tls.ca_file"}, next.Changed(&loaded))

	require.NoError(t, os.Remove(secret))
	require.True(t, next.Files.Changed())
	broken, err := Read(path, environ(nil))
	require.ErrorContains(t, err, "sketch.secret_file")
	require.Equal(t, next.Files.Paths(), broken.Files.Paths(), "what mends it is one of its files")
	require.False(t, broken.Files.Changed())
	dir.put("secret", "0123456789abcdef0123456789abcdef")
	require.True(t, broken.Files.Changed())
}

func TestTheKeysThatChangedAreNamed(t *testing.T) {
	dir := folder{t, t.TempDir()}
	mapping := filepath.Join(dir.path, "mine.yaml")
	base := "ingest: {gateway: {mappings: [" + mapping + "]}}\n"
	example, err := os.ReadFile("../../../configs/mappings/kong.yaml")
	require.NoError(t, err)
	for _, tc := range []struct {
		name, before, after string
		// touch changes a file between the two.
		touch func()
		env   map[string]string
		want  []string
	}{
		{"nothing", base, base, func() {}, nil, nil},
		{"a remark", base, "# a remark\n" + base, func() {}, nil, nil},
		{
			"keys of several sections", base,
			base + "stages: [ingest]\nredis: {prefix: other}\nlog: {level: debug}\n",
			func() {}, nil,
			[]string{"stages", "redis.prefix", "log.level"},
		},
		{
			"a key that the environment overrides", base, base + "log: {level: debug}\n",
			func() {},
			map[string]string{"STILLWATCH_LOG_LEVEL": "info"},
			nil,
		},
		{
			"a mapping's text", base, base,
			func() { dir.put("mine.yaml", string(example)+"# more\n") }, nil,
			[]string{"ingest.gateway.mappings"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir.put("mine.yaml", string(example))
			before, err := Read(dir.put("stillwatch.yaml", tc.before), environ(tc.env))
			require.NoError(t, err)
			tc.touch()
			after, err := Read(dir.put("stillwatch.yaml", tc.after), environ(tc.env))
			require.NoError(t, err)
			require.Equal(t, tc.want, after.Changed(&before))
		})
	}
}
