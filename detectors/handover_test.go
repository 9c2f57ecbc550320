package detectors

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatMovesBetweenAFewMembersTellsNothingOfTheOthers(t *testing.T) {
	for _, c := range []struct {
		name           string
		members, moved int
		tells          bool
	}{
		{"four of a relay and six who use its program", 10, 4, false},
		{"half of a small pool", 10, 5, true},
		{"seven of a hundred", 100, 7, false},
		{"eight of a hundred, a group by themselves", 100, 8, true},
	} {
		b := among(people(c.members, 9))
		g := b.group()
		g.HandOvers = c.moved
		for _, d := range []Detector{handOver(), hopping()} {
			m, ok := d.Measure(g, b.ctx)
			require.Equal(t, c.tells, ok && m.Bits > 0, "%s: %s", c.name, d.Spec.ID)
		}
	}
}
