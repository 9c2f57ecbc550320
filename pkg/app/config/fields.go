package config

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one key of the configuration: a leaf of the struct, reached by its path of YAML keys.
type field struct {
	path   string
	value  reflect.Value
	secret bool
	// list marks a list of structs: its items have keys of their own, numbered from 1 below path.
	list bool
	// file marks the `*_file` companion of a secret: it has no place in the structs, its value is a
	// string of the loader's own.
	file bool
}

// fileSuffix makes the key that names a file with a secret out of the secret's key.
const fileSuffix = "_file"

// fields lists the leaves of the struct that v points at, in the order of their declaration. Every
// secret is followed by its companion `*_file` key.
func fields(v reflect.Value) []field { return fieldsBelow(v, "") }

// fieldsBelow lists them with their paths below a prefix.
func fieldsBelow(v reflect.Value, prefix string) []field {
	var out []field
	walk(v.Elem(), prefix, func(f field) {
		out = append(out, f)
		if f.secret && f.value.Kind() == reflect.String {
			out = append(out, field{
				path: f.path + fileSuffix, value: reflect.New(reflect.TypeFor[string]()).Elem(),
				file: true,
			})
		}
	})
	return out
}

func walk(v reflect.Value, prefix string, visit func(field)) {
	for sf, value := range v.Fields() {
		name, inline := yamlName(sf)
		if name == "" && !inline {
			continue
		}
		path := join(prefix, name)
		if inline {
			path = prefix
		}
		if sf.Type.Kind() == reflect.Struct && !isScalar(sf.Type) {
			walk(value, path, visit)
			continue
		}
		visit(field{
			path: path, value: value, secret: isSecret(name, sf.Type) || sf.Tag.Get("secret") != "",
			list: isList(sf.Type),
		})
	}
}

// isList tells whether a type is a list of structs.
func isList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && !isScalar(t.Elem())
}

// defaulter is an item of a list that has defaults.
type defaulter interface{ SetDefaults() }

// newItem makes an item for a list, with its defaults.
func newItem(list reflect.Type) reflect.Value {
	item := reflect.New(list.Elem())
	if d, ok := reflect.TypeAssert[defaulter](item); ok {
		d.SetDefaults()
	}
	return item
}

// isSecret goes by the name, so that no part can forget to say so. Secrets whose names do not tell
// have the tag secret.
func isSecret(name string, t reflect.Type) bool {
	for _, word := range []string{"password", "secret", "token"} {
		if name == word || strings.HasSuffix(name, "_"+word) {
			return t.Kind() == reflect.String
		}
	}
	return false
}

// yamlName is the key of a struct field; it is empty for a field that is no part of the
// configuration.
func yamlName(sf reflect.StructField) (name string, inline bool) {
	tag, ok := sf.Tag.Lookup("yaml")
	if !ok || !sf.IsExported() {
		return "", false
	}
	name, opts, _ := strings.Cut(tag, ",")
	if name == "-" {
		return "", false
	}
	return name, strings.Contains(opts, "inline")
}

// sections are the parts of a document by their paths. Each is added to the one above it when it is
// first asked for.
type sections[T any] struct {
	all map[string]T
	add func(above T, name, path string) T
}

func newSections[T any](root T, add func(above T, name, path string) T) sections[T] {
	return sections[T]{all: map[string]T{"": root}, add: add}
}

func (s sections[T]) at(path string) T {
	if t, ok := s.all[path]; ok {
		return t
	}
	above, name := split(path)
	t := s.add(s.at(above), name, path)
	s.all[path] = t
	return t
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

var (
	durationType    = reflect.TypeFor[time.Duration]()
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// isScalar tells whether a value of the type is written as one YAML scalar.
func isScalar(t reflect.Type) bool {
	if t == durationType || reflect.PointerTo(t).Implements(unmarshalerType) {
		return true
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Array,
		reflect.Pointer, reflect.Interface:
		return false
	default:
		return true
	}
}

// setScalar parses text into v. The error says what is wanted and does not repeat the text.
func setScalar(v reflect.Value, text string) error {
	if v.Type() == durationType {
		d, err := ParseDuration(text)
		if err != nil {
			return err
		}
		v.SetInt(int64(d))
		return nil
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errWant("true or false")
		}
		v.SetBool(b)
	case v.CanInt():
		n, err := strconv.ParseInt(text, 0, v.Type().Bits())
		if err != nil {
			return errWant("an integer")
		}
		v.SetInt(n)
	case v.CanUint():
		n, err := strconv.ParseUint(text, 0, v.Type().Bits())
		if err != nil {
			return errWant("a non-negative integer")
		}
		v.SetUint(n)
	case v.CanFloat():
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return errWant("a number")
		}
		v.SetFloat(f)
	default:
		return fmt.Errorf("cannot be set from text (%s)", v.Type())
	}
	return nil
}

// setList parses a comma-separated list into the slice v. Empty text is the empty list.
func setList(v reflect.Value, text string) error {
	all := parts(text)
	out := reflect.MakeSlice(v.Type(), len(all), len(all))
	for i, part := range all {
		if err := setScalar(out.Index(i), part); err != nil {
			return fmt.Errorf("a comma-separated list: %w", err)
		}
	}
	v.Set(out)
	return nil
}

// parts splits a comma-separated text; empty parts do not count.
func parts(text string) []string {
	all := strings.Split(text, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return slices.DeleteFunc(all, func(part string) bool { return part == "" })
}

func errWant(what string) error { return fmt.Errorf("want %s", what) }

// ParseDuration reads a duration as Go writes it, and days besides: "1d12h".
func ParseDuration(text string) (time.Duration, error) {
	want := errWant("a duration such as 250ms, 30s, 15m, 12h or 45d")
	days, rest, ok := strings.Cut(text, "d")
	if !ok {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, want
		}
		return d, nil
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, want
	}
	d, err := time.ParseDuration(cmp.Or(rest, "0"))
	if err != nil || d < 0 {
		return 0, want
	}
	return time.Duration(n)*24*time.Hour + d, nil
}

// FormatDuration writes a duration the way a person would: "45d", "12h", "250ms".
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	var s strings.Builder
	if d >= 2*day {
		s.WriteString(strconv.Itoa(int(d/day)) + "d")
		if d %= day; d == 0 {
			return s.String()
		}
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return s.String() + text
}
