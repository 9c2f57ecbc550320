package attribute

import (
	"fmt"
	"strings"
	"time"
)

// Pseudonym stands in findings for a value that is not readable, such as payment:5f2c09ab17d4e380:
// the attribute and the value's keyed hash. The key is the deployment's and the tenant's, so that
// nobody without the secret can tell what it stands for, and it is the same in all findings until
// the secret changes.
func (a Attribute) Pseudonym(hash uint64) string {
	return fmt.Sprintf("%s:%016x", strings.ReplaceAll(a.String(), " ", "_"), hash)
}

// HasPseudonym tells whether findings show the attribute's values as pseudonyms.
func (a Attribute) HasPseudonym() bool { return a < NumKept && !table[a].Readable }

// DayOf writes the value of an attribute that is a day, such as 2026-03-01.
func DayOf(value uint64) string {
	const day = 24 * time.Hour
	return time.UnixMilli(0).UTC().Add(time.Duration(value-1) * day).Format(time.DateOnly)
}
