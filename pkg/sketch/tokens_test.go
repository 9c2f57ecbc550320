package sketch

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/siphash"
)

// tokensOf returns the hashes of the tokens of a text, with and without their numbers.
func tokensOf(t *tokenizer, text string) (hashes, exacts []uint64) {
	t.start(text)
	for t.next() {
		for _, token := range t.tokens[:t.n] {
			hashes, exacts = append(hashes, token.hash), append(exacts, token.exact)
		}
	}
	return hashes, exacts
}

func TestTokensAreNormalisedWords(t *testing.T) {
	long := strings.Repeat("x", 100)
	for name, c := range map[string]struct{ text, words, exacts string }{
		"words and punctuation": {"Hello, World! (again)", "hello world again", ""},
		"apostrophes join": {
			"don't rock'n'roll l’été 'quoted' dogs'", "dont rocknroll lete quoted dogs", "",
		},
		"hyphens and underscores separate": {
			"step-by-step snake_case", "step by step snake case", "",
		},
		"a number is one token": {
			"12 3.14 1,000,000 7. 1,2", "0 0 0 0 0", "12 3.14 1,000,000 7 1,2",
		},
		"numbers in words": {
			"gpt4o v1.2b abc123def456", "gpt0o v0b abc0def0", "gpt4o v1.2b abc123def456",
		},
		"accents": {
			"Größe naïve Łódź Ærø İstanbul ılık", "grose naive lodz aro istanbul ilik", "",
		},
		"Cyrillic":                     {"Ёлка и Йод", "елка и иод", ""},
		"mixed scripts":                {"pаssword раssword", "password password", ""},
		"a Cyrillic word stays":        {"сор", "сор", ""},
		"Chinese":                      {"你好，世界", "你 好 世 界", ""},
		"kana with and without marks":  {"データ か\u3099", "テ ー タ か", ""},
		"half-width katakana":          {"ｱｲ", "ア イ", ""},
		"Hangul":                       {"단계 별", "단 계 별", ""},
		"Thai":                         {"ขั้น", "ข ั ้ น", ""},
		"Arabic vowel signs":           {"مُدَرِّسٌ إجابة", "مدرس اجابه", ""},
		"Devanagari keeps vowel signs": {"चरण दर", "चरण दर", ""},
		"script change inside a word":  {"用python写3行", "用 python 写 0 行", "用 python 写 3 行"},
		"Arabic digits":                {"٤٢", "0", "42"},
		"a dropped character between":  {"in\u200bvisible a\x02b", "invisible ab", ""},
		"invalid UTF-8":                {"a\xffb", "a b", ""},
		"emoji":                        {"yes🙂no", "yes no", ""},
		"long words are cut": {
			long + " b", long[:maxWord] + " " + long[:100-maxWord] + " b", "",
		},
		"nothing": {" \n.,;", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tok := newTokenizer(siphash.KeyOf(7, 7))
			hashes, exacts := tokensOf(tok, c.text)
			if c.exacts == "" {
				c.exacts = c.words
			}
			want := func(words string) (h []uint64) {
				for word := range strings.FieldsSeq(words) {
					h = append(h, siphash.Sum(tok.key, word))
				}
				return h
			}
			require.Equal(t, want(c.words), hashes)
			require.Equal(t, want(c.exacts), exacts)
		})
	}
}

func TestTokensDoNotDependOnTheBatch(t *testing.T) {
	tok := newTokenizer(siphash.KeyOf(7, 7))
	line := "it's 3.5 x 用 “quoted” Words, "
	one, _ := tokensOf(tok, line)
	many, _ := tokensOf(tok, strings.Repeat(line, 500))
	require.Equal(t, slices.Repeat(one, 500), many)
}

func TestSampleKeepsTheSmallestHashes(t *testing.T) {
	s := newSample(8)
	s.reset(1000)
	for i := range uint64(5000) {
		s.add((i * 7919) % 5000)
		s.add((i * 7919) % 5000)
	}
	require.Equal(t, []uint64{0, 1, 2, 3, 4, 5, 6, 7}, s.settle())
	s.reset(1000)
	s.add(1000)
	s.add(999)
	require.Equal(t, []uint64{999}, s.settle())
}
