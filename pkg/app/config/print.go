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
	root := &yaml.Node{Kind: yaml.MappingNode}
	sections := newSections(root, func(above *yaml.Node, name, _ string) *yaml.Node {
		n := &yaml.Node{Kind: yaml.MappingNode}
		above.Content = append(above.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, n)
		return n
	})
	for _, f := range fields(reflect.ValueOf(&c)) {
		if f.file {
			continue
		}
		section, name := split(f.path)
		value := plain(f.value)
		if f.secret && f.value.String() != "" {
			value = masked
		}
		var n yaml.Node
		if err := n.Encode(value); err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		if n.Kind == yaml.SequenceNode {
			n.Style = yaml.FlowStyle
		}
		at := sections.at(section)
		at.Content = append(at.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, &n)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	return out.Bytes(), nil
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
