package alert

import (
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/review"
)

// limits is how many entries of each list a record carries.
type limits struct {
	members, timeline, evidence, shared, words, models, related int
}

func fullLimits(o *Options) limits {
	return limits{
		members: o.MaxEvidences, timeline: o.MaxTimeline, evidence: 64, shared: 128, words: 32,
		models: 32, related: 64,
	}
}

func (l limits) halved() limits {
	return limits{
		l.members / 2, l.timeline / 2, l.evidence / 2, l.shared / 2, l.words / 2,
		l.models / 2, l.related / 2,
	}
}

// least says that there is nothing left to halve.
func (l limits) least() bool { return l == limits{} }

// mapper writes one finding under given limits.
type mapper struct {
	opts   *Options
	f      *campaign.Finding
	limits limits
	cut    bool
}

func (m *mapper) text(s string, limit int) string {
	out := sentence(s, limit)
	// A cut string ends at its limit, short of at most one rune; of a very long one not even all is
	// looked at.
	m.cut = m.cut || len(s) > 2*limit || (len(s) > limit && len(out) > limit-utf8.UTFMax)
	return out
}

// keep bounds a list's length.
func (m *mapper) keep(n, limit int) int {
	m.cut = m.cut || n > limit
	return min(n, limit)
}

func (m *mapper) detectionFinding() *detectionFinding {
	f := m.f
	severity, confidence := severityID(f.Severity), percent(f.Confidence)
	first, last := clampTime(f.FirstSeen), clampTime(f.LastSeen)
	if first == 0 || last < first {
		// Unknown, or contradictory: a span that ends before it begins is an instant.
		first = min(first, last)
	}
	created := clampTime(f.Created)
	modified := max(created, clampTime(f.Modified))
	// A request may lie after the record: its clock is the client's.
	first, last = min(first, modified), min(last, modified)
	requests := max(0, f.Requests)
	d := &detectionFinding{
		Time:         modified,
		ActivityID:   int(f.Activity),
		ActivityName: activities()[int(f.Activity)],
		CategoryUID:  categoryUID, CategoryName: "Findings",
		ClassUID: classUID, ClassName: "Detection Finding",
		TypeUID:    typeUID(f.Activity),
		TypeName:   "Detection Finding: " + activities()[int(f.Activity)],
		SeverityID: severity, Severity: severities()[severity],
		StatusID: statusID(f), Status: statuses()[statusID(f)],
		IsAlert:      alerts(f),
		ConfidenceID: confidenceID(confidence), Confidence: confidences()[confidenceID(confidence)],
		ConfidenceScore: confidence, RiskLevelID: riskLevelID(severity),
		RiskLevel: riskLevels()[riskLevelID(severity)], RiskScore: riskScore(severity, confidence),
		ActionID: actionObserved, Action: "Observed",
		DispositionID: dispositionDetected, Disposition: "Detected",
		StartTime: first, EndTime: last, Count: int32Of(requests),
		Metadata:        m.metadata(),
		Attacks:         attacks(f.Evidence),
		Evidences:       m.evidences(),
		Resources:       m.resources(),
		AnomalyAnalyses: m.anomalies(),
		Unmapped:        unmapped{Stillwatch: m.detail()},
	}
	m.status(d)
	d.FindingInfo = m.info(d, created)
	d.Message = m.message(d)
	if step := m.text(f.NextStep, maxProse); step != "" {
		d.Remediation = &remediation{Desc: step}
		if m.opts.RunbookURL != "" {
			d.Remediation.References = []string{m.opts.RunbookURL}
		}
	}
	d.Observables = observables(d)
	d.Metadata.IsTruncated = m.cut
	return d
}

// status says in words where the finding is in its life, and what an analyst said of it.
func (m *mapper) status(d *detectionFinding) {
	f := m.f
	switch notice := m.text(f.Notice, maxText); {
	case f.Activity == campaign.Close:
		d.StatusCode = m.text(f.CloseReason, maxText)
		d.StatusDetail = closeDetail(f.CloseReason)
	case f.Muted:
		d.StatusDetail = "muted: an analyst allowed the group"
	case notice != "":
		d.StatusDetail = "alerts again: " + notice
	case f.Rationed:
		d.StatusDetail = "no alert: too many findings alert in this hour; see the summary"
	case f.Alerts && f.Activity == campaign.Update:
		d.StatusDetail = "alerts again: its severity has risen"
	}
	if f.Review == nil {
		return
	}
	d.VerdictID = verdictID(f.Review.Action)
	d.Verdict = verdicts()[d.VerdictID]
	d.Comment = m.text(f.Review.Author+": "+f.Review.Reason, maxProse)
	// Verdict and comment are there with OCSF's incident profile.
	d.Metadata.Profiles = append(d.Metadata.Profiles, "incident")
}

func typeUID(a campaign.Activity) int64 { return classUID*100 + int64(a) }

func int32Of(n int64) int32 { return int32(max(0, min(math.MaxInt32, n))) }

func (m *mapper) metadata() metadata {
	f := m.f
	labels := []string{"distillation", kindName(f.Kind)}
	if f.Muted {
		labels = append(labels, "muted")
	}
	if f.Rationed {
		labels = append(labels, "rationed")
	}
	if f.Review != nil && f.Review.Action == review.Confirm {
		labels = append(labels, "confirmed")
	}
	if f.Shadow != nil {
		labels = append(labels, shadowLabel)
	}
	return metadata{
		Version: ocsfVersion, UID: f.UID + ":" + strconv.Itoa(f.Sequence),
		Sequence: int32Of(int64(f.Sequence)), CorrelationUID: identifier(f.Campaign),
		TenantUID: tenantName(f.Tenant),
		Product: product{
			Name: "Stillwatch", VendorName: "Stillwatch", Version: sentence(m.opts.Version, maxID),
			URL: "https://github.com/stillwatch/stillwatch",
		},
		Profiles: []string{"security_control"}, Labels: labels,
	}
}

// kindName is the kind as consumers see it: one of the four, or "campaign" for what is none.
func kindName(k campaign.Kind) string {
	switch k {
	case campaign.KindAccount, campaign.KindTripwire, campaign.KindOverflow:
		return string(k)
	default:
		return string(campaign.KindCampaign)
	}
}

func (m *mapper) info(d *detectionFinding, created int64) findingInfo {
	f := m.f
	info := findingInfo{
		UID: f.UID, Title: m.title(), Desc: m.text(f.Summary, maxProse),
		Types:       []string{"distillation." + kindName(f.Kind)},
		CreatedTime: created, ModifiedTime: max(created, clampTime(f.Modified)),
		FirstSeenTime: d.StartTime, LastSeenTime: d.EndTime,
		Analytic: m.analytic(), Attacks: d.Attacks, Traits: m.traits(),
		RelatedEventsCount: d.Count,
	}
	if m.opts.ConsoleURL != "" {
		info.SrcURL = m.opts.ConsoleURL + "/findings/" + url.PathEscape(f.UID)
	}
	for _, uid := range f.Related[:m.keep(len(f.Related), m.limits.related)] {
		if uid = identifier(uid); uid != "" {
			info.RelatedEvents = append(info.RelatedEvents, relatedEvent{
				UID: uid, Type: "Detection Finding", TypeUID: typeUID(campaign.Create),
			})
		}
	}
	return info
}

func (m *mapper) title() string {
	if t := m.text(m.f.Title, maxText); t != "" {
		return t
	}
	return defaultTitle(m.f.Kind)
}

func defaultTitle(k campaign.Kind) string {
	switch k {
	case campaign.KindAccount:
		return "Account harvesting model outputs"
	case campaign.KindTripwire:
		return "Known sign of a distillation relay"
	default:
		return "Coordinated model distillation"
	}
}

func (m *mapper) message(d *detectionFinding) string {
	f := m.f
	prefix := ""
	switch f.Activity {
	case campaign.Update:
		prefix = "Update: "
	case campaign.Close:
		prefix = "Closed: "
		if d.StatusCode != "" {
			prefix = "Closed (" + d.StatusCode + "): "
		}
	}
	if f.Shadow != nil {
		prefix = shadowPrefix + prefix
	}
	return sentence(fmt.Sprintf("%s%s: %s, %s, coordination %.1f bits, harvest %.1f bits",
		prefix, d.FindingInfo.Title, plural(int64(max(0, f.Members)), "account"),
		plural(max(0, f.Requests), "request"), bits(f.Coordination), bits(f.Harvest)), 2*maxText)
}

func (m *mapper) analytic() analytic {
	state := analyticState(m.f)
	a := analytic{
		TypeID: analyticBehavioral, Version: sentence(m.opts.Version, maxID), StateID: state,
		State: analyticStates()[state], UID: "stillwatch." + kindName(m.f.Kind),
		Name: "Coordinated distillation",
	}
	switch m.f.Kind {
	case campaign.KindAccount:
		a.Name = "Single-account harvest"
		if m.f.Members > 1 {
			a.Name = "One customer's harvest"
		}
	case campaign.KindTripwire:
		// A tripwire is a deterministic rule, not a deviation from a baseline.
		a.TypeID, a.Name = analyticRule, "Tripwire"
	case campaign.KindOverflow:
		a.TypeID, a.Name = analyticRule, "Limit of alerts"
	}
	a.Type = analyticTypes()[a.TypeID]
	return a
}

func (m *mapper) traits() []trait {
	f := m.f
	var out []trait
	for _, p := range f.Families[:m.keep(len(f.Families), m.limits.words)] {
		if name := identifier(string(p)); name != "" {
			out = append(out, trait{Name: name, Category: "plane"})
		}
	}
	for i := range m.shownEvidence() {
		e := &f.Evidence[i]
		if b := bits(e.Bits); b != 0 {
			out = append(out, trait{
				Name: detectorName(e), Category: axisName(e.Axis), Type: "bits",
				Values: []string{strconv.FormatFloat(b, 'f', 2, 64)},
			})
		}
	}
	return out
}

func (m *mapper) shownEvidence() []detectors.Evidence {
	return m.f.Evidence[:m.keep(len(m.f.Evidence), m.limits.evidence)]
}

func detectorName(e *detectors.Evidence) string {
	if id := identifier(e.Detector); id != "" {
		return id
	}
	return "unknown"
}

func axisName(a detectors.Axis) string {
	if a == detectors.Harvest {
		return "harvest"
	}
	return "coordination"
}

func (m *mapper) evidences() []evidence {
	f := m.f
	var out []evidence
	for i := range f.Sample[:m.keep(len(f.Sample), m.limits.members)] {
		member := &f.Sample[i]
		e := evidence{
			Name: "member account", UID: identifier(member.Account),
			VerdictID: verdictSuspicious, Verdict: "Suspicious",
			Data: memberData{
				Agreement: decimal(round(math.Max(0, math.Min(1, member.Agreement)), 1e6)),
				Families:  m.families(member.Families), Requests: member.Requests,
				FirstSeen: clampTime(member.FirstSeen), LastSeen: clampTime(member.LastSeen),
			},
		}
		if org := identifier(member.Org); e.UID+org != "" {
			e.User = &user{UID: e.UID, TypeID: userTypeUser, Type: "User"}
			if org != "" {
				e.User.Account = &account{UID: org, TypeID: other, Type: "Billing account"}
			}
		}
		m.follow(&e, member)
		out = append(out, e)
	}
	return out
}

func (m *mapper) families(families []detectors.Family) []string {
	out := make([]string, 0, min(len(families), m.limits.words))
	for _, p := range families[:m.keep(len(families), m.limits.words)] {
		out = append(out, identifier(string(p)))
	}
	return out
}

func (m *mapper) resources() []resource {
	f := m.f
	var out []resource
	for _, model := range f.Models[:m.keep(len(f.Models), m.limits.models)] {
		if name := identifier(model); name != "" {
			out = append(out, resource{
				UID: name, Name: name, Type: "AI Model", RoleID: roleTarget, Role: "Target",
			})
		}
	}
	return out
}

// anomalies gives each detector's observation and baseline, one analysis per axis.
func (m *mapper) anomalies() []anomalyAnalysis {
	subject := target{Name: identifier(m.f.Campaign), Type: "Account group"}
	if m.f.Kind == campaign.KindAccount && m.f.Members <= 1 {
		subject.Type = "Account"
	}
	if subject.Name == "" {
		subject.Name = m.f.UID
	}
	var out []anomalyAnalysis
	shown := m.shownEvidence()
	for _, axis := range [...]detectors.Axis{detectors.Coordination, detectors.Harvest} {
		a := anomalyAnalysis{Targets: []target{subject}}
		for i := range shown {
			e := &shown[i]
			if axisName(e.Axis) != axisName(axis) {
				continue
			}
			s := series{Parameter: detectorName(e), Type: axisName(axis)}
			observed, baseline := s, s
			observed.Pattern = fmt.Sprintf("%+.2f bits", bits(e.Bits))
			if note := m.text(e.Note, maxText); note != "" {
				observed.Pattern += ": " + note
			}
			observed.Observations = []observation{{Value: m.text(e.Observed, maxText)}}
			baseline.Observations = []observation{{Value: m.text(e.Expected, maxText)}}
			a.Anomalies = append(a.Anomalies, observed)
			a.Baselines = append(a.Baselines, baseline)
		}
		if len(a.Anomalies) > 0 {
			out = append(out, a)
		}
	}
	return out
}

func (m *mapper) detail() detail {
	f := m.f
	d := detail{
		Schema: "1", Kind: kindName(f.Kind),
		CoordinationBits: decimal(bits(f.Coordination)),
		HarvestBits:      decimal(bits(f.Harvest)),
		Families:         m.families(f.Families), Members: max(0, f.Members),
		Requests: max(0, f.Requests), OutputTokens: max(0, f.OutputTokens),
		Evidence: []detailEvidence{}, Shared: []detailShared{}, Mitigating: []string{},
		Timeline: []detailPoint{},
		Muted:    f.Muted, Rationed: f.Rationed, Verdict: m.verdict(), Shadow: m.shadow(),
	}
	for _, phrase := range f.Template[:m.keep(len(f.Template), m.limits.words)] {
		d.Template = append(d.Template, identifier(phrase))
	}
	if f.Activity == campaign.Close {
		d.CloseReason = m.text(f.CloseReason, maxText)
	}
	if f.Customer || f.Contract {
		d.Customer = &detailCustomer{
			Contract: f.Contract, Purpose: m.text(f.Purpose, maxText), MayCollect: f.Allowed,
		}
	}
	shown := m.shownEvidence()
	for i := range shown {
		e := &shown[i]
		d.Evidence = append(d.Evidence, detailEvidence{
			Detector: detectorName(e), Axis: axisName(e.Axis), Family: identifier(string(e.Family)),
			Bits: decimal(bits(e.Bits)), Observed: m.text(e.Observed, maxText),
			Expected: m.text(e.Expected, maxText), Note: m.text(e.Note, maxText),
		})
	}
	for _, s := range f.Shared[:m.keep(len(f.Shared), m.limits.shared)] {
		d.Shared = append(d.Shared, detailShared{
			Attribute: identifier(s.Attribute), Value: m.text(s.Value, maxText),
			Share: decimal(round(s.Share, 1e6)), Baseline: decimal(round(s.Baseline, 1e6)),
			Members: max(0, s.Members),
		})
	}
	for _, s := range f.Mitigating[:m.keep(len(f.Mitigating), m.limits.words)] {
		d.Mitigating = append(d.Mitigating, m.text(s, maxText))
	}
	// The newest points are the ones that matter.
	newest := f.Timeline[len(f.Timeline)-m.keep(len(f.Timeline), m.limits.timeline):]
	for _, p := range newest {
		d.Timeline = append(d.Timeline, detailPoint{
			Time: clampTime(p.Time), Members: max(0, p.Members), Requests: max(0, p.Requests),
		})
	}
	for _, uid := range f.Related[:m.keep(len(f.Related), m.limits.related)] {
		d.Related = append(d.Related, identifier(uid))
	}
	return d
}

// verdict is what an analyst said, for machines.
func (m *mapper) verdict() *detailVerdict {
	r := m.f.Review
	if r == nil {
		return nil
	}
	return &detailVerdict{
		ID: identifier(r.Verdict), Action: identifier(string(r.Action)),
		Author: m.text(r.Author, maxID), Reason: m.text(r.Reason, maxProse),
		Since: clampTime(r.Since), Expires: clampTime(r.Expires),
	}
}

// observables names what an analyst pivots on, each with the path of its place in the record. A
// value that recurs is listed once.
func observables(d *detectionFinding) []observable {
	var out []observable
	seen := map[string]bool{}
	add := func(path string, typeID int, kind, value string) {
		if key := kind + "\x00" + value; value != "" && !seen[key] {
			seen[key] = true
			out = append(out, observable{Name: path, TypeID: typeID, Type: kind, Value: value})
		}
	}
	known := func(path string, typeID int, value string) {
		add(path, typeID, observableTypes()[typeID], value)
	}
	for i := range d.Evidences {
		e, path := &d.Evidences[i], fmt.Sprintf("evidences[%d]", i)
		if e.User != nil {
			known(path+".user.uid", observableUserUID, e.User.UID)
			if e.User.Account != nil {
				known(path+".user.account.uid", observableAccountUID, e.User.Account.UID)
			}
		}
		if e.HTTPRequest != nil {
			known(path+".http_request.user_agent", observableUserAgent, e.HTTPRequest.UserAgent)
		}
		if len(e.JA4) > 0 {
			add(path+".ja4_fingerprint_list[0].value", other, "JA4 Fingerprint", e.JA4[0].Value)
		}
	}
	for i := range d.Resources {
		known(fmt.Sprintf("resources[%d].uid", i), observableResourceUID, d.Resources[i].UID)
	}
	for i := range d.Unmapped.Stillwatch.Shared {
		s, path := &d.Unmapped.Stillwatch.Shared[i],
			fmt.Sprintf("unmapped.stillwatch.shared[%d].value", i)
		if !tells(float64(s.Share), float64(s.Baseline)) {
			continue
		}
		if _, err := netip.ParsePrefix(s.Value); err == nil {
			known(path, observableSubnet, s.Value)
			continue
		}
		add(path, other, sharedType(s.Attribute), s.Value)
	}
	return out
}

// sharedType is the caption of an observable that OCSF has no type for.
func sharedType(attribute string) string {
	if attribute == "" {
		return "Shared value"
	}
	return "Shared " + attribute
}
