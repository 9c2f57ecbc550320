// Package configs carries the reference configuration and the mappings of gateways' formats inside
// the binary.
package configs

import (
	"embed"
	"path"
)

// Reference is configs/stillwatch.yaml: every key with its default and what it means.
//
//go:embed stillwatch.yaml
var Reference []byte

// Webhook is configs/webhook.yaml: the same of one item of the list webhooks.
//
//go:embed webhook.yaml
var Webhook []byte

//go:embed mappings/*.yaml
var mappings embed.FS

// File is a file with its name.
type File struct {
	Name string
	Text []byte
}

// Mappings returns the files in configs/mappings, by name.
func Mappings() []File {
	var out []File
	// Neither can fail: the folder is part of the binary.
	entries, _ := mappings.ReadDir("mappings")
	for _, e := range entries {
		text, _ := mappings.ReadFile(path.Join("mappings", e.Name()))
		out = append(out, File{Name: e.Name(), Text: text})
	}
	return out
}
