package simulate

import (
	"fmt"
	"strings"
)

// generators are the texts that a flat grammar makes badly: code, logs, tables, articles,
// transcripts.
func generators(g *grammar) map[string]func(r rng, b *strings.Builder) {
	return map[string]func(r rng, b *strings.Builder){
		"code":       func(r rng, b *strings.Builder) { writeCode(g, r, b, r.between(4, 14)) },
		"snippet":    func(r rng, b *strings.Builder) { writeCode(g, r, b, r.between(1, 3)) },
		"log":        func(r rng, b *strings.Builder) { writeLog(g, r, b) },
		"grep":       func(r rng, b *strings.Builder) { writeGrep(g, r, b) },
		"table":      func(r rng, b *strings.Builder) { writeTable(g, r, b) },
		"article":    func(r rng, b *strings.Builder) { writeArticle(g, r, b) },
		"transcript": func(r rng, b *strings.Builder) { writeTranscript(g, r, b) },
	}
}

func writeCode(g *grammar, r rng, b *strings.Builder, lines int) {
	noun, verb := g.text(r, "noun"), g.text(r, "verb")
	Noun := g.text(r, "Noun")
	style := r.IntN(4)
	switch style {
	case 0:
		fmt.Fprintf(b, "func %s%s(ctx context.Context, %s *%s) error {\n", verb, Noun, noun, Noun)
	case 1:
		fmt.Fprintf(b, "def %s_%s(%s, limit=%d):\n", verb, noun, noun, r.between(1, 500))
	case 2:
		fmt.Fprintf(b, "export async function %s%s(%s: %s, limit = %d) {\n",
			verb, Noun, noun, Noun, r.between(1, 500))
	default:
		fmt.Fprintf(b, "pub fn %s_%s(%s: &%s) -> Result<(), Error> {\n", verb, noun, noun, Noun)
	}
	for range lines {
		other, v := g.text(r, "noun"), g.text(r, "verb")
		b.WriteString("    ")
		switch r.IntN(7) {
		case 0:
			fmt.Fprintf(b, "if %s.%s > %d {\n", noun, other, r.between(0, 999))
		case 1:
			fmt.Fprintf(b, "%s = %s_%s(%s, %d)\n", other, v, other, noun, r.between(0, 99))
		case 2:
			fmt.Fprintf(b, "for item in %s.%ss() {\n", other, v)
		case 3:
			fmt.Fprintf(b, "// %s the %s before the %s is sent\n", v, other, noun)
		case 4:
			fmt.Fprintf(b, "return %s.%s(%s)\n", noun, v, other)
		case 5:
			fmt.Fprintf(b, "log.debug(\"%s %s: {}\", %s)\n", v, other, noun)
		default:
			fmt.Fprintf(b, "%s.%s_%s += %d\n", noun, v, other, r.between(1, 64))
		}
	}
	if style != 1 {
		b.WriteString("}\n")
	}
}

func writeLog(g *grammar, r rng, b *strings.Builder) {
	for range r.between(3, 12) {
		fmt.Fprintf(b, "%02d:%02d:%02d.%03d %s %s.%s %s=%s took %d ms\n", r.IntN(24), r.IntN(60),
			r.IntN(60), r.IntN(1000), pick(r, []string{"INFO", "INFO", "DEBUG", "WARN", "ERROR"}),
			g.text(r, "repo"), g.text(r, "verb"), g.text(r, "noun"), r.token(6), r.between(1, 9000))
	}
	if r.chance(0.5) {
		fmt.Fprintf(b, "panic: %s %s: index out of range [%d]\n",
			g.text(r, "verb"), g.text(r, "noun"), r.IntN(400))
	}
}

func writeGrep(g *grammar, r rng, b *strings.Builder) {
	for range r.between(2, 9) {
		fmt.Fprintf(b, "%s:%d: %s%s(%s)\n",
			g.text(r, "path"), r.between(1, 900), g.text(r, "verb"),
			g.text(r, "Noun"), g.text(r, "noun"))
	}
}

func writeTable(g *grammar, r rng, b *strings.Builder) {
	fmt.Fprintf(b, "city,%s,%s\n", g.text(r, "noun"), g.text(r, "noun"))
	for range r.between(4, 10) {
		fmt.Fprintf(b, "%s,%d,%d.%02d\n",
			g.text(r, "city"), r.between(1, 900), r.between(1, 90), r.IntN(100))
	}
}

func writeArticle(g *grammar, r rng, b *strings.Builder) {
	fmt.Fprintf(b, "%s in %s: ", g.text(r, "topic.cap"), g.text(r, "city"))
	for range r.between(3, 9) {
		b.WriteString(g.text(r, "sentence"))
		b.WriteByte(' ')
	}
}

func writeTranscript(g *grammar, r rng, b *strings.Builder) {
	one, two := g.text(r, "first"), g.text(r, "first")
	for i := range r.between(4, 10) {
		who := one
		if i%2 == 1 {
			who = two
		}
		fmt.Fprintf(b, "%s: %s%s\n",
			who, pick(r, []string{"", "um, ", "so, ", "yeah, ", "well ", "I mean, "}),
			g.text(r, "sentence"))
	}
}
