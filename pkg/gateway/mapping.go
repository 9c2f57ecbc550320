package gateway

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MappingFile is a file that says in YAML where a gateway's format has the fields of the canonical
// event; docs/gateways/mapping.md describes it.
type MappingFile struct {
	// Name is what errors call it: the file's name.
	Name string
	// Text is its content.
	Text []byte
}

// The kinds of input that a mapping reads.
const (
	readsObjects = "objects"
	// readsOTLP is a span or log record of OpenTelemetry: its attributes, and what else it has
	// under "otlp".
	readsOTLP = "otlp"
	// readsAPIM is the joined records of Azure API Management: {"llm":[…],"gateway":{…}}.
	readsAPIM = "apim"
)

// mapping is a compiled file. It is not changed any more.
type mapping struct {
	name, gateway, reads string
	// own says that it is the deployment's and not built in.
	own bool
	// detect lists sets of names: an object that has all of one set is of this format.
	detect [][]string
	// hop is nil where a record has one call only.
	hop   *hopRule
	skips []skipRule
	// tellsRefused says that one of skips tells requests whose key was refused: no other rule has
	// to.
	tellsRefused      bool
	rules             []rule
	request, response []place
	advice            map[string]string
}

// rule fills one field.
type rule struct {
	field              Field
	from, join, unless []place
	// plus are counts that belong to this one and stand beside it, each at the first of its places.
	plus [][]place
	// beside are conditions of which one has to hold for plus to be added; without any it always
	// is.
	beside []condition
	since  *place
	as     string
	// unit is the milliseconds in one, 0 when the text tells.
	unit   float64
	values map[string]string
	// constant is the value where the places have none.
	constant string
	// by is who chose the value.
	by Author
}

// mappingText is a file as it is written.
type mappingText struct {
	Name       string     `yaml:"name"`
	Gateway    string     `yaml:"gateway"`
	Extends    string     `yaml:"extends"`
	Reads      string     `yaml:"reads"`
	IgnoreCase *bool      `yaml:"ignore_case"`
	Detect     []wordList `yaml:"detect"`
	Hop        *hopText   `yaml:"hop"`
	Skip       []skipText `yaml:"skip"`
	Body       struct {
		Request  wordList `yaml:"request"`
		Response wordList `yaml:"response"`
	} `yaml:"body"`
	Fields map[string]ruleText `yaml:"fields"`
	// Advice says what to switch on in the gateway for a field that it does not send.
	Advice map[string]string `yaml:"advice"`
}

type ruleText struct {
	From   wordList          `yaml:"from"`
	Unless wordList          `yaml:"unless"`
	Plus   wordLists         `yaml:"plus"`
	Beside conditionList     `yaml:"beside"`
	Join   wordList          `yaml:"join"`
	Since  string            `yaml:"since"`
	As     string            `yaml:"as"`
	Unit   string            `yaml:"unit"`
	Map    map[string]string `yaml:"map"`
	Value  string            `yaml:"value"`
	By     string            `yaml:"by"`

	line int
}

// ruleKeys are what a field may have.
var ruleKeys = []string{
	"from", "unless", "plus", "beside", "join", "since", "as", "unit", "map", "value", "by",
}

// UnmarshalYAML lets a rule that is only paths be written as one path or a list of them.
func (r *ruleText) UnmarshalYAML(n *yaml.Node) error {
	r.line = n.Line
	if n.Kind != yaml.MappingNode {
		return r.From.UnmarshalYAML(n)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; !slices.Contains(ruleKeys, key.Value) {
			return fmt.Errorf("line %d: a field has no %q; there are %s",
				key.Line, key.Value, strings.Join(ruleKeys, ", "))
		}
	}
	type plain ruleText
	line := r.line
	if err := n.Decode((*plain)(r)); err != nil {
		return err
	}
	r.line = line
	return nil
}

// wordList is a list of words that may be written as one word.
type wordList []string

// UnmarshalYAML reads a word or a list of words.
func (l *wordList) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*l = wordList{n.Value}
		return nil
	}
	return n.Decode((*[]string)(l))
}

// wordLists is a list of lists of words, each of which may be written as one word, and so may all.
type wordLists []wordList

// UnmarshalYAML reads a word, or a list of words and of lists of them.
func (l *wordLists) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*l = wordLists{{n.Value}}
		return nil
	}
	return n.Decode((*[]wordList)(l))
}

// UnmarshalYAML reads a condition or a list of them.
func (l *conditionList) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		*l = make(conditionList, 1)
		return n.Decode(&(*l)[0])
	}
	return n.Decode((*[]conditionText)(l))
}

// compileMappings compiles the built-in and the deployment's own files and returns the own ones
// first. A file replaces an earlier one of the same name, and may extend any before it.
func compileMappings(builtin, own []MappingFile) ([]*mapping, error) {
	texts := map[string]mappingText{}
	var ours, theirs []*mapping
	for i, file := range slices.Concat(builtin, own) {
		var t mappingText
		d := yaml.NewDecoder(bytes.NewReader(file.Text))
		d.KnownFields(true)
		if err := d.Decode(&t); err != nil {
			return nil, fmt.Errorf("gateway: mapping %s: %s",
				file.Name, strings.TrimPrefix(err.Error(), "yaml: "))
		}
		if t.Extends != "" {
			base, ok := texts[t.Extends]
			if !ok {
				return nil, fmt.Errorf(
					"gateway: mapping %s: extends %q, which is no mapping before it",
					file.Name, t.Extends,
				)
			}
			t = t.over(base)
		}
		m, err := t.compile()
		if err != nil {
			return nil, fmt.Errorf("gateway: mapping %s: %w", file.Name, err)
		}
		texts[t.Name] = t
		replaced := func(other *mapping) bool { return other.name == m.name }
		ours, theirs = slices.DeleteFunc(ours, replaced), slices.DeleteFunc(theirs, replaced)
		if m.own = i >= len(builtin); m.own {
			ours = append(ours, m)
		} else {
			theirs = append(theirs, m)
		}
	}
	return append(ours, theirs...), nil
}

// over takes from base what t does not say.
func (t mappingText) over(base mappingText) mappingText {
	if t.Name == "" {
		t.Name = base.Name
	}
	if t.Gateway == "" {
		t.Gateway = cmp.Or(base.Gateway, base.Name)
	}
	if t.Reads == "" {
		t.Reads = base.Reads
	}
	if t.IgnoreCase == nil {
		t.IgnoreCase = base.IgnoreCase
	}
	if t.Detect == nil {
		t.Detect = base.Detect
	}
	if t.Hop == nil {
		t.Hop = base.Hop
	}
	if t.Skip == nil {
		t.Skip = base.Skip
	}
	if t.Body.Request == nil {
		t.Body.Request = base.Body.Request
	}
	if t.Body.Response == nil {
		t.Body.Response = base.Body.Response
	}
	fields := map[string]ruleText{}
	maps.Copy(fields, base.Fields)
	maps.Copy(fields, t.Fields)
	t.Fields = fields
	if t.Advice == nil {
		t.Advice = base.Advice
	}
	return t
}

func (t mappingText) compile() (*mapping, error) {
	m := &mapping{name: t.Name, gateway: t.Gateway, reads: t.Reads}
	if !isFormatName(m.name) || m.name == FormatAuto || m.name == FormatMapping ||
		slices.Contains(Formats(), m.name) {
		return nil, fmt.Errorf(
			"name %q: give it one of its own, of lower-case letters, digits and underscores",
			m.name,
		)
	}
	if m.gateway == "" {
		m.gateway = m.name
	}
	if m.reads == "" {
		m.reads = readsObjects
	}
	if !slices.Contains([]string{readsObjects, readsOTLP, readsAPIM}, m.reads) {
		return nil, fmt.Errorf("reads %q: choose %s, %s or %s",
			m.reads, readsObjects, readsOTLP, readsAPIM)
	}
	fold := t.IgnoreCase != nil && *t.IgnoreCase
	for _, set := range t.Detect {
		if len(set) == 0 {
			return nil, errors.New("detect: an empty set of names would recognise everything")
		}
		m.detect = append(m.detect, set)
	}
	c := &compiler{fold: fold}
	m.hop = t.Hop.compile(c)
	for _, s := range t.Skip {
		m.skips = append(m.skips, c.skip(s))
		m.tellsRefused = m.tellsRefused || s.Reason == ReasonUnauthenticated
	}
	m.request, m.response = c.places(t.Body.Request), c.places(t.Body.Response)
	known := Fields()
	for _, f := range known {
		if text, ok := t.Fields[f.Path]; ok {
			m.rules = append(m.rules, c.rule(f, text))
		}
	}
	if m.hop == nil && m.needsHop() {
		c.fail(errors.New("a path begins with hop, and there is no hop"))
	}
	errs := c.errs
	for path, text := range t.Fields {
		if !slices.ContainsFunc(known, func(f Field) bool { return f.Path == path }) {
			errs = append(errs, fmt.Errorf(
				"line %d: %q is no field of the canonical event", text.line, path,
			))
		}
	}
	m.advice = t.Advice
	for path := range t.Advice {
		if !slices.ContainsFunc(known, func(f Field) bool { return f.Path == path }) {
			errs = append(errs, fmt.Errorf("advice: %q is no field of the canonical event", path))
		}
	}
	return m, errors.Join(errs...)
}

// rule compiles the rule of one field.
func (c *compiler) rule(f Field, text ruleText) rule {
	r := rule{
		field: f, from: c.places(text.From), unless: c.places(text.Unless),
		join: c.places(text.Join), as: text.As, values: text.Map, constant: text.Value, by: f.By,
	}
	for _, alternatives := range text.Plus {
		r.plus = append(r.plus, c.places(alternatives))
	}
	for _, t := range text.Beside {
		r.beside = append(r.beside, c.condition(t, f.Path+": beside"))
	}
	if text.Since != "" {
		r.since = &c.places([]string{text.Since})[0]
	}
	if text.By != "" {
		r.by = Author(text.By)
	}
	if err := r.check(text.Unit); err != nil {
		c.fail(fmt.Errorf("line %d: %s: %w", text.line, f.Path, err))
	}
	return r
}

// needsHop tells whether a path starts at the hop.
func (m *mapping) needsHop() bool {
	some := func(places ...[]place) bool {
		return slices.ContainsFunc(slices.Concat(places...), func(p place) bool { return p.hop })
	}
	return some(m.request, m.response) || slices.ContainsFunc(m.rules, func(r rule) bool {
		return some(r.from, r.join) || some(r.plus...)
	}) ||
		slices.ContainsFunc(m.skips, func(s skipRule) bool {
			return some(s.when, s.unless, s.without)
		})
}

// isFormatName tells whether a name is fit for a metric label and the configuration.
func isFormatName(name string) bool {
	return name != "" && len(name) <= 32 &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// units are the milliseconds in each unit of time.
var units = map[string]float64{"": 0, "s": 1e3, "ms": 1, "us": 1e-3, "ns": 1e-6}

// transforms are the readings that "as" names.
var transforms = []string{"", "hash", "operation", "domain", "lower", "model", "reasoning"}

// check tells what cannot be meant in a rule.
func (r *rule) check(unit string) error {
	if len(r.from) == 0 && len(r.join) == 0 && r.constant == "" {
		return errors.New("give paths under from or join, or a value")
	}
	if !slices.Contains(authors, r.by) {
		return fmt.Errorf("by %q: choose gateway, caller or model", r.by)
	}
	var ok bool
	if r.unit, ok = units[unit]; !ok {
		return fmt.Errorf("unit %q: choose s, ms, us or ns", unit)
	}
	kind := r.field.kind
	if r.unit != 0 && kind != kindTime && kind != kindMillis {
		return errors.New("only times and durations have a unit")
	}
	if !slices.Contains(transforms, r.as) {
		return fmt.Errorf("as %q: choose one of %s", r.as, strings.Join(transforms[1:], ", "))
	}
	if len(r.join) > 0 && kind != kindName {
		return errors.New("join is for fields that hold a name")
	}
	if (r.as == "reasoning") != (r.as != "" && kind == kindProse) {
		return errors.New("as reasoning is for texts")
	}
	if r.as != "" && r.as != "reasoning" && kind != kindName {
		return errors.New("as is for fields that hold a name")
	}
	if len(r.plus) > 0 && kind != kindTokens {
		return errors.New("plus is for tokens")
	}
	if len(r.beside) > 0 && len(r.plus) == 0 {
		return errors.New("beside says when plus is added: give plus")
	}
	if r.since != nil && kind != kindMillis {
		return errors.New("since is for durations")
	}
	for _, list := range [][]place{r.from, r.join} {
		for i := range list {
			if list[i].isSecret() && r.as != "hash" {
				return fmt.Errorf("%s holds a credential: read it with as: hash, or leave it out",
					list[i].text)
			}
		}
	}
	return nil
}
