package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Event is what became of a verdict.
type Event string

// The events.
const (
	// Given says that a verdict was taken in.
	Given Event = "given"
	// Unknown says that what it is about is not known here, so that it changes nothing.
	Unknown Event = "unknown"
	// Applied says that it counts for a finding from now on.
	Applied Event = "applied"
	// Changed says that it no longer counts for a finding, because its group has changed.
	Changed Event = "changed"
	// Expired and Revoked say that it is over.
	Expired Event = "expired"
	Revoked Event = "revoked"
)

// Events lists all of them.
func Events() []string {
	return []string{
		string(Given), string(Unknown), string(Applied), string(Changed), string(Expired),
		string(Revoked),
	}
}

// Entry is one line of the audit: what became of a verdict, when, and for whom.
type Entry struct {
	// Verdict is the verdict, Number counts its entries from 1.
	Verdict Verdict
	Number  int
	Event   Event
	// Time is when, in Unix milliseconds of event time.
	Time int64
	// Finding and Campaign are what it was applied to, empty where it was not about one.
	Finding, Campaign string
	// Members counts the accounts of the finding, Accounts names them: the labels that calibrate
	// learns from.
	Members  int
	Accounts []string
	// Detail says in words what happened.
	Detail string
}

type entryDocument struct {
	Schema   string   `json:"schema"`
	ID       string   `json:"id"`
	Time     int64    `json:"time"`
	Tenant   string   `json:"tenant"`
	Event    Event    `json:"event"`
	Detail   string   `json:"detail,omitempty"`
	Finding  string   `json:"finding,omitempty"`
	Campaign string   `json:"campaign,omitempty"`
	Members  int      `json:"members,omitempty"`
	Accounts []string `json:"accounts,omitempty"`
	Cut      bool     `json:"accounts_cut,omitempty"`
	Verdict  *Verdict `json:"verdict"`
}

// EntryAccounts bounds the accounts that an entry names, so that it stays below MaxRecord beside
// the verdict: 2,000 of the longest names are half of it.
const EntryAccounts = 2000

// maxDetail bounds what an entry says in words, in bytes: it may hold an author and a reason.
const maxDetail = 2 * maxReason

// Key is the record's key on the audit topic: each entry has its own, so that compaction keeps all.
func (e *Entry) Key() []byte {
	return []byte(e.Verdict.ID + ":" + strconv.Itoa(e.Number))
}

// Record writes the entry as one line of JSON.
func (e *Entry) Record() ([]byte, error) {
	d := entryDocument{
		Schema: schema, ID: string(e.Key()), Time: e.Time, Tenant: e.Verdict.Tenant,
		Event: e.Event, Detail: e.Detail, Finding: e.Finding, Campaign: e.Campaign,
		Members:  e.Members,
		Accounts: e.Accounts[:min(len(e.Accounts), EntryAccounts)], Verdict: &e.Verdict,
	}
	d.Cut = e.Members > len(d.Accounts)
	out, err := marshal(d)
	if err != nil {
		return nil, fmt.Errorf("audit entry %s: %w", d.ID, err)
	}
	if len(out) > MaxRecord && len(d.Accounts) > 0 {
		shorter := *e
		shorter.Accounts = nil
		return shorter.Record()
	}
	return out, nil
}

// ParseEntry reads a record of the audit topic. Its error names fields, never what stands in them.
func ParseEntry(record []byte) (Entry, error) {
	if !utf8.Valid(record) {
		return Entry{}, errors.New("read audit entry: no UTF-8")
	}
	var d entryDocument
	if err := json.Unmarshal(record, &d); err != nil {
		if fault, ok := errors.AsType[*InvalidError](err); ok {
			return Entry{}, fmt.Errorf("read audit entry: its verdict: %w", fault)
		}
		return Entry{}, fmt.Errorf("read audit entry: %s", plainly(err))
	}
	if d.Verdict == nil || d.Schema != schema {
		return Entry{}, fmt.Errorf("read audit entry: it has no verdict of schema %q", schema)
	}
	e := Entry{
		Verdict: *d.Verdict, Event: d.Event, Time: d.Time, Finding: d.Finding,
		Campaign: d.Campaign, Members: d.Members, Accounts: d.Accounts, Detail: d.Detail,
	}
	number, _ := strings.CutPrefix(d.ID, e.Verdict.ID+":")
	e.Number, _ = strconv.Atoi(number)
	switch {
	case e.Number < 1 || string(e.Key()) != d.ID:
		return Entry{}, errors.New("read audit entry: id must be the verdict's, a colon, a number")
	case e.Event == "" || !readable(string(e.Event), maxName):
		return Entry{}, errors.New("read audit entry: it names no event")
	case !readable(e.Finding, maxName) || !readable(e.Campaign, maxName) ||
		!readable(e.Detail, maxDetail):
		return Entry{}, errors.New("read audit entry: finding, campaign or detail is no text")
	case e.Members < len(e.Accounts) || len(e.Accounts) > EntryAccounts:
		return Entry{}, errors.New("read audit entry: more accounts than members, or too many")
	}
	if len(e.Accounts) == 0 {
		e.Accounts = nil
	}
	return e, nil
}
