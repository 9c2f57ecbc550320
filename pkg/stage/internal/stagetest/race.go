//go:build race

package stagetest

// raceDetector tells that the tests run under the race detector.
const raceDetector = true
