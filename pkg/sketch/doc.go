// Package sketch turns the text of a request into a Sketch: keyed hashes and counts that tell whether two requests were made from one template, and
// nothing of what they say. It is the privacy boundary: what is behind it sees no text. A gateway that may not ship text runs this package (Encoder),
// or the algorithm below, and sends the object "sketch" instead of "content".
//
// # The algorithm, version 1
//
// testdata/vectors.json has what each step gives, testdata/tables.json the lists that are too long for this page. All texts are UTF-8, all lengths
// and offsets are in bytes, all numbers are unsigned and have 64 bits.
//
// Hashes. H(use, bytes) is SipHash-2-4, with 64 bits, of the bytes under the first 16 bytes of HMAC-SHA256(secret, "stillwatch/sketch/1/" + use). A
// number enters it as 8 bytes, little-endian. A sequence of numbers e is chained from c = 0 by c = (c ^ e) * 0x9e3779b97f4a7c15, c = c ^ (c >> 29);
// chain(c, e) is one such step. What leaves the sketcher is H, under a use of its own, of hashes or of a chain of hashes. A hash of 0 means "nothing
// there": where one is made, it becomes 1.
//
// Messages. A role is taken without regard to case: assistant, model, ai and bot are the assistant's; system and developer are the system's; tool,
// function, tool_result and ipython are tools'; any other is a human's. Trailing assistant messages are left out: they ask to be continued. The
// messages after the last remaining assistant message are new. The turn is the new human messages, system text the system prompt and then every
// message of the system, new or not. Empty texts don't count. Of more than 16 texts of a kind, the first 8 and the last 8 are read.
//
// The first human message is read after the turn, for shingles and intents, when it is not new itself, there is a turn, and it plays the system
// prompt's part. It does when, after leading spaces, tabs and line breaks, it begins with "[System Instructions - follow these strictly]", the marker
// of known relay software, which is also noted as "relay", wherever that message is; or when it has at least 160 bytes, another message follows it,
// and either no other human message stands between it and the new messages, or the next message is the assistant's and at most half as long, an
// acknowledgement. So each ordinary conversation shows its first message twice at most, below what makes a scaffold, while a conversation that was
// fabricated around a fixed paragraph shows it every time.
//
// Bounds. Of a text longer than MaxText bytes the first and the last MaxText/2 are read, as two stretches; where that would cut a character in two,
// the stretch is shorter. Shingles, phrases and fences do not cross from one stretch or text to another.
//
// Characters. Each character is folded, by the first rule that fits; categories and decompositions are those of Unicode 15:
//   - it is dropped, as if it were not there, when it is a control character (below U+0020 or from U+007F to U+009F) other than tab, line feed,
//     vertical tab, form feed and carriage return, which separate; or one that leaves no trace for the reader: U+00AD, U+034F, U+061C, U+0640,
//     U+115F, U+1160, U+17B4, U+17B5, U+180B-180F, U+200B-200F, U+202A-202E, U+2060-206F, U+3164, U+FE00-FE0F, U+FEFF, U+FFA0, U+E0000-E0FFF; or a
//     lone mark that only decorates: U+0300-036F, U+064B-065F, U+0670, U+093C, U+3099, U+309A;
//   - U+FFFD and bytes that are no UTF-8 separate; so does all from U+40000;
//   - a letter of the script Hangul, and all from U+20000 to U+3FFFF, is a character of its own (below), as it is;
//   - any other is replaced by its compatibility decomposition (NFKD) without decorating marks, if one character remains of it, else it stays; then
//     by the letter that tables.json gives in "plain"; then by its lower case (the simple mapping, one character for one). Then a decimal digit (Nd)
//     of any script is one of 0-9; what is no letter (L) and no mark (M) separates; a character of the scripts Han, Hiragana, Katakana, Hangul, Thai,
//     Lao, Khmer and Myanmar, and U+30FC, or from U+20000, is a character of its own; the rest are letters. "characters" in tables.json has the
//     ranges of characters of their own, after folding.
//
// Tokens. Letters and digits form words, all that separates ends them. But an apostrophe (', U+2019, U+02BC) directly behind a letter and before one
// is dropped, and a point or comma directly behind a digit and before one is part of the word; "directly before" looks at the next character as it
// is, one that would be dropped is neither. A word ends with the character with which it has 64 bytes or more. In a word with both ASCII and other
// letters, the letters that "confusable" in tables.json lists become the Latin ones that they look like. A character of its own, which are those of
// scripts written without spaces, and Hangul, whose spacing varies, ends a word and is a token by itself. The exact hash of a token is H("token",
// word); its hash is the same with each run of digits, points and commas written as a single "0". A token ends, for the edges below, where the next
// character begins that was not dropped and is not part of it; one of 64 bytes and a character of its own end at once.
//
// Shingles. A shingle ends at each token that has enough before it in its stretch: it spans Width tokens, or twice as many when the token that it
// ends at is a character of its own. Its hash is H("shingle", the hashes of its tokens). A stretch of fewer than MinTokens tokens has
// none. The hash does not depend on where in a request a shingle stands. Sampling is coordinated (Broder 1997): a shingle of the turn, or of the
// first human message, is kept when its hash is below floor((2^64-1)/TurnSampling) + 1, one of system text when it is below the same with
// SystemSampling (with a sampling of 1, below 2^64-1), so all requests keep the same shingles and sets can be compared. Turn and system text are
// bounded apart: shingles that end at an offset of at most 512 in a text, or of more than its length less 512, are its edge, the others its middle;
// of either, the smallest MaxShingles different ones of all texts are kept. If the union of both has more than MaxShingles, the smallest of the edge get
// max(3/4 of MaxShingles, MaxShingles less the number of the middle) of the room, and the smallest of the middle that are not among these get the
// rest, so that long content can't crowd out a fixed paragraph.
//
// Exact. The chain of a text is that of the exact hashes of its tokens. Of a text in two stretches with the chains a and b it is chain(chain(a, b),
// u), where u is H("token", the bytes between them). "exact" is H("exact", the chain of the chains of the texts of the turn). Without human texts in
// the turn, it is H("exact", the chain of the last new tool message), and there are no shingles: tool output is no template. "tokens" is the number
// of tokens of these texts; for a text in two stretches their number times the length of the text, divided by the length of the stretches, rounded
// down. Without tokens there is no exact hash.
//
// Conversation. For each human message that is not empty, in order and without the bound of 16, the chain of its tokens is chained; of one longer
// than 2048 bytes two chains: of its first and of its last 1024 bytes, cut between characters. "prefix" is H("conversation", that chain for all human
// messages before the new ones), "continuation" the same with the new ones; either is absent when the words and characters read for it have fewer
// than 40 bytes together, as they are hashed. In a request that brings no human message both are equal.
//
// Skeleton. Lines end at line feeds and are trimmed of spaces, tabs and carriage returns; empty ones are skipped. A line that begins with three
// backquotes, tildes, quotation marks (") or apostrophes opens a fence, which is a mark, and ends with the next line that begins so; what is within
// is skipped. Marks are noted in order, at most 64 over all texts of a kind. The first of these that fits a line:
//   - "#": a heading (kind 1), named by its level, when there are 2 to 6 of them and more behind, or one with a space behind it that stands alone:
//     since the last line that was neither a fence nor within one, if any, there was an empty line, within a fence or not;
//   - three or more of one of - = _ * ~ + and nothing else: a rule (6); one of - * + and a space: a bullet (9); "**" and, after at least one more
//     character, "**" or "**:" at the end: a bold line (8);
//   - "[", and the first "]" at an offset from 2 to 40: if digits are between, a section (2), named by them, else a bracket (7);
//   - "<": the tags in the line (below), whatever there is; ">": a quote (12); "|": a table (13);
//   - "{", "}" or a quotation mark: the keys in the line (below), if there is any;
//   - "(", one to three digits and ")": a numbered item (10).
//
// If none fits, all of these may: the tags in the line if there is a "<", the keys in it if there is a "{", and then one of: a bullet, when it begins
// with •, ・ or –; a numbered item, when it begins with one to three digits, "." or ")", and a space; a label (11), when its first 40 bytes hold a ":"
// that ends the line or has a space behind it, or before any such a "：", behind something with at most four spaces.
//
// Tags (3): after each "<", an optional "/" and a name of 1 to 40 ASCII letters, digits, _ - : . with ">", "/" or a space behind it; without "/", the
// character before the "<" is no ASCII letter or digit. Keys (4): quotation marks are paired from the left; a key is a pair around 1 to 40 bytes that
// ":" follows, after spaces. Tags, keys and sections are named by H("token", name), 0 becoming 1; a fence (5) and the others have no name, which is
// 0. A heading counts each time, another mark with a name once, a mark without one once in a row.
//
// Frames are headings, sections and tags, blocks keys, fences and rules. With four frames, or with three that are not all headings, the skeleton
// rests on the frames alone; else with three frames and blocks that are not all headings on these; else with five marks on all; else there is none.
// It is H("skeleton", for each mark one byte of kind and 8 of name). The content of slots has bullets and fences of its own but seldom the frames of
// a template. The skeleton of a request is that of the turn, or of the first human message when it is read too, or of the system text: the first that
// there is.
//
// Intents. "concepts" in tables.json lists phrases, which are tokenised as texts are. Where the hashes of the tokens of a phrase follow each other in
// a stretch of what shingles are made of, the phrase's concept is met at the position of its last token; positions count two for a word and one for a
// character of its own. An entry of "rules" gives its intent where one of its two concepts is met and both were last met at most 2 * within before
// that, in this stretch.
//
// # The object
//
// "version" is 1. "check" is the first 8 bytes of HMAC-SHA256(secret, "stillwatch/sketch/1/check/" and, with slashes between them, Width,
// TurnSampling, SystemSampling, MaxShingles, MinTokens and MaxText in decimal): a gateway with another secret or other options is noticed by it.
// "exact", "skeleton", "prefix" and "continuation" are hashes, "shingles" and "system" lists of them, ascending. A hash is written as 16 hexadecimal
// digits. "tokens" is a number, "relay" true, "intents" an object of names with 1. What is 0, empty or false is left out. A request without any text,
// neither system prompt nor messages, has no sketch; one whose texts are empty has one.
//
// # What the hashes protect
//
// Whoever lacks the secret can't test guesses of a prompt against a sketch, not even with many sketches and the texts that they were made from:
// SipHash is a pseudorandom function. What a sketch shows to everybody is which requests share a shingle, a turn or a conversation, how long the turn
// is, and the intents. Whoever has the secret can test guesses; it never leaves the deployment.
package sketch
