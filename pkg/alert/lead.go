package alert

import (
	"math"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

const (
	// leadValues bounds the values of one kind, leadRequests the requests, that are shown of a
	// member.
	leadValues, leadRequests = 8, 8
	// requestID bounds an id: fingerprint.MaxRequestID, so that none is ever cut.
	requestID = 128
	// systemMark stands before the number of an autonomous system.
	systemMark = "AS"
)

// follow puts into a member's evidence what an analyst can follow the account by: in OCSF's own
// attributes where it has some, else in the data.
func (m *mapper) follow(e *evidence, member *campaign.Member) {
	l := &member.Lead
	agent, ja4Value := m.text(l.UserAgent, maxText), m.text(l.JA4, maxText)
	if agent == "" && ja4Value == "" {
		// The client as it was sent is not known of accounts that were last seen by an older
		// release.
		agent, ja4Value = splitStack(m.text(member.Stack, maxText))
	}
	e.Data.memberLead = memberLead{
		Created: clampTime(l.Created), Sources: l.Sources,
		Networks: m.valueShares(l.Networks), Systems: m.valueShares(l.Systems),
		Payments: m.valueShares(l.Payments), Issuers: m.valueShares(l.Issuers),
		Devices: m.valueShares(l.Devices), Exemplars: m.leadRequests(l.Requests),
	}
	if ja4Value != "" {
		e.JA4 = []ja4{{TypeID: ja4Client, Type: "JA4", Value: ja4Value}}
	}
	request := httpRequest{UserAgent: agent}
	if len(e.Data.Exemplars) > 0 {
		request.UID = e.Data.Exemplars[0].ID
	}
	if request != (httpRequest{}) {
		e.HTTPRequest = &request
	}
	e.Source = sourceOf(&e.Data.memberLead)
}

// sourceOf is the commonest network, nil where none is known.
func sourceOf(l *memberLead) *endpoint {
	var source endpoint
	if len(l.Networks) > 0 {
		source.Name = l.Networks[0].Value
	}
	if len(l.Systems) > 0 {
		name := l.Systems[0].Value
		digits, isSystem := strings.CutPrefix(name, systemMark)
		number, err := strconv.ParseUint(digits, 10, 32)
		if source.Name == "" {
			source.Name = name
		}
		// OCSF has 32 bits with a sign for it; larger numbers are in the data only.
		if err == nil && isSystem && number <= math.MaxInt32 {
			source.System = &autonomousSystem{Number: int32(number)}
		}
	}
	if source.Name == "" {
		return nil
	}
	return &source
}

func (m *mapper) valueShares(list []campaign.ValueShare) (out []valueShare) {
	for _, v := range list[:m.keep(len(list), leadValues)] {
		if text := m.text(v.Value, maxText); text != "" {
			out = append(out, valueShare{Value: text, Share: decimal(shareOf(v.Share))})
		}
	}
	return out
}

func (m *mapper) leadRequests(list []campaign.Exemplar) (out []leadRequest) {
	for _, r := range list[:m.keep(len(list), leadRequests)] {
		if id := m.text(r.ID, requestID); id != "" {
			out = append(out, leadRequest{
				ID: id, Time: clampTime(r.Time), Carried: identifier(string(carried(r.Carried))),
			})
		}
	}
	return out
}

// carried is one of the words for what a request carried.
func carried(c campaign.Carried) campaign.Carried {
	switch c {
	case campaign.CarriedShared, campaign.CarriedTemplate:
		return c
	default:
		return campaign.CarriedUnknown
	}
}

// shareOf bounds a share to 0..1.
func shareOf(v float64) float64 { return round(math.Max(0, math.Min(1, v)), 1e6) }

// sharesOf reads back what valueShares wrote.
func sharesOf(list []valueShare) (out []campaign.ValueShare) {
	for _, v := range list {
		out = append(out, campaign.ValueShare{Value: v.Value, Share: float64(v.Share)})
	}
	return out
}

// leadOf reads back what follow wrote.
func leadOf(e *evidence) campaign.Lead {
	d := &e.Data.memberLead
	l := campaign.Lead{
		Created: d.Created, Sources: d.Sources,
		Networks: sharesOf(d.Networks), Systems: sharesOf(d.Systems),
		Payments: sharesOf(d.Payments), Issuers: sharesOf(d.Issuers), Devices: sharesOf(d.Devices),
	}
	if e.HTTPRequest != nil {
		l.UserAgent = e.HTTPRequest.UserAgent
	}
	if len(e.JA4) > 0 {
		l.JA4 = e.JA4[0].Value
	}
	for _, r := range d.Exemplars {
		l.Requests = append(l.Requests, campaign.Exemplar{
			ID: r.ID, Time: r.Time, Carried: campaign.Carried(r.Carried),
		})
	}
	return l
}

// leastTelling is how many times as common a value is among the members that is worth a look: a
// bit. What is no more common than elsewhere is listed among the shared values, and not pivoted on.
const leastTelling = 2

// tells says that a value tells the members from everybody.
func tells(share, everybody float64) bool { return share >= leastTelling*everybody }
