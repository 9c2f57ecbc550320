package config

import (
	"crypto/sha256"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
)

// Loaded is a configuration with the files that it was read from.
type Loaded struct {
	Config Config
	// Files are its own file and those that it names: of secrets, mappings, TLS.
	Files Files
}

// Files are files by their path, each with a digest of what was read of it. It is zero for one that
// could not be read.
type Files map[string][sha256.Size]byte

// Paths are the files' paths, in order.
func (f Files) Paths() []string { return slices.Sorted(maps.Keys(f)) }

// Changed tells whether a file has another content now than when it was read. It goes by contents:
// where Kubernetes replaces a volume, every file is a new one, and most are what they were.
func (f Files) Changed() bool {
	now := Files{}
	for path, was := range f {
		_, _ = now.read(path)
		if now[path] != was {
			return true
		}
	}
	return false
}

// read reads a file and notes what it held.
func (f Files) read(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		f[path] = [sha256.Size]byte{}
		return nil, err
	}
	f[path] = sha256.Sum256(text)
	return text, nil
}

// readByUser tells of the key of a file whether it is read where it is used, so that the key's
// value does not say what the file holds: certificates and keys of TLS. Account facts are such a
// file too, but are followed by themselves.
func readByUser(f field) bool {
	return strings.HasSuffix(f.path, fileSuffix) && !f.file &&
		f.value.Kind() == reflect.String && f.value.String() != "" &&
		f.path != "ingest.enrich.facts_file"
}

// Changed are the keys that are not what they were, also where only the file has changed that a key
// names. Secrets are named like all others.
func (l *Loaded) Changed(since *Loaded) []string {
	const mappings = "ingest.gateway.mappings"
	var keys []string
	was := fields(reflect.ValueOf(&since.Config))
	for i, f := range fields(reflect.ValueOf(&l.Config)) {
		switch {
		case f.file: // The secret beside it tells.
		case f.path == mappings &&
			!reflect.DeepEqual(l.Config.Ingest.Gateway.Own, since.Config.Ingest.Gateway.Own),
			!reflect.DeepEqual(f.value.Interface(), was[i].value.Interface()),
			readByUser(f) && l.Files[f.value.String()] != since.Files[f.value.String()]:
			keys = append(keys, f.path)
		}
	}
	return keys
}
