package fingerprint

import (
	"encoding/binary"
	"math"
	"slices"
)

// Variety is in how many conversations an account showed something, and how many different ones of
// it: tool lists, working directories.
type Variety struct {
	Conversations, Distinct uint32
}

// variety counts that for the whole life of a fingerprint, as the distinct prompts are.
type variety struct {
	conversations uint32
	values        distinct
}

// undertakings is with what and where an account's conversations are held, for telling people, who
// have their tools and a few projects, from replays of what many people did elsewhere.
type undertakings struct {
	tools, workspaces variety
	// items are the smallest hashes of the account's prompts, ascending.
	items []uint64
}

// MaxItems is how many of an account's prompts are sampled.
const MaxItems = 16

// sample keeps a prompt if its hash is one of the smallest: the same prompts in every account, so
// that who sent the same ones can be counted (bottom-k sketch: Broder 1997, Cohen and Kaplan 2007).
func (u *undertakings) sample(prompt uint64) {
	if prompt == 0 || len(u.items) == MaxItems && prompt >= u.items[MaxItems-1] {
		return
	}
	i, known := slices.BinarySearch(u.items, prompt)
	if known {
		return
	}
	if u.items = slices.Insert(u.items, i, prompt); len(u.items) > MaxItems {
		u.items = u.items[:MaxItems]
	}
}

// count counts what a conversation shows. Unknown values are 0 and leave no trace.
func (v *variety) count(hash uint64, precision int) {
	if hash == 0 {
		return
	}
	v.values.add(hash, precision)
	if v.conversations < math.MaxUint32 {
		v.conversations++
	}
}

// show is what profiles tell.
func (v *variety) show() Variety { return Variety{v.conversations, v.values.count()} }

// undertake counts the tools and the working directory of a conversation that begins, or is taken
// up from elsewhere: its later turns come with the same ones.
func (u *undertakings) undertake(o *Observation, precision int) {
	u.tools.count(o.ToolSet, precision)
	u.workspaces.count(o.Sketch.Workspace, precision)
}

func (v *variety) merge(other *variety, precision int) error {
	v.conversations += min(other.conversations, math.MaxUint32-v.conversations)
	return v.values.merge(&other.values, precision)
}

func (u *undertakings) merge(other *undertakings, precision int) error {
	if err := u.tools.merge(&other.tools, precision); err != nil {
		return err
	}
	for _, prompt := range other.items {
		u.sample(prompt)
	}
	return u.workspaces.merge(&other.workspaces, precision)
}

func (u *undertakings) appendBinary(b []byte) []byte {
	for _, v := range [...]*variety{&u.tools, &u.workspaces} {
		if b = binary.AppendUvarint(b, uint64(v.conversations)); v.conversations > 0 {
			b = v.values.appendBinary(b)
		}
	}
	return appendHashes(b, u.items)
}

func (r *reader) undertakings(scratch []byte) (u undertakings) {
	for _, v := range [...]*variety{&u.tools, &u.workspaces} {
		if v.conversations = r.Uint32(); v.conversations > 0 {
			v.values, scratch = r.distinct(scratch)
		}
	}
	u.items = r.sampled(nil)
	return u
}

// sampled reads a sample of prompts.
func (r *reader) sampled(dst []uint64) []uint64 {
	items := r.hashes(dst, MaxItems)
	for i, h := range items {
		r.Check(h > 0 && (i == 0 || items[i-1] < h), "prompts out of order")
	}
	return items
}

func (p *Profile) appendVarieties(b []byte) []byte {
	for _, v := range [...]*Variety{&p.ToolSets, &p.Workspaces} {
		b = binary.AppendUvarint(b, uint64(v.Conversations))
		if v.Conversations > 0 {
			b = binary.AppendUvarint(b, uint64(v.Distinct))
		}
	}
	return appendHashes(b, p.Items)
}

// readVarieties reads what version 8 says of tools, working directories and prompts.
func (p *Profile) readVarieties(r *reader, version byte) {
	for _, v := range [...]*Variety{&p.ToolSets, &p.Workspaces} {
		if *v = (Variety{}); version < 8 {
			continue
		}
		if v.Conversations = r.Uint32(); v.Conversations > 0 {
			v.Distinct = r.Uint32()
		}
	}
	if p.Items = p.Items[:0]; version > 7 {
		p.Items = r.sampled(p.Items)
	}
}
