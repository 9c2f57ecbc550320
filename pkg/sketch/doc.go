// Package sketch turns the text of a request into a Sketch: keyed hashes and counts that tell
// whether two requests were made from one template, and nothing of what they say. It is the privacy
// boundary: what is behind it sees no text. A gateway that may not ship text runs this package
// (Encoder) and sends the object "sketch" instead of "content".
//
// The algorithm is specified, for other languages, in docs/sketch.md:
// https://github.com/stillwatch/stillwatch/blob/main/docs/sketch.md. testdata/vectors.json has what
// each of its steps gives. A change of what a step gives is another version of the algorithm, and
// meets no hash that was made before.
package sketch
