package membership

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAnAccountIsNamedWhenItsStandingMeetsWhatMembershipAsksFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Likelihood{
			SameText: rapid.Bool().Draw(t, "same text"),
			requests: rapid.Uint32Range(0, 10).Draw(t, "requests"),
			tied:     rapid.Bool().Draw(t, "tied"),
			launched: rapid.Bool().Draw(t, "launched"),
		}
		for i := range l.Families {
			b := rapid.Float64Range(-4, 10).Draw(t, "bits")
			l.Families[i] = b
			l.Bits += b
			l.against += min(0, b)
		}
		behaviour := rapid.Float64Range(-6, 3).Draw(t, "behaviour")
		l.Bits += behaviour
		n := rapid.Float64Range(3, 500).Draw(t, "members")
		s := l.Standing(n, n+rapid.Float64Range(1, 100_000).Draw(t, "others"))
		require.Equal(t, s.Fits, (s.Alone || s.Causes >= s.NeedsCauses) && s.Bits >= s.Needs)
		require.Equal(t, s.Remains, s.Alone || s.Bits >= s.Stays)
		require.LessOrEqual(t, s.Stays, s.Needs)
		require.InDelta(t, behaviour, l.Behaviour(), 1e-9)
	})
}
