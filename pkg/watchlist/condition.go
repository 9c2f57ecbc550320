package watchlist

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// subject is what a condition that is left out has to stand beside: without it the rest of the
// pattern would say nothing of an account, or of something else than the condition does.
type subject uint8

const (
	// besideAddress: the kind of the address that the traffic came from.
	besideAddress subject = iota
	// besideClient: a property of the traffic that a client sent.
	besideClient
	// besideSystem: another property of an autonomous system.
	besideSystem
	// besideDomain: another property of a domain.
	besideDomain
)

// condition is a comparison that is left out without widening what is watched for: every request
// to a gateway meets it, or it describes the thing that it stands beside.
type condition struct {
	subject     subject
	path, value string
	why         string
}

// same also holds for two descriptions: an object may have any number of them.
func (c *condition) same(o *condition) bool {
	return c.path == o.path && (c.value == o.value || c.why == described)
}

// String says what is left out and why.
func (c *condition) String() string {
	return fmt.Sprintf("%s = %s: %s", clean(c.path), quote(clean(c.value)), c.why)
}

// The paths of STIX's network-traffic (STIX 2.1 section 6.11) whose conditions are understood.
const (
	traffic     = "network-traffic:"
	request     = traffic + "extensions.http-request-ext."
	sourceType  = traffic + "src_ref.type"
	sourcePort  = traffic + "src_port"
	servicePort = traffic + "dst_port"
	protocols   = traffic + "protocols"
	method      = request + "request_method"
	version     = request + "request_version"
)

// servicePorts are those on which HTTP APIs are served: IANA's http, https, http-alt and
// https-alt, and the defaults of Kong (8000) and LiteLLM (4000). A condition on any other port
// speaks of another service.
var servicePorts = []string{"80", "443", "4000", "8000", "8008", "8080", "8443"}

// requestProtocols are those below and of an HTTP request, by the names of IANA's service registry
// and of packet dissectors, which STIX recommends.
var requestProtocols = []string{
	"ip", "ipv4", "ipv6", "tcp", "ssl", "tls", "http", "https", "http2", "h2", "quic",
	"http3", "h3",
}

// firstFreePort is the first port that clients call from; services answer from those below
// (RFC 6335 section 6).
const firstFreePort = 1024

const (
	everyRequest = "every request to the gateway is like this"
	described    = "it describes what it stands beside"
)

// conditionOf reads a comparison as a condition; ok is false where it is none. The error says why
// the alternative that has it cannot be met.
func conditionOf(path string, op Op, value string) (c condition, ok bool, err error) {
	c = condition{path: path, value: value, subject: besideClient, why: everyRequest}
	switch {
	case path == sourceType:
		c.subject, c.why = besideAddress, "the address itself says so"
		if value != "ipv4-addr" && value != "ipv6-addr" {
			err = fmt.Errorf("%s %s: a client is known by its IP address only",
				path, quote(clean(value)))
		}
	case path == servicePort:
		if !slices.Contains(servicePorts, value) {
			err = fmt.Errorf("%s %s is no port that an HTTP API is served on", path, clean(value))
		}
	case path == sourcePort:
		c.why = "a client calls from another port each time"
		if n, e := strconv.ParseUint(value, 10, 16); e != nil || n < firstFreePort {
			err = fmt.Errorf("%s %s is no port that a client calls from", path, clean(value))
		}
	case path == protocols:
		if !slices.Contains(requestProtocols, strings.ToLower(value)) {
			err = fmt.Errorf("%s %s: a request to the gateway is HTTP", path, quote(clean(value)))
		}
	case path == method:
		if !strings.EqualFold(value, "POST") {
			err = fmt.Errorf("%s %s: models are called by POST", path, quote(clean(value)))
		}
	case path == version:
	case strings.HasPrefix(path, "autonomous-system:"):
		c.subject, c.why = besideSystem, described
	case strings.HasPrefix(path, "domain-name:"):
		c.subject, c.why = besideDomain, described
	default:
		return c, false, nil
	}
	if err == nil && op != Equal {
		err = fmt.Errorf("%s is compared by = and IN only", clean(path))
	}
	return c, true, err
}

// check says why a branch cannot be watched for, although each of its parts is understood.
func (b *branch) check() error {
	for i := range b.beside {
		c := &b.beside[i]
		if !slices.ContainsFunc(b.terms, func(t Term) bool { return c.subject.of(t.Observable) }) {
			return fmt.Errorf("%s says nothing of an account: %s stands beside it", clean(c.path),
				c.subject.without())
		}
		for j := range b.terms {
			if t := &b.terms[j]; c.subject == besideAddress && t.Observable == Network &&
				t.prefix.Addr().Is4() != (c.value == "ipv4-addr") {
				return fmt.Errorf("%s is no %s", t.Value, clean(c.value))
			}
		}
	}
	if len(b.terms) == 0 {
		return errors.New("the pattern has no comparison")
	}
	return nil
}

// of says whether an observable is what a condition of this subject may stand beside.
func (s subject) of(o Observable) bool {
	switch s {
	case besideAddress:
		return o == Network || o == ASN
	case besideClient:
		return slices.Contains([]Observable{Network, ASN, UserAgent, JA4, Stack}, o)
	case besideSystem:
		return o == ASN
	default:
		return o == EmailDomain
	}
}

// without names what is missing beside a condition.
func (s subject) without() string {
	switch s {
	case besideSystem:
		return "no number of an autonomous system"
	case besideDomain:
		return "no domain"
	default:
		return "no address, autonomous system or software of a client"
	}
}
