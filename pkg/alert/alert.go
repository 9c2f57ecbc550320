// Package alert turns what the detection concludes into what others read: OCSF 1.8 Detection
// Findings with CloudEvents headers for the SOC, the account records that a gateway acts on, a
// rendering for terminals and STIX 2.1 for sharing between providers.
//
// It is pure: no I/O, no clock, no randomness. The same finding gives the same bytes, so a record
// that is emitted again after a crash is the same record. Strings come from the traffic and are
// treated as hostile: cut to size, made valid UTF-8, and freed of control characters where a person
// reads them.
package alert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/record"
)

// MaxRecord is the size in bytes that no record's value reaches: Kafka's default max.message.bytes
// less room for key, headers and framing.
const MaxRecord = 1_000_000

// Options says how findings are written.
type Options struct {
	// Version is the version of Stillwatch in metadata.product. It is injected by the binary.
	Version string `yaml:"-"`
	// Instance names this deployment in the CloudEvents source "/stillwatch/<instance>/<tenant>".
	Instance string `yaml:"instance"`
	// MaxEvidences is how many members a record shows as evidences; the accounts topic names all.
	MaxEvidences int `yaml:"max_evidences"`
	// MaxTimeline is how many of the newest points of the timeline a record carries.
	MaxTimeline int `yaml:"max_timeline"`
	// MaxBytes is the size of a record's value in bytes above which lists are halved until it fits.
	MaxBytes int `yaml:"max_bytes"`
	// LeaveOut names what findings do without: accounts, organisations, request_ids, networks,
	// clients, devices, payments, sign_up, email_domains.
	LeaveOut []string `yaml:"leave_out"`
	// ConsoleURL is the base of the console's address; findings link to
	// <console_url>/findings/<uid>. Empty leaves the link out.
	ConsoleURL string `yaml:"console_url"`
	// RunbookURL is put into remediation.references. Empty leaves it out.
	RunbookURL string `yaml:"runbook_url"`
}

// DefaultOptions keep a record of a large campaign at about 50 kB.
func DefaultOptions() Options {
	return Options{
		Version: "dev", Instance: "default", MaxEvidences: 20, MaxTimeline: 96, MaxBytes: 900_000,
		LeaveOut: []string{},
	}
}

// Validate reports every option that cannot work, each beginning with its key.
func (o *Options) Validate() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Instance == "" {
		fault("instance: must not be empty")
	}
	if len(o.Instance) > maxID {
		fault("instance: %d bytes; at most %d", len(o.Instance), maxID)
	}
	if o.MaxEvidences < 1 || o.MaxEvidences > 1000 {
		fault("max_evidences: %d; must be 1..1000", o.MaxEvidences)
	}
	if o.MaxTimeline < 0 || o.MaxTimeline > 10_000 {
		fault("max_timeline: %d; must be 0..10000", o.MaxTimeline)
	}
	// Below 64 kB even a record without any list might not fit.
	if o.MaxBytes < minBytes || o.MaxBytes >= MaxRecord {
		fault("max_bytes: %d; must be %d..%d", o.MaxBytes, minBytes, MaxRecord-1)
	}
	if err := checkLeaveOut(o.LeaveOut); err != nil {
		fault("leave_out: %w", err)
	}
	for _, u := range [...]struct {
		key, value string
	}{{"console_url", o.ConsoleURL}, {"runbook_url", o.RunbookURL}} {
		if err := checkURL(u.value); err != nil {
			fault("%s: %w", u.key, err)
		}
	}
	return errors.Join(errs...)
}

func checkURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" ||
		(u.Scheme != "http" && u.Scheme != "https") || len(s) > maxText {
		return errors.New(
			"must be an absolute http or https URL, such as https://soc.example.com/stillwatch",
		)
	}
	return nil
}

// Header is a record header.
type Header = record.Header

// Record is one record for a Kafka topic.
type Record struct {
	Key, Value []byte
	Headers    []Header
}

// Encoder writes findings and account verdicts as records. It has no state: it may be used from
// several goroutines.
type Encoder struct {
	opts Options
}

// New makes an Encoder; its error names every option that cannot work.
func New(o Options) (*Encoder, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("alert: %w", err)
	}
	o.ConsoleURL = strings.TrimRight(o.ConsoleURL, "/")
	return &Encoder{opts: o}, nil
}

// Finding writes a finding as an OCSF Detection Finding with CloudEvents headers; the key is the
// finding's UID. Whatever the finding holds, the record is valid and smaller than MaxRecord: what
// is too much is cut, and metadata.is_truncated says so. Only an identity cannot be repaired: a UID
// that is empty, longer than 256 bytes or no UTF-8, a sequence below 1 and an unknown activity are
// errors.
func (e *Encoder) Finding(f *campaign.Finding) (Record, error) {
	if err := identity(f); err != nil {
		return Record{}, err
	}
	f = without(f, e.opts.LeaveOut)
	limits := fullLimits(&e.opts)
	for {
		m := mapper{opts: &e.opts, f: f, limits: limits}
		doc := m.detectionFinding()
		value, err := marshal(doc)
		if err != nil {
			return Record{}, fmt.Errorf("alert: encode finding %s: %w", f.UID, err)
		}
		if len(value) <= e.opts.MaxBytes || limits.least() {
			return Record{
				Key: []byte(f.UID), Value: value, Headers: findingHeaders(&e.opts, f, doc),
			}, nil
		}
		limits = limits.halved()
	}
}

func identity(f *campaign.Finding) error {
	switch {
	case f.UID == "" || len(f.UID) > maxID || !utf8.ValidString(f.UID):
		return fmt.Errorf("alert: a finding needs a UID of 1..%d bytes of UTF-8", maxID)
	case f.Sequence < 1:
		return fmt.Errorf("alert: finding %s has sequence %d; sequences count from 1",
			f.UID, f.Sequence)
	case f.Activity < campaign.Create || f.Activity > campaign.Close:
		return fmt.Errorf("alert: finding %s has the unknown activity %d", f.UID, f.Activity)
	}
	return nil
}

type accountRecord struct {
	Account  string       `json:"account"`
	Tenant   string       `json:"tenant"`
	Time     int64        `json:"time"`
	Status   string       `json:"status"`
	Findings []accountRef `json:"findings"`
}

type accountRef struct {
	UID        string `json:"uid"`
	SeverityID int    `json:"severity_id"`
	Confidence int    `json:"confidence"`
	Since      int64  `json:"since"`
}

// maxRefs bounds the findings that an account record names, the most severe first.
const maxRefs = 64

// Account writes one record of the accounts topic; its key is AccountKey. Times are Unix
// milliseconds. A verdict without an account or with an unknown status is an error.
func (e *Encoder) Account(v *campaign.AccountVerdict) (Record, error) {
	if v.Account == "" {
		return Record{}, errors.New("alert: an account verdict needs an account")
	}
	switch v.Status {
	case campaign.Implicated, campaign.Watched, campaign.Allowed, campaign.Cleared:
	default:
		return Record{}, fmt.Errorf(
			"alert: unknown account status %q; it is implicated, watched, allowed or cleared", v.Status,
		)
	}
	rec := accountRecord{
		Account: identifier(v.Account), Tenant: tenantName(v.Tenant), Time: clampTime(v.Time),
		Status: string(v.Status), Findings: make([]accountRef, 0, min(len(v.Findings), maxRefs)),
	}
	refs := append([]campaign.FindingRef(nil), v.Findings...)
	sort.SliceStable(refs, func(i, j int) bool {
		a, b := &refs[i], &refs[j]
		switch {
		case a.Severity != b.Severity:
			return a.Severity > b.Severity
		case a.Since != b.Since:
			return a.Since < b.Since
		default:
			return a.UID < b.UID
		}
	})
	for _, r := range refs[:min(len(refs), maxRefs)] {
		rec.Findings = append(rec.Findings, accountRef{
			UID: identifier(r.UID), SeverityID: severityID(r.Severity),
			Confidence: percent(r.Confidence), Since: clampTime(r.Since),
		})
	}
	value, err := marshal(rec)
	if err != nil {
		return Record{}, fmt.Errorf("alert: encode account verdict: %w", err)
	}
	return Record{
		Key: AccountKey(v.Tenant, v.Account), Value: value,
		Headers: []Header{{Key: "content-type", Value: []byte("application/json")}},
	}, nil
}

// AccountKey is the key of an account's record. In the default tenant it is the account, in another
// "tenant/account"; both parts are escaped as URL path segments (net/url.PathEscape), so that a
// slash in a name can never make two accounts share a key. Ordinary ids stay as they are.
func AccountKey(tenant, account string) []byte {
	key := url.PathEscape(account)
	if t := tenantOf(tenant); t != defaultTenant {
		key = url.PathEscape(t) + "/" + key
	}
	return []byte(key)
}

// marshal writes one line of JSON. HTML characters stay readable: the record is no web page.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// percent bounds a score to 0..100.
func percent(v int) int { return max(0, min(100, v)) }

// bits makes a figure fit for JSON and for reading: finite, two decimals, no negative zero.
func bits(v float64) float64 { return round(v, 100) }

func round(v, steps float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	v = math.Max(-1e6, math.Min(1e6, v))
	return math.Round(v*steps)/steps + 0 // adding 0 turns -0 into 0
}
