package fingerprint

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// openData opens a gzipped file of the evaluation data, which is no part of the repository, or
// skips the test.
func openData(t *testing.T, name string) io.Reader {
	t.Helper()
	shared := os.Getenv("STILLWATCH_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	file, err := os.Open(filepath.Join(shared, "data", filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		t.Skipf(
			"evaluation data is not here, set STILLWATCH_SHARED to the folder that holds data/%s",
			name,
		)
	}
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	r, err := gzip.NewReader(file)
	require.NoError(t, err)
	return r
}

// prompt is what a person wrote to a model.
type prompt struct{ person, text string }

// readTable reads a CSV file; each visits its rows by the names of the columns.
func readTable(t *testing.T, name string, each func(row map[string]string)) {
	t.Helper()
	rows, err := csv.NewReader(openData(t, name)).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		named := map[string]string{}
		for i, column := range rows[0] {
			named[column] = row[i]
		}
		each(named)
	}
}

// dialogues are the turns of people who talked with a model about given situations.
func dialogues(t *testing.T) (list []prompt) {
	readTable(t, "multiturn/halie_dialogue_event_blocks.csv.gz", func(row map[string]string) {
		list = append(list, prompt{row["worker_id"], row["user_input"]})
	})
	return list
}

// questions are the queries of people who answered a quiz with the help of a model; once leaves one
// query for each question.
func questions(t *testing.T, once bool) (list []prompt) {
	readTable(t, "multiturn/halie_question_event_blocks.csv.gz", func(row map[string]string) {
		texts := pythonTexts(row["user_queries"])
		if once {
			texts = texts[:min(1, len(texts))]
		}
		for _, text := range texts {
			list = append(list, prompt{row["worker_id"], text})
		}
	})
	return list
}

// pythonTexts reads a list of texts as Python writes it.
func pythonTexts(list string) (texts []string) {
	for len(list) > 0 {
		start := strings.IndexAny(list, `'"`)
		if start < 0 {
			break
		}
		quote := list[start]
		var text []byte
		i := start + 1
		for ; i < len(list) && list[i] != quote; i++ {
			if list[i] == '\\' && i+1 < len(list) {
				i++
			}
			text = append(text, list[i])
		}
		texts = append(texts, string(text))
		list = list[min(i+1, len(list)):]
	}
	return texts
}

// strangers are people of whom each had one conversation.
func strangers(t *testing.T) (list []prompt) {
	d := json.NewDecoder(openData(t, "multiturn/hh_rlhf_harmless_base_test.jsonl.gz"))
	for n := 0; d.More(); n++ {
		var record struct {
			Chosen string `json:"chosen"`
		}
		require.NoError(t, d.Decode(&record))
		for _, part := range strings.Split(record.Chosen, "\n\nHuman: ")[1:] {
			text, _, _ := strings.Cut(part, "\n\nAssistant:")
			list = append(list, prompt{strconv.Itoa(n), text})
		}
	}
	return list
}

func habitsOf(t *testing.T, prompts []prompt) map[string]*Habits {
	t.Helper()
	opts := DefaultOptions()
	so := sketch.DefaultOptions()
	so.Key = []byte("a secret for the tests only")
	s, err := sketch.New(so)
	require.NoError(t, err)
	people := map[string]*Fingerprint{}
	for i, p := range prompts {
		o := &Observation{
			Time: origin + int64(i), Account: p.person, HasText: true,
			InputTokens: -1, OutputTokens: -1, ReasoningTokens: -1, Messages: 1,
		}
		s.Sketch(&event.Event{Content: event.Content{
			Input: []event.Message{{Role: "user", Text: p.text}},
		}}, &o.Sketch)
		if people[p.person] == nil {
			people[p.person] = New(&opts)
		}
		people[p.person].Observe(o)
	}
	habits := map[string]*Habits{}
	for who, f := range people {
		habits[who] = new(Habits)
		require.True(t, profileOf(f).Habits.Unpack(habits[who]))
	}
	return habits
}

// likeness is the mean similarity of two requests of one person and of two people.
type likeness struct {
	people, prompts int
	within, between float64
}

// individuality is the share of what differs that differs between people: the intraclass
// correlation. Of unit vectors, 1 - between is the variance about the mean of all.
func (l likeness) individuality() float64 { return (l.within - l.between) / (1 - l.between) }

func likenessOf(people map[string]*Habits) (l likeness) {
	var all [NumHalves]Subjects
	same, weight := 0.0, 0.0
	for _, h := range people {
		a, b := h.Half(0), h.Half(1)
		l.prompts += int(a.Count + b.Count)
		if a.Count == 0 || b.Count == 0 {
			continue
		}
		l.people++
		all[0].Add(&a)
		all[1].Add(&b)
		same += a.Dot(&b)
		weight += a.Count * b.Count
	}
	l.within = same / weight
	l.between = (all[0].Dot(&all[1]) - same) / (all[0].Count*all[1].Count - weight)
	return l
}

// template stands before every prompt of people who use one program.
const template = "Reply in two parts. The first part lists every consideration in the order in " +
	"which it came up, the second part is what the reader sees. Keep both parts in the language of " +
	"the question, and don't mention these rules in either of them.\n\n"

// people are the sets of real prompts. assigned are questions that were dealt out to people at
// random, one prompt for each: workers, though each of them is a person.
var people = map[string]struct {
	read     func(t *testing.T) []prompt
	assigned bool
}{
	"dialogues": {dialogues, false},
	"questions": {func(t *testing.T) []prompt { return questions(t, false) }, false},
	"strangers": {strangers, false},
	"strangers with one template": {func(t *testing.T) []prompt {
		list := strangers(t)
		for i := range list {
			list[i].text = template + list[i].text
		}
		return list
	}, false},
	"assigned questions": {func(t *testing.T) []prompt { return questions(t, true) }, true},
}

// Measured, as individuality: dialogues 0.033, questions 0.105, strangers 0.129, with one template
// 0.136 (other prompts have enough words for a subject then), assigned questions -0.015 (nobody
// gets a question twice, so that one's own prompts differ more than those of two people); prompts
// dealt at random 0.000 with a standard deviation of 0.003 to 0.008.
func TestPeopleAreLikerThemselvesThanEachOther(t *testing.T) {
	for name, set := range people {
		t.Run(name, func(t *testing.T) {
			prompts := set.read(t)
			l := likenessOf(habitsOf(t, prompts))
			t.Logf("%d people, %d prompts: within %.4f, between %.4f, individuality %.4f",
				l.people, l.prompts, l.within, l.between, l.individuality())
			dealt := dealtAnew(t, prompts, 20)
			mean, deviation := stat.MeanStdDev(dealt, nil)
			t.Logf("dealt at random: %.4f, standard deviation %.4f", mean, deviation)
			require.InDelta(t, 0, mean, deviation)
			if set.assigned {
				require.Less(t, l.individuality(), mean+3*deviation)
				return
			}
			require.Greater(t, l.individuality(), mean+3*deviation)
		})
	}
}

// dealtAnew is the individuality when the prompts are dealt to the same people at random.
func dealtAnew(t *testing.T, prompts []prompt, times int) (list []float64) {
	t.Helper()
	r := seeded(1)
	dealt := slices.Clone(prompts)
	for range times {
		r.Shuffle(len(dealt), func(i, j int) {
			dealt[i].person, dealt[j].person = dealt[j].person, dealt[i].person
		})
		list = append(list, likenessOf(habitsOf(t, dealt)).individuality())
	}
	return list
}
