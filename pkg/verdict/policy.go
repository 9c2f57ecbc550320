package verdict

import (
	"errors"
	"fmt"
)

// Choice is what to do with requests while the standings cannot be relied on.
type Choice string

// What to do with requests while the standings cannot be relied on.
const (
	// FailOpen allows every account.
	FailOpen Choice = "fail_open"
	// FailClosed denies every account, also those that nobody ever named.
	FailClosed Choice = "fail_closed"
	// LastKnown goes by the standings that were read last.
	LastKnown Choice = "last_known"
)

// Policy says when an account is denied. An account is denied when it is Implicated by one finding
// that has both, the least severity and the least confidence.
type Policy struct {
	// MinSeverity is the least severity. Implicated accounts have Medium or more.
	MinSeverity Severity `yaml:"min_severity"`
	// MinConfidence is the least confidence, 0..100.
	MinConfidence int `yaml:"min_confidence"`
	// WhenNeverRead is FailOpen or FailClosed: what holds from the start until the topic has been
	// read to its end once. There is no LastKnown: what has been read by then may be taken back by
	// a later record.
	WhenNeverRead Choice `yaml:"when_never_read"`
	// WhenStale is FailOpen, FailClosed or LastKnown: what holds while the topic cannot be read.
	WhenStale Choice `yaml:"when_stale"`
}

// DefaultPolicy denies every implicated account. It never lets an outage of Kafka become one of the
// gateway: it fails open until the topic has been read, and then goes by what it read last, because
// few standings change in the time of an outage.
func DefaultPolicy() Policy {
	return Policy{MinSeverity: Medium, WhenNeverRead: FailOpen, WhenStale: LastKnown}
}

// Validate reports everything that is wrong with the policy, in one error.
func (p *Policy) Validate() error {
	var errs []error
	if p.MinSeverity < Informational || p.MinSeverity > Fatal {
		errs = append(errs, fmt.Errorf("min_severity: %d is not 1 to 6", p.MinSeverity))
	}
	if p.MinConfidence < 0 || p.MinConfidence > 100 {
		errs = append(errs, fmt.Errorf("min_confidence: %d is not 0 to 100", p.MinConfidence))
	}
	if p.WhenNeverRead != FailOpen && p.WhenNeverRead != FailClosed {
		errs = append(errs, fmt.Errorf(
			"when_never_read: %q is not %s or %s", p.WhenNeverRead, FailOpen, FailClosed,
		))
	}
	if p.WhenStale != FailOpen && p.WhenStale != FailClosed && p.WhenStale != LastKnown {
		errs = append(errs, fmt.Errorf(
			"when_stale: %q is not %s, %s or %s", p.WhenStale, FailOpen, FailClosed, LastKnown,
		))
	}
	return errors.Join(errs...)
}

// Reason says why a request is allowed or denied. It is for logs and metrics, never for the client
// of the gateway.
type Reason string

// Why a request is allowed or denied.
const (
	// NotImplicated allows: the account's status is another one.
	NotImplicated Reason = "not_implicated"
	// BelowPolicy allows: the account is implicated, by no finding that the policy asks for.
	BelowPolicy Reason = "below_policy"
	// ByFinding denies: the account is implicated by a finding that the policy asks for.
	ByFinding Reason = "by_finding"
	// ByNeverRead allows or denies, as WhenNeverRead says.
	ByNeverRead Reason = "never_read"
	// ByStale allows or denies, as WhenStale says. LastKnown gives the reasons above.
	ByStale Reason = "stale"
)

// Decision is what to do with a request, and why.
type Decision struct {
	Allow  bool
	Reason Reason
	Answer Answer
}

// Decide decides about a request of the account that the answer is about.
func (p *Policy) Decide(a Answer) Decision {
	d := Decision{Answer: a}
	switch {
	case a.Freshness == NeverRead:
		d.Allow, d.Reason = p.WhenNeverRead == FailOpen, ByNeverRead
	case a.Freshness == Stale && p.WhenStale != LastKnown:
		d.Allow, d.Reason = p.WhenStale == FailOpen, ByStale
	case a.Status != Implicated:
		d.Allow, d.Reason = true, NotImplicated
	case !a.reaches(p.MinSeverity, p.MinConfidence):
		d.Allow, d.Reason = true, BelowPolicy
	default:
		d.Reason = ByFinding
	}
	return d
}
