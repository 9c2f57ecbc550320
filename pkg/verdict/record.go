package verdict

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	defaultTenant = "default"
	// maxName is the longest name of an account in bytes that pkg/alert writes uncut (its maxID).
	maxName = 256
	// maxFindings is how many findings a record names at most (pkg/alert's maxRefs), maxText how
	// long a status or a finding's uid may be in bytes.
	maxFindings = 64
	maxText     = 256
	// maxKey is the longest key that is read: more than two names of maxName bytes become.
	maxKey = 4096
	// maxTime is the last millisecond of the year 9999.
	maxTime = 253_402_300_799_999
)

// identity is whom a record is about.
type identity struct{ tenant, account string }

func identify(tenant, account string) identity {
	return identity{tenant: cmp.Or(tenant, defaultTenant), account: account}
}

// key is the account's key in the topic: pkg/alert's AccountKey, which a gateway should not have
// to import with all of the detection. A test compares them.
func (id identity) key() string {
	key := url.PathEscape(id.account)
	if id.tenant != defaultTenant {
		key = url.PathEscape(id.tenant) + "/" + key
	}
	return key
}

// readKey is the inverse of key. A key that key would not have written is an error: two keys for
// one account would be two records that compaction keeps.
func readKey(key []byte) (identity, error) {
	text := string(key)
	id := identity{tenant: defaultTenant}
	name := text
	if tenant, account, found := strings.Cut(text, "/"); found {
		name = account
		var err error
		if id.tenant, err = url.PathUnescape(tenant); err != nil {
			return identity{}, errors.New("the key's tenant is not escaped as alerts.md says")
		}
	}
	var err error
	if id.account, err = url.PathUnescape(name); err != nil {
		return identity{}, errors.New("the key's account is not escaped as alerts.md says")
	}
	if id.account == "" || id.tenant == "" || len(text) > maxKey || id.key() != text {
		return identity{}, errors.New("the key is not one that alerts.md describes")
	}
	return id, nil
}

// record is the value of a record, as pkg/alert writes it.
type record struct {
	Account  string          `json:"account"`
	Tenant   string          `json:"tenant"`
	Time     int64           `json:"time"`
	Status   string          `json:"status"`
	Findings []recordFinding `json:"findings"`
}

type recordFinding struct {
	UID        string `json:"uid"`
	SeverityID int    `json:"severity_id"`
	Confidence int    `json:"confidence"`
	Since      int64  `json:"since"`
}

// ref is a finding of a record.
type ref struct {
	uid        string
	since      int64 // Unix milliseconds
	severity   Severity
	confidence uint8
}

// said is what a record says of its account.
type said struct {
	status  Status
	text    string // the status as it is written
	changed int64  // Unix milliseconds
	refs    []ref  // the most severe first
}

// read takes a record apart. Its error says what is wrong and names no account.
func read(id identity, value []byte) (said, error) {
	var r record
	if err := json.Unmarshal(value, &r); err != nil {
		return said{}, errors.New("the value is not the JSON of an account's record")
	}
	if !names(r.Account, id.account) || !names(cmp.Or(r.Tenant, defaultTenant), id.tenant) {
		return said{}, errors.New("the value is of another account than the key")
	}
	if r.Time < 0 || r.Time > maxTime {
		return said{}, errors.New("the time is not one in Unix milliseconds")
	}
	if r.Status == "" || len(r.Status) > maxText {
		return said{}, errors.New("the record has no status")
	}
	refs, err := readFindings(r.Findings)
	if err != nil {
		return said{}, err
	}
	s := said{status: statusOf(r.Status), text: r.Status, changed: r.Time, refs: refs}
	if (s.status == Implicated || s.status == Watched) && len(refs) == 0 {
		return said{}, fmt.Errorf("the status is %s, and the record names no finding", s.status)
	}
	return s, nil
}

// names tells whether the name in a record's value is that of its key: pkg/alert cuts names in the
// value that are too long, and mends those that are no UTF-8.
func names(inValue, inKey string) bool {
	if len(inKey) > maxName || !utf8.ValidString(inKey) {
		return inValue != ""
	}
	return inValue == inKey
}

func readFindings(in []recordFinding) ([]ref, error) {
	refs := make([]ref, 0, len(in))
	for i := range in {
		f := &in[i]
		switch {
		case f.UID == "" || len(f.UID) > maxText:
			return nil, errors.New("a finding has no uid")
		case f.SeverityID < 0 || f.SeverityID > int(Fatal):
			return nil, errors.New("a finding's severity_id is not 0..6")
		case f.Confidence < 0 || f.Confidence > 100:
			return nil, errors.New("a finding's confidence is not 0..100")
		case f.Since < 0 || f.Since > maxTime:
			return nil, errors.New("a finding's since is not a time in Unix milliseconds")
		}
		refs = append(refs, ref{
			uid: f.UID, since: f.Since,
			severity: Severity(f.SeverityID), confidence: uint8(f.Confidence),
		})
	}
	slices.SortStableFunc(refs, func(a, b ref) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(b.confidence, a.confidence))
	})
	return refs[:min(len(refs), maxFindings)], nil
}
