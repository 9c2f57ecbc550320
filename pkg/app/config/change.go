package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Setting is a key of a section with the number that it should have.
type Setting struct {
	Section, Key string
	Value        float64
}

func (s Setting) value() string { return fmt.Sprintf("%g", s.Value) }

// Change sets keys in the text of a configuration and leaves everything else as it stands, comments
// and order included. It is an error where that cannot be done, such as in a section that is an
// alias of another.
func Change(text string, settings ...Setting) (string, error) {
	want := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &want); err != nil {
		return "", fmt.Errorf("change the configuration: %w", err)
	}
	out := text
	// A new key comes first in its section: the last first keeps their order.
	for _, s := range slices.Backward(settings) {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(out), &doc); err != nil {
			return "", unchangeable(s, err)
		}
		out = s.put(out, &doc)
		section, ok := want[s.Section].(map[string]any)
		if !ok {
			section = map[string]any{}
			want[s.Section] = section
		}
		section[s.Key] = s.Value
	}
	// The text was changed line by line: hold it against what was meant.
	got := map[string]any{}
	if err := yaml.Unmarshal([]byte(out), &got); err != nil {
		return "", unchangeable(settings[0], err)
	}
	for _, s := range settings {
		section, ok := got[s.Section].(map[string]any)
		if !ok {
			return "", unchangeable(s, errNotThere)
		}
		// A whole number is read as one.
		if n, whole := section[s.Key].(int); whole {
			section[s.Key] = float64(n)
		}
	}
	if !reflect.DeepEqual(want, got) {
		return "", unchangeable(settings[0], errNotThere)
	}
	return out, nil
}

var errNotThere = errors.New("the file is written in an unusual way")

func unchangeable(s Setting, err error) error {
	return fmt.Errorf("set %s.%s to %s by hand: %w", s.Section, s.Key, s.value(), err)
}

// put writes the value into the text that doc was read from.
func (s Setting) put(text string, doc *yaml.Node) string {
	lines := strings.Split(text, "\n")
	line := s.Key + ": " + s.value()
	head, section := find(doc, s.Section)
	if head == nil {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		return text + s.Section + ":\n  " + line + "\n"
	}
	key, value := find(section, s.Key)
	switch {
	case key != nil && isNull(value) && value.Value == "":
		replace(lines, key.Line, key.Column, s.Key+":", line)
	case key != nil:
		replace(lines, value.Line, value.Column, scalarText(value), s.value())
	case section.Style&yaml.FlowStyle != 0:
		replace(lines, section.Line, section.Column, "{", "{"+line+", ")
	default:
		indent := head.Column - 1 + 2
		if section.Kind == yaml.MappingNode && len(section.Content) > 0 {
			indent = section.Content[0].Column - 1
		}
		at := head.Line
		lines = append(lines[:at:at], append(
			[]string{strings.Repeat(" ", indent) + line}, lines[at:]...,
		)...)
	}
	return strings.Join(lines, "\n")
}

// find is a key of a mapping with its value, nil where there is none.
func find(n *yaml.Node, name string) (key, value *yaml.Node) {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	if n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for key, value := range pairs(n) {
		if key.Value == name {
			return key, value
		}
	}
	return nil, nil
}

// scalarText is how a value stands in the text.
func scalarText(n *yaml.Node) string {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return `"` + n.Value + `"`
	case n.Style&yaml.SingleQuotedStyle != 0:
		return "'" + n.Value + "'"
	}
	return n.Value
}

// replace puts a text in the place of another that begins at a line and a column, counted from 1.
// It changes nothing where another stands there.
func replace(lines []string, line, column int, old, text string) {
	at := &lines[line-1]
	byteAt := 0
	for range column - 1 {
		_, size := utf8.DecodeRuneInString((*at)[byteAt:])
		byteAt += size
	}
	if rest, ok := strings.CutPrefix((*at)[byteAt:], old); ok {
		*at = (*at)[:byteAt] + text + rest
	}
}
