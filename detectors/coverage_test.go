package detectors

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// writes gives accounts n requests each that carry one of the texts, by chance; a text is known by
// eight shingles. share is the part of the requests that carry any.
func writes(rng *rand.Rand, members []*fingerprint.Profile, texts int, n uint32, share float64) {
	const shingles = 8
	for _, p := range members {
		p.Requests, p.WithText, p.TemplateRequests = n, n, 0
		counts := make([]uint32, texts)
		for range n {
			if rng.Float64() < share {
				counts[rng.IntN(texts)]++
				p.TemplateRequests++
			}
		}
		for text, count := range counts {
			for k := range shingles {
				p.Template = append(p.Template, fingerprint.Counted{
					Hash: uint64(1000*(text+1) + k), Count: count,
				})
			}
		}
	}
}

// adds gives each account a text of its own in n requests, in the requests that carry the shared
// text or in others.
func adds(members []*fingerprint.Profile, n uint32, inOthers bool) {
	for i, p := range members {
		for k := range 12 {
			p.Template = append(p.Template, fingerprint.Counted{
				Hash: uint64(1<<40 + 1000*i + k), Count: n,
			})
		}
		if inOthers {
			p.TemplateRequests += n
		}
	}
}

// workOf is the shared work of members among ordinary accounts.
func workOf(members []*fingerprint.Profile) CommonWork {
	b := among(members)
	return b.group().Work
}

func TestTheTextsOfAPoolCoverItsRequestsHoweverManyThereAre(t *testing.T) {
	for _, texts := range []int{1, 2, 4, 7} {
		t.Run(fmt.Sprint(texts), func(t *testing.T) {
			members := people(30, 3)
			writes(rand.New(rand.NewPCG(1, 2)), members, texts, 40, 1)
			w := workOf(members)
			require.Len(t, w.Shingles, 8*texts)
			told := map[uint8]bool{}
			for _, s := range w.Shingles {
				told[s.Text] = true
			}
			require.Len(t, told, texts)
			require.Greater(t, w.Traffic, 0.9)
			require.InDelta(t, 30, w.Carriers, 0.1)
		})
	}
}

func TestTextsOfAPartOfTheRequestsCoverThatPart(t *testing.T) {
	for _, share := range []float64{0.2, 0.5, 0.8} {
		members := people(30, 3)
		writes(rand.New(rand.NewPCG(1, 2)), members, 3, 60, share)
		require.InDelta(t, share, workOf(members).Traffic, 0.1)
	}
}

func TestAFewRequestsOfALongTextDoNotCoverTheShortTextOfTheOthers(t *testing.T) {
	p := &fingerprint.Profile{WithText: 100, TemplateRequests: 100}
	var s Sightings
	for range 40 {
		s.Shared(1, 10)
	}
	for range 3 {
		s.Other(90)
	}
	require.EqualValues(t, 10, s.Requests(p))
}

func TestAPhraseInsideAnOwnTextCoversNoMoreThanItsRequests(t *testing.T) {
	p := &fingerprint.Profile{WithText: 100, TemplateRequests: 90}
	var s Sightings
	s.Shared(1, 30)
	s.Shared(2, 30)
	s.Shared(3, 30)
	for range 20 {
		s.Other(60)
	}
	require.EqualValues(t, 30, s.Requests(p))
	require.Zero(t, (&Sightings{}).Requests(p))
}

func TestWhatTheOwnerOfAnAccountDoesElsewhereDoesNotDiluteTheSharedText(t *testing.T) {
	leased, program := people(30, 3), people(30, 3)
	writes(rand.New(rand.NewPCG(1, 2)), leased, 1, 90, 0.33)
	writes(rand.New(rand.NewPCG(1, 2)), program, 1, 90, 0.33)
	adds(leased, 55, true)
	adds(program, 25, false)
	require.Greater(t, workOf(leased).Mass, 0.95)
	require.Less(t, workOf(program).Mass, 0.6, "an own text in the same requests is own work")
}
