package watchlist

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// Observable is a thing that a term speaks of.
type Observable uint8

// The observables.
const (
	UserAgent Observable = iota
	JA4
	Stack
	Parameters
	Tools
	Model
	EmailDomain
	ASN
	Network
	// What follows has no readable form in a profile, only a keyed hash.
	PaymentFP
	PaymentIssuer
	DeviceID
	numObservables
)

// Account is the type of the observable that Stillwatch adds to STIX's, for what STIX has no words for.
const Account = "x-stillwatch-account"

// observables says of each how a pattern is written and which facet of a profile has it.
func observables() [numObservables]struct {
	path  string
	facet fingerprint.Facet
} {
	return [numObservables]struct {
		path  string
		facet fingerprint.Facet
	}{
		UserAgent:     {"network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'", fingerprint.Stack},
		JA4:           {Account + ":ja4", fingerprint.Stack},
		Stack:         {Account + ":stack", fingerprint.Stack},
		Parameters:    {Account + ":parameters", fingerprint.Params},
		Tools:         {Account + ":tools", fingerprint.Tools},
		Model:         {Account + ":model", fingerprint.Model},
		EmailDomain:   {Account + ":email_domain", fingerprint.Domain},
		ASN:           {"autonomous-system:number", fingerprint.ASN},
		Network:       {"", fingerprint.Network},
		PaymentFP:     {Account + ":payment_fp", fingerprint.Payment},
		PaymentIssuer: {Account + ":payment_issuer", fingerprint.Issuer},
		DeviceID:      {Account + ":device_id", fingerprint.Device},
	}
}

// keyed says that profiles have the observable as a keyed hash only.
func (o Observable) keyed() bool { return o >= PaymentFP }

// Op is how a value is compared.
type Op uint8

// The operators.
const (
	Equal Op = iota
	Like
	Matches
	Subset
)

// Term is one comparison.
type Term struct {
	Observable Observable
	Op         Op
	// Value is in the form that profiles keep: folded to lower case where they do, a network as they round it.
	Value string

	expression *regexp.Regexp
	prefix     netip.Prefix
}

func (t *Term) same(o *Term) bool {
	return t.Observable == o.Observable && t.Op == o.Op && t.Value == o.Value
}

// String writes the comparison as STIX.
func (t *Term) String() string {
	path := observables()[t.Observable].path
	switch {
	case t.Observable == Network && t.prefix.Addr().Is4():
		return "ipv4-addr:value ISSUBSET " + quote(t.Value)
	case t.Observable == Network:
		return "ipv6-addr:value ISSUBSET " + quote(t.Value)
	case t.Observable == ASN:
		return path + " = " + t.Value
	case t.Op == Like:
		return path + " LIKE " + quote(t.Value)
	case t.Op == Matches:
		return path + " MATCHES " + quote(t.Value)
	default:
		return path + " = " + quote(t.Value)
	}
}

// scanned says that the term has to be tried on every value: it can't be looked up.
func (t *Term) scanned() bool { return t.Op == Like || t.Op == Matches }

// header is the path of an HTTP header without its name.
const header = "network-traffic:extensions.http-request-ext.request_header."

// makeTerm gives a comparison its meaning; the error says why it has none here.
func makeTerm(path, operator, value string) (Term, error) {
	op, ok := map[string]Op{"=": Equal, "==": Equal, "LIKE": Like, "MATCHES": Matches, "ISSUBSET": Subset}[operator]
	if !ok {
		return Term{}, fmt.Errorf("the operator %s is not understood", clean(operator))
	}
	if value == "" {
		return Term{}, fmt.Errorf("%s is compared with nothing", clean(path))
	}
	switch kind, property, _ := strings.Cut(path, ":"); {
	case path == "ipv4-addr:value", path == "ipv6-addr:value", path == "network-traffic:src_ref.value":
		return networkTerm(op, value)
	case path == "autonomous-system:number":
		return asnTerm(op, value)
	case path == "email-addr:value":
		domain, whole := strings.CutPrefix(value, "%@")
		if op != Like || !whole {
			return Term{}, errors.New("of e-mail addresses only the domain is kept: LIKE '%@example.org' is understood")
		}
		return textTerm(EmailDomain, Equal, domain)
	case path == "domain-name:value":
		return textTerm(EmailDomain, op, value)
	case len(path) > len(header) && path[:len(header)] == header:
		if !strings.EqualFold(path[len(header):], "User-Agent") {
			return Term{}, fmt.Errorf("the header %s is not kept; User-Agent is", clean(path[len(header):]))
		}
		return textTerm(UserAgent, op, value)
	case kind == Account:
		for o, known := range observables() {
			if known.path == Account+":"+property {
				return textTerm(Observable(o), op, value)
			}
		}
	}
	return Term{}, fmt.Errorf("%s is nothing that is known of an account", clean(path))
}

// networkTerm watches for a network; what is smaller than what profiles keep is watched for as the whole of that.
func networkTerm(op Op, value string) (Term, error) {
	if op != Equal && op != Subset {
		return Term{}, errors.New("addresses are compared by = and ISSUBSET only")
	}
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		addr, err := netip.ParseAddr(value)
		if err != nil {
			return Term{}, fmt.Errorf("%q is no address and no network", clean(value))
		}
		prefix = netip.PrefixFrom(addr.Unmap().WithZone(""), addr.Unmap().BitLen())
	}
	finest := 48
	if prefix.Addr().Is4() {
		finest = 24
	}
	if prefix.Addr().Is4In6() {
		return Term{}, fmt.Errorf("%q is an IPv4 network in IPv6's clothes; write it as IPv4", clean(value))
	}
	if prefix.Bits() == 0 {
		return Term{}, errors.New("the whole address space is no sign of anything")
	}
	prefix = netip.PrefixFrom(prefix.Addr(), min(prefix.Bits(), finest)).Masked()
	return Term{Observable: Network, Op: Subset, Value: prefix.String(), prefix: prefix}, nil
}

func asnTerm(op Op, value string) (Term, error) {
	n, err := strconv.ParseUint(value, 10, 32)
	if op != Equal || err != nil || n == 0 {
		return Term{}, errors.New("an autonomous system is compared by = with its number only")
	}
	return Term{Observable: ASN, Value: strconv.FormatUint(n, 10)}, nil
}

// identifier is what profiles leave out of a user agent: an installation's id.
var identifier = regexp.MustCompile(`[0-9a-f-]{16,}`)

// Software is a user agent in the form that profiles keep: lower case, white space folded, ids as "#".
func Software(agent string) string {
	return identifier.ReplaceAllStringFunc(fold(agent), func(run string) string {
		if strings.ContainsAny(run, "0123456789") {
			return "#"
		}
		return run
	})
}

func fold(s string) string {
	return lower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }), " "))
}

// lower folds the case of ASCII letters, as profiles do.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// textTerm compares text.
func textTerm(o Observable, op Op, value string) (Term, error) {
	if op == Subset {
		return Term{}, errors.New("ISSUBSET is for networks")
	}
	t := Term{Observable: o, Op: op, Value: strings.ToValidUTF8(value, "?")}
	if o.keyed() {
		if op != Equal {
			return Term{}, fmt.Errorf("%s is kept as a keyed hash: it is compared by = only", observables()[o].path)
		}
		return t, nil
	}
	var err error
	switch op {
	case Equal:
		t.Value = fold(t.Value)
		if o == UserAgent {
			t.Value = Software(t.Value)
		}
		if t.Value == "" {
			return Term{}, fmt.Errorf("%s is compared with nothing", observables()[o].path)
		}
	case Like:
		quoted := regexp.QuoteMeta(t.Value)
		err = t.compile("^" + strings.NewReplacer("%", ".*", "_", ".").Replace(quoted) + "$")
	case Matches:
		err = t.compile(t.Value)
	}
	return t, err
}

// compile makes the term's regular expression. Profiles keep text in lower case, so its case does not count.
func (t *Term) compile(expression string) (err error) {
	if len(expression) > maxExpression {
		return fmt.Errorf("an expression has more than %d bytes", maxExpression)
	}
	if t.expression, err = regexp.Compile("(?is)" + expression); err != nil {
		return fmt.Errorf("the expression is not understood: %w", err)
	}
	return nil
}
