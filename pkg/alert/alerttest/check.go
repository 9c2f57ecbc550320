// Package alerttest holds finding records against the rules of OCSF that JSON Schema cannot
// express, for tests. Its tables are its own, so that it finds what the tables of pkg/alert have
// wrong.
package alerttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// Check holds a finding record's value against those rules and against Stillwatch's own promises:
// one line smaller than alert.MaxRecord with time as its first key, ids that add up, captions that
// match their ids, observables that point at what they say, times in order, no alert but on an
// unmuted Create and none in shadow. The error joins everything that is wrong.
func Check(record []byte) error {
	if len(record) >= alert.MaxRecord {
		return fmt.Errorf("alert: the record has %d bytes; it must stay below %d",
			len(record), alert.MaxRecord)
	}
	if !bytes.HasPrefix(record, []byte(`{"time":`)) || bytes.ContainsAny(record, "\r\n") {
		return errors.New(
			`alert: a record is one line of JSON that begins with {"time": as its first key`,
		)
	}
	dec := json.NewDecoder(bytes.NewReader(record))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		return fmt.Errorf("alert: the record is no JSON object: %w", err)
	}
	if dec.More() {
		return errors.New("alert: the record holds more than one JSON value")
	}
	c := checker{doc: doc}
	c.ids()
	c.captions()
	c.times()
	c.observables()
	c.life()
	if err := errors.Join(c.errs...); err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	return nil
}

// decimalNames are the attributes that are decimals in every record.
var decimalNames = []string{
	"coordination_bits", "harvest_bits", "bits", "share", "census", "agreement",
}

type checker struct {
	doc  map[string]any
	errs []error
}

func (c *checker) fault(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// number reads an integer; absent is ok == false.
func (c *checker) number(path string) (int64, bool) {
	v, err := resolve(c.doc, path)
	if err != nil {
		return 0, false
	}
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

func (c *checker) text(path string) string {
	v, err := resolve(c.doc, path)
	if err != nil {
		return ""
	}
	s, _ := v.(string)
	return s
}

func (c *checker) list(path string) int {
	v, err := resolve(c.doc, path)
	if err != nil {
		return 0
	}
	l, _ := v.([]any)
	return len(l)
}

func (c *checker) ids() {
	class, _ := c.number("class_uid")
	category, _ := c.number("category_uid")
	activity, _ := c.number("activity_id")
	if t, _ := c.number("type_uid"); t != class*100+activity {
		c.fault("type_uid is %d; class_uid * 100 + activity_id is %d", t, class*100+activity)
	}
	if class/1000 != category {
		c.fault("category_uid is %d; the class %d belongs to %d", category, class, class/1000)
	}
	sequence, _ := c.number("metadata.sequence")
	want := c.text("finding_info.uid") + ":" + strconv.FormatInt(sequence, 10)
	if got := c.text("metadata.uid"); got != want {
		c.fault("metadata.uid is %q; <finding uid>:<sequence> is %q", got, want)
	}
	if v := c.text("metadata.version"); v != version {
		c.fault("metadata.version is %q; the record is written for %s", v, version)
	}
	for _, path := range [...]string{"confidence_score", "risk_score"} {
		if n, ok := c.number(path); ok && (n < 0 || n > 100) {
			c.fault("%s is %d; it must be 0..100", path, n)
		}
	}
	// attacks, action and disposition exist only with the security_control profile, and attacks
	// must be repeated inside the finding.
	if profiles, _ := resolve(c.doc, "metadata.profiles"); !contains(profiles, "security_control") {
		c.fault("metadata.profiles must list security_control")
	}
	if top, inner := c.canonical("attacks"), c.canonical("finding_info.attacks"); top != inner {
		c.fault("attacks and finding_info.attacks differ")
	}
}

func contains(list any, want string) bool {
	l, _ := list.([]any)
	for _, v := range l {
		if v == want {
			return true
		}
	}
	return false
}

func (c *checker) canonical(path string) string {
	v, err := resolve(c.doc, path)
	if err != nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

func (c *checker) captions() {
	for _, names := range captionsOf {
		c.caption(names.id, names.caption, names.of)
	}
	for i := range c.list("evidences") {
		at := fmt.Sprintf("evidences[%d].", i)
		c.caption(at+"verdict_id", at+"verdict", captions{4: "Suspicious"})
	}
	for i := range c.list("resources") {
		at := fmt.Sprintf("resources[%d].", i)
		c.caption(at+"role_id", at+"role", captions{1: "Target"})
	}
}

func (c *checker) caption(idPath, namePath string, names captions) {
	id, ok := c.number(idPath)
	if !ok {
		c.fault("%s is missing", idPath)
		return
	}
	if want, known := names[int(id)]; !known || c.text(namePath) != want {
		c.fault("%s is %q, which is not the caption of %s %d",
			namePath, c.text(namePath), idPath, id)
	}
}

func (c *checker) times() {
	for _, pair := range [...][2]string{
		{"start_time", "end_time"},
		{"finding_info.first_seen_time", "finding_info.last_seen_time"},
		{"finding_info.created_time", "finding_info.modified_time"},
	} {
		from, ok := c.number(pair[0])
		to, ok2 := c.number(pair[1])
		if ok && ok2 && from > to {
			c.fault("%s is after %s", pair[0], pair[1])
		}
	}
	at, _ := c.number("time")
	if modified, ok := c.number("finding_info.modified_time"); !ok || modified != at {
		c.fault("time must be the record's: the finding's modified_time")
	}
	if end, ok := c.number("end_time"); ok && end > at {
		c.fault("end_time is after time")
	}
}

func (c *checker) observables() {
	for i := range c.list("observables") {
		at := fmt.Sprintf("observables[%d].", i)
		path, value := c.text(at+"name"), c.text(at+"value")
		found, err := resolve(c.doc, path)
		if err != nil {
			c.fault("%sname: %w", at, err)
		} else if found != value {
			c.fault("%sname %s holds another value", at, path)
		}
		id, _ := c.number(at + "type_id")
		if name := c.text(at + "type"); id == other && name == "" {
			c.fault("%stype is needed where type_id is 99", at)
		} else if id != other && observableTypes[int(id)] != name {
			c.fault("%stype is %q, which is not the caption of type_id %d", at, name, id)
		}
	}
}

func (c *checker) life() {
	activity, _ := c.number("activity_id")
	status, _ := c.number("status_id")
	isAlert, err := resolve(c.doc, "is_alert")
	if err != nil {
		c.fault("is_alert is missing")
	}
	if isAlert == true && (activity == int64(campaign.Close) || status == statusSuppressed) {
		c.fault("is_alert is true; neither a Close nor a muted finding alerts")
	}
	if id, ok := c.number("verdict_id"); ok {
		if want := map[int64]string{1: "False Positive", 2: "True Positive", 5: "Benign"}[id]; want ==
			"" || want != c.text("verdict") {
			c.fault("verdict %q is not the caption of verdict_id %d", c.text("verdict"), id)
		}
		if profiles, _ := resolve(c.doc, "metadata.profiles"); !contains(profiles, "incident") {
			c.fault("a verdict needs the incident profile")
		}
	}
	c.decimals("", c.doc)
	c.shadow(isAlert == true)
	closed := status == statusResolved || status == statusDeleted
	switch {
	case activity == int64(campaign.Close) && !closed && status != statusSuppressed:
		c.fault("a Close has status_id %d; it must be Resolved, Deleted or Suppressed", status)
	case activity != int64(campaign.Close) && closed:
		c.fault("status_id %d needs activity Close", status)
	case activity == int64(campaign.Close) && c.text("status_detail") == "":
		c.fault("a Close needs status_detail")
	}
}

// decimals looks for numbers that should always have a point: those of unmapped.stillwatch that are
// no counts and no times.
func (c *checker) decimals(path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			c.decimals(path+"."+name, inner)
		}
	case []any:
		for _, inner := range v {
			c.decimals(path, inner)
		}
	case json.Number:
		name := path[strings.LastIndex(path, ".")+1:]
		if slices.Contains(decimalNames, name) && !strings.Contains(v.String(), ".") {
			c.fault("%s is %s; a decimal always has a point", path, v)
		}
	}
}

// shadow holds together what says that a finding is in shadow.
func (c *checker) shadow(isAlert bool) {
	labels, _ := resolve(c.doc, "metadata.labels")
	labelled := contains(labels, "shadow")
	_, err := resolve(c.doc, "unmapped.stillwatch.shadow.also_alerted")
	state, _ := c.number("finding_info.analytic.state_id")
	if labelled != (state == stateExperimental) || labelled != (err == nil) {
		c.fault("the label shadow, unmapped.stillwatch.shadow and an experimental analytic go together")
	}
	if labelled && isAlert {
		c.fault("is_alert is true; a finding in shadow never alerts")
	}
}

// resolve follows a path such as evidences[0].user.uid.
func resolve(doc any, path string) (any, error) {
	at := doc
	for part := range strings.SplitSeq(path, ".") {
		name, rest, _ := strings.Cut(part, "[")
		object, ok := at.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("path %q: %s is in no object", path, name)
		}
		if at, ok = object[name]; !ok {
			return nil, fmt.Errorf("path %q: there is no %s", path, name)
		}
		for rest != "" {
			index, tail, ok := strings.Cut(rest, "]")
			list, isList := at.([]any)
			i, err := strconv.Atoi(index)
			if !ok || !isList || err != nil || i < 0 || i >= len(list) {
				return nil, fmt.Errorf("path %q: no element [%s]", path, index)
			}
			at, rest = list[i], strings.TrimPrefix(tail, "[")
		}
	}
	return at, nil
}
