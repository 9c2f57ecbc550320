package search

import "slices"

// Claims are the accounts, by slot, that campaigns explain. They are bits and no map: each account
// of each candidate is looked up.
type Claims struct{ words []uint64 }

// wordBits is the number of slots in a word.
const wordBits = 64

// Add claims accounts.
func (c *Claims) Add(slots []int32) {
	for _, i := range slots {
		for int(i)/wordBits >= len(c.words) {
			c.words = append(c.words, 0)
		}
		c.words[i/wordBits] |= 1 << (i % wordBits)
	}
}

// Remove gives accounts back to the search.
func (c *Claims) Remove(slots []int32) {
	for _, i := range slots {
		if c.Has(i) {
			c.words[i/wordBits] &^= 1 << (i % wordBits)
		}
	}
}

// Has says whether a campaign explains the account.
func (c *Claims) Has(slot int32) bool {
	word := int(slot) / wordBits
	return word < len(c.words) && c.words[word]>>(slot%wordBits)&1 == 1
}

// Any says whether a campaign explains one of the accounts.
func (c *Claims) Any(slots []int32) bool { return slices.ContainsFunc(slots, c.Has) }

// Rest lists the accounts that no campaign explains.
func (c *Claims) Rest(slots []int32) []int32 {
	if !c.Any(slots) {
		return slots
	}
	rest := make([]int32, 0, len(slots))
	for _, i := range slots {
		if !c.Has(i) {
			rest = append(rest, i)
		}
	}
	return rest
}
