package attribute

import (
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Purposes are the words for what a customer declared to use the model for. The list is closed, so
// that nobody's text gets into findings by it; a word that is not on it is read as OtherPurpose.
var Purposes = []string{
	"application", "internal", "education", "resale", "evaluation", "data-generation", "research",
	OtherPurpose,
}

// OtherPurpose stands for a word that is not on the list.
const OtherPurpose = "other"

// collecting are the purposes that cannot be pursued without collecting the model's outputs:
// whoever measures the model keeps its answers, and so does whoever has data made by it.
var collecting = []string{"evaluation", "data-generation", "research"}

// AllowsCollecting says whether a contract for this purpose allows to collect outputs.
func AllowsCollecting(purpose string) bool { return slices.Contains(collecting, purpose) }

// PurposeOf reads a declared purpose: a word of the list, and whether it stood there; empty when
// none was declared. Case and white space do not matter, and `_` is read as `-`.
func PurposeOf(declared string) (word string, known bool) {
	if IsNothing(declared) {
		return "", true
	}
	declared = strings.TrimSpace(declared)
	for _, word := range Purposes {
		if len(word) == len(declared) && strings.EqualFold(
			word, strings.ReplaceAll(declared, "_", "-"),
		) {
			return word, true
		}
	}
	return OtherPurpose, false
}

func readContract(b []byte, ev *event.Event) []byte {
	return appendIdentity(b, ev.Account.Contract)
}

func readPurpose(b []byte, ev *event.Event) []byte {
	word, _ := PurposeOf(ev.Account.Purpose)
	return append(b, word...)
}
