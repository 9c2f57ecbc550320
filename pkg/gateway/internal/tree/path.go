package tree

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Path leads to values in a document: names, positions in arrays and "*" for any of either,
// separated by dots. Names may have dots of their own: where several readings are possible, the
// longest name wins, so that gen_ai.request.model finds the flat attribute and the nested objects
// alike.
type Path struct {
	text string
	// starts are where the segments begin in text.
	starts []int
	// positions are the segments as positions: anyPart for "*", None for names.
	positions []int
	// fold lets names differ in case.
	fold bool
}

const anyPart = -2

// NewPath reads a path; fold lets names differ in case.
func NewPath(text string, fold bool) (Path, error) {
	p := Path{text: text, fold: fold}
	at := 0
	for segment := range strings.SplitSeq(text, ".") {
		if segment == "" {
			return p, fmt.Errorf("path %q has an empty segment", text)
		}
		position, err := strconv.ParseUint(segment, 10, 16)
		switch {
		case segment == "*":
			p.positions = append(p.positions, anyPart)
		case err == nil:
			p.positions = append(p.positions, int(position))
		default:
			p.positions = append(p.positions, None)
		}
		p.starts = append(p.starts, at)
		at += len(segment) + 1
	}
	if len(p.starts) > 16 {
		return p, errors.New("a path has more than 16 segments")
	}
	return p, nil
}

// String is the path as it was written.
func (p Path) String() string { return p.text }

// name returns the segments from one up to another as one name.
func (p *Path) name(from, to int) string {
	end := len(p.text)
	if to < len(p.starts) {
		end = p.starts[to] - 1
	}
	return p.text[p.starts[from]:end]
}

// IsSecret tells whether what the path names is a credential by its name. It stands behind a
// reading that hashes only.
func (p *Path) IsSecret() bool {
	for from := range p.starts {
		for to := from + 1; to <= len(p.starts); to++ {
			if IsSecretName(p.name(from, to)) {
				return true
			}
		}
	}
	return false
}

// IsSecretName tells whether a header or field of this name holds a credential.
func IsSecretName(name string) bool {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "-")) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "apikey", "api-key",
		"x-api-key", "x-apikey", "x-goog-api-key", "ocp-apim-subscription-key",
		"x-amz-security-token", "x-auth-token", "x-litellm-api-key", "helicone-auth",
		"x-portkey-api-key", "password", "secret", "access-token", "id-token", "refresh-token":
		return true
	}
	return false
}

// Walk calls found for every value that segments from one on lead to from a node, until it returns
// true, and tells whether it did.
func (d *Document) Walk(at int32, p *Path, found func(at int32) bool) bool {
	return d.walk(at, p, 0, found)
}

func (d *Document) walk(at int32, p *Path, from int, found func(at int32) bool) bool {
	if from == len(p.starts) {
		return found(at)
	}
	at = d.enter(at)
	if at == None {
		return false
	}
	position := p.positions[from]
	if position == anyPart || d.nodes[at].kind == event.KindArray {
		i := 0
		for part := d.first(at); part != 0; part = d.nodes[part].next {
			if (position == anyPart && !IsSecretName(d.nodes[part].name) || position == i) &&
				d.walk(part, p, from+1, found) {
				return true
			}
			i++
		}
		return false
	}
	for to := len(p.starts); to > from; to-- {
		name := p.name(from, to)
		if at == 0 && !p.fold && d.mask()&NameBit(name) == 0 {
			continue // As most: a mapping asks for many names, of which a record has a few.
		}
		for part := d.first(at); part != 0; part = d.nodes[part].next {
			if n := d.nodes[part].name; (n == name || p.fold && strings.EqualFold(n, name)) &&
				d.walk(part, p, to, found) {
				return true
			}
		}
	}
	return false
}

// mask has the bits of the names of the value's own members.
func (d *Document) mask() uint64 {
	if !d.masked {
		d.names, d.masked = 0, true
		for part := d.first(0); part != 0; part = d.nodes[part].next {
			d.names |= NameBit(d.nodes[part].name)
		}
	}
	return d.names
}

// NameBit is the bit of a name in a mask of many: a name whose bit is not there is none of them.
func NameBit(name string) uint64 {
	n := len(name)
	if n == 0 {
		return 1
	}
	return 1 << ((uint(n)*11 + uint(name[0])*5 + uint(name[n-1])*17 + uint(name[n/2])*3) & 63)
}

// Find returns the first known value that a path leads to from the top, None without.
func (d *Document) Find(p *Path) int32 {
	hit := int32(None)
	d.Walk(0, p, func(at int32) bool {
		if !d.Known(at) {
			return false
		}
		hit = at
		return true
	})
	return hit
}

// enter is Inside for what has to be JSON. Truncated JSON is none, and that is not the callers'
// doing. But one that two parsers read in two ways, or that is beyond the limits, would let a
// caller choose what is seen of it: it is none either, and Err says so.
func (d *Document) enter(at int32) int32 {
	inner := d.Inside(at)
	if inner == None && at != None && d.err == nil {
		if reason := d.nodes[at].failure; reason != "" && reason != event.ReasonMalformed {
			d.err = &event.DecodeError{Reason: reason}
		}
	}
	return inner
}

// Enter is Inside for what has to be JSON: Err says when it cannot be read in one way.
func (d *Document) Enter(at int32) int32 { return d.enter(at) }
