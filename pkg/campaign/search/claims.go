package search

import "slices"

// Claims are the accounts, by slot, that campaigns explain.
type Claims struct{ slots map[int32]bool }

// Add claims accounts.
func (c *Claims) Add(slots []int32) {
	if c.slots == nil {
		c.slots = make(map[int32]bool, len(slots))
	}
	for _, i := range slots {
		c.slots[i] = true
	}
}

// Remove gives accounts back to the search.
func (c *Claims) Remove(slots []int32) {
	for _, i := range slots {
		delete(c.slots, i)
	}
}

// Has says whether a campaign explains the account.
func (c *Claims) Has(slot int32) bool { return c.slots[slot] }

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
