package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// switches say what brings the parts of calls together, by format.
var switches = map[string][]string{
	"otlp": {
		"write spans and log records to one topic, and a trace to one partition:",
		"kafka exporter: partition_traces_by_id: true, partition_logs_by_trace_id: true;",
		"or have all in the span: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=span_only",
		"with OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental; events of single messages",
		"(gen_ai.user.message, gen_ai.choice) mean nothing without their span",
	},
	"apim": {
		"send GatewayLogs and GatewayLlmLogs to one Event Hub with one partition",
	},
}

// unjoin counts a call of which a part never came.
func (e *Exam) unjoin(format string, why *event.DecodeError) {
	if e.Unjoined[format] == nil {
		e.Unjoined[format] = map[string]int{}
	}
	lack := "no span"
	if why != nil {
		lack = reasonOf(why)
	}
	e.Unjoined[format][lack]++
}

// printUnjoined says which calls were not seen, and how to have them seen.
func (e *Exam) printUnjoined(b *strings.Builder) {
	for _, format := range slices.Sorted(maps.Keys(e.Unjoined)) {
		list(b, "Not counted, for other parts of the call did not come (unjoined, "+format+")", e.Unjoined[format])
		for _, line := range switches[format] {
			fmt.Fprintf(b, "    %s\n", line)
		}
		b.WriteString("  At the ends of a sample some calls are cut; in service ingest.gateway.join says how long parts wait.\n")
	}
}
