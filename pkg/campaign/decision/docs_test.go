package decision

import (
	"flag"
	"testing"

	"github.com/stillwatch/stillwatch/test/tools"
)

var update = flag.Bool("update", false, "write the rules in docs/tuning.md anew")

func TestTheDocumentationHasTheRules(t *testing.T) {
	const (
		begin = "<!-- rules: go test ./pkg/campaign/decision -update -->\n"
		end   = "<!-- end of the rules -->\n"
	)
	tools.Document(t, "../../../docs/tuning.md", begin, end, Markdown(), *update)
}
