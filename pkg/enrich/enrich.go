// Package enrich fills what an event leaves unknown from tables beside the traffic: facts about
// accounts, and what is known of networks. It holds and applies them; where they come from is
// somebody else's business.
package enrich

import (
	"net/netip"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Facts is what is known of an account beside its traffic. What is unknown is empty.
type Facts struct {
	// CreatedAt is the sign-up in Unix milliseconds, 0 when unknown.
	CreatedAt                                          int64
	PaymentFP, PaymentIssuer, Plan, OrgID, EmailDomain string
	Verified                                           event.Bool
	// Contract is the id of the contract that the account is under, Purpose the declared use.
	Contract, Purpose string
}

// Accounts knows facts about accounts. It is asked from many goroutines.
type Accounts interface {
	Facts(tenant, account string) (Facts, bool)
}

// Network is what is known of an address. What is unknown is empty.
type Network struct {
	ASN            int64
	ASOrg, Country string
}

// Networks knows networks. It is asked from many goroutines.
type Networks interface {
	Network(addr netip.Addr) Network
}

// Field is a field of the event that can be filled.
type Field int

// The fields.
const (
	CreatedAt Field = iota
	PaymentFP
	PaymentIssuer
	Plan
	OrgID
	Verified
	EmailDomain
	Contract
	Purpose
	ASN
	ASOrg
	Country
	// NumFields is how many there are.
	NumFields
)

// FieldNames are the fields' paths in the event.
func FieldNames() []string {
	return []string{
		CreatedAt: "account.created_at", PaymentFP: "account.payment_fp",
		PaymentIssuer: "account.payment_issuer", Plan: "account.plan", OrgID: "account.org_id",
		Verified: "account.verified", EmailDomain: "account.email_domain",
		Contract: "account.contract", Purpose: "account.purpose", ASN: "client.asn",
		ASOrg: "client.as_org", Country: "client.country",
	}
}

// Name is the field's path in the event.
func (f Field) Name() string { return FieldNames()[f] }

// Filled counts the events in which each field was filled.
type Filled [NumFields]int64

// Enricher fills events. The zero value fills nothing. It is safe for concurrent use as far as its
// tables are.
type Enricher struct {
	// Accounts are asked one after the other: the first that knows a fact tells it.
	Accounts []Accounts
	Networks []Networks
}

// Apply fills what the event leaves unknown and counts it. What the event says itself stays: it is
// what was true at the time of the request, and a table is only about today. account is the account
// that the event was found to be of, which need not be account.id.
func (e *Enricher) Apply(ev *event.Event, tenant, account string, filled *Filled) {
	for _, table := range e.Accounts {
		if facts, ok := table.Facts(tenant, account); ok {
			facts.apply(&ev.Account, filled)
		}
	}
	if len(e.Networks) == 0 ||
		ev.Client.ASN.Known && ev.Client.ASOrg != "" && ev.Client.Country != "" {
		return
	}
	addr, ok := ev.Client.Addr()
	if !ok {
		return
	}
	for _, n := range e.Networks {
		known := n.Network(addr)
		known.apply(&ev.Client, filled)
	}
}

func (f *Facts) apply(a *event.Account, filled *Filled) {
	if a.CreatedAt == 0 && f.CreatedAt != 0 {
		a.CreatedAt = f.CreatedAt
		filled[CreatedAt]++
	}
	if !a.Verified.Known && f.Verified.Known {
		a.Verified = f.Verified
		filled[Verified]++
	}
	fill(&a.PaymentFP, f.PaymentFP, &filled[PaymentFP])
	fill(&a.PaymentIssuer, f.PaymentIssuer, &filled[PaymentIssuer])
	fill(&a.Plan, f.Plan, &filled[Plan])
	fill(&a.OrgID, f.OrgID, &filled[OrgID])
	fill(&a.EmailDomain, f.EmailDomain, &filled[EmailDomain])
	fill(&a.Contract, f.Contract, &filled[Contract])
	fill(&a.Purpose, f.Purpose, &filled[Purpose])
}

func (n *Network) apply(c *event.Client, filled *Filled) {
	if !c.ASN.Known && n.ASN > 0 {
		c.ASN = event.Int{V: n.ASN, Known: true}
		filled[ASN]++
	}
	// A name belongs to its number: the one of another network would be wrong.
	if n.ASN == 0 || n.ASN == c.ASN.V {
		fill(&c.ASOrg, n.ASOrg, &filled[ASOrg])
	}
	fill(&c.Country, n.Country, &filled[Country])
}

func fill(into *string, value string, count *int64) {
	if *into == "" && value != "" {
		*into = value
		*count++
	}
}
