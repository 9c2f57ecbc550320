package event

import "slices"

const (
	// MaxReasoningIDs is how many ids of reasoning blocks an event has on either side. A long
	// conversation presents hundreds; who takes one over presents the newest as well, and an answer
	// has a handful.
	MaxReasoningIDs = 8
	// MaxReasoningID is how many bytes of an id count, the last ones: a signature or an encrypted
	// block begins with a header that others have too and may have 100 kB, and 512 bytes of base64
	// are 3072 bits that no other ends with.
	MaxReasoningID = 512
	// minReasoningID is how many bytes an id has at least. Real ones have 20 or more (rs_, resp_
	// and 16 or more hexadecimal digits); "sig", "none" and what else clients and proxies put in
	// place of one have not.
	minReasoningID = 16
)

// AddReasoningID adds the id of a reasoning block to a list: its signature, its encrypted text, the
// name under which the provider keeps it. All of these are base64 or names; what has a space in it,
// or is no ASCII, is a text and left out. The newest MaxReasoningIDs are kept, each once.
func AddReasoningID(list []string, id string) []string {
	if len(id) < minReasoningID {
		return list
	}
	id = id[max(0, len(id)-MaxReasoningID):]
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return list
		}
	}
	if at := slices.Index(list, id); at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	if n := len(list) + 1 - MaxReasoningIDs; n > 0 {
		list = slices.Delete(list, 0, n)
	}
	return append(list, id)
}

// BoundReasoningIDs keeps of a list what AddReasoningID keeps of its ids.
func BoundReasoningIDs(list []string) []string {
	kept := list[:0]
	for i := range list {
		kept = AddReasoningID(kept, list[i])
	}
	return kept
}
