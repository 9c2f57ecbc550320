package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type level string

func (l *level) UnmarshalText(text []byte) error {
	switch level(text) {
	case "low", "high":
		*l = level(text)
		return nil
	}
	return errWant("low or high")
}

type sample struct {
	Name  string   `yaml:"name"`
	Level level    `yaml:"level"`
	Lists []string `yaml:"lists"`
	Kafka struct {
		Brokers  []string      `yaml:"brokers"`
		Port     int           `yaml:"port"`
		Wait     time.Duration `yaml:"wait"`
		TLS      bool          `yaml:"tls"`
		Password string        `yaml:"password"`
		Injected func()
	} `yaml:"kafka"`
	Redis struct {
		Ratio  float64           `yaml:"ratio"`
		Size   uint16            `yaml:"size"`
		Labels map[string]string `yaml:"labels"`
	} `yaml:"redis"`
}

// read fills a sample from YAML text and then from the environment.
func read(text string, environ map[string]string) (sample, []string) {
	var into sample
	s := newSource(&into, func(name string) (string, bool) { v, ok := environ[name]; return v, ok })
	s.yaml("f.yaml", []byte(text))
	s.env()
	s.secretFiles()
	var errs []string
	for _, err := range s.errs {
		errs = append(errs, err.Error())
	}
	return into, errs
}

func TestYAMLAndEnvironmentFillTheStruct(t *testing.T) {
	got, errs := read(`
name: ${WHO}-${NOBODY:-here} $${kept}
level: high
kafka:
  brokers: [a:1, "b:2"]
  port: ${PORT}
  wait: 1d12h
  tls: true
redis:
  ratio: 1e-3
  size: 0x10
  labels: {zone: eu, team: "${WHO}"}
`, map[string]string{
		"WHO": "me", "PORT": "9092", "STILLWATCH_KAFKA_WAIT": "30s", "STILLWATCH_LISTS": "x, y",
		"STILLWATCH_KAFKA_PASSWORD": "p",
	})
	require.Empty(t, errs)
	want := sample{Name: "me-here ${kept}", Level: "high", Lists: []string{"x", "y"}}
	want.Kafka.Brokers, want.Kafka.Port, want.Kafka.Wait = []string{"a:1", "b:2"}, 9092,
		30*time.Second
	want.Kafka.TLS, want.Kafka.Password = true, "p"
	want.Redis.Ratio, want.Redis.Size, want.Redis.Labels = 0.001, 16,
		map[string]string{"zone": "eu", "team": "me"}
	require.Equal(t, want, got)
}

func TestEveryMistakeIsReportedWithItsPlace(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		env        map[string]string
		want       []string
	}{
		{
			name: "unknown keys name the nearest known one",
			text: "names: x\nkafka:\n  broker: [a]\n  ratio: 1\nrdis: {}\n",
			want: []string{
				`f.yaml:1: unknown key "names"; did you mean "name"?`,
				`f.yaml:3: unknown key "kafka.broker"; did you mean "kafka.brokers"?`,
				`f.yaml:4: unknown key "kafka.ratio"; did you mean "redis.ratio"?`,
				`f.yaml:5: unknown key "rdis"; did you mean "redis"?`,
			},
		},
		{
			name: "wrong types say what is wanted",
			text: "level: middling\nkafka:\n  port: many\n  wait: soon\n  tls: perhaps\nredis: {ratio: x, size: -1}\n",
			want: []string{
				`f.yaml:1: level: want low or high, not "middling"`,
				`f.yaml:3: kafka.port: want an integer, not "many"`,
				`f.yaml:4: kafka.wait: want a duration such as 250ms, 30s, 15m, 12h or 45d, not "soon"`,
				`f.yaml:5: kafka.tls: want true or false, not "perhaps"`,
				`f.yaml:6: redis.ratio: want a number, not "x"`,
				`f.yaml:6: redis.size: want a non-negative integer, not "-1"`,
			},
		},
		{
			name: "wrong shapes", text: "kafka: 7\nname: [a]\nredis: {labels: [x]}\nlists: {a: b}",
			want: []string{
				"f.yaml:1: kafka: want keys and values", "f.yaml:2: name: want one value",
				"f.yaml:3: redis.labels: want keys and values", "f.yaml:4: lists: want a list",
			},
		},
		{name: "a list for a document", text: "- a", want: []string{
			"f.yaml:1: the file: want keys and values",
		}},
		{name: "text that is not YAML", text: "a: [", want: []string{
			"f.yaml: line 1: did not find expected node content",
		}},
		{name: "a key set twice", text: "name: a\nname: b", want: []string{
			"f.yaml:2: name: already set on line 1",
		}},
		{
			name: "a variable that is not set", text: "name: ${NOBODY}",
			want: []string{
				`f.yaml:1: name: environment variable NOBODY is not set; set it or write ${NOBODY:-default}, not "${NOBODY}"`,
			},
		},
		{
			name: "an override of the wrong type",
			env:  map[string]string{"STILLWATCH_KAFKA_PORT": "x", "STILLWATCH_REDIS_LABELS": "a"},
			want: []string{
				"environment variable STILLWATCH_KAFKA_PORT: want an integer",
				"environment variable STILLWATCH_REDIS_LABELS: want key=value,key=value",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, errs := read(tc.text, tc.env)
			require.Equal(t, tc.want, errs)
		})
	}
}

func TestAKeyWithoutAValueKeepsItsDefault(t *testing.T) {
	into := sample{Name: "default"}
	s := newSource(&into, func(string) (string, bool) { return "", false })
	s.yaml("f.yaml", []byte("name:\nkafka:\n"))
	require.Empty(t, s.errs)
	require.Equal(t, "default", into.Name)
}

func TestASecretMayComeFromAFile(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	got, errs := read("kafka: {password_file: "+file("good", "s3cret\n")+"}", nil)
	require.Empty(t, errs)
	require.Equal(t, "s3cret", got.Kafka.Password)

	got, errs = read(
		"", map[string]string{"STILLWATCH_KAFKA_PASSWORD_FILE": file("good", "s3cret\r\n")},
	)
	require.Empty(t, errs)
	require.Equal(t, "s3cret", got.Kafka.Password)

	_, errs = read("kafka: {password_file: "+file("good", "s3cret")+", password: other}", nil)
	require.Equal(
		t, []string{"kafka.password and kafka.password_file are both set; keep one"}, errs,
	)

	_, errs = read("kafka: {password_file: "+file("empty", "\n")+"}", nil)
	require.Len(t, errs, 1)
	require.Contains(t, errs[0], "is empty")

	_, errs = read("kafka: {password_file: "+filepath.Join(dir, "absent")+"}", nil)
	require.Len(t, errs, 1)
	require.Contains(t, errs[0], "kafka.password_file: ")

	_, errs = read(
		"kafka: {password_file: "+file("large", strings.Repeat("x", maxSecretFile+1))+"}", nil,
	)
	require.Len(t, errs, 1)
	require.Contains(t, errs[0], "that is no secret")
}

func TestDurationsReadBackAsTheyAreWritten(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 250 * time.Millisecond: "250ms", 30 * time.Second: "30s", 15 * time.Minute: "15m",
		90 * time.Minute: "1h30m", 12 * time.Hour: "12h", 24 * time.Hour: "24h",
		45 * 24 * time.Hour: "45d", 60 * time.Hour: "2d12h", time.Hour + time.Second: "1h0m1s",
	} {
		require.Equal(t, want, FormatDuration(d))
		back, err := ParseDuration(want)
		require.NoError(t, err)
		require.Equal(t, d, back)
	}
	for _, bad := range []string{"", "x", "1", "d", "-1d", "1d-2h", "1d2x"} {
		_, err := ParseDuration(bad)
		require.Error(t, err, bad)
	}
}

func FuzzConfigurationNeverPanics(f *testing.F) {
	f.Add("kafka: {brokers: [a], wait: 1d}")
	f.Add("a: &a [*a]\nname: ${X:-y}")
	f.Fuzz(func(_ *testing.T, text string) { read(text, nil) })
}
