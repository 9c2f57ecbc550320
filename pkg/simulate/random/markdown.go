package random

import (
	"fmt"
	"strings"
)

// Markdown writes the registry as the tables of docs/random-worlds.md.
func Markdown() string {
	var b strings.Builder
	mechanisms := Mechanisms()
	fmt.Fprintf(
		&b,
		"### Mechanisms\n\n%d of them. *Size* is the median of a crowd that it brings together.\n\n",
		len(mechanisms),
	)
	b.WriteString("| mechanism | set | size | what happens | what people share | seen in |\n|---|---|---|---|---|---|\n")
	for _, m := range mechanisms {
		shares := make([]string, len(m.Shares))
		for i, s := range m.Shares {
			shares[i] = string(s)
		}
		fmt.Fprintf(
			&b, "| `%s` | %s | %.0f | %s | %s | %s |\n", m.Name, SetOf(m.Name), m.size.median,
			m.Life, strings.Join(shares, ", "), m.Source,
		)
	}
	tactics := Tactics()
	fmt.Fprintf(
		&b, "\n### Tactics\n\n%d of them. *Care* is 0 for blatant, 1 for usual, 2 for careful.\n\n",
		len(tactics),
	)
	b.WriteString("| choice | tactic | set | care | what it is | what it costs the operator |\n|---|---|---|---|---|---|\n")
	for _, t := range tactics {
		fmt.Fprintf(
			&b, "| %s | `%s` | %s | %d | %s | %s |\n", t.Dimension, t.Name, SetOf(t.Name), t.Care,
			t.What, t.Price,
		)
	}
	return b.String()
}
