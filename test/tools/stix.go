// Package tools runs the software of others that judges what this repository writes. test/setup.sh
// installs it; a test that cannot have it fails and says how to get it.
package tools

import (
	"cmp"
	_ "embed" // for the pinned version
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

//go:embed stix-requirements.txt
var requirements string

// unwanted are the validator's recommendations that are not followed, by their numbers:
//
//	103 version 4 for UUIDs: ours are of version 5, so that a later export updates them
//	302 a hash of what an external reference leads to: ATLAS's pages change
const unwanted = "103,302"

// ValidateSTIX has OASIS's stix2-validator judge all .json files of a folder, and fails the test
// with what it finds. With -short, which needs Go only, it does nothing.
func ValidateSTIX(t testing.TB, folder string) {
	t.Helper()
	if testing.Short() {
		t.Log("-short: not judged by stix2-validator; make test does that")
		return
	}
	if err := judgeSTIX(folder); err != nil {
		t.Fatal(err)
	}
}

// judgeSTIX checks the schemas and rules of STIX 2.1, its recommendations, and the patterns of
// indicators by their grammar.
func judgeSTIX(folder string) error {
	version := regexp.MustCompile(`(?m)^stix2-validator==(.*)$`).FindStringSubmatch(requirements)
	if version == nil {
		return errors.New("stix-requirements.txt pins no stix2-validator")
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	python := filepath.Join(cache, "stillwatch", "stix2-validator-"+version[1], "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return fmt.Errorf(
			"stix2-validator %s is not installed: %w; it needs Python 3.11 or newer, and "+
				"then:\n  test/setup.sh", version[1], err,
		)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return err
	}
	cmd := exec.Command(python, "-m", "stix2validator.scripts.stix2_validator", "--version", "2.1",
		"--strict", "--enforce-refs", "--disable", unwanted, folder)
	out, err := cmd.CombinedOutput()
	valid := strings.Count(string(out), "STIX JSON: Valid")
	if err != nil || valid == 0 || valid != len(files) {
		return fmt.Errorf("stix2-validator finds %d of %d files valid: %w\n%s", valid, len(files),
			cmp.Or(err, errInvalid), faults(string(out)))
	}
	return nil
}

var errInvalid = errors.New("not all are")

// faults are the lines of the validator's output that say what is wrong, each file's under its
// name.
func faults(out string) string {
	var b strings.Builder
	file := ""
	for line := range strings.Lines(out) {
		switch {
		case strings.Contains(line, "Results for:"):
			file = line
		case strings.Contains(line, "STIX JSON: Valid"), strings.HasPrefix(line, "===="):
		default:
			b.WriteString(file + line)
			file = ""
		}
	}
	return b.String()
}
