package stage

import "github.com/stretchr/testify/require"

// open opens a partition of a stage.
func open(t require.TestingT, s Stage, partition int) Task {
	task, err := s.Open(partition)
	require.NoError(t, err)
	return task
}

// counted is what was counted, by the texts of the counts.
func counted(counts Counts) map[string]int64 {
	texts := make(map[string]int64, len(counts))
	for what, n := range counts {
		texts[what.String()] += n
	}
	return texts
}
