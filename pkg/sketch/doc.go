// Package sketch turns the text of a request into a Sketch: keyed hashes and counts that tell whether two requests were made from one
// template, and nothing of what they say. It is the privacy boundary: what is behind it sees no text. A gateway that may not ship
// text runs this package, or the algorithm below, and sends the wire form (ToWire).
//
// # The algorithm, version 1
//
// All hashes are XXH3-64. H(use, bytes) is the hash of the bytes seeded with the first 8 bytes, little-endian, of
// HMAC-SHA256(secret, "stillwatch/sketch/1/" + use). A hash of 0 means "nothing there": where one is produced, it becomes 1.
// Numbers enter hashes as 8 bytes, little-endian. testdata/vectors.json has test vectors.
//
// Messages. Trailing assistant messages are left out: they ask to be continued. The messages after the last remaining assistant message are
// new. The turn is the new messages of the human role (an unknown role counts as human). System text is the system prompt and every
// message with the role system or developer. Of more than 16 texts of one kind, the first 8 and the last 8 are read. The first human
// message is read along with the turn, for shingles and intents, when it is not new itself, there is a turn, and it plays the system
// prompt's part. It does when, after leading white space, it begins with the marker of known relay software; or when it has at least
// 160 bytes and either no other human message stands between it and the turn, or the next message is from the assistant and at most half as
// long, an acknowledgement. So each ordinary conversation shows its first message twice at most, below what makes a scaffold, while a
// conversation that was fabricated around a fixed paragraph shows it every time.
//
// Bounds. Of a text longer than MaxText bytes the first and the last MaxText/2 are read, cut between characters, as two stretches.
// Shingles, phrases and fences do not cross from one stretch or text to another.
//
// Tokens. Each character is folded: to its compatibility decomposition (NFKD) without decorating marks (U+0300 to U+036F, U+064B to
// U+065F, U+0670, U+093C, U+3099, U+309A) when one character remains; letters without a decomposition that look like a plain one to that
// (fold.go lists them); then to lower case; decimal digits of all scripts to 0-9. Control characters other than white space, zero-width
// characters, direction marks, variation selectors, soft hyphens and lone decorating marks are dropped as if they were not there.
// Letters, marks and digits form words; all else separates, except an apostrophe (' or U+2019 or U+02BC) between letters, which is dropped, and a point or
// comma between digits. A word is cut after 64 bytes or the character that reaches them. In a word with both ASCII and other letters, Cyrillic
// and Greek letters become the Latin ones that they look like. Characters of scripts written without spaces (Han, Hiragana,
// Katakana, Thai, Lao, Khmer, Myanmar), and Hangul syllables, whose spacing varies, are tokens of their own. The token's hash is
// H("token", word) with each run of digits, points and commas that begins with a digit written as a single "0"; its exact hash is the same
// of the word as it is.
//
// Shingles. A shingle ends at each token that has enough before it in its stretch and spans Width tokens, or twice as many when the token it ends at is a
// character of its own: H("shingle", the token hashes). A stretch of fewer than MinTokens tokens has none. The hash of a shingle
// does not depend on where in a request it stands. Sampling is coordinated (Broder 1997): a shingle of the turn is
// kept when its hash is below 2^64/TurnSampling, one of system text below 2^64/SystemSampling, so all requests keep the same shingles and
// sets can be compared. When more than MaxShingles remain, the smallest are kept, in two strata so that long content can't crowd out
// a fixed paragraph: shingles that end in the first or the last 512 bytes of a text are its edge, the others its middle; the
// edge gets three quarters of the room and what the middle leaves.
//
// Exact. The exact hashes e of the tokens are chained from h = 0 by h = (h ^ e) * 0x9e3779b97f4a7c15 mod 2^64, h = h ^ h>>29. Of a
// text in two stretches, the chain of the first, then of the second, then H("exact", the bytes between them) are chained likewise; so are
// the texts of the turn. Exact is H("exact", the result). Without human messages in the turn, it is that of the last new
// tool message, and there are no shingles: tool output is no template.
//
// Conversation. Each human message that is not empty is chained like a turn, but of one longer than 2048 bytes as two of its first and last 1024.
// Prefix is H("conversation", the chain of all human messages before the turn), Continuation the same with the turn; either is 0 when
// the words and characters read for it have fewer than 40 bytes together. In a request that brings no human message both are equal.
//
// Skeleton. Lines are trimmed; blank ones skipped. A line that begins with three backquotes, tildes or quotation marks of either kind opens a fence that
// ends with the next line that begins so; what is within is skipped. Marks are noted in order, at most 64: frames (headings, by level;
// sections "[3]", by number; tags "<answer>", by name, anywhere in a line), blocks (JSON keys, by name; fences; rules) and lines (bracketed
// words, bold lines, bullets, numbered items, labels, quotes, tables). A heading counts each time, another mark with a name once, a mark
// without one once in a row. With three frames that are not all headings, or four, the skeleton rests on the frames alone; else with
// three frames and blocks that are not all headings on these; else with five marks on all; else it is 0. It is the hash
// H("skeleton", for each mark one byte of kind and 8 of level or of H("skeleton", name)). The content of slots has bullets and fences of
// its own but seldom the frames of a template. The skeleton of a request is that of the turn, or of the first human message when it is
// read too, or of the system text: the first that is not 0.
//
// Intents. The tokens are matched against the phrases of lexicon.go; its rules say which concepts within how many words make an intent.
//
// # What the hashes protect
//
// Whoever lacks the secret can't test guesses of a prompt against a sketch. XXH3 is fast, not a cryptographic MAC: somebody with
// many sketches and the texts they were made from might recover the seeds. Sketches are confidential, but not as secret as
// prompts; the secret never leaves the deployment.
package sketch
