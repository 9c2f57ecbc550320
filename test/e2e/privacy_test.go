package e2e

import (
	"encoding/json"
	"iter"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
)

// phrases are the hashes of runs of words that stand in a world's prompts and answers. Much is
// searched for them, record by record.
type phrases map[uint64]struct{}

// phraseWords is the length of a phrase: long enough for none to stand in what Stillwatch writes
// itself.
const phraseWords = 5

// phrasesOf cuts the events' texts into phrases: what holds nine words of one holds a phrase.
func phrasesOf(t *testing.T, lines [][]byte) phrases {
	t.Helper()
	p := make(phrases)
	for _, line := range lines {
		var ev struct {
			Content struct {
				System, Output, Reasoning string
				Input                     []struct{ Text string }
			}
		}
		require.NoError(t, json.Unmarshal(line, &ev))
		texts := []string{ev.Content.System, ev.Content.Output, ev.Content.Reasoning}
		for _, message := range ev.Content.Input {
			texts = append(texts, message.Text)
		}
		for _, text := range texts {
			for words, phrase := range runsOfWords([]byte(text)) {
				if words%phraseWords == 0 {
					p[phrase] = struct{}{}
				}
			}
		}
	}
	return p
}

// in tells whether any of the phrases stands in data, which may be binary.
func (p phrases) in(data []byte) bool {
	for _, phrase := range runsOfWords(data) {
		if _, found := p[phrase]; found {
			return true
		}
	}
	return false
}

// runsOfWords yields the hash of every run of phraseWords words, with the number of words up to its
// end. All but ASCII counts as letters.
func runsOfWords(data []byte) iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		const basis, prime = 14695981039346656037, 1099511628211 // FNV-1a
		var last [phraseWords]uint64
		words, hash := 0, uint64(basis)
		for i := 0; i <= len(data); i++ {
			if i < len(data) && isLetter(data[i]) {
				hash = (hash ^ uint64(data[i])) * prime
				continue
			}
			if hash == basis {
				continue
			}
			last[words%phraseWords] = hash
			words, hash = words+1, basis
			if words < phraseWords {
				continue
			}
			run := uint64(basis)
			for n := range phraseWords {
				run = (run ^ last[(words+n)%phraseWords]) * prime
			}
			if !yield(words, run) {
				return
			}
		}
	}
}

func isLetter(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' ||
		b >= '0' && b <= '9' || b >= utf8.RuneSelf
}

// inTopics requires that none of the broker's topics has any of the phrases but those that text
// goes into, and returns how many were searched.
func (p phrases) inTopics(d *deployment) (searched int) {
	d.t.Helper()
	meta, err := d.client.Metadata(d.t.Context(), &kafka.MetadataRequest{})
	require.NoError(d.t, err)
	for _, topic := range meta.Topics {
		if strings.HasSuffix(topic.Name, textTopic) {
			continue
		}
		for _, record := range d.read(topic.Name) {
			for _, data := range [][]byte{record.Key, record.Value} {
				require.False(d.t, p.in(data),
					"offset %d of topic %s has text", record.Offset, topic.Name)
			}
			for _, h := range record.Headers {
				require.False(d.t, p.in(h.Value),
					"header %s at offset %d of topic %s has text", h.Key, record.Offset, topic.Name)
			}
		}
		searched++
	}
	return searched
}

// inRedis requires that nothing in Redis has any of the phrases, and returns how many keys were
// searched.
func (p phrases) inRedis(d *deployment) (searched int) {
	d.t.Helper()
	ctx := d.t.Context()
	client := redis.NewClient(&redis.Options{Addr: d.redis()})
	defer func() { require.NoError(d.t, client.Close()) }()
	keys := client.Scan(ctx, 0, "*", 1000).Iterator()
	for keys.Next(ctx) {
		values := []string{keys.Val()}
		switch kind := client.Type(ctx, keys.Val()).Val(); kind {
		case "string":
			value, err := client.Get(ctx, keys.Val()).Result()
			require.NoError(d.t, err)
			values = append(values, value)
		case "hash":
			fields, err := client.HGetAll(ctx, keys.Val()).Result()
			require.NoError(d.t, err)
			for name, value := range fields {
				values = append(values, name, value)
			}
		case "none": // Its time has come meanwhile.
		default:
			d.t.Fatalf("key %q holds a %s, which this test cannot search", keys.Val(), kind)
		}
		for _, value := range values {
			require.False(d.t, p.in([]byte(value)), "key %q has text", keys.Val())
		}
		searched++
	}
	require.NoError(d.t, keys.Err())
	return searched
}
