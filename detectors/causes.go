package detectors

import "strings"

// Causes is a set of honest causes: reasons why unrelated people come to agree.
type Causes uint8

// The honest causes. One customer in the open is none of them: it is reported as what it is.
const (
	// OneProgram is one program in many hands, which writes the text, sets the parameters and is
	// the client.
	OneProgram Causes = 1 << iota
	// OneLaunch is one launch or place: an app, an offer, a course or an office that brings people
	// at one time, by one way of paying or through one network, to do much the same.
	OneLaunch
	// OneEvent is one event or fashion: many try one text within the same hours.
	OneEvent
	// OneSet is one public set of items, which whoever replays it sends.
	OneSet
	// OnePayer is one payer for people who use the service each for themselves: a family, a club,
	// an agency with an account for each client.
	OnePayer
)

// causes names each honest cause, in the order of their bits.
var causes = [...]string{
	"one program in many hands", "one launch or place", "one event or fashion",
	"one public set", "one payer for many people",
}

// String lists the causes.
func (c Causes) String() string {
	var names []string
	for i, name := range causes {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
