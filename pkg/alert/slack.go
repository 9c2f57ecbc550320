package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// Bounds of a message, in bytes: Slack takes 150 characters of a header, 3000 of a section and 2000
// of a field.
const (
	slackHeader  = 150
	slackSection = 2800
	slackField   = 1000
	slackLine    = 512
	// slackEvidence is how many of the strongest lines of evidence a message shows.
	slackEvidence = 5
)

type slackMessage struct {
	Text        string       `json:"text"`
	UnfurlLinks bool         `json:"unfurl_links"`
	UnfurlMedia bool         `json:"unfurl_media"`
	Blocks      []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type     string      `json:"type"`
	Text     *slackText  `json:"text,omitempty"`
	Fields   []slackText `json:"fields,omitempty"`
	Elements []slackText `json:"elements,omitempty"`
}

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
	// Verbatim keeps Slack from making links and mentions of what the text holds.
	Verbatim bool `json:"verbatim,omitempty"`
}

// SlackMessage makes the body of a Slack incoming webhook from a finding record: a headline, the
// finding in a sentence, its figures, the strongest evidence, the next step, and a link to the
// console where the record has one. No account is named. Texts from the traffic can neither mention
// anybody nor make a link.
func SlackMessage(value []byte) ([]byte, error) {
	d, f, err := shown(value)
	if err != nil {
		return nil, err
	}
	headline := "[" + d.Severity + "] " + occasion(d, f) + ": " + d.FindingInfo.Title
	m := slackMessage{
		Text: slackEscape(headline, slackLine),
		Blocks: []slackBlock{
			// A header is plain text, in which nothing has to be escaped.
			{Type: "header", Text: &slackText{
				Type: "plain_text", Text: sentence(headline, slackHeader),
			}},
		},
	}
	if f.Summary != "" {
		m.section(slackMarkdown(f.Summary, slackSection))
	}
	if d.StatusDetail != "" {
		m.section(slackMarkdown(d.StatusDetail, slackSection))
	}
	m.Blocks = append(m.Blocks, slackBlock{Type: "section", Fields: slackFields(d, f)})
	if lines := strongest(f, slackEvidence); len(lines) > 0 && f.Activity != campaign.Close {
		for i, l := range lines {
			lines[i] = "• " + slackEscape(l, slackLine)
		}
		m.section(slackText{
			Type: "mrkdwn", Verbatim: true, Text: "*Evidence*\n" + strings.Join(lines, "\n"),
		})
	}
	if f.NextStep != "" && f.Activity != campaign.Close {
		step := slackMarkdown(f.NextStep, slackSection)
		step.Text = "*Next step*\n" + step.Text
		m.section(step)
	}
	if link := d.FindingInfo.SrcURL; link != "" {
		m.section(slackText{Type: "mrkdwn", Text: "<" + slackEscape(link, slackSection) + "|Open the finding>"})
	}
	m.Blocks = append(m.Blocks, slackBlock{Type: "context", Elements: []slackText{
		slackMarkdown(
			"finding "+f.UID+", campaign "+f.Campaign+", tenant "+f.Tenant, slackField,
		),
	}})
	return compact(m)
}

func (m *slackMessage) section(t slackText) {
	m.Blocks = append(m.Blocks, slackBlock{Type: "section", Text: &t})
}

func slackFields(d *detectionFinding, f *campaign.Finding) []slackText {
	var out []slackText
	field := func(name, value string) {
		t := slackMarkdown(value, slackField)
		t.Text = "*" + name + "*\n" + t.Text
		out = append(out, t)
	}
	field("Severity", d.Severity)
	field("Confidence", fmt.Sprintf("%d %%", f.Confidence))
	field("Accounts", grouped(int64(max(0, f.Members))))
	field("Requests", grouped(max(0, f.Requests)))
	field("Coordination", fmt.Sprintf("%.1f bits", f.Coordination))
	field("Harvest", fmt.Sprintf("%.1f bits", f.Harvest))
	return out
}

// slackMarkdown is a text in which no character means anything to Slack but its own line.
func slackMarkdown(text string, limit int) slackText {
	return slackText{Type: "mrkdwn", Text: slackEscape(text, limit), Verbatim: true}
}

// slackEscape makes a line of at most limit bytes, and takes from it the characters by which Slack
// recognises links and mentions.
func slackEscape(text string, limit int) string {
	const ellipsis = "…"
	escapes := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	text = sentence(text, limit)
	if out := escapes.Replace(text); len(out) <= limit {
		return out
	}
	var out strings.Builder
	for _, r := range text {
		next := escapes.Replace(string(r))
		if out.Len()+len(next)+len(ellipsis) > limit {
			break
		}
		out.WriteString(next)
	}
	return out.String() + ellipsis
}

// shown reads a finding record for messages.
func shown(value []byte) (*detectionFinding, *campaign.Finding, error) {
	f, err := Parse(value)
	if err != nil {
		return nil, nil, err
	}
	var d detectionFinding
	if err := json.Unmarshal(value, &d); err != nil {
		return nil, nil, fmt.Errorf("alert: read finding: %w", err)
	}
	return &d, f, nil
}

// occasion says in a word or two why a record was sent.
func occasion(d *detectionFinding, f *campaign.Finding) string {
	switch {
	case f.Activity == campaign.Close && f.CloseReason != "":
		return "Closed (" + f.CloseReason + ")"
	case f.Activity == campaign.Close:
		return "Closed"
	case f.Muted:
		return "Muted"
	case f.Activity == campaign.Create:
		return "New"
	case d.IsAlert:
		return "Alert again"
	}
	return "Update"
}

// strongest are the findings' lines of evidence with the most bits, in order.
func strongest(f *campaign.Finding, n int) []string {
	var out []string
	for _, e := range byBits(f.Evidence) {
		if len(out) == n || e.Bits <= silent {
			break
		}
		out = append(out, fmt.Sprintf("%s (%.1f bits): %s", e.Detector, e.Bits, e.Observed))
	}
	return out
}

// compact is a value as JSON without escapes for HTML: Slack shows what is escaped for it only.
func compact(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("alert: write message: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
