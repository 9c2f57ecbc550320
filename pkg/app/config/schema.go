package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
	"go.yaml.in/yaml/v3"

	"github.com/stillwatch/stillwatch/configs"
)

const schemaID = "https://github.com/stillwatch/stillwatch/configs/schema/stillwatch.schema.json"

// Schema is the JSON Schema of the configuration file, indented. Keys, types and defaults come from
// the structs, descriptions from the comments of configs/stillwatch.yaml, so that neither can say
// something else than the other.
func Schema() ([]byte, error) {
	docs, err := comments("configs/stillwatch.yaml", configs.Reference)
	if err != nil {
		return nil, err
	}
	item, err := comments("configs/webhook.yaml", configs.Webhook)
	if err != nil {
		return nil, err
	}
	for path, comment := range item {
		docs["webhooks."+path] = comment
	}
	defaults := Default()
	root := object()
	root.Version = jsonschema.Version
	root.ID = schemaID
	root.Title = "Stillwatch configuration"
	describe(root, fields(reflect.ValueOf(&defaults)), "", docs)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return out.Bytes(), nil
}

// describe adds fields to an object; docs has their comments, by paths that begin with prefix.
func describe(root *jsonschema.Schema, all []field, prefix string, docs map[string]string) {
	sections := newSections(
		root, func(above *jsonschema.Schema, name, path string) *jsonschema.Schema {
			s := object()
			s.Description = docs[prefix+path]
			above.Properties.Set(name, s)
			return s
		},
	)
	for _, f := range all {
		section, name := split(f.path)
		var prop *jsonschema.Schema
		if f.list {
			items := object()
			describe(items, fields(newItem(f.value.Type())), prefix+f.path+".", docs)
			prop = &jsonschema.Schema{Type: "array", Items: items, Default: plain(f.value)}
		} else {
			prop = fieldSchema(f)
		}
		prop.Description = docs[prefix+f.path]
		sections.at(section).Properties.Set(name, prop)
	}
}

func object() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", Properties: jsonschema.NewProperties(),
		AdditionalProperties: jsonschema.FalseSchema,
	}
}

func fieldSchema(f field) *jsonschema.Schema {
	s := types.ReflectFromType(f.value.Type())
	s.Version = ""
	if f.secret {
		s.WriteOnly = true
	} else if !f.file {
		s.Default = plain(f.value)
	}
	// A value may be written as ${NAME} whatever its type is, and a list as text with commas.
	switch {
	case s.Type == "string" && s.Pattern != "":
		s.Pattern += `|\$\{`
	case s.Type == "array":
		return eitherOr(s, &jsonschema.Schema{Type: "string"})
	case s.Type != "string":
		return eitherOr(s, &jsonschema.Schema{Type: "string", Pattern: `\$\{`})
	}
	return s
}

// eitherOr offers b beside a; the default moves up.
func eitherOr(a, b *jsonschema.Schema) *jsonschema.Schema {
	both := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{a, b}, Default: a.Default}
	a.Default = nil
	return both
}

// types describes what is not a section, with the same names for keys as the YAML.
var types = jsonschema.Reflector{
	FieldNameTag: "yaml", Anonymous: true, DoNotReference: true, RequiredFromJSONSchemaTags: true,
	Mapper: func(t reflect.Type) *jsonschema.Schema {
		switch {
		case t == durationType:
			return &jsonschema.Schema{
				Type: "string", Pattern: `^-?(\d+d)?([\d.]+(ns|us|µs|ms|s|m|h))*$`,
			}
		case reflect.PointerTo(t).Implements(unmarshalerType):
			return &jsonschema.Schema{Type: "string"}
		case reflect.Zero(t).CanUint():
			return &jsonschema.Schema{Type: "integer", Minimum: "0"}
		}
		return nil
	},
}

// comments maps every key of a YAML document to the comment that stands above it.
func comments(name string, text []byte) (map[string]string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	out := map[string]string{}
	if len(doc.Content) > 0 {
		collectComments(doc.Content[0], "", out)
	}
	return out, nil
}

func collectComments(n *yaml.Node, path string, into map[string]string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for key, value := range pairs(n) {
		p := join(path, key.Value)
		into[p] = commentText(key.HeadComment)
		collectComments(value, p, into)
	}
}

// commentText unwraps the last paragraph of a comment: earlier ones speak about the file.
func commentText(comment string) string {
	paragraphs := strings.Split(comment, "\n\n")
	lines := strings.Split(paragraphs[len(paragraphs)-1], "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(l), "#"))
	}
	return strings.TrimSpace(strings.Join(lines, " "))
}
