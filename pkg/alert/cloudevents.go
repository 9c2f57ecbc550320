package alert

import (
	"net/url"
	"strconv"
	"time"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// The CloudEvents types of finding records.
const (
	TypeCreated = "org.stillwatch.finding.created"
	TypeUpdated = "org.stillwatch.finding.updated"
	TypeClosed  = "org.stillwatch.finding.closed"
)

// findingHeaders are the CloudEvents attributes in the Kafka binding's binary mode (the value stays
// pure OCSF), and two plain ones by which a consumer can filter without parsing the value.
func findingHeaders(o *Options, f *campaign.Finding, d *detectionFinding) []Header {
	kind := TypeCreated
	switch f.Activity {
	case campaign.Update:
		kind = TypeUpdated
	case campaign.Close:
		kind = TypeClosed
	}
	source := "/stillwatch/" + url.PathEscape(o.Instance) + "/" +
		url.PathEscape(d.Metadata.TenantUID)
	modified := time.UnixMilli(d.FindingInfo.ModifiedTime).UTC().Format(
		"2006-01-02T15:04:05.000Z07:00",
	)
	headers := [...][2]string{
		{"ce_specversion", "1.0"},
		{"ce_id", d.Metadata.UID},
		{"ce_source", source},
		{"ce_type", kind},
		{"ce_time", modified},
		{"ce_subject", f.UID},
		{"ce_dataschema", "https://schema.ocsf.io/" + ocsfVersion + "/classes/detection_finding"},
		{"content-type", "application/json"},
		{"severity_id", strconv.Itoa(d.SeverityID)},
		{"tenant", d.Metadata.TenantUID},
	}
	out := make([]Header, len(headers))
	for i, h := range headers {
		out[i] = Header{Key: h[0], Value: []byte(h[1])}
	}
	return out
}
