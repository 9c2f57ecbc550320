package ingest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/siphash"
)

// errNoAccount says that none of the configured fields names the account of a valid event.
var errNoAccount = errors.New("no field of account_fields is there")

// domain separates hashes of equal text that mean different things. The facets have their own
// number.
type domain uint8

const (
	domainID domain = 128 + iota
	_               // was that of sessions: the numbers after it must stay, for hashes are stored
	domainEndUser
	domainSource
	domainPosition
	// domainTenant and the number after it are the halves of a tenant's key.
	domainTenant
)

// hasher makes the keyed hashes of facets and identities. Its key comes from the deployment's
// secret by HMAC-SHA256, and from it one for each tenant: nothing compares across tenants, and a
// hash tells nothing without the secret.
type hasher struct {
	key        siphash.Key
	tenant     string
	tenantHash tenantHasher

	topic      string
	part       int
	generation uint64
	where      uint64
}

func newHasher(key []byte) *hasher {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("facets"))
	sum := mac.Sum(nil)
	h := &hasher{key: siphash.NewKey(sum)}
	h.tenantHash = h.forTenant("")
	return h
}

// partition hashes where records come from.
func (h *hasher) partition(topic string, partition int, generation uint64) uint64 {
	if h.topic != topic || h.part != partition || h.generation != generation || h.where == 0 {
		h.topic, h.part, h.generation = strings.Clone(topic), partition, generation
		h.where = siphash.SumAfter(h.key, uint64(domainPosition)<<56|generation<<32|uint64(partition), topic)
	}
	return h.where
}

// of returns the tenant's hasher.
func (h *hasher) of(tenant string) tenantHasher {
	if h.tenant != tenant {
		h.tenant = strings.Clone(tenant)
		h.tenantHash = h.forTenant(tenant)
	}
	return h.tenantHash
}

func (h *hasher) forTenant(tenant string) tenantHasher {
	return tenantHasher(siphash.KeyOf(siphash.SumAfter(h.key, uint64(domainTenant), tenant), siphash.SumAfter(h.key, uint64(domainTenant)+1, tenant)))
}

// tenantHasher is the key of a tenant.
type tenantHasher siphash.Key

// sum hashes a value in a domain, 0 for the empty one, which is unknown.
func (h tenantHasher) sum(d domain, value string) uint64 {
	if value == "" {
		return 0
	}
	return max(1, siphash.SumAfter(siphash.Key(h), uint64(d), value))
}

// call hashes what makes a repeated event one with the first: its id and its time. Some gateways
// take the id from a header that clients choose, and whoever gave all requests one id would be
// counted once.
func (h tenantHasher) call(id string, ms int64) uint64 {
	if id == "" {
		return 0
	}
	return max(1, siphash.SumAfter(siphash.Key(h), uint64(ms)<<8|uint64(domainID), id))
}

func (h tenantHasher) sumBytes(d domain, value []byte) uint64 {
	return max(1, siphash.SumAfter(siphash.Key(h), uint64(d), value))
}

// identity is sum for values in whose place gateways and clients put words for nothing.
func (h tenantHasher) identity(d domain, value string) uint64 {
	if isNothing(value) {
		return 0
	}
	return h.sum(d, value)
}

// isNothing tells whether a value is an obvious placeholder: a word for nothing, or only zeros.
// Values that are merely popular are left to the baseline, which knows how popular.
func isNothing(v string) bool {
	if strings.Trim(v, "0-:") == "" {
		return true
	}
	if len(v) > len("undefined") {
		return false
	}
	for _, word := range [...]string{"unknown", "null", "none", "nil", "undefined", "n/a", "(null)", "(none)", "(unknown)"} {
		if strings.EqualFold(v, word) {
			return true
		}
	}
	return false
}

// facetReader fills an observation's facets and labels.
type facetReader struct {
	text []byte
	// labels remembers the labels that were made, by their hash: there are few and each comes
	// often.
	labels map[uint64]string
}

// maxLabels bounds the labels remembered: at most 100 bytes each, so below 2 MB.
const maxLabels = 1 << 14

func (f *facetReader) read(ev *event.Event, h tenantHasher, o *fingerprint.Observation) {
	a, c := &ev.Account, &ev.Client
	o.Facets[fingerprint.Payment] = h.identity(domain(fingerprint.Payment), a.PaymentFP)
	o.Facets[fingerprint.Issuer] = h.identity(domain(fingerprint.Issuer), a.PaymentIssuer)
	o.Facets[fingerprint.Device] = h.identity(domain(fingerprint.Device), c.DeviceID)

	f.set(o, h, fingerprint.Stack, f.stack(c))
	f.set(o, h, fingerprint.Params, f.params(&ev.Request))
	f.set(o, h, fingerprint.Tools, f.tools(ev.Request.Tools))
	f.set(o, h, fingerprint.Domain, f.lower(a.EmailDomain))
	f.set(o, h, fingerprint.Model, append(f.text[:0], ev.Request.Model...))
	if c.ASN.Known && c.ASN.V > 0 {
		f.set(o, h, fingerprint.ASN, strconv.AppendInt(append(f.text[:0], "AS"...), c.ASN.V, 10))
	}
	if addr, ok := c.Addr(); ok {
		raw := addr.As16()
		o.Source = h.sumBytes(domainSource, raw[:])
		f.set(o, h, fingerprint.Network, f.network(addr))
	}
}

// set hashes a facet's value and labels it; an empty one is unknown.
func (f *facetReader) set(o *fingerprint.Observation, h tenantHasher, facet fingerprint.Facet, value []byte) {
	if value != nil {
		f.text = value[:0]
	}
	if len(value) == 0 {
		return
	}
	hash := h.sumBytes(domain(facet), value)
	o.Facets[facet] = hash
	label, ok := f.labels[hash]
	if !ok {
		if f.labels == nil || len(f.labels) >= maxLabels {
			f.labels = make(map[uint64]string)
		}
		label = makeLabel(value)
		f.labels[hash] = label
	}
	o.Labels[facet] = label
}

// makeLabel cuts a value to a label and takes out what is not printable.
func makeLabel(value []byte) string {
	const ellipsis = "…"
	value = bytes.ToValidUTF8(value, []byte("?"))
	clean := strings.Map(func(r rune) rune {
		if r == 0 || r == unicode.ReplacementChar {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, string(value))
	clean = strings.TrimSpace(clean)
	if len(clean) <= fingerprint.MaxLabel {
		return clean
	}
	end := fingerprint.MaxLabel - len(ellipsis)
	for end > 0 && !utf8.RuneStart(clean[end]) {
		end--
	}
	return clean[:end] + ellipsis
}

// lower folds case and white space; what stands for nothing comes out empty.
func (f *facetReader) lower(v string) []byte {
	if isNothing(v) {
		return f.text[:0]
	}
	return appendFolded(f.text[:0], v)
}

// maxValue bounds in bytes what is hashed of a text that a client chooses freely.
const maxValue = 1 << 10

// appendFolded appends v in lower case, with white space and control characters folded to one
// space.
func appendFolded(dst []byte, v string) []byte {
	if len(v) > maxValue {
		v = v[:maxValue]
	}
	gap := false
	start := len(dst)
	for i := range len(v) {
		c := v[i]
		switch {
		case c <= ' ' || c == 0x7f:
			gap = len(dst) > start
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		if gap {
			dst = append(dst, ' ')
			gap = false
		}
		dst = append(dst, c)
	}
	return dst
}

// stack is the client software: the user agent, in lower case and with its versions in full, since
// the accounts of a pool are served by one build and honest users update when they like; then the
// TLS fingerprint. Long runs of hexadecimal digits in the user agent are the installation's, not
// the software's, and are left out.
func (f *facetReader) stack(c *event.Client) []byte {
	b := f.lower(c.UserAgent)
	b = dropHex(b)
	if !isNothing(c.JA4) {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, "ja4="...)
		b = appendFolded(b, c.JA4)
	}
	return b
}

// dropHex replaces runs of at least 16 hexadecimal digits and hyphens, ids all of them, by "#".
func dropHex(b []byte) []byte {
	const shortest = 16
	out, run, digits := b[:0], 0, 0
	flush := func(from int) {
		if run >= shortest && digits > 0 {
			out = append(out, '#')
		} else {
			out = append(out, b[from-run:from]...)
		}
		run, digits = 0, 0
	}
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
			run++
		case c >= 'a' && c <= 'f' || c == '-':
			run++
		default:
			flush(i)
			out = append(out, c)
		}
	}
	flush(len(b))
	return out
}

// params is the tuple of request parameters. What is not known is marked so and differs from every
// value; when nothing is, there is none.
func (f *facetReader) params(r *event.Request) []byte {
	b := f.text[:0]
	if !r.Temperature.Known && !r.TopP.Known && !r.N.Known && !r.MaxTokens.Known && !r.Stream.Known && r.ReasoningEffort == "" && r.ResponseFormat == "" {
		return b
	}
	b = appendFloat(append(b, "temperature="...), r.Temperature)
	b = appendFloat(append(b, " top_p="...), r.TopP)
	b = appendInt(append(b, " n="...), r.N)
	b = appendInt(append(b, " max="...), r.MaxTokens)
	b = append(b, " stream="...)
	if r.Stream.Known {
		b = strconv.AppendBool(b, r.Stream.V)
	} else {
		b = append(b, '?')
	}
	b = appendWord(append(b, " effort="...), r.ReasoningEffort)
	return appendWord(append(b, " format="...), r.ResponseFormat)
}

func appendFloat(b []byte, v event.Float) []byte {
	if !v.Known {
		return append(b, '?')
	}
	return strconv.AppendFloat(b, v.V, 'g', -1, 64)
}

func appendInt(b []byte, v event.Int) []byte {
	if !v.Known {
		return append(b, '?')
	}
	return strconv.AppendInt(b, v.V, 10)
}

func appendWord(b []byte, v string) []byte {
	if v == "" {
		return append(b, '?')
	}
	return appendFolded(b, v)
}

// tools is the list of tool names in the order given, which a program does not change.
func (f *facetReader) tools(names []string) []byte {
	b := f.text[:0]
	for i, name := range names {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, name...)
	}
	return b
}

// network is the /24 or /48 that an address belongs to.
func (f *facetReader) network(addr netip.Addr) []byte {
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return f.text[:0]
	}
	return prefix.AppendTo(f.text[:0])
}

// refused tells whether the model or the gateway refused the content.
func refused(r *event.Response) bool {
	if r.Status == event.StatusBlocked {
		return true
	}
	for _, reason := range r.FinishReasons {
		for _, word := range [...]string{
			"content_filter", "content_filtered", "content-filter", "refusal", "safety", "prohibited_content", "blocklist", "guardrail_intervened",
		} {
			if strings.EqualFold(reason, word) {
				return true
			}
		}
	}
	if r.ErrorType == "" {
		return false
	}
	kind := strings.ToLower(r.ErrorType)
	for _, word := range [...]string{"content_policy", "contentpolicy", "content_filter", "contentfilter", "moderation", "guardrail", "safety"} {
		if strings.Contains(kind, word) {
			return true
		}
	}
	return false
}
