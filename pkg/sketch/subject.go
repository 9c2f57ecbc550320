package sketch

import (
	"math"
	"math/bits"
)

const (
	// SubjectSize is how many numbers a subject has. Two unrelated texts have a similarity of about
	// 1/sqrt(32) = 0.18 either way by chance, which evens out over pairs of requests, while 32
	// numbers are too few to tell a word from.
	SubjectSize = 32
	// SubjectNorm is the Euclidean length of a subject: its numbers fit a byte with half to spare,
	// and rounding moves it by 3 % at the most.
	SubjectNorm = 64
	// minSubjectWord is the length in characters from which a word says something about its text:
	// the shorter a word the commoner it is (Zipf's law of abbreviation), and function words are
	// the commonest.
	minSubjectWord = 4
	// minSubjectWords is how many different words a text has to have for a subject.
	minSubjectWords = 3
)

// subjectWords notes which words a text has, by 12 bits of their hashes: 5 choose one of the
// SubjectSize numbers, 1 the sign, and 6 tell words of one number and sign apart. It is a set, so
// that a word counts once however often it comes and the order does not matter.
type subjectWords struct {
	// on says that the text at hand counts.
	on bool
	// last is the hash of the token before, when that was a character of a script without spaces.
	last uint64
	// seen has one element for each number and sign.
	seen [2 * SubjectSize]uint64
}

func (w *subjectWords) reset() {
	clear(w.seen[:])
	w.last = 0
}

// step notes the words among the tokens. In scripts without spaces, two neighbouring characters
// stand for a word.
func (w *subjectWords) step(tokens []token, number uint64) {
	for i := range tokens {
		t := &tokens[i]
		switch {
		case t.char && w.last == 0:
			w.last = t.hash
		case t.char:
			w.note(chain(chain(0, w.last), t.hash))
			w.last = t.hash
		default:
			w.last = 0
			if t.length >= minSubjectWord && t.hash != number {
				w.note(t.hash)
			}
		}
	}
}

func (w *subjectWords) note(h uint64) {
	const cell = 64 - 6 // the number and the sign are the first six bits
	w.seen[h>>cell] |= 1 << (h >> (cell - 6) & 63)
}

// subject is the feature hash of the words (Weinberger et al., Feature Hashing for Large Scale
// Multitask Learning, 2009): the inner product of two of them is, in the mean, what the texts'
// words have in common.
func (w *subjectWords) subject() (out [SubjectSize]int8) {
	var numbers [SubjectSize]int
	words, squares := 0, 0
	for i := range numbers {
		plus, minus := bits.OnesCount64(w.seen[2*i]), bits.OnesCount64(w.seen[2*i+1])
		numbers[i] = plus - minus
		words += plus + minus
		squares += numbers[i] * numbers[i]
	}
	if words < minSubjectWords || squares == 0 {
		return out
	}
	length := math.Sqrt(float64(squares))
	for i, n := range numbers {
		out[i] = int8(math.Round(float64(SubjectNorm*n) / length))
	}
	return out
}

// HasSubject tells whether there is a subject: one of all zeros is none.
func (s *Sketch) HasSubject() bool { return s.Subject != [SubjectSize]int8{} }
