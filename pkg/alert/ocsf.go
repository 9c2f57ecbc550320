package alert

import (
	"bytes"
	"strconv"
)

// decimal is a number that keeps its type in JSON: it always has a point, because Elasticsearch
// maps a field by the first record that has it, and 3 would make it one of whole numbers.
type decimal float64

// MarshalJSON writes the number.
func (d decimal) MarshalJSON() ([]byte, error) {
	b := strconv.AppendFloat(nil, float64(d), 'f', -1, 64)
	if !bytes.ContainsRune(b, '.') {
		b = append(b, ".0"...)
	}
	return b, nil
}

// The OCSF 1.8.0 objects that a finding uses, with their attributes in the order in which they are
// written. Attributes without omitempty are always there. Integers are int32 where OCSF says
// integer_t: Parquet readers of the class map it to INT32.

// detectionFinding is class 2004. Time comes first because Splunk takes the first key named "time"
// for the time of the record.
type detectionFinding struct {
	Time         int64  `json:"time"`
	ActivityID   int    `json:"activity_id"`
	ActivityName string `json:"activity_name"`
	CategoryUID  int    `json:"category_uid"`
	CategoryName string `json:"category_name"`
	ClassUID     int    `json:"class_uid"`
	ClassName    string `json:"class_name"`
	TypeUID      int64  `json:"type_uid"`
	TypeName     string `json:"type_name"`

	SeverityID int    `json:"severity_id"`
	Severity   string `json:"severity"`
	Message    string `json:"message"`

	StatusID     int    `json:"status_id"`
	Status       string `json:"status"`
	StatusCode   string `json:"status_code,omitempty"`
	StatusDetail string `json:"status_detail,omitempty"`
	IsAlert      bool   `json:"is_alert"`
	VerdictID    int    `json:"verdict_id,omitempty"`
	Verdict      string `json:"verdict,omitempty"`
	Comment      string `json:"comment,omitempty"`

	ConfidenceID    int    `json:"confidence_id"`
	Confidence      string `json:"confidence"`
	ConfidenceScore int    `json:"confidence_score"`
	RiskLevelID     int    `json:"risk_level_id"`
	RiskLevel       string `json:"risk_level"`
	RiskScore       int    `json:"risk_score"`

	ActionID      int    `json:"action_id"`
	Action        string `json:"action"`
	DispositionID int    `json:"disposition_id"`
	Disposition   string `json:"disposition"`

	StartTime int64 `json:"start_time,omitempty"`
	EndTime   int64 `json:"end_time,omitempty"`
	Count     int32 `json:"count,omitempty"`

	Metadata    metadata    `json:"metadata"`
	FindingInfo findingInfo `json:"finding_info"`

	Attacks         []attack          `json:"attacks"`
	Evidences       []evidence        `json:"evidences,omitempty"`
	Resources       []resource        `json:"resources,omitempty"`
	Observables     []observable      `json:"observables,omitempty"`
	AnomalyAnalyses []anomalyAnalysis `json:"anomaly_analyses,omitempty"`
	Remediation     *remediation      `json:"remediation,omitempty"`
	Unmapped        unmapped          `json:"unmapped"`
}

type metadata struct {
	Version        string   `json:"version"`
	UID            string   `json:"uid"`
	Sequence       int32    `json:"sequence"`
	CorrelationUID string   `json:"correlation_uid,omitempty"`
	TenantUID      string   `json:"tenant_uid"`
	Product        product  `json:"product"`
	Profiles       []string `json:"profiles"`
	Labels         []string `json:"labels"`
	IsTruncated    bool     `json:"is_truncated,omitempty"`
}

type product struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version,omitempty"`
	URL        string `json:"url_string"`
}

type findingInfo struct {
	UID                string         `json:"uid"`
	Title              string         `json:"title"`
	Desc               string         `json:"desc,omitempty"`
	Types              []string       `json:"types"`
	CreatedTime        int64          `json:"created_time"`
	ModifiedTime       int64          `json:"modified_time"`
	FirstSeenTime      int64          `json:"first_seen_time,omitempty"`
	LastSeenTime       int64          `json:"last_seen_time,omitempty"`
	SrcURL             string         `json:"src_url,omitempty"`
	Analytic           analytic       `json:"analytic"`
	Attacks            []attack       `json:"attacks"`
	Traits             []trait        `json:"traits,omitempty"`
	RelatedEvents      []relatedEvent `json:"related_events,omitempty"`
	RelatedEventsCount int32          `json:"related_events_count,omitempty"`
}

type analytic struct {
	UID     string `json:"uid"`
	Name    string `json:"name"`
	TypeID  int    `json:"type_id"`
	Type    string `json:"type"`
	Version string `json:"version,omitempty"`
	StateID int    `json:"state_id"`
	State   string `json:"state"`
}

type attack struct {
	Version      string  `json:"version"`
	Tactic       naming  `json:"tactic"`
	Technique    naming  `json:"technique"`
	SubTechnique *naming `json:"sub_technique,omitempty"`
}

type naming struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	URL  string `json:"src_url,omitempty"`
}

type trait struct {
	Name     string   `json:"name"`
	Category string   `json:"category"`
	Type     string   `json:"type,omitempty"`
	Values   []string `json:"values,omitempty"`
}

type relatedEvent struct {
	UID     string `json:"uid"`
	Type    string `json:"type"`
	TypeUID int64  `json:"type_uid"`
}

type evidence struct {
	Name        string       `json:"name"`
	UID         string       `json:"uid,omitempty"`
	VerdictID   int          `json:"verdict_id"`
	Verdict     string       `json:"verdict"`
	User        *user        `json:"user,omitempty"`
	HTTPRequest *httpRequest `json:"http_request,omitempty"`
	JA4         []ja4        `json:"ja4_fingerprint_list,omitempty"`
	Data        memberData   `json:"data"`
}

type ja4 struct {
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

type user struct {
	UID     string   `json:"uid"`
	TypeID  int      `json:"type_id"`
	Type    string   `json:"type"`
	Account *account `json:"account,omitempty"`
}

type account struct {
	UID    string `json:"uid"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
}

type httpRequest struct {
	UserAgent string `json:"user_agent"`
}

type memberData struct {
	Agreement decimal  `json:"agreement"`
	Families  []string `json:"planes"`
	Requests  uint32   `json:"requests"`
	FirstSeen int64    `json:"first_seen,omitempty"`
	LastSeen  int64    `json:"last_seen,omitempty"`
}

type resource struct {
	UID    string `json:"uid"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	RoleID int    `json:"role_id"`
	Role   string `json:"role"`
}

type observable struct {
	Name   string `json:"name"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

type anomalyAnalysis struct {
	Targets   []target `json:"analysis_targets"`
	Anomalies []series `json:"anomalies"`
	Baselines []series `json:"baselines,omitempty"`
}

type target struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// series is an OCSF anomaly or baseline; they have the same attributes.
type series struct {
	Parameter    string        `json:"observation_parameter"`
	Type         string        `json:"observation_type"`
	Pattern      string        `json:"observed_pattern,omitempty"`
	Observations []observation `json:"observations"`
}

type observation struct {
	Value string `json:"value"`
}

type remediation struct {
	Desc       string   `json:"desc"`
	References []string `json:"references,omitempty"`
}

type unmapped struct {
	Stillwatch detail `json:"stillwatch"`
}

// detail is what OCSF has no attribute for, in machine-readable form. Its shape is part of the
// output's contract: additions only, or a new Schema.
type detail struct {
	Schema           string           `json:"schema"`
	Kind             string           `json:"kind"`
	CoordinationBits decimal          `json:"coordination_bits"`
	HarvestBits      decimal          `json:"harvest_bits"`
	Families         []string         `json:"planes"`
	Members          int              `json:"members"`
	Requests         int64            `json:"requests"`
	OutputTokens     int64            `json:"output_tokens,omitempty"`
	Evidence         []detailEvidence `json:"evidence"`
	Shared           []detailShared   `json:"shared"`
	Mitigating       []string         `json:"innocence"`
	Timeline         []detailPoint    `json:"timeline"`
	Muted            bool             `json:"muted,omitempty"`
	CloseReason      string           `json:"close_reason,omitempty"`
	Related          []string         `json:"related,omitempty"`
	Customer         *detailCustomer  `json:"customer,omitempty"`
	Template         []string         `json:"template,omitempty"`
	Rationed         bool             `json:"rationed,omitempty"`
	Verdict          *detailVerdict   `json:"verdict,omitempty"`
}

// detailVerdict is there while an analyst's verdict is in force on the finding.
type detailVerdict struct {
	ID      string `json:"id"`
	Action  string `json:"action"`
	Author  string `json:"author"`
	Reason  string `json:"reason"`
	Since   int64  `json:"since"`
	Expires int64  `json:"expires,omitempty"`
}

// detailCustomer is there when the members are one customer in the open or one account under a
// contract.
type detailCustomer struct {
	Contract   bool   `json:"contract"`
	Purpose    string `json:"purpose,omitempty"`
	MayCollect bool   `json:"may_collect"`
}

type detailEvidence struct {
	Detector string  `json:"detector"`
	Axis     string  `json:"axis"`
	Family   string  `json:"plane,omitempty"`
	Bits     decimal `json:"bits"`
	Observed string  `json:"observed"`
	Expected string  `json:"expected"`
	Note     string  `json:"note,omitempty"`
}

type detailShared struct {
	Attribute string  `json:"facet"`
	Value     string  `json:"value"`
	Share     decimal `json:"share"`
	Baseline  decimal `json:"census"`
}

type detailPoint struct {
	Time     int64 `json:"time"`
	Members  int   `json:"members"`
	Requests int64 `json:"requests"`
}
