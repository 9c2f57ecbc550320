package doctor

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

// Print writes the exam for a person.
func (e *Exam) Print(w io.Writer) error {
	var b strings.Builder
	if len(e.Sources) == 0 {
		b.WriteString("No event was found.\n")
	}
	for _, s := range e.Sources {
		s.print(&b)
	}
	e.Twice.print(&b)
	e.printUnjoined(&b)
	e.printIncomplete(&b)
	e.printSkipped(&b)
	e.printBroken(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (e *Exam) printSkipped(b *strings.Builder) {
	if len(e.Skipped) == 0 {
		return
	}
	fmt.Fprintf(b, "Left out on purpose:\n")
	for _, reason := range slices.Sorted(maps.Keys(e.Skipped)) {
		fmt.Fprintf(b, "  %-28s %d\n", reason, e.Skipped[reason])
	}
	if n := e.Skipped[gateway.ReasonUnauthenticated]; n > 0 {
		fmt.Fprintf(
			b,
			"%d calls belong to no account, because the gateway refused their key. Many at once\n"+
				"mean that somebody tries keys: see the gateway's own log.\n", n,
		)
	}
}

func (e *Exam) printBroken(b *strings.Builder) {
	if len(e.Broken) == 0 {
		return
	}
	fmt.Fprintf(b, "Cannot be read (these would become dead letters):\n")
	for _, reason := range slices.Sorted(maps.Keys(e.Broken)) {
		f := e.Broken[reason]
		fmt.Fprintf(b, "  %-28s %d", reason, f.Objects)
		if f.Named > 0 {
			fmt.Fprintf(b, "   %d of them name their account: %d accounts",
				f.Named, len(f.Accounts))
		}
		b.WriteByte('\n')
	}
}

// printUnjoined says of how many events a part is missing, and what brings the parts together.
func (e *Exam) printUnjoined(b *strings.Builder) {
	if e.Unjoined == 0 {
		return
	}
	fmt.Fprintf(
		b,
		"Of %d events the other part did not come. The first and the last ones of a sample may\n"+
			"lack theirs; where it comes later than ingest.gateway.join.window, raise that.\n",
		e.Unjoined,
	)
	for _, format := range slices.Sorted(maps.Keys(e.waited)) {
		fmt.Fprintf(b, "  %s: %s\n", format, joinAdvice(format))
	}
}

// printIncomplete says what calls lack that could have come in several parts.
func (e *Exam) printIncomplete(b *strings.Builder) {
	if len(e.Incomplete) == 0 {
		return
	}
	fmt.Fprintf(b, "Not counted, because no part of the call has it:\n")
	for _, lack := range slices.Sorted(maps.Keys(e.Incomplete)) {
		fmt.Fprintf(b, "  %-28s %d\n", lack, e.Incomplete[lack])
	}
}

// joinAdvice says how the parts of an event get to one reader.
func joinAdvice(format string) string {
	if format == "apim" {
		return "send the categories GatewayLogs and GatewayLlmLogs to one hub with one partition\n" +
			"    (docs/gateways/apim.md)"
	}
	return "send traces and logs to one topic, and all of a trace to one partition:\n" +
		"    partition_traces_by_id and partition_logs_by_trace_id of the Collector's kafka exporter;\n" +
		"    or have the text in the spans: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=span_only.\n" +
		"    Events of single messages (gen_ai.user.message) mean nothing without their span\n" +
		"    (docs/gateways/otlp.md)"
}

// print says which calls are counted twice, and what ends that.
func (t *Twice) print(b *strings.Builder) {
	if t.SameID+t.Nested+t.TwoFormats > 0 {
		fmt.Fprintf(
			b, "Events that report a call which another event has reported already, and that\n"+
				"would count as requests of their own:\n",
		)
	}
	for _, c := range []struct {
		n           int
		what, mends string
	}{
		{
			t.SameID,
			"have the id of another and another time, as a span and the log record of its details",
			"send both to one topic, partitioned by trace, so that they are joined; or content on\n" +
				"    spans only: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=span_only",
		},
		{
			t.Nested,
			"are spans in or around another span of the same call, of two instrumentations, or of\n" +
				"  a gateway and what stands behind it",
			"switch one of them off (OTEL_PYTHON_DISABLED_INSTRUMENTATIONS), or let the topic's\n" +
				"    pipeline take one service.name or scope only",
		},
		{
			t.TwoFormats,
			"have the model, the tokens and the time of an event of another format, as a gateway's\n" +
				"  log and its span",
			"send the log or the spans, not both: take one of the topics out of topics.gateway, or\n" +
				"    that callback out of the gateway",
		},
	} {
		if c.n > 0 {
			fmt.Fprintf(b, "  %d %s:\n    %s\n", c.n, c.what, c.mends)
		}
	}
	if t.Repeated > 0 {
		fmt.Fprintf(
			b, "%d events have the id and the time of another: sent again, they count once.\n",
			t.Repeated,
		)
	}
}

// printUnread says what of the events is not read.
func (s *Source) printUnread(b *strings.Builder) {
	if s.Unread.Fillers > 0 {
		fmt.Fprintf(
			b,
			"Of %d events the logger put a text of its own in place of what was said, which is\n"+
				"read as unknown", s.Unread.Fillers,
		)
		if advice := s.Advice["content.input"]; advice != "" {
			fmt.Fprintf(b, ":\n  %s", advice)
		}
		b.WriteByte('\n')
	}
	if s.Unread.Bodies > 0 {
		fmt.Fprintf(
			b, "Of %d events the body is not read: it is cut or no JSON, has a name twice, or is\n"+
				"beyond ingest.gateway.limits.\n", s.Unread.Bodies,
		)
	}
	if s.Unread.Values > 0 {
		fmt.Fprintf(b, "%d values are of the wrong type or range, and count as absent.\n",
			s.Unread.Values)
	}
}

// percent rounds down: 100 stands for all, and for nothing less.
func percent(n, of int) string {
	if 100*n < of {
		return "<1"
	}
	return strconv.Itoa(100 * n / of)
}

func (s *Source) print(b *strings.Builder) {
	fmt.Fprintf(b, "Format %s: %d events\n\nFields that the events have:\n", s.Format, s.Events)
	var absent []string
	for _, f := range gateway.Fields() {
		if n := s.Known[f.Path]; n > 0 {
			fmt.Fprintf(b, "  %-28s %3s %%\n", f.Path, percent(n, s.Events))
		} else {
			absent = append(absent, f.Path)
		}
	}
	fmt.Fprintf(b, "Fields that none has:\n")
	for line := range slices.Chunk(absent, 5) {
		fmt.Fprintf(b, "  %s\n", strings.Join(line, ", "))
	}
	s.printUnread(b)
	verdicts := s.Verdicts()
	fmt.Fprintf(b, "\nDetectors: %d of %d see all that they need\n",
		len(detectors.All())-len(verdicts), len(detectors.All()))
	missing := map[string]bool{}
	for _, v := range verdicts {
		word := "weak "
		if v.Blind {
			word = "blind"
		}
		fmt.Fprintf(b, "  %s  %-18s needs %s\n", word, v.Detector, strings.Join(v.Missing, ", "))
		for _, need := range v.Missing {
			for path := range strings.SplitSeq(need, " or ") {
				missing[path] = true
			}
		}
	}
	var advice []string
	for _, path := range slices.Sorted(maps.Keys(s.Advice)) {
		if missing[path] || s.Known[path] == 0 {
			advice = append(advice, fmt.Sprintf("  %-28s %s\n", path, s.Advice[path]))
		}
	}
	if len(advice) > 0 {
		fmt.Fprintf(b, "\nWhat to switch on in the gateway:\n%s", strings.Join(advice, ""))
	}
	var enrich []string
	for _, path := range []string{
		"account.created_at", "account.payment_fp",
		"account.payment_issuer", "account.email_domain",
	} {
		if missing[path] && s.Advice[path] == "" {
			enrich = append(enrich, path)
		}
	}
	if len(enrich) > 0 {
		fmt.Fprintf(b,
			"\nNo gateway knows %s:\n  give Stillwatch your account table (ingest.enrich, docs/enrichment.md).\n",
			strings.Join(enrich, ", "))
	}
	b.WriteByte('\n')
}
