package watchlist

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// Observable is a thing that a term speaks of: an attribute, or a part of one.
type Observable struct {
	Attribute attribute.Attribute
	Part      attribute.Part
}

// The observables that patterns of others speak of as well; see makeTerm.
var (
	UserAgent   = Observable{attribute.Stack, attribute.UserAgent}
	JA4         = Observable{attribute.Stack, attribute.JA4}
	Stack       = Observable{attribute.Stack, attribute.Whole}
	EmailDomain = Observable{attribute.Domain, attribute.Whole}
	ASN         = Observable{attribute.ASN, attribute.Whole}
	Network     = Observable{attribute.Network, attribute.Whole}
)

// Account is the type of the observable that Stillwatch adds to STIX's, for what STIX has no words
// for.
const Account = attribute.Account

// path is how a pattern of the observable is written.
func (o Observable) path() string {
	for _, p := range o.Attribute.Spec().Watch {
		if p.Part == o.Part {
			return p.STIX
		}
	}
	return ""
}

// keyed says that profiles have the observable as a keyed hash only.
func (o Observable) keyed() bool { return !o.Attribute.Spec().Readable }

// watched finds the observable of a path of the table of attributes.
var watched = func() map[string]Observable {
	of := map[string]Observable{}
	for a := range attribute.Num {
		for _, p := range a.Spec().Watch {
			of[p.STIX] = Observable{a, p.Part}
		}
	}
	return of
}()

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
	// Value is in the form that profiles keep: folded to lower case where they do, a network as
	// they round it.
	Value string

	expression *regexp.Regexp
	prefix     netip.Prefix
}

func (t *Term) same(o *Term) bool {
	return t.Observable == o.Observable && t.Op == o.Op && t.Value == o.Value
}

// String writes the comparison as STIX.
func (t *Term) String() string {
	path := t.Observable.path()
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
const header = request + "request_header."

// The paths under which others write what profiles keep: STIX 2.1 section 6 for those without a
// note, as misp-stix (2026-06), OpenCTI (2026-10) and STIX-Shifter write them.
var (
	addressPaths = []string{"ipv4-addr:value", "ipv6-addr:value", traffic + "src_ref.value"}
	systemPaths  = []string{
		"autonomous-system:number", "ipv4-addr:belongs_to_refs.number",
		"ipv6-addr:belongs_to_refs.number",
		// MISP's network objects.
		traffic + "src_ref.belongs_to_refs.number",
	}
	// OpenCTI's observable, and its name before version 5.3.
	agentPaths = []string{"user-agent:value", "x-opencti-user-agent:value"}
	// ja4Path finds the word in objects that everybody names otherwise: x-ja4:value,
	// network-traffic:extensions.'x-ja4-ext'.ja4.
	ja4Path = regexp.MustCompile(`(?i)(^|[^a-z0-9])ja4([^a-z0-9]|$)`)
)

// unknown are the kinds of objects that others write indicators of and no profile can match, with
// the reason.
var unknown = []struct{ prefix, why string }{
	{traffic + "dst_ref", "it is about another party, whom traffic goes to"},
	{traffic + "src_ref.", "of a source its address and autonomous system are kept"},
	{request, "of a request the user agent is kept"},
	{traffic, "it is about single connections, which are not kept"},
	{"url:", "it is about another party's server"},
	{"hostname:", "it is about another party's server"},
	{"x-opencti-hostname:", "it is about another party's server"},
	{"x509-certificate:", "certificates are not kept"},
	{"mac-addr:", "hardware addresses do not reach a gateway"},
	{"user-account:", "it is about an account with somebody else"},
	{"email-message:", "it is about mail"},
}

// ja3Path finds the predecessor of JA4, and the fingerprints of servers.
var ja3Path = regexp.MustCompile(`(?i)(^|[^a-z0-9])(ja3s?|ja4[a-z]+|jarm)([^a-z0-9]|$)`)

// operators are those that are understood.
var operators = map[string]Op{
	"=": Equal, "==": Equal, "LIKE": Like, "MATCHES": Matches, "ISSUBSET": Subset,
}

// compare gives a comparison its meaning: a term, a condition, or the reason why nothing known of
// an account can meet it.
func compare(path, operator, value string) branches {
	op, ok := operators[operator]
	if !ok {
		return refusal(fmt.Errorf("the operator %s is not understood", clean(operator)))
	}
	if value == "" {
		return refusal(fmt.Errorf("%s is compared with nothing", clean(path)))
	}
	t, err := makeTerm(path, op, value)
	if err == nil {
		return branches{open: []branch{{terms: []Term{t}}}}
	}
	if !errors.Is(err, errUnknown) {
		return refusal(err)
	}
	c, ok, err := conditionOf(path, op, value)
	switch {
	case err != nil:
		return refusal(err)
	case ok:
		return branches{open: []branch{{beside: []condition{c}}}}
	}
	reason := fmt.Errorf("%s is %w", clean(path), errUnknown)
	if ja3Path.MatchString(path) {
		return refusal(fmt.Errorf("%w: of TLS fingerprints JA4 is kept", reason))
	}
	for _, u := range unknown {
		if strings.HasPrefix(path, u.prefix) {
			return refusal(fmt.Errorf("%w: %s", reason, u.why))
		}
	}
	return refusal(reason)
}

var errUnknown = errors.New("nothing that is known of an account")

// makeTerm makes a term of a comparison; the error is errUnknown where it is none, or says why it
// can't be met.
func makeTerm(path string, op Op, value string) (Term, error) {
	switch {
	case slices.Contains(addressPaths, path):
		return networkTerm(op, value)
	case slices.Contains(systemPaths, path):
		return asnTerm(op, value)
	case path == "email-addr:value":
		domain, whole := strings.CutPrefix(value, "%@")
		if op != Like || !whole {
			return Term{}, errors.New(
				"of e-mail addresses only the domain is kept: LIKE '%@example.org' is understood",
			)
		}
		return textTerm(EmailDomain, Equal, domain)
	case path == "domain-name:value":
		return textTerm(EmailDomain, op, value)
	case slices.Contains(agentPaths, path):
		return textTerm(UserAgent, op, value)
	case len(path) > len(header) && path[:len(header)] == header:
		if !strings.EqualFold(path[len(header):], "User-Agent") {
			return Term{}, fmt.Errorf("the header %s is not kept; User-Agent is",
				clean(path[len(header):]))
		}
		return textTerm(UserAgent, op, value)
	case strings.HasPrefix(path, Account+":"):
		if o, ok := watched[path]; ok {
			return textTerm(o, op, value)
		}
	case ja4Path.MatchString(path):
		if op == Equal && !isJA4(lower(value)) {
			return Term{}, fmt.Errorf("%s: %s is no JA4 fingerprint of a client",
				clean(path), quote(clean(value)))
		}
		return textTerm(JA4, op, value)
	}
	return Term{}, errUnknown
}

// networkTerm watches for a network; what is smaller than what profiles keep is watched for as the
// whole of that.
func networkTerm(op Op, value string) (Term, error) {
	if op == Like {
		value = octets(value)
		op = Subset
	}
	if op != Equal && op != Subset {
		return Term{}, errors.New(
			"addresses are compared by =, ISSUBSET and LIKE '203.0.113.%' only",
		)
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
		return Term{}, fmt.Errorf("%q is an IPv4 network in IPv6's clothes; write it as IPv4",
			clean(value))
	}
	if prefix.Bits() == 0 {
		return Term{}, errors.New("the whole address space is no sign of anything")
	}
	prefix = netip.PrefixFrom(prefix.Addr(), min(prefix.Bits(), finest)).Masked()
	return Term{Observable: Network, Op: Subset, Value: prefix.String(), prefix: prefix}, nil
}

// octets writes the whole octets of '203.0.113.%' as the network that they are; anything else stays
// as it is.
func octets(like string) string {
	whole, isOpen := strings.CutSuffix(like, ".%")
	n := strings.Count(whole, ".") + 1
	if !isOpen || n > 3 {
		return like
	}
	return fmt.Sprintf("%s%s/%d", whole, strings.Repeat(".0", 4-n), 8*n)
}

func asnTerm(op Op, value string) (Term, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(value), "AS"), 10, 32)
	if op != Equal || err != nil || n == 0 {
		return Term{}, errors.New("an autonomous system is compared by = with its number only")
	}
	return Term{Observable: ASN, Value: strconv.FormatUint(n, 10)}, nil
}

// identifier is what profiles leave out of a user agent: an installation's id.
var identifier = regexp.MustCompile(`[0-9a-f-]{16,}`)

// Software is a user agent in the form that profiles keep: lower case, white space folded, ids as
// "#".
func Software(agent string) string {
	return identifier.ReplaceAllStringFunc(fold(agent), func(run string) string {
		if strings.ContainsAny(run, "0123456789") {
			return "#"
		}
		return run
	})
}

func fold(s string) string {
	return lower(strings.Join(
		strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }), " ",
	))
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
			return Term{}, fmt.Errorf("%s is kept as a keyed hash: it is compared by = only",
				o.path())
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
			return Term{}, fmt.Errorf("%s is compared with nothing", o.path())
		}
	case Like:
		quoted := regexp.QuoteMeta(t.Value)
		err = t.compile("^" + strings.NewReplacer("%", ".*", "_", ".").Replace(quoted) + "$")
	case Matches:
		err = t.compile(t.Value)
	}
	return t, err
}

// compile makes the term's regular expression. Profiles keep text in lower case, so its case does
// not count.
func (t *Term) compile(expression string) (err error) {
	if len(expression) > maxExpression {
		return fmt.Errorf("an expression has more than %d bytes", maxExpression)
	}
	if t.expression, err = regexp.Compile("(?is)" + expression); err != nil {
		return fmt.Errorf("the expression is not understood: %w", err)
	}
	return nil
}
