// Package random composes worlds at random: benign groups of mechanisms by which unrelated people
// come to share something, and campaigns of tactics.
//
// A handful of hand-made crowds cannot calibrate how often honest people are reported. So crowds
// are drawn: two to four mechanisms from life together, each with its own laws of size, rate,
// timing and mixture, among people who are individuals. Mechanisms and tactics are in three sets
// that have none in common: one to develop detection with, one to choose thresholds with, and one
// that is looked at once, for the document.
//
// A world is a function of its options. Package simulate plays it.
package random
