package simulate

import (
	"fmt"
	"slices"
)

// others is a coder whose session is one of many users': with tools and a repository out of as many
// as the campaign has of each.
func (p *pool) others(k *coder) *coder {
	lists, repositories := p.c.Prompt.ToolLists, p.c.Prompt.Repositories
	if lists+repositories == 0 {
		return k
	}
	who := *k
	if lists > 0 {
		// The same number is the same list, whoever draws it.
		r := newRNG(p.w.sc.Seed^0x70015, uint64(p.r.IntN(lists)))
		tools := p.w.codingTools()
		who.version.tools = slices.Concat(
			tools[r.IntN(len(tools))].versions[0].tools, p.w.ownTools(r),
		)
	}
	if repositories > 0 {
		n := uint64(p.r.IntN(repositories))
		r := newRNG(p.w.sc.Seed^0x4e905, n)
		who.project = fmt.Sprintf("%s/%s-%d", p.w.g.text(r, "noun"), p.w.g.text(r, "repo"), n)
	}
	return &who
}
