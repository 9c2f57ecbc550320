package detectors_test

import (
	"fmt"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/baseline"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// A detector measures a group of accounts against the baseline of the population, in bits. Here
// twelve accounts are paid for with two cards, while 300 others have a card each.
func Example_payment() {
	account := func(card uint64) (*fingerprint.Profile, *baseline.Vector) {
		p := &fingerprint.Profile{Requests: 20}
		p.Values[attribute.Payment] = []fingerprint.Counted{{Hash: card, Count: p.Requests}}
		v := baseline.Features(p)
		return p, &v
	}
	var others []baseline.Entity
	for i := range uint64(300) {
		p, v := account(1000 + i)
		others = append(others, baseline.Entity{Profile: p, Vector: v})
	}
	base := baseline.Take(others, len(others), baseline.DefaultOptions())
	group := detectors.Group{Size: 12}
	for i := range uint64(12) {
		p, v := account(1 + i%2)
		group.Members = append(group.Members, detectors.Member{Profile: p, Vector: v, Weight: 1})
	}

	for _, d := range detectors.All() {
		if d.Spec.ID == "payment" {
			e, ok := d.Evidence(&group, &detectors.Context{Baseline: base})
			fmt.Printf("%s, known: %v\n", e.Detector, ok)
			fmt.Printf("%.1f bits: %s\n", e.Bits, e.Note)
			fmt.Println("observed:", e.Observed)
			fmt.Println("expected:", e.Expected)
		}
	}
	// Output:
	// payment, known: true
	// 2.6 bits: the accounts are paid for together
	// observed: 12 accounts show 2 effective payment instruments
	// expected: 12 among as many unrelated accounts
}
