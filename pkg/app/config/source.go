package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"
)

// source gathers what YAML text and the environment say, merges it with koanf, and fills a struct
// with it. It collects everything that is wrong.
type source struct {
	name   string
	into   any
	fields map[string]field
	order  []string
	// sections are the paths that hold keys.
	sections map[string]bool
	// retired are the keys that there were once, with what to do about one.
	retired map[string]string
	lookup  func(string) (string, bool)
	merged  *koanf.Koanf
	// places say where the value of a key comes from, for errors.
	places map[string]place
	errs   []error
}

// place is where a value stands: its prefix in an error, what an error shows of it, and its turn
// among the errors.
type place struct {
	prefix, shown string
	turn          int
}

func newSource(into any, lookup func(string) (string, bool)) *source {
	s := &source{
		into: into, fields: map[string]field{}, sections: map[string]bool{"": true}, retired: retired,
		lookup: lookup, merged: koanf.New("."), places: map[string]place{},
	}
	for _, f := range fields(reflect.ValueOf(into)) {
		s.fields[f.path] = f
		s.order = append(s.order, f.path)
		for p := f.path; strings.Contains(p, "."); {
			p = p[:strings.LastIndexByte(p, '.')]
			s.sections[p] = true
		}
	}
	return s
}

func (s *source) errorf(n *yaml.Node, format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf("%s:%d: %w", s.name, n.Line, fmt.Errorf(format, args...)))
}

// put sets a key. It takes the place of what was there: koanf would merge two maps.
func (s *source) put(path string, value any, at place) {
	at.turn = len(s.places)
	s.places[path] = at
	s.merged.Delete(path)
	if err := s.merged.Set(path, value); err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s%s: %w", at.prefix, path, err))
	}
}

// yaml reads a YAML document; name stands before the line number in errors.
func (s *source) yaml(name string, text []byte) {
	s.name = name
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: ")))
		return
	}
	if len(doc.Content) == 0 {
		return
	}
	s.mapping(doc.Content[0], "")
}

func (s *source) mapping(n *yaml.Node, path string) {
	n = resolve(n)
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		what := "the file"
		if path != "" {
			what = path
		}
		s.errorf(n, "%s: want keys and values", what)
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		p := join(path, key.Value)
		if line, ok := seen[key.Value]; ok {
			s.errorf(key, "%s: already set on line %d", p, line)
			continue
		}
		seen[key.Value] = key.Line
		f, leaf := s.fields[p]
		switch {
		case leaf:
			s.leaf(value, f)
		case s.sections[p]:
			s.mapping(value, p)
		default:
			s.unknown(key, p)
		}
	}
}

// unknown reports a key that there is not.
func (s *source) unknown(key *yaml.Node, path string) {
	if advice, was := s.retired[path]; was {
		s.errorf(key, "%q is no key any more: %s", path, advice)
	} else if near := s.nearest(path); near != "" {
		s.errorf(key, "unknown key %q; did you mean %q?", path, near)
	} else {
		s.errorf(key, "unknown key %q; `stillwatch config print` lists all there are", path)
	}
}

func (s *source) leaf(n *yaml.Node, f field) {
	n = resolve(n)
	// A key without a value keeps its default: that is how a commented file is written.
	if isNull(n) {
		return
	}
	at := place{prefix: fmt.Sprintf("%s:%d: %s", s.name, n.Line, f.path)}
	if !f.secret && n.Kind == yaml.ScalarNode {
		at.shown = fmt.Sprintf(", not %q", n.Value)
	}
	value, err := s.value(n)
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s: %w%s", at.prefix, err, at.shown))
		return
	}
	s.put(f.path, value, at)
}

// value is what a node holds; scalars stay the text that was written, because YAML would make
// numbers of passwords.
func (s *source) value(n *yaml.Node) (any, error) {
	n = resolve(n)
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := s.value(n.Content[i+1])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", n.Content[i].Value, err)
			}
			out[n.Content[i].Value] = v
		}
		return out, nil
	case yaml.SequenceNode:
		out := []any{}
		for i, c := range n.Content {
			v, err := s.value(c)
			if err != nil {
				return nil, fmt.Errorf("item %d: %w", i+1, err)
			}
			out = append(out, v)
		}
		return out, nil
	default:
		if isNull(n) {
			return nil, nil
		}
		return s.expand(n.Value)
	}
}

// fill unmarshals what was gathered into the struct. A value that cannot be read leaves its default.
func (s *source) fill() {
	err := s.merged.UnmarshalWithConf("", s.into, koanf.UnmarshalConf{
		Tag:           "yaml",
		DecoderConfig: &mapstructure.DecoderConfig{SquashTagOption: "inline", ZeroFields: true, DecodeHook: s.hook},
	})
	type problem struct {
		at  place
		err error
	}
	var problems []problem
	if err == nil {
		return
	}
	for _, err := range leaves(err) {
		bad, ok := errors.AsType[*mapstructure.DecodeError](err)
		if !ok {
			s.errs = append(s.errs, err)
			continue
		}
		path, item, _ := strings.Cut(bad.Name(), "[")
		at := s.places[path]
		problems = append(problems, problem{at, fmt.Errorf("%s: %s%w%s", at.prefix, itemWords(item), bad.Unwrap(), at.shown)})
	}
	// mapstructure goes by the order of the struct.
	slices.SortStableFunc(problems, func(a, b problem) int { return a.at.turn - b.at.turn })
	for _, p := range problems {
		s.errs = append(s.errs, p.err)
	}
}

// itemWords says in words what follows the bracket of a name such as topics[a].format.
func itemWords(item string) string {
	if item == "" {
		return ""
	}
	key, rest, _ := strings.Cut(item, "]")
	if n, err := strconv.Atoi(key); err == nil {
		key = fmt.Sprintf("item %d", n+1)
	}
	if rest = strings.TrimPrefix(rest, "."); rest != "" {
		rest += ": "
	}
	return key + ": " + rest
}

// leaves flattens the errors of mapstructure.
func leaves(err error) (out []error) {
	var joined interface{ Unwrap() []error }
	if _, one := err.(*mapstructure.DecodeError); one || !errors.As(err, &joined) { //nolint:errorlint // the outermost
		return []error{err}
	}
	for _, e := range joined.Unwrap() {
		out = append(out, leaves(e)...)
	}
	return out
}

// hook reads text into what is not text. Errors say what is wanted and do not repeat the value.
func (s *source) hook(from, to reflect.Value) (any, error) {
	text, isText := reflect.TypeAssert[string](from)
	switch t := to.Type(); {
	case isScalar(t):
		if !isText {
			return nil, errWant("one value")
		}
		out := reflect.New(t).Elem()
		err := setScalar(out, text)
		return out.Interface(), err
	case t.Kind() == reflect.Slice:
		if isText {
			return splitList(text), nil
		}
		if from.Kind() != reflect.Slice {
			return nil, errWant("a list")
		}
	case t.Kind() == reflect.Map:
		if isText {
			return s.splitMap(text, t.Elem().Kind() == reflect.Struct)
		}
		if from.Kind() != reflect.Map {
			return nil, errWant("keys and values")
		}
	case t.Kind() == reflect.Struct:
		return from.Interface(), knownKeys(from, to)
	}
	return from.Interface(), nil
}

// knownKeys refuses keys that the struct does not have: where the keys of a map are free, those
// below them are not.
func knownKeys(from, to reflect.Value) error {
	var names []string
	for _, f := range fields(to.Addr()) {
		name, _, _ := strings.Cut(f.path, ".")
		names = append(names, name)
	}
	keys, ok := reflect.TypeAssert[map[string]any](from)
	if !ok {
		return errWant("keys and values: " + strings.Join(names, ", "))
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(names, key) {
			return fmt.Errorf("unknown key %q; there are %s", key, strings.Join(names, ", "))
		}
	}
	return nil
}

// splitList reads a comma-separated list. Empty text is the empty list.
func splitList(text string) []any {
	out := []any{}
	if strings.TrimSpace(text) != "" {
		for part := range strings.SplitSeq(text, ",") {
			out = append(out, strings.TrimSpace(part))
		}
	}
	return out
}

// splitMap reads key=value,key=value, and deeper maps as YAML.
func (s *source) splitMap(text string, deep bool) (any, error) {
	if deep {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
			return nil, errWant("YAML such as {name: {key: value}}")
		}
		return s.value(doc.Content[0])
	}
	out := map[string]any{}
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, errWant("key=value,key=value")
		}
		out[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return out, nil
}

// EnvName is the environment variable that overrides a key: STILLWATCH_KAFKA_BROKERS for
// kafka.brokers.
func EnvName(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

const envPrefix = "STILLWATCH_"

// env overrides keys from the environment.
func (s *source) env() {
	for _, path := range slices.Sorted(maps.Keys(s.retired)) {
		if _, set := s.lookup(EnvName(path)); set {
			s.errs = append(s.errs, fmt.Errorf("environment variable %s: %q is no key any more: %s",
				EnvName(path), path, s.retired[path]))
		}
	}
	for _, path := range s.order {
		if text, ok := s.lookup(EnvName(path)); ok {
			s.put(path, text, place{prefix: "environment variable " + EnvName(path)})
		}
	}
}

// maxSecretFile bounds a secret file: whoever points at something larger points at the wrong file.
const maxSecretFile = 64 << 10

// secretFiles reads the files that the `*_file` keys name into the secrets beside them.
func (s *source) secretFiles() {
	for _, path := range s.order {
		f := s.fields[path]
		file := s.merged.String(path)
		if !f.file || file == "" {
			continue
		}
		secret := s.fields[strings.TrimSuffix(path, fileSuffix)]
		if secret.value.String() != "" {
			s.errs = append(s.errs, fmt.Errorf("%s and %s are both set; keep one", secret.path, path))
			continue
		}
		text, err := readSecret(file)
		if err != nil {
			s.errs = append(s.errs, fmt.Errorf("%s: %w", path, err))
			continue
		}
		secret.value.SetString(text)
	}
}

func readSecret(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if info.Size() > maxSecretFile {
		return "", fmt.Errorf("%s is larger than %d bytes: that is no secret", file, maxSecretFile)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return secret, nil
}

// expand replaces ${NAME} with the environment variable NAME, ${NAME:-text} with text when it is
// not set, and $${ with ${.
func (s *source) expand(text string) (string, error) {
	var out strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			out.WriteString(text)
			return out.String(), nil
		}
		if i > 0 && text[i-1] == '$' {
			out.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		out.WriteString(text[:i])
		name, rest, ok := strings.Cut(text[i+2:], "}")
		if !ok {
			return "", errors.New("a ${ without its }; write $${ for the characters themselves")
		}
		name, fallback, hasFallback := strings.Cut(name, ":-")
		value, set := s.lookup(name)
		switch {
		case set:
			out.WriteString(value)
		case hasFallback:
			out.WriteString(fallback)
		default:
			return "", fmt.Errorf("environment variable %s is not set; set it or write ${%s:-default}", name, name)
		}
		text = rest
	}
}

// resemblance is the least share of letters in common, in order, from which one name is taken for a
// slip of the pen for another.
const resemblance = 0.5

// nearest is the known key that looks most like the unknown one, empty when none does. Keys of the
// same section win ties, a key of the same name elsewhere beats a dissimilar neighbour.
func (s *source) nearest(unknown string) string {
	section, name := split(unknown)
	known := slices.Clone(s.order)
	for p := range s.sections {
		if p != "" {
			known = append(known, p)
		}
	}
	slices.Sort(known)
	best, bestScore := "", -1.0
	for _, k := range known {
		sec, leaf := split(k)
		score := levenshtein.Match(name, leaf, nil)
		if score < resemblance {
			continue
		}
		if sec == section {
			score += 0.25
		}
		if score > bestScore {
			best, bestScore = k, score
		}
	}
	return best
}

func split(path string) (section, name string) {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
