package attribute

import (
	"fmt"
	"strings"
)

// Markdown renders the table as docs/attributes.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# Attributes

Generated from the table in ` + "`pkg/attribute`; `go test ./pkg/attribute -update`" + `
writes it anew.

An attribute is a value that accounts can share. The columns say what becomes of it:

- **readable**: profiles keep the text beside its keyed hash, and findings show it. What is not
  readable, and is no day, they show by a [pseudonym](alerts.md#pseudonyms) made of the hash.
- **listed**: the index lists the accounts of each value, for the commonest value of an account or
  for all that its profile holds.
- **groups**: the accounts of one value are a group to look at.
- **refines**: groups found by something else are narrowed down to one value.
- **recognises**: it belongs to the membership model, which tells members from others.
- **watched as**: the STIX path by which [watch lists](watch-lists.md) name it. What is not readable
  is compared by its keyed hash, by ` + "`=`" + ` only.

| attribute | signal family | event fields | readable | listed | groups | refines | recognises | watched as |
|---|---|---|---|---|---|---|---|---|
`)
	for i := range table {
		s := &table[i]
		listed := "no"
		switch {
		case s.AllValues:
			listed = "all values"
		case s.Posting != 0:
			listed = "commonest"
		}
		family := s.Family
		if family == "" {
			family = "none"
		}
		paths := make([]string, len(s.Watch))
		for j, p := range s.Watch {
			paths[j] = "`" + p.STIX + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s | %s | %s | %s | %s |\n",
			s.Name, family, strings.ReplaceAll(s.Fields, ", ", "`, `"), yes(s.Readable), listed,
			yes(s.Group != ""), yes(s.Refines), yes(s.Recognises), strings.Join(paths, ", "))
	}
	return b.String()
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
