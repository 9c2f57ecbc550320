package gateway

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// path leads to values in a document: names, positions in arrays and "*" for any of either, separated by dots. Names may have dots of their
// own: where several readings are possible, the longest name wins, so that gen_ai.request.model finds the flat attribute and the nested
// objects alike.
type path struct {
	text string
	// starts are where the segments begin in text.
	starts []int
	// positions are the segments as positions: anyPart for "*", none for names.
	positions []int
	// fold lets names differ in case.
	fold bool
}

const anyPart = -2

func newPath(text string, fold bool) (path, error) {
	p := path{text: text, fold: fold}
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
			p.positions = append(p.positions, none)
		}
		p.starts = append(p.starts, at)
		at += len(segment) + 1
	}
	if len(p.starts) > 16 {
		return p, errors.New("a path has more than 16 segments")
	}
	return p, nil
}

// name returns the segments from one up to another as one name.
func (p *path) name(from, to int) string {
	end := len(p.text)
	if to < len(p.starts) {
		end = p.starts[to] - 1
	}
	return p.text[p.starts[from]:end]
}

// isSecret tells whether what the path names is a credential by its name. It stands behind a reading that hashes only.
func (p *path) isSecret() bool {
	for from := range p.starts {
		for to := from + 1; to <= len(p.starts); to++ {
			if isSecretName(p.name(from, to)) {
				return true
			}
		}
	}
	return false
}

// isSecretName tells whether a header or field of this name holds a credential.
func isSecretName(name string) bool {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "-")) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "apikey", "api-key", "x-api-key", "x-apikey", "x-goog-api-key",
		"ocp-apim-subscription-key", "x-amz-security-token", "x-auth-token", "x-litellm-api-key", "helicone-auth", "x-portkey-api-key", "password",
		"secret", "access-token", "id-token", "refresh-token":
		return true
	}
	return false
}

// walk calls found for every value that segments from one on lead to from a node, until it returns true, and tells whether it did.
func (d *document) walk(at int32, p *path, from int, found func(at int32) bool) bool {
	if from == len(p.starts) {
		return found(at)
	}
	at = d.enter(at)
	if at == none {
		return false
	}
	position := p.positions[from]
	if position == anyPart || d.nodes[at].kind == event.KindArray {
		i := 0
		for part := d.nodes[at].first; part != 0; part = d.nodes[part].next {
			if (position == anyPart && !isSecretName(d.nodes[part].name) || position == i) && d.walk(part, p, from+1, found) {
				return true
			}
			i++
		}
		return false
	}
	for to := len(p.starts); to > from; to-- {
		name := p.name(from, to)
		for part := d.nodes[at].first; part != 0; part = d.nodes[part].next {
			if n := d.nodes[part].name; (n == name || p.fold && strings.EqualFold(n, name)) && d.walk(part, p, to, found) {
				return true
			}
		}
	}
	return false
}

// find returns the first known value that a path leads to from the top, none without.
func (d *document) find(p *path) int32 {
	hit := int32(none)
	d.walk(0, p, 0, func(at int32) bool {
		if !d.known(at) {
			return false
		}
		hit = at
		return true
	})
	return hit
}
