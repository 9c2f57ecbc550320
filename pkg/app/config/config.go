// Package config is Stillwatch's configuration: the parts' options in one struct, its defaults, and
// the way from a file and the environment to it.
//
// Precedence, lowest first: defaults, the YAML file, environment variables
// (STILLWATCH_KAFKA_BROKERS for kafka.brokers). Every secret has a companion `*_file` key that
// names a file to read it from. All mistakes are reported at once, none shows a secret.
package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/configs"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/console"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/lookup"
	"github.com/stillwatch/stillwatch/pkg/pipeline"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage/fingerprinting"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
	"github.com/stillwatch/stillwatch/pkg/store"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// Config is the whole configuration.
type Config struct {
	// Stages are the stages that this process runs.
	Stages   []string         `yaml:"stages"`
	Kafka    Kafka            `yaml:"kafka"`
	Redis    store.Options    `yaml:"redis"`
	Topics   Topics           `yaml:"topics"`
	Pipeline pipeline.Options `yaml:"pipeline"`

	Ingest      Ingest                 `yaml:"ingest"`
	Sketch      Sketch                 `yaml:"sketch"`
	Fingerprint fingerprinting.Options `yaml:"fingerprint"`
	Correlate   campaign.Options       `yaml:"correlate"`
	Alerts      alert.Options          `yaml:"alerts"`
	// Webhooks are what findings are posted to, by the processes that run correlate.
	Webhooks []Webhook `yaml:"webhooks"`

	HTTP            console.Options `yaml:"http"`
	Log             Log             `yaml:"log"`
	Reload          Reload          `yaml:"reload"`
	StartupTimeout  time.Duration   `yaml:"startup_timeout"`
	ShutdownTimeout time.Duration   `yaml:"shutdown_timeout"`
}

// Kafka is how to reach Kafka.
type Kafka struct {
	stream.Options `yaml:",inline"`

	// GroupPrefix begins the names of the consumer groups: <prefix>-<stage>. Deployments that share
	// a Kafka need different ones.
	GroupPrefix string `yaml:"group_prefix"`
}

// Runs tells whether this process runs a stage.
func (c Config) Runs(stage string) bool { return slices.Contains(c.Stages, stage) }

// The stages.
const (
	StageIngest      = "ingest"
	StageFingerprint = "fingerprint"
	StageCorrelate   = "correlate"
)

// AllStages lists the stages in the order of the data flow.
func AllStages() []string { return []string{StageIngest, StageFingerprint, StageCorrelate} }

// Topics names the topics, and says how those that are missing are created.
type Topics struct {
	// Create lets missing topics be created; otherwise they are only checked.
	Create bool `yaml:"create"`
	// Partitions and ReplicationFactor are those of the topics that are created; a factor of 0
	// takes the broker's default.
	Partitions        int `yaml:"partitions"`
	ReplicationFactor int `yaml:"replication_factor"`

	Gateway      []string `yaml:"gateway"`
	Observations string   `yaml:"observations"`
	Profiles     string   `yaml:"profiles"`
	Alerts       string   `yaml:"alerts"`
	Accounts     string   `yaml:"accounts"`
	Verdicts     string   `yaml:"verdicts"`
	Audit        string   `yaml:"audit"`
	Shadow       string   `yaml:"shadow"`
	DeadLetters  string   `yaml:"dead_letters"`
	// WebhookDeadLetters are the finding records that a webhook did not take.
	WebhookDeadLetters string `yaml:"webhook_dead_letters"`
}

// Ingest is how gateway records are read.
type Ingest struct {
	// Keyed says that the gateway topics are keyed by account: ingest and fingerprint then run as
	// one, without the hop between them.
	Keyed bool `yaml:"keyed"`
	// Enrich says what events are completed from.
	Enrich lookup.Options `yaml:"enrich"`

	ingest.Options `yaml:",inline"`
}

// Sketch is how prompts are turned into keyed hashes. All keys but the secrets have to be the same
// wherever sketches are made.
type Sketch struct {
	// Secret is the deployment's key; PreviousSecret the one before it, while both are in use.
	Secret         string `yaml:"secret"`
	PreviousSecret string `yaml:"previous_secret"`

	sketch.Options `yaml:",inline"`
}

// Log says what is logged and how.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Reload says when the configuration is read again while the service runs, beside SIGHUP.
type Reload struct {
	// WatchFiles reads it again when the content of one of its files has changed.
	WatchFiles bool `yaml:"watch_files"`
}

// Default returns the defaults.
func Default() Config {
	return Config{
		Stages: AllStages(),
		Kafka:  Kafka{Options: stream.DefaultOptions(), GroupPrefix: "stillwatch"},
		Redis:  store.DefaultOptions(),
		Topics: Topics{
			Create:     true,
			Partitions: 12,

			Gateway:      []string{"llm.gateway.events"},
			Observations: "stillwatch.observations",
			Profiles:     "stillwatch.profiles",
			Alerts:       "stillwatch.alerts",
			Accounts:     "stillwatch.accounts",
			Verdicts:     "stillwatch.verdicts",
			Audit:        "stillwatch.audit",
			Shadow:       "stillwatch.alerts.shadow",
			DeadLetters:  "stillwatch.deadletter",

			WebhookDeadLetters: "stillwatch.webhook.deadletter",
		},
		Pipeline:        pipeline.DefaultOptions(),
		Ingest:          defaultIngest(),
		Sketch:          Sketch{Options: sketch.DefaultOptions()},
		Fingerprint:     fingerprinting.DefaultOptions(),
		Correlate:       campaign.DefaultOptions(),
		Alerts:          alert.DefaultOptions(),
		Webhooks:        []Webhook{},
		HTTP:            console.DefaultOptions(),
		Log:             Log{Level: "info", Format: "json"},
		Reload:          Reload{WatchFiles: true},
		StartupTimeout:  30 * time.Second,
		ShutdownTimeout: 25 * time.Second,
	}
}

// defaultIngest knows the gateways whose mappings come with Stillwatch.
func defaultIngest() Ingest {
	o := ingest.DefaultOptions()
	for _, f := range configs.Mappings() {
		o.Gateway.Builtin = append(o.Gateway.Builtin, gateway.MappingFile(f))
	}
	return Ingest{Enrich: lookup.DefaultOptions(), Options: o}
}

// readMappings reads the deployment's own mappings.
func (c *Config) readMappings(files Files) error {
	for _, file := range c.Ingest.Gateway.MappingFiles {
		text, err := files.read(file)
		if err != nil {
			return fmt.Errorf("ingest.gateway.mappings: %w", err)
		}
		c.Ingest.Gateway.Own = append(
			c.Ingest.Gateway.Own, gateway.MappingFile{Name: file, Text: text},
		)
	}
	return nil
}

// Error holds everything that is wrong with a configuration, one line each.
type Error struct{ Problems []string }

// Error lists the problems, one a line.
func (e *Error) Error() string { return strings.Join(e.Problems, "\n") }

// Load reads the configuration: the defaults, then the file at path unless that is empty, then the
// environment. The error is an *Error.
func Load(path string, lookup func(string) (string, bool)) (Config, error) {
	loaded, err := Read(path, lookup)
	return loaded.Config, err
}

// Read is Load, and tells from which files, also when there is an error: a change of one of them
// may mend it.
func Read(path string, lookup func(string) (string, bool)) (Loaded, error) {
	c := Default()
	s := newSource(&c, lookup)
	loaded := Loaded{Files: s.files}
	if path != "" {
		text, err := s.files.read(path)
		if err != nil {
			return loaded, &Error{Problems: []string{fmt.Sprintf("configuration file: %v", err)}}
		}
		s.yaml(path, text)
	}
	s.env()
	s.secretFiles()
	if err := c.readMappings(s.files); err != nil {
		s.errs = append(s.errs, err)
	}
	for _, f := range s.fields {
		if readByUser(f) {
			// Who uses it says what is wrong with it.
			_, _ = s.files.read(f.value.String())
		}
	}
	s.errs = append(s.errs, c.readHeaderFiles(s.files)...)
	if c.Runs(StageCorrelate) {
		if _, err := ReadWatchLists(c.Correlate.WatchLists); err != nil {
			s.errs = append(s.errs, err)
		}
	}
	var problems []string
	for _, err := range s.errs {
		problems = append(problems, err.Error())
	}
	// A value that could not be read has kept its default: checking the rest still finds the other
	// mistakes.
	if err := c.Validate(); err != nil {
		problems = append(problems, lines(err)...)
	}
	if len(problems) > 0 {
		return loaded, &Error{Problems: problems}
	}
	loaded.Config = c
	return loaded, nil
}

// Validate tells what is wrong with the configuration, all at once.
func (c Config) Validate() error {
	var errs []error
	for _, s := range c.Stages {
		if !slices.Contains(AllStages(), s) {
			errs = append(errs, fmt.Errorf(
				"stages: no stage is called %q; there are %s", s, strings.Join(AllStages(), ", "),
			))
		}
	}
	if len(c.Stages) == 0 {
		errs = append(errs, fmt.Errorf(
			"stages: name at least one of %s", strings.Join(AllStages(), ", "),
		))
	}
	errs = append(errs, under("kafka", c.Kafka.Validate())...)
	if err := validTopic(c.Kafka.GroupPrefix); err != nil {
		errs = append(errs, errors.New(
			"kafka.group_prefix: want letters, digits, dots, underscores and hyphens",
		))
	}
	errs = append(errs, under("redis", c.Redis.Validate())...)
	if c.Ingest.Keyed && c.Runs(StageIngest) != c.Runs(StageFingerprint) {
		errs = append(errs, errors.New(
			"stages: with ingest.keyed, ingest and fingerprint run as one: name both or neither",
		))
	}
	errs = append(errs, under("ingest", c.Ingest.Validate())...)
	for _, topic := range slices.Sorted(maps.Keys(c.Ingest.Gateway.Topics)) {
		if !slices.Contains(c.Topics.Gateway, topic) {
			errs = append(errs, fmt.Errorf(
				"ingest.gateway.topics: %q is none of topics.gateway (%s)",
				topic, strings.Join(c.Topics.Gateway, ", "),
			))
		}
	}
	errs = append(errs, under("ingest.enrich", c.Ingest.Enrich.Validate())...)
	errs = append(errs, under("topics", c.Topics.validate(c.Ingest.Enrich.FactsTopic))...)
	errs = append(errs, under("pipeline", c.Pipeline.Validate())...)
	errs = append(errs, under("sketch", c.Sketch.Validate())...)
	errs = append(errs, under("fingerprint", c.Fingerprint.Validate())...)
	if w := c.Fingerprint.ReplayWindow; w != 0 && w < 2*int64(c.Pipeline.BatchRecords) {
		errs = append(errs, fmt.Errorf(
			"fingerprint.replay_window: %d must be at least twice pipeline.batch_records (%d)",
			w, c.Pipeline.BatchRecords,
		))
	}
	errs = append(errs, under("correlate", c.Correlate.Validate())...)
	errs = append(errs, under("alerts", c.Alerts.Validate())...)
	errs = append(errs, c.validateWebhooks()...)
	errs = append(errs, under("http", c.HTTP.Validate())...)
	errs = append(errs, under("log", c.Log.Validate())...)
	if c.StartupTimeout <= 0 {
		errs = append(errs, errors.New("startup_timeout: must be positive"))
	}
	if c.ShutdownTimeout <= 0 {
		errs = append(errs, errors.New("shutdown_timeout: must be positive"))
	}
	return errors.Join(errs...)
}

// Validate checks everything but that there is a secret: what needs none, such as the demo, runs
// without.
func (s Sketch) Validate() error {
	var errs []error
	for _, secret := range []struct {
		key, value string
	}{{"secret", s.Secret}, {"previous_secret", s.PreviousSecret}} {
		if secret.value != "" && len(secret.value) < sketch.MinKey {
			errs = append(errs, fmt.Errorf(
				"%s: shorter than %d characters; make one with: openssl rand -hex 32",
				secret.key, sketch.MinKey,
			))
		}
	}
	if s.PreviousSecret != "" && s.PreviousSecret == s.Secret {
		errs = append(errs, errors.New(
			"previous_secret: is the same as secret; remove it when the rotation is over",
		))
	}
	opts := s.Options
	opts.Key = make([]byte, sketch.MinKey)
	errs = append(errs, opts.Validate())
	return errors.Join(errs...)
}

// Keys returns the sketching options with the current and, while a rotation lasts, the previous
// secret.
func (s Sketch) Keys() []sketch.Options {
	var out []sketch.Options
	for _, secret := range []string{s.Secret, s.PreviousSecret} {
		if secret != "" {
			opts := s.Options
			opts.Key = []byte(secret)
			out = append(out, opts)
		}
	}
	return out
}

// Secrets are the secrets in use, the current one first.
func (s Sketch) Secrets() (out [][]byte) {
	for _, k := range s.Keys() {
		out = append(out, k.Key)
	}
	return out
}

// validate tells which names are missing or given twice; facts is the topic of account facts, empty
// for none.
func (t Topics) validate(facts string) error {
	var errs []error
	if t.Partitions < 1 {
		errs = append(errs, fmt.Errorf("partitions: %d is not positive", t.Partitions))
	}
	if t.ReplicationFactor < 0 {
		errs = append(errs, fmt.Errorf(
			"replication_factor: %d is negative; 0 takes the broker's default", t.ReplicationFactor,
		))
	}
	if len(t.Gateway) == 0 {
		errs = append(errs, errors.New("gateway: name at least one topic"))
	}
	used := map[string]string{}
	check := func(key, name string) {
		if err := validTopic(name); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		} else if other, ok := used[name]; ok {
			errs = append(errs, fmt.Errorf("%s: %q is already the topic of %s", key, name, other))
		}
		used[name] = key
	}
	for _, g := range t.Gateway {
		check("gateway", g)
	}
	check("observations", t.Observations)
	check("profiles", t.Profiles)
	check("alerts", t.Alerts)
	check("accounts", t.Accounts)
	check("verdicts", t.Verdicts)
	check("audit", t.Audit)
	check("shadow", t.Shadow)
	check("dead_letters", t.DeadLetters)
	check("webhook_dead_letters", t.WebhookDeadLetters)
	if facts != "" {
		check("facts (ingest.enrich.facts_topic)", facts)
	}
	return errors.Join(errs...)
}

// validTopic applies Kafka's own rule for names.
func validTopic(name string) error {
	ok := name != "" && name != "." && name != ".." && len(name) <= 249
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("._-", r))
	}
	if !ok {
		return fmt.Errorf(
			"%q is no topic name: 1 to 249 letters, digits, dots, underscores and hyphens", name,
		)
	}
	return nil
}

// Validate tells whether level and format are known.
func (l Log) Validate() error {
	var errs []error
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, l.Level) {
		errs = append(errs, fmt.Errorf("level: want debug, info, warn or error, not %q", l.Level))
	}
	if !slices.Contains([]string{"json", "console"}, l.Format) {
		errs = append(errs, fmt.Errorf("format: want json or console, not %q", l.Format))
	}
	return errors.Join(errs...)
}

// under puts the section before every one of the joined errors, in place of the package's name
// where the error begins with that.
func under(section string, err error) []error {
	var out []error
	for _, line := range lines(err) {
		out = append(out, errors.New(section+"."+strings.TrimPrefix(line, section+": ")))
	}
	return out
}

// lines flattens joined errors.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []string
		for _, e := range joined.Unwrap() {
			out = append(out, lines(e)...)
		}
		return out
	}
	return []string{err.Error()}
}
