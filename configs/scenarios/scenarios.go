// Package scenarios carries the scenarios of simulated traffic inside the binary.
package scenarios

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names lists the scenarios, sorted.
func Names() []string {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil // the embedded root can always be read
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Read returns the scenario of that name, as YAML; the error is fs.ErrNotExist when there is none.
func Read(name string) ([]byte, error) { return files.ReadFile(name + ".yaml") }
