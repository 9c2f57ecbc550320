package config

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAChangedConfigurationKeepsEverythingElseAsItStands(t *testing.T) {
	total := Setting{"correlate", "total_bits", 7.5}
	operator := Setting{"correlate", "operator_bits", 8}
	for name, c := range map[string]struct{ text, want string }{
		"a value is replaced, its comment stays": {
			"# mine\ncorrelate:\n  # a sum\n  total_bits: 6 # was 5\n\n  operator_bits: '6'\nlog:\n  level: info\n",
			"# mine\ncorrelate:\n  # a sum\n  total_bits: 7.5 # was 5\n\n  operator_bits: 8\nlog:\n  level: info\n",
		},
		"a missing key comes first": {
			"correlate: # groups\n    # how many\n    min_group: 9\n",
			"correlate: # groups\n    operator_bits: 8\n    total_bits: 7.5\n    # how many\n    min_group: 9\n",
		},
		"a missing section comes last": {
			"log:\n  level: info",
			"log:\n  level: info\ncorrelate:\n  operator_bits: 8\n  total_bits: 7.5\n",
		},
		"an empty file": {"", "correlate:\n  operator_bits: 8\n  total_bits: 7.5\n"},
		"a section without keys": {
			"correlate:\n  # total_bits: 6\nlog: {level: info}\n",
			"correlate:\n  operator_bits: 8\n  total_bits: 7.5\n  # total_bits: 6\nlog: {level: info}\n",
		},
		"a key without a value": {
			"correlate:\n  total_bits: # default\n  operator_bits:\n",
			"correlate:\n  total_bits: 7.5 # default\n  operator_bits: 8\n",
		},
		"a section on one line": {
			"correlate: {min_group: 9, total_bits: '${BITS:-6}'}\r\n",
			"correlate: {operator_bits: 8, min_group: 9, total_bits: 7.5}\r\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Change(c.text, operator, total)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestAConfigurationThatCannotBeChangedInPlaceIsLeftToItsOwner(t *testing.T) {
	total := Setting{"correlate", "total_bits", 7.5}
	for name, text := range map[string]string{
		"an alias":               "a: &a\n  total_bits: 6\ncorrelate: *a\n",
		"a value with an anchor": "correlate:\n  total_bits: &six 6\n  operator_bits: *six\n",
		"no mapping":             "- one\n",
		"all on one line":        "{log: {level: info}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Change(text, total)
			require.Error(t, err)
		})
	}
	_, err := Change("a: &a {}\ncorrelate: *a\n", total)
	require.ErrorContains(t, err, "set correlate.total_bits to 7.5 by hand")
}

func TestTheDocumentedConfigurationCanBeChanged(t *testing.T) {
	text, err := os.ReadFile("../../../configs/stillwatch.yaml")
	require.NoError(t, err)
	changed, err := Change(string(text), Setting{"correlate", "purpose_bits", 4})
	require.NoError(t, err)
	file := t.TempDir() + "/c.yaml"
	require.NoError(t, os.WriteFile(file, []byte(changed), 0o600))
	c, err := Load(file, func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	require.InDelta(t, 4, c.Correlate.Purpose, 1e-9)
	require.InDelta(t, Default().Correlate.Total, c.Correlate.Total, 1e-9)
}
