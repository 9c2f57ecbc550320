package sketch

import (
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/pkg/siphash"
)

const (
	// maxWord bounds a word in normalised bytes; a longer run is cut into several words.
	maxWord = 64
	// batch is the number of tokens handed over at a time.
	batch = 256
)

// token is one word or character.
type token struct {
	// hash identifies the token with its numbers taken away, exact with them.
	hash, exact uint64
	// end is the offset in the text of the byte after the token.
	end int
	// char marks a character of a script written without spaces.
	char bool
	// length is the number of characters of a word, as it is hashed exactly.
	length uint8
}

// The byte classes of the ASCII fast path.
const (
	byteOther = 0
	byteLower = 1 << iota
	byteUpper
	byteDigit
	byteSpace
	byteWord = byteLower | byteUpper | byteDigit
)

// byteClasses maps a byte to its class: byteSpace separates words and needs no second look,
// byteOther does.
var byteClasses = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z':
			t[c] = byteLower
		case c >= 'A' && c <= 'Z':
			t[c] = byteUpper
		case c >= '0' && c <= '9':
			t[c] = byteDigit
		case c >= ' ' && c < 0x7f, c == '\n', c == '\t', c == '\r', c == '\v', c == '\f':
			t[c] = byteSpace
		}
	}
	return t
}()

// tokenizer cuts a text into tokens. It has scratch memory and serves one text at a time.
type tokenizer struct {
	key    siphash.Key
	number uint64 // hash of the token "0"
	folds  *foldTable

	text string
	pos  int
	// letters counts the normalised bytes of all tokens of the text.
	letters int
	tokens  [batch]token
	n       int

	word   [maxWord + utf8.UTFMax]byte
	size   int
	digits bool
	latin  bool // the word has an ASCII letter
	other  bool // the word has a letter beyond ASCII
	masked [maxWord + utf8.UTFMax]byte
}

func newTokenizer(key siphash.Key) *tokenizer {
	return &tokenizer{key: key, number: siphash.Sum(key, "0"), folds: sharedFolds()}
}

// start begins a text.
func (t *tokenizer) start(text string) { t.text, t.pos, t.letters = text, 0, 0 }

// next fills t.tokens[:t.n] and tells whether there is any token.
func (t *tokenizer) next() bool {
	t.n = 0
	text, pos := t.text, t.pos
	// One step of the loop gives two tokens at most: a word and the character that ended it.
	for pos < len(text) && t.n < batch-1 {
		class := byteClasses[text[pos]]
		if class == byteSpace {
			pos++
			continue
		}
		if class&byteWord == 0 {
			pos = t.slow(pos)
			continue
		}
		start, seen := pos, uint8(0)
		for class&byteWord != 0 {
			seen |= class
			pos++
			if pos == len(text) {
				class = byteSpace
				break
			}
			class = byteClasses[text[pos]]
		}
		if class == byteOther || pos-start > maxWord ||
			pos < len(text) && t.joins(text[pos], seen) {
			pos = t.slow(start)
			continue
		}
		if seen == byteLower {
			h := siphash.Sum(t.key, text[start:pos])
			t.tokens[t.n] = token{hash: h, exact: h, end: pos, length: uint8(pos - start)}
			t.letters += pos - start
			t.n++
			continue
		}
		for i := start; i < pos; i++ {
			c := text[i]
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			t.word[i-start] = c
		}
		t.size, t.digits = pos-start, seen&byteDigit != 0
		t.flush(pos)
	}
	t.pos = pos
	return t.n > 0
}

// joins tells whether the separator c may be inside a word that shows the classes seen.
func (t *tokenizer) joins(c byte, seen uint8) bool {
	return c == '\'' || seen&byteDigit != 0 && (c == '.' || c == ',')
}

// slow reads one word or character from start, whatever it is made of, and returns the offset after
// it.
func (t *tokenizer) slow(start int) int {
	text := t.text
	pos := start
	for pos < len(text) && t.size < maxWord {
		r, width := rune(text[pos]), 1
		if r >= utf8.RuneSelf {
			r, width = utf8.DecodeRuneInString(text[pos:])
		}
		f := t.folds.fold(r)
		switch f.class() {
		case classDrop:
			pos += width
			continue
		case classLetter:
			c := f.rune()
			if c < utf8.RuneSelf {
				t.latin = true
			} else {
				t.other = true
			}
			t.size += utf8.EncodeRune(t.word[t.size:], c)
			pos += width
			continue
		case classDigit:
			t.digits = true
			t.word[t.size] = byte(f.rune())
			t.size++
			pos += width
			continue
		case classChar:
			if t.size > 0 {
				t.flush(pos)
			}
			pos += width
			n := utf8.EncodeRune(t.word[:], f.rune())
			h := siphash.Sum(t.key, t.word[:n])
			t.tokens[t.n] = token{hash: h, exact: h, end: pos, char: true}
			t.letters += n
			t.n++
			return pos
		}
		if t.size == 0 {
			return pos + width
		}
		if !t.inside(r, pos+width) {
			break
		}
		if r == '.' || r == ',' {
			t.word[t.size] = byte(r)
			t.size++
		}
		pos += width
	}
	if t.size > 0 {
		t.flush(pos)
	}
	return pos
}

// inside tells whether the separator r joins what is before it and the character at pos: an
// apostrophe between letters, a point or comma between digits.
func (t *tokenizer) inside(r rune, pos int) bool {
	if pos >= len(t.text) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(t.text[pos:])
	class := t.folds.fold(next).class()
	last := t.word[t.size-1]
	isDigit := last >= '0' && last <= '9'
	switch r {
	case '\'', '’', 'ʼ':
		return !isDigit && class == classLetter
	case '.', ',':
		return isDigit && class == classDigit
	}
	return false
}

// flush hands over the word that ends at offset end and begins an empty one.
func (t *tokenizer) flush(end int) {
	if t.latin && t.other {
		t.unmask()
	}
	word := t.word[:t.size]
	exact := siphash.Sum(t.key, word)
	hash := exact
	if t.digits {
		hash = t.number
		if masked := t.mask(word); len(masked) > 1 {
			hash = siphash.Sum(t.key, masked)
		}
	}
	length := len(word)
	if t.other {
		length = utf8.RuneCount(word)
	}
	t.tokens[t.n] = token{hash: hash, exact: exact, end: end, length: uint8(length)}
	t.n++
	t.letters += t.size
	t.size, t.digits, t.latin, t.other = 0, false, false, false
}

// mask writes every number in the word as one 0.
func (t *tokenizer) mask(word []byte) []byte {
	n, inNumber := 0, false
	for _, c := range word {
		digit := c >= '0' && c <= '9' || c == '.' || c == ','
		if digit && inNumber {
			continue
		}
		inNumber = digit
		if digit {
			c = '0'
		}
		t.masked[n] = c
		n++
	}
	return t.masked[:n]
}

// unmask turns look-alikes into the Latin letters that they stand for.
func (t *tokenizer) unmask() {
	n := 0
	for i := 0; i < t.size; {
		r, width := utf8.DecodeRune(t.word[i:t.size])
		if c := confusable(r); r >= utf8.RuneSelf && c != 0 {
			t.word[n] = c
			n++
		} else {
			n += copy(t.word[n:], t.word[i:i+width])
		}
		i += width
	}
	t.size = n
}
