package stage

import "testing"

// brief tells whether tests that are about amounts should do with less: on request, and under the
// race detector, which takes ten times as long and has nothing to find in a package that starts no
// goroutine. What they check is checked all the same.
func brief() bool { return raceDetector || testing.Short() }
