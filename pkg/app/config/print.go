package config

import (
	"bytes"
	"encoding"
	"fmt"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"
)

// masked stands for a secret that is set.
const masked = "********"

// Print writes the configuration as YAML, every key, secrets masked.
func Print(c Config) ([]byte, error) {
	root, err := printed(reflect.ValueOf(&c))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	return out.Bytes(), nil
}

// printed is the struct that v points at as YAML.
func printed(v reflect.Value) (*yaml.Node, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	sections := newSections(root, func(above *yaml.Node, name, _ string) *yaml.Node {
		n := &yaml.Node{Kind: yaml.MappingNode}
		above.Content = append(above.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, n)
		return n
	})
	for _, f := range fields(v) {
		if f.file {
			continue
		}
		section, name := split(f.path)
		n, err := printedValue(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		at := sections.at(section)
		at.Content = append(at.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, n)
	}
	return root, nil
}

// printedValue is a field's value as YAML, masked where it is a secret.
func printedValue(f field) (*yaml.Node, error) {
	if f.list && f.value.Len() > 0 {
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range f.value.Len() {
			item, err := printed(f.value.Index(i).Addr())
			if err != nil {
				return nil, fmt.Errorf("item %d: %w", i+1, err)
			}
			n.Content = append(n.Content, item)
		}
		return n, nil
	}
	value := plain(f.value)
	if f.secret {
		value = mask(f.value)
	}
	var n yaml.Node
	if err := n.Encode(value); err != nil {
		return nil, err
	}
	if n.Kind == yaml.SequenceNode {
		n.Style = yaml.FlowStyle
	}
	return &n, nil
}

// mask is a secret, or a map of them, as it may be shown.
func mask(v reflect.Value) any {
	if v.Kind() == reflect.Map {
		out := map[string]string{}
		for _, key := range v.MapKeys() {
			out[key.String()] = masked
		}
		return out
	}
	if v.String() != "" {
		return masked
	}
	return ""
}

// plain is the value of a field as it is written in YAML and JSON.
func plain(v reflect.Value) any {
	switch {
	case v.Type() == durationType:
		return FormatDuration(time.Duration(v.Int()))
	case v.Kind() == reflect.Slice && v.Len() == 0:
		return []string{}
	case v.Kind() == reflect.Map && v.Len() == 0:
		return map[string]string{}
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	return v.Interface()
}
