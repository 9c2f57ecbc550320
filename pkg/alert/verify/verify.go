// Package verify holds the records of an alerts topic against one another: what docs/alerts.md
// promises to those who read it. Whether a single record is well-formed is the schema's matter.
//
// A record may come again, as it does after a crash. It must then be the same, byte for byte. What
// comes for the first time must be the finding's next record.
package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// Options says what the records are.
type Options struct {
	// Partial says that records may be missing, because the topic's retention has removed the
	// oldest ones or it is compacted. Then a finding may begin with any record and leave some out.
	Partial bool
}

// Record is a record of the topic.
type Record struct {
	// At is where it stands, for the reader of a fault: "partition 2 offset 17", "line 5".
	At string
	// Key is the record's key, nil where it is not known, as in a file. Value is its value.
	Key, Value []byte
}

// Fault is a promise that is broken.
type Fault struct {
	// At is where the record stands that breaks it.
	At string
	// Record is its metadata.uid, empty when it cannot be read.
	Record string
	// Problem says what is wrong, in a sentence.
	Problem string
}

func (f Fault) String() string {
	if f.Record == "" {
		return f.At + ": " + f.Problem
	}
	return f.At + ": record " + f.Record + ": " + f.Problem
}

// Summary counts what was read.
type Summary struct {
	// Records counts all, Repeated those of them that had come before.
	Records, Repeated int
	// Findings counts the findings, Created, Updated and Closed their records without repetitions.
	Findings, Created, Updated, Closed int
	// Faults counts the promises that are broken.
	Faults int
}

// Verifier reads the records of one topic. The records of a finding must be added in the order in
// which they stand in their partition. Of every record it keeps 2 kB.
type Verifier struct {
	o        Options
	findings map[string]*finding
	// names holds the attributes' names, which every record has, once.
	names   map[string]string
	summary Summary
}

// finding is what was read of a finding.
type finding struct {
	// last is its newest record, without the lists; its sequence is 0 when there is none.
	last campaign.Finding
	// records are all of its records, by sequence.
	records map[int]content
}

// content is a record to compare others with: where it stands, a hash of the whole value and one of
// every attribute of it, in the order of their names.
type content struct {
	at         string
	whole      xxh3.Uint128
	attributes []attribute
}

// attribute is the hash of an attribute's value; an attribute of an object in the record has the
// object's name and a point before its own.
type attribute struct {
	name string
	hash uint64
}

// New makes a verifier.
func New(o Options) *Verifier {
	return &Verifier{o: o, findings: map[string]*finding{}, names: map[string]string{}}
}

// Summary counts what was read until now.
func (v *Verifier) Summary() Summary { return v.summary }

// Add reads a record and returns the promises that it breaks.
func (v *Verifier) Add(r Record) []Fault {
	v.summary.Records++
	if len(r.Value) == 0 {
		// A tombstone deletes a finding from a compacted topic; nobody but an operator writes one.
		return nil
	}
	c := &check{r: &r}
	if f, err := alert.Parse(r.Value); err != nil {
		c.fault("%v", err)
	} else {
		v.add(c, f)
	}
	v.summary.Faults += len(c.faults)
	return c.faults
}

// check is the look at one record.
type check struct {
	r      *Record
	name   string
	faults []Fault
}

func (c *check) fault(format string, args ...any) {
	c.faults = append(c.faults, Fault{
		At: c.r.At, Record: c.name, Problem: fmt.Sprintf(format, args...),
	})
}

func (v *Verifier) add(c *check, f *campaign.Finding) {
	c.name = f.UID + ":" + strconv.Itoa(f.Sequence)
	c.identity(f)
	known := v.findings[f.UID]
	if known == nil {
		known = &finding{records: map[int]content{}}
		v.findings[f.UID] = known
		v.summary.Findings++
	}
	now := v.contentOf(c.r)
	if before, ok := known.records[f.Sequence]; ok {
		v.summary.Repeated++
		if before.whole != now.whole {
			c.fault("comes with another content than at %s: %s",
				before.at, before.differences(&now))
		}
		return
	}
	switch f.Activity {
	case campaign.Create:
		v.summary.Created++
	case campaign.Close:
		v.summary.Closed++
	default:
		v.summary.Updated++
	}
	c.order(known, f, v.o.Partial)
	known.records[f.Sequence] = now
	if f.Sequence > known.last.Sequence {
		known.last = campaign.Finding{
			Campaign: f.Campaign, Tenant: f.Tenant, Kind: f.Kind, Sequence: f.Sequence,
			Activity: f.Activity, Severity: f.Severity, Created: f.Created, Modified: f.Modified,
			Shadow: f.Shadow,
		}
	}
}

// identity looks at what names the record.
func (c *check) identity(f *campaign.Finding) {
	var named struct {
		Metadata struct {
			UID string `json:"uid"`
		} `json:"metadata"`
		IsAlert bool `json:"is_alert"`
	}
	// It was read before, so it can be read.
	if err := json.Unmarshal(c.r.Value, &named); err != nil || named.Metadata.UID != c.name {
		c.fault("metadata.uid is %q; it must be the finding's uid and the sequence",
			named.Metadata.UID)
	}
	if c.r.Key != nil && string(c.r.Key) != f.UID {
		c.fault("the record's key is %q; it must be the finding's uid", c.r.Key)
	}
	if f.Shadow != nil && named.IsAlert {
		c.fault("is_alert is true; a finding in shadow never alerts")
	}
	if (f.Sequence == 1) != (f.Activity == campaign.Create) {
		c.fault(
			"activity_id is %d; the first record of a finding creates it, and no other one does",
			f.Activity,
		)
	}
}

// order looks at a record that comes for the first time, beside those of its finding before it.
func (c *check) order(known *finding, f *campaign.Finding, partial bool) {
	last := &known.last
	switch {
	case last.Sequence == 0:
		if f.Sequence != 1 && !partial {
			c.fault("is the finding's first record here; the sequence must begin with 1")
		}
		return
	case f.Sequence < last.Sequence:
		c.fault("comes for the first time after sequence %d", last.Sequence)
		return
	case f.Sequence > last.Sequence+1 && !partial:
		c.fault("follows sequence %d; a sequence rises by one", last.Sequence)
	}
	if last.Activity == campaign.Close &&
		(f.Activity != campaign.Close || f.CloseReason != "superseded") {
		c.fault("follows the record that closed the finding")
	}
	if f.Severity < last.Severity {
		c.fault("severity_id falls from %d to %d; an open finding's never does",
			last.Severity, f.Severity)
	}
	if f.Modified < last.Modified {
		c.fault("modified_time goes back from %d to %d", last.Modified, f.Modified)
	}
	if f.Created != last.Created || f.Campaign != last.Campaign ||
		f.Tenant != last.Tenant || f.Kind != last.Kind {
		c.fault("created_time, correlation_uid, tenant_uid or kind is not that of the records before it")
	}
	if (f.Shadow != nil) != (last.Shadow != nil) {
		c.fault("is in shadow and was not, or the other way round; a finding stays where it is")
	}
}

// contentOf hashes a record's value.
func (v *Verifier) contentOf(r *Record) content {
	c := content{at: r.At, whole: xxh3.Hash128(r.Value), attributes: v.hash(nil, "", r.Value, 1)}
	c.attributes = slices.Clip(c.attributes)
	slices.SortFunc(c.attributes, func(a, b attribute) int { return cmp.Compare(a.name, b.name) })
	return c
}

// hash adds the hashes of the attributes of an object, and of those of the objects in it to some
// depth.
func (v *Verifier) hash(
	out []attribute, name string, value json.RawMessage, depth int,
) []attribute {
	var object map[string]json.RawMessage
	if depth < 0 || json.Unmarshal(value, &object) != nil {
		known, ok := v.names[name]
		if !ok {
			known = name
			v.names[name] = name
		}
		return append(out, attribute{known, xxh3.Hash(value)})
	}
	for inner, value := range object {
		out = v.hash(out, strings.TrimPrefix(name+"."+inner, "."), value, depth-1)
	}
	return out
}

// maxDifferences bounds the attributes that a fault names.
const maxDifferences = 6

// differences names the attributes in which two contents differ.
func (c *content) differences(other *content) string {
	differ := map[string]bool{}
	for _, pair := range [2][2]*content{{c, other}, {other, c}} {
		for _, a := range pair[0].attributes {
			if !slices.Contains(pair[1].attributes, a) {
				differ[a.name] = true
			}
		}
	}
	names := slices.Sorted(maps.Keys(differ))
	if len(names) == 0 {
		return "the same attributes, written in another way"
	}
	more := ""
	if n := len(names) - maxDifferences; n > 0 {
		names, more = names[:maxDifferences], fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(names, ", ") + more + " differ"
}
