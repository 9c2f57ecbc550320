package decision

import (
	"fmt"
	"strings"
)

// Markdown renders the rules as a table, for docs/tuning.md.
func Markdown() string {
	p := DefaultPolicy()
	var b strings.Builder
	b.WriteString("| rule | threshold | default | asks for | causes |\n|---|---|--:|---|--:|\n")
	for i := range Rules {
		r := &Rules[i]
		causes := "-"
		if r.causes {
			causes = "`families`"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %g | %s | %s |\n",
			r.Name, r.Option, r.Threshold(&p), r.Asks, causes)
	}
	return b.String()
}
