package sketch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/siphash"
)

func layoutOf(text string) uint64 {
	s := &layoutHasher{names: siphash.KeyOf(7, 7), key: siphash.KeyOf(7, 8)}
	s.read(text)
	return s.hash()
}

func TestLayoutSurvivesParaphraseAndSlots(t *testing.T) {
	for name, texts := range map[string][]string{
		"numbered sections and tags": {
			"[1]\nBe a teacher.\n\n[2]\nReply:\n<work>...</work>\n<value>...</value>\n\n[3]\nWhat is 3 + 4?\n",
			"[1]\nAct as somebody who explains.\n[2]\nUse the form\n<work>...</work>\n<value>...</value>\n[3]\nTom says:\n- a\n- b\n\n1. c\n\nStart.",
			"  [1] Imagine that you teach.\r\n[2] So:\r\n <work> </work>\r\n <value></value>\r\n[3]\r\n```go\n# code\n<x>\n```\nDone: now",
		},
		"headings": {
			"# Role\nYou grade.\n\n## Task\nGrade.\n\n## Text\nHello.\n\n## Scale\n1 to 5\n",
			"# Who\nA marker.\n\n## What\nGive marks.\n\n## Input\n- one\n* two\n**bold**\n\n## How\nfrom 1 to 5\n",
			"# A\n\n## B\nx = 1\n# a comment in code\ny = 2\n\n## C\n> quoted\n\n## D",
		},
		"tags in a sentence": {
			"Think in <scratch> and </scratch>, then give the <result>...</result> and a <rating>.",
			"Your <scratch> comes first. It's followed by <result>; vector<int> is allowed. Finish with <rating>.",
		},
		"JSON keys": {
			"Answer as\n{\"steps\": [\"...\"], \"result\": 0,\n \"sure\": true}",
			"Give {\"steps\": [], \"result\": 1, \"sure\": false} for the following text.\n\nText.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := layoutOf(texts[0])
			require.NotZero(t, want)
			for _, text := range texts[1:] {
				require.Equal(t, want, layoutOf(text), text)
			}
		})
	}
}

func TestLayoutsOfDifferentTemplatesDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for _, text := range []string{
		"[1]\na\n[2]\nb\n[3]\nc", "[1]\na\n[2]\nb\n[3]\nc\n[4]\nd", "<a>\n<b>\n<c>",
		"<a>\n<c>\n<b>", "{\"a\":1,\n\"b\":2,\n\"c\":3}", "# a\n\n# b\n\n# c\n\n# d",
		"## a\n## b\n## c\n## d", "- a\nName: b\n1. c\n> d\n| e |",
		"Name: b\n- a\n1. c\n> d\n| e |",
	} {
		h := layoutOf(text)
		require.NotZero(t, h, text)
		require.Empty(t, seen[h], text)
		seen[h] = text
	}
}

func TestTrivialStructureHasNoLayout(t *testing.T) {
	for _, text := range []string{
		"", "Hello!\n\nHow are you?", "- a\n- b\n- c\n- d\n- e", "1. a\n2. b\n3. c",
		"Dear Sir:\n\nThanks.\n\nPS: call me at 10:30", "```\n# a\n\n# b\n\n# c\n\n# d\n```",
		"A: hi\nB: hello\nA: bye", "<p>\n<p>\n</p>", "# a\n\n# b\n\n# c",
		"func add(a, b int) int {\n\treturn a + b\n}\n\ncase 1:\n\tfmt.Println(\"x\")",
		"if a < b {\n}\nstd::vector<int> x;\nMap<String, List<int>> y",
		"import os\n# read it\nx = os.environ['A']\n# write it\n# and again\nprint(x)",
		"https://example.org\nftp://example.org",
	} {
		require.Zero(t, layoutOf(text), text)
	}
}
