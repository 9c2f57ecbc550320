//go:build race

package stage

// raceDetector tells that the tests run under the race detector.
const raceDetector = true
