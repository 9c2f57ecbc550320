package measure

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign/index"
)

// Terms are what the provider's own records say of some accounts.
type Terms struct {
	// Contract says that all are under one contract that counts (fingerprint.Profile.Contract).
	Contract bool
	// Purpose is what all are declared to be used for under it, a word of attribute.Purposes; empty
	// where they differ or some have none.
	Purpose string
}

// Allow says that the contract allows to collect outputs.
func (t *Terms) Allow() bool { return t.Contract && attribute.AllowsCollecting(t.Purpose) }

// Terms reads what is recorded of the accounts.
func (p *Population) Terms(members []int32) (t Terms) {
	for n, i := range members {
		a := p.Slots[i]
		contract := a.Profile.Contract()
		if contract == 0 || contract != p.Slots[members[0]].Profile.Contract() {
			return Terms{}
		}
		purpose := PurposeOf(a)
		if n > 0 && purpose != t.Purpose {
			purpose = ""
		}
		t = Terms{Contract: true, Purpose: purpose}
	}
	return t
}

// PurposeOf is the declared purpose of an account, empty when there is none.
func PurposeOf(a *index.Account) (word string) {
	if hash := a.Profile.Value(attribute.Purpose); hash != 0 {
		word, _ = a.Label(attribute.Purpose, hash)
	}
	return word
}
