package config

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"go.yaml.in/yaml/v3"
)

// source fills a struct from YAML text and from the environment, and collects everything that is
// wrong with them.
type source struct {
	name   string
	fields map[string]field
	order  []string
	// sections are the paths that hold keys.
	sections map[string]bool
	// retired are the keys that there were once, with what to do about one.
	retired map[string]string
	lookup  func(string) (string, bool)
	// files are those that were read.
	files Files
	errs  []error
}

func newSource(into any, lookup func(string) (string, bool)) *source {
	s := &source{
		fields: map[string]field{}, sections: map[string]bool{"": true},
		retired: retired, lookup: lookup, files: Files{},
	}
	s.add(fields(reflect.ValueOf(into)))
	return s
}

// add makes fields known.
func (s *source) add(fields []field) {
	for _, f := range fields {
		s.fields[f.path] = f
		s.order = append(s.order, f.path)
		for p := f.path; strings.Contains(p, "."); {
			p = p[:strings.LastIndexByte(p, '.')]
			s.sections[p] = true
		}
	}
}

func (s *source) errorf(n *yaml.Node, format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf("%s:%d: %w", s.name, n.Line, fmt.Errorf(format, args...)))
}

// yaml reads a YAML document; name stands before the line number in errors.
func (s *source) yaml(name string, text []byte) {
	s.name = name
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		s.errs = append(s.errs, fmt.Errorf(
			"%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "),
		))
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
	for key, value := range pairs(n) {
		p := join(path, key.Value)
		if line, ok := seen[key.Value]; ok {
			s.errorf(key, "%s: already set on line %d", p, line)
			continue
		}
		seen[key.Value] = key.Line
		f, leaf := s.fields[p]
		switch {
		case leaf && f.list:
			s.list(value, f)
		case leaf:
			s.leaf(value, f)
		case s.sections[p]:
			s.mapping(value, p)
		default:
			s.unknown(key, p)
		}
	}
}

// list reads a list of structs. The keys of the items become fields of their own, as webhooks.1.url
// is one of the first webhook, so that they have everything that other keys have. What was in the
// list before is gone.
func (s *source) list(n *yaml.Node, f field) {
	n = resolve(n)
	if isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		s.errorf(n, "%s: want a list", f.path)
		return
	}
	s.forget(f.path + ".")
	// No append later on: the fields point into the items.
	items := reflect.MakeSlice(f.value.Type(), len(n.Content), len(n.Content))
	f.value.Set(items)
	for i, c := range n.Content {
		items.Index(i).Set(newItem(f.value.Type()).Elem())
		path := fmt.Sprintf("%s.%d", f.path, i+1)
		s.add(fieldsBelow(items.Index(i).Addr(), path))
		s.mapping(c, path)
	}
}

// forget removes the fields below a path.
func (s *source) forget(prefix string) {
	below := func(path string) bool { return strings.HasPrefix(path, prefix) }
	s.order = slices.DeleteFunc(s.order, below)
	maps.DeleteFunc(s.fields, func(path string, _ field) bool { return below(path) })
	maps.DeleteFunc(s.sections, func(path string, _ bool) bool { return below(path) })
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
	if err := s.set(f.value, n); err != nil {
		shown := ""
		if !f.secret && n.Kind == yaml.ScalarNode {
			shown = fmt.Sprintf(", not %q", n.Value)
		}
		s.errorf(n, "%s: %w%s", f.path, err, shown)
	}
}

// set assigns a YAML node to v. A key without a value keeps its default: that is how a commented
// file is written. Errors do not repeat the value.
func (s *source) set(v reflect.Value, n *yaml.Node) error {
	n = resolve(n)
	if isNull(n) {
		return nil
	}
	text, isText := "", n.Kind == yaml.ScalarNode
	if isText {
		var err error
		if text, err = s.expand(n.Value); err != nil {
			return err
		}
	}
	switch t := v.Type(); {
	case isScalar(t) && isText:
		return setScalar(v, text)
	case isScalar(t):
		return errWant("one value")
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		return s.set(v.Elem(), n)
	case t.Kind() == reflect.Slice && isText:
		return setList(v, text)
	case t.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return errWant("a list")
		}
		out := reflect.MakeSlice(t, len(n.Content), len(n.Content))
		for i, c := range n.Content {
			if err := s.set(out.Index(i), c); err != nil {
				return fmt.Errorf("item %d: %w", i+1, err)
			}
		}
		v.Set(out)
		return nil
	case t.Kind() == reflect.Map:
		return s.setMap(v, n)
	default:
		return s.setStruct(v, n)
	}
}

func (s *source) setMap(v reflect.Value, n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errWant("keys and values")
	}
	out := reflect.MakeMap(v.Type())
	for key, value := range pairs(n) {
		el := reflect.New(v.Type().Elem()).Elem()
		if err := s.set(el, value); err != nil {
			return fmt.Errorf("%s: %w", key.Value, err)
		}
		out.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), el)
	}
	v.Set(out)
	return nil
}

// setStruct assigns the keys of a mapping to an item of a map: where keys are free, those below
// them are not.
func (s *source) setStruct(v reflect.Value, n *yaml.Node) error {
	known := map[string]reflect.Value{}
	var names []string
	for f, value := range v.Fields() {
		name, _ := yamlName(f)
		known[name] = value
		names = append(names, name)
	}
	if n.Kind != yaml.MappingNode {
		return errWant("keys and values: " + strings.Join(names, ", "))
	}
	for key, value := range pairs(n) {
		into, ok := known[key.Value]
		if !ok {
			return fmt.Errorf("unknown key %q; there are %s", key.Value, strings.Join(names, ", "))
		}
		if err := s.set(into, value); err != nil {
			return fmt.Errorf("%s: %w", key.Value, err)
		}
	}
	return nil
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
	// A list that is overridden brings its items' keys, which may be overridden in turn.
	for _, path := range slices.Clone(s.order) {
		if f := s.fields[path]; f.list {
			if text, ok := s.lookup(EnvName(path)); ok {
				s.envList(f, text)
			}
		}
	}
	for _, path := range s.order {
		f := s.fields[path]
		if text, ok := s.lookup(EnvName(path)); ok && !f.list {
			if err := s.setText(f.value, text); err != nil {
				s.errs = append(s.errs, fmt.Errorf(
					"environment variable %s: %w", EnvName(path), err,
				))
			}
		}
	}
}

// envList reads a list of structs from an environment variable, as YAML.
func (s *source) envList(f field, text string) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
		s.errs = append(s.errs, fmt.Errorf("environment variable %s: %w", EnvName(f.path),
			errWant("YAML such as [{key: value}, {key: value}]")))
		return
	}
	s.name = "environment variable " + EnvName(f.path)
	s.list(doc.Content[0], f)
}

// setText assigns an environment variable: lists are comma-separated, maps are written
// key=value,key=value, and deeper ones as YAML.
func (s *source) setText(v reflect.Value, text string) error {
	switch t := v.Type(); {
	case isScalar(t):
		return setScalar(v, text)
	case t.Kind() == reflect.Slice:
		return setList(v, text)
	case t.Elem().Kind() == reflect.Struct:
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
			return errWant("YAML such as {name: {key: value}}")
		}
		return s.set(v, doc.Content[0])
	}
	out := reflect.MakeMap(v.Type())
	for _, part := range parts(text) {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return errWant("key=value,key=value")
		}
		el := reflect.New(v.Type().Elem()).Elem()
		if err := setScalar(el, strings.TrimSpace(value)); err != nil {
			return err
		}
		out.SetMapIndex(reflect.ValueOf(strings.TrimSpace(key)).Convert(v.Type().Key()), el)
	}
	v.Set(out)
	return nil
}

// maxSecretFile bounds a secret file: whoever points at something larger points at the wrong file.
const maxSecretFile = 64 << 10

// secretFiles reads the files that the `*_file` keys name into the secrets beside them.
func (s *source) secretFiles() {
	for _, path := range s.order {
		f := s.fields[path]
		if !f.file || f.value.String() == "" {
			continue
		}
		secret := s.fields[strings.TrimSuffix(path, fileSuffix)]
		if secret.value.String() != "" {
			s.errs = append(s.errs, fmt.Errorf(
				"%s and %s are both set; keep one", secret.path, path,
			))
			continue
		}
		text, err := s.files.readSecret(f.value.String())
		if err != nil {
			s.errs = append(s.errs, fmt.Errorf("%s: %w", path, err))
			continue
		}
		secret.value.SetString(text)
	}
}

func (f Files) readSecret(file string) (string, error) {
	if info, err := os.Stat(file); err == nil && info.Size() > maxSecretFile {
		return "", fmt.Errorf("%s is larger than %d bytes: that is no secret", file, maxSecretFile)
	}
	text, err := f.read(file)
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
			return "", fmt.Errorf(
				"environment variable %s is not set; set it or write ${%s:-default}", name, name,
			)
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

// pairs are the keys of a mapping with their values.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
