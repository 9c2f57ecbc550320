package sketch

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The classes of a character, in the top bits of a folded character. Class 0 ends a word.
const (
	// classDrop is skipped as if it were not there.
	classDrop = 1 + iota
	// classLetter is part of a word.
	classLetter
	// classDigit is a decimal digit, part of a word.
	classDigit
	// classChar is a token of its own: a character of a script written without spaces.
	classChar

	classShift = 24
	runeMask   = 1<<classShift - 1
)

// folded is a character after folding, with its class in the bits from classShift.
type folded uint32

func (f folded) class() int { return int(f >> classShift) }
func (f folded) rune() rune { return rune(f & runeMask) }

// foldTable holds the folding of the first two planes: all living scripts, styled letters and
// pictographs. It is computed once and never changes.
type foldTable [1 << 17]folded

var sharedFolds = sync.OnceValue(func() *foldTable {
	t := new(foldTable)
	for r := range rune(len(t)) {
		t[r] = foldRune(r)
	}
	return t
})

func (t *foldTable) fold(r rune) folded {
	switch {
	case int(r) < len(t):
		return t[r]
	case r < 0x40000: // the ideographic planes
		return classChar<<classShift | folded(r)
	case r >= 0xe0000 && r <= 0xe0fff:
		return classDrop << classShift
	}
	return 0
}

// foldRune gives the folding of one character; the package documentation has the rules.
func foldRune(r rune) folded {
	switch {
	case r < ' ':
		if r == '\t' || r == '\n' || r == '\r' || r == '\v' || r == '\f' {
			return 0
		}
		return classDrop << classShift
	case r == utf8.RuneError:
		return 0
	case invisible(r):
		return classDrop << classShift
	case unicode.Is(unicode.Hangul, r) && unicode.IsLetter(r):
		return classChar<<classShift | folded(r)
	}
	r = base(r)
	if to, ok := plain[r]; ok {
		r = to
	}
	r = unicode.ToLower(r)
	switch {
	case unicode.IsDigit(r):
		return classDigit<<classShift | folded('0'+digitValue(r))
	case !unicode.IsLetter(r) && !unicode.IsMark(r):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) || r == 0x30fc:
		return classChar<<classShift | folded(r)
	}
	return classLetter<<classShift | folded(r)
}

// base strips diacritics and compatibility forms: the one character that the compatibility
// decomposition leaves when the strippable marks are taken away, or r itself when it leaves more.
func base(r rune) rune {
	if r >= 0x3400 && r < 0xa000 || r >= 0xac00 && r < 0xf900 || r >= 0x12000 && r < 0x1d400 {
		return r // nothing decomposes here, and these are most characters
	}
	var one [utf8.UTFMax]byte
	var left rune
	for _, d := range string(norm.NFKD.Bytes(utf8.AppendRune(one[:0], r))) {
		if strippable(d) {
			continue
		}
		if left != 0 {
			return r
		}
		left = d
	}
	if left == 0 {
		return r
	}
	return left
}

// strippable tells whether a mark only decorates its letter: Latin, Greek and Cyrillic accents,
// Arabic vowel signs and hamza, the Devanagari nukta and the Japanese voicing marks. Vowel signs of
// Indic scripts are letters of their own.
func strippable(r rune) bool {
	return r >= 0x300 && r <= 0x36f || r >= 0x64b && r <= 0x65f || r == 0x670 || r == 0x93c ||
		r == 0x3099 || r == 0x309a
}

// invisible tells whether a character leaves no trace for the reader: zero-width characters,
// direction marks, variation selectors, soft hyphens, lone marks that base strips, the Arabic
// elongation, and the control characters.
func invisible(r rune) bool {
	switch {
	case r == 0xad, r == 0x34f, r == 0x61c, r == 0x640, r == 0x115f, r == 0x1160, r == 0x17b4,
		r == 0x17b5, r == 0x3164, r == 0xfeff, r == 0xffa0:
		return true
	case r >= 0x7f && r < 0xa0, r >= 0x180b && r <= 0x180f, r >= 0x200b && r <= 0x200f,
		r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r >= 0xfe00 && r <= 0xfe0f:
		return true
	}
	return strippable(r)
}

// digitValue is the value of a decimal digit of any script: digits come in runs of ten.
func digitValue(r rune) rune {
	if r < utf8.RuneSelf {
		return r - '0'
	}
	var n rune
	for unicode.IsDigit(r - n - 1) {
		n++
	}
	return n % 10
}

// plain holds letters without a decomposition that readers take for a plain one.
var plain = map[rune]rune{
	'ı': 'i', 'đ': 'd', 'Đ': 'd', 'ð': 'd', 'Ð': 'd', 'ø': 'o', 'Ø': 'o', 'ł': 'l', 'Ł': 'l',
	'ħ': 'h', 'Ħ': 'h', 'ŧ': 't', 'Ŧ': 't', 'ß': 's', 'ẞ': 's', 'æ': 'a', 'Æ': 'a', 'œ': 'o',
	'Œ': 'o', 'þ': 't', 'Þ': 't', 'ſ': 's', 'ى': 'ي', 'ة': 'ه',
}

// confusable gives the Latin letter that a Cyrillic or Greek small letter is taken for, 0 when
// there is none. It is applied only inside a word that also has Latin letters.
func confusable(r rune) byte {
	switch r {
	case 'а', 'α':
		return 'a'
	case 'в', 'β', 'ь':
		return 'b'
	case 'с', 'ς':
		return 'c'
	case 'ԁ', 'δ':
		return 'd'
	case 'е', 'ε', 'є':
		return 'e'
	case 'ԍ':
		return 'g'
	case 'н', 'һ':
		return 'h'
	case 'і', 'ι':
		return 'i'
	case 'ј':
		return 'j'
	case 'к', 'κ':
		return 'k'
	case 'ӏ':
		return 'l'
	case 'м':
		return 'm'
	case 'η', 'п':
		return 'n'
	case 'о', 'ο', 'σ':
		return 'o'
	case 'р', 'ρ':
		return 'p'
	case 'ԛ':
		return 'q'
	case 'г':
		return 'r'
	case 'ѕ':
		return 's'
	case 'т', 'τ':
		return 't'
	case 'υ', 'μ':
		return 'u'
	case 'ν', 'ѵ':
		return 'v'
	case 'ԝ', 'ω':
		return 'w'
	case 'х', 'χ':
		return 'x'
	case 'у', 'γ', 'ү':
		return 'y'
	}
	return 0
}
