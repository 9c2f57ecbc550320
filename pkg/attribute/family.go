package attribute

import "slices"

// Family is a signal family: attributes that a benign group would not share together by chance.
type Family string

// The signal families.
const (
	Work     Family = "work"
	Funding  Family = "funding"
	Identity Family = "identity"
	Client   Family = "client"
	// Networks is the family of the attributes of the source address.
	Networks Family = "network"
	Schedule Family = "schedule"
	// Habits is the family of what an account does of its own: subjects, hours, sizes.
	Habits Family = "habits"
	// Takeover is the family of what shows that an account is used by somebody else than its owner.
	Takeover Family = "takeover"
)

// NumFamilies is how many signal families there are.
const NumFamilies = 8

// Families lists the signal families in the order in which findings show them.
var Families = [NumFamilies]Family{
	Work, Funding, Identity, Client, Networks, Schedule, Habits, Takeover,
}

// Index is the signal family's place in Families, -1 for what is no signal family.
func (f Family) Index() int { return slices.Index(Families[:], f) }
