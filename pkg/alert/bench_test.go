package alert_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkAFindingWithThreeMembersAndEightDetectors(b *testing.B) {
	e, f := encoder(b), pool()
	b.ReportAllocs()
	for b.Loop() {
		r, err := e.Finding(f)
		require.NoError(b, err)
		require.NotEmpty(b, r.Value)
	}
}
