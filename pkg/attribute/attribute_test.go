package attribute

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/test/tools"
)

var update = flag.Bool("update", false, "write docs/attributes.md anew")

func TestTheDocumentationHasTheTable(t *testing.T) {
	tools.Document(t, "../../docs/attributes.md", "", "", Markdown(), *update)
}

func TestEveryRowIsWholeAndSaysWhatGoesTogether(t *testing.T) {
	names, states, paths := map[string]bool{}, map[uint8]bool{}, map[string]bool{}
	for a := range Num {
		s := a.Spec()
		require.NotEmpty(t, s.Name)
		require.NotEmpty(t, s.Fields, s.Name)
		require.False(t, names[s.Name], s.Name)
		require.False(t, states[s.State], "%s has the number of another in saved state", s.Name)
		names[s.Name], states[s.State] = true, true
		if a < NumKept {
			require.NotNil(t, s.Read, s.Name)
			require.Nil(t, s.Day, s.Name)
		} else {
			require.Nil(t, s.Read, s.Name)
			require.NotNil(t, s.Day, s.Name)
			require.Empty(t, s.Watch, "%s: no list is compared with days", s.Name)
		}
		if s.Refines || s.Recognises || s.Group != "" || s.AllValues {
			require.NotZero(t, s.Posting, "%s: members are looked up by the posting", s.Name)
			require.NotEmpty(t, s.Family, s.Name)
		}
		for _, p := range s.Watch {
			require.False(t, paths[p.STIX], p.STIX)
			paths[p.STIX] = true
		}
	}
	require.Equal(t, "unknown", Num.String())
}

func TestSavedStateKnowsAttributesByNumbersThatNeverChange(t *testing.T) {
	// The numbers of release 1, which campaigns are saved with.
	saved := map[Attribute]string{
		Payment: "0", Issuer: "1", Device: "2", Stack: "3", Params: "4", Tools: "5", Network: "6",
		ASN: "7", Domain: "8", Model: "9", SignupDay: "10", FirstDay: "11", Seed: "12",
		Contract: "13", Purpose: "14",
	}
	for a, number := range saved {
		b, err := json.Marshal(a)
		require.NoError(t, err)
		require.Equal(t, number, string(b), "%s", a)
		var back Attribute
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, a, back)
	}
	var later Attribute
	require.NoError(t, json.Unmarshal([]byte("200"), &later))
	require.Equal(t, Num, later, "of a later version")
	require.Error(t, json.Unmarshal([]byte(`"payment"`), &later))
	_, err := json.Marshal(Num)
	require.Error(t, err)
}

func TestADeclaredPurposeIsAWordOfAClosedList(t *testing.T) {
	for declared, want := range map[string]string{
		"research": "research", " Data_Generation ": "data-generation", "EVALUATION": "evaluation",
		"": "", "none": "", "-": "", "distilling your model": OtherPurpose, "evaluation2": "other",
		"other": "other",
	} {
		word, known := PurposeOf(declared)
		require.Equal(t, want, word, declared)
		require.Equal(t, word != OtherPurpose || declared == OtherPurpose, known, declared)
	}
	for _, word := range Purposes {
		read, known := PurposeOf(word)
		require.Equal(t, word, read)
		require.True(t, known)
	}
	require.False(t, AllowsCollecting(OtherPurpose))
	require.False(t, AllowsCollecting("resale"))
	require.True(t, AllowsCollecting("evaluation"))
}

func TestWhatAnEventDoesNotReportHasNoText(t *testing.T) {
	for a := range NumKept {
		require.Empty(t, a.Spec().Read(nil, &event.Event{}), "%s", a)
	}
	long := event.Event{}
	long.Client.UserAgent = strings.Repeat("agent ", 1000)
	text := Stack.Spec().Read(nil, &long)
	require.LessOrEqual(t, len(text), maxValue, "a client chooses it freely")
}

func TestASeedThatMeansARandomOneIsUnknown(t *testing.T) {
	for seed, text := range map[event.Int]string{
		{V: 1234, Known: true}: "1234", {V: 7}: "",
		{V: 0, Known: true}: "", {V: -1, Known: true}: "",
	} {
		ev := event.Event{Request: event.Request{Seed: seed}}
		require.Equal(t, text, string(Seed.Spec().Read(nil, &ev)), "%v", seed)
	}
}
