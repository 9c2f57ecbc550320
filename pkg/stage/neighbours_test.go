package stage

import (
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// openIngestBefore opens the stage before this one.
func openIngestBefore(t require.TestingT) Task {
	key := sketch.DefaultOptions()
	key.Key = []byte("the secret of the tests")
	s, err := NewIngest(DefaultIngestOptions(), key)
	require.NoError(t, err)
	return open(t, s, 0)
}

// openCorrelateAfter opens the stage after this one, without any state.
func openCorrelateAfter(t require.TestingT) Task {
	s, err := NewCorrelate(DefaultCorrelateOptions())
	require.NoError(t, err)
	return opened(t, s, 0, nil)
}
