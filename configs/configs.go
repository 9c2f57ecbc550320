// Package configs carries the reference configuration inside the binary.
package configs

import _ "embed"

// Reference is configs/stillwatch.yaml: every key with its default and what it means.
//
//go:embed stillwatch.yaml
var Reference []byte
