package random

import (
	"fmt"
	"strings"
)

// unopened is the set that nobody has looked at. Its members are counted in the document and not
// listed: who reads them designs for them. When it is opened, this becomes empty.
const unopened Set = Final

// withheld says how many of a list are of the unopened set.
func withheld[T any](all []T, name func(T) string) string {
	n := 0
	for _, x := range all {
		if SetOf(name(x)) == unopened {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(
		" %d of them are of the set `%s`, which is unopened: they are not listed here, so that nobody "+
			"designs for them.", n, unopened,
	)
}

// Markdown writes the registry as the tables of docs/random-worlds.md.
func Markdown() string {
	var b strings.Builder
	mechanisms := Mechanisms()
	fmt.Fprintf(
		&b,
		"### Mechanisms\n\n%d of them. *Size* is the median of a crowd that it brings together.%s\n\n",
		len(mechanisms), withheld(mechanisms, func(m Mechanism) string { return m.Name }),
	)
	b.WriteString("| mechanism | set | size | what happens | what people share | seen in |\n|---|---|---|---|---|---|\n")
	for _, m := range mechanisms {
		if SetOf(m.Name) == unopened {
			continue
		}
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
		&b, "\n### Tactics\n\n%d of them. *Care* is 0 for blatant, 1 for usual, 2 for careful.%s\n\n",
		len(tactics), withheld(tactics, func(c Tactic) string { return c.Name }),
	)
	b.WriteString("| choice | tactic | set | care | what it is | what it costs the operator |\n|---|---|---|---|---|---|\n")
	for _, t := range tactics {
		if SetOf(t.Name) == unopened {
			continue
		}
		fmt.Fprintf(
			&b, "| %s | `%s` | %s | %d | %s | %s |\n", t.Dimension, t.Name, SetOf(t.Name), t.Care,
			t.What, t.Price,
		)
	}
	return b.String()
}
