package fingerprinting

import (
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/correlate"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// openIngestBefore opens the stage before this one.
func openIngestBefore(t require.TestingT) stage.Task {
	key := sketch.DefaultOptions()
	key.Key = []byte("the secret of the tests")
	s, err := ingest.New(ingest.DefaultOptions(), key)
	require.NoError(t, err)
	return stagetest.Open(t, s, 0)
}

// openCorrelateAfter opens the stage after this one, without any state.
func openCorrelateAfter(t require.TestingT) stage.Task {
	s, err := correlate.New(correlate.DefaultOptions())
	require.NoError(t, err)
	return stagetest.Opened(t, s, 0, nil)
}
