package ingest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/gateway"
	"github.com/stillwatch/stillwatch/pkg/siphash"
)

// errNoAccount says that none of the configured fields names the account of a valid event.
var errNoAccount = errors.New("no field of account_fields is there")

// domain separates hashes of equal text that mean different things. Attributes have their own
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
	_
	domainReasoning
	domainTool
)

// hasher makes the keyed hashes of attributes and identities. Its key comes from the deployment's
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
	// The name that attributes had before: another one would make other hashes.
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
		h.where = siphash.SumAfter(
			h.key, uint64(domainPosition)<<56|generation<<32|uint64(partition), topic,
		)
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
	return tenantHasher(siphash.KeyOf(
		siphash.SumAfter(h.key, uint64(domainTenant), tenant),
		siphash.SumAfter(h.key, uint64(domainTenant)+1, tenant),
	))
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
	if attribute.IsNothing(value) {
		return 0
	}
	return h.sum(d, value)
}

// attributeReader fills an observation's attributes and labels.
type attributeReader struct {
	text []byte
	// labels remembers the labels that were made, by their hash: there are few and each comes
	// often.
	labels map[uint64]string
}

// maxLabels bounds the labels remembered: at most 100 bytes each, so below 2 MB.
const maxLabels = 1 << 14

// read fills in the attributes that come with the event, as the table of attributes says.
func (f *attributeReader) read(ev *event.Event, h tenantHasher, o *fingerprint.Observation) {
	for a := range attribute.NumKept {
		spec := a.Spec()
		value := spec.Read(f.text[:0], ev)
		f.text = value[:0]
		if len(value) == 0 {
			continue
		}
		hash := h.sumBytes(domain(a), value)
		o.Values[a] = hash
		if spec.Readable {
			o.Labels[a] = f.label(hash, value)
		}
	}
	if addr, ok := ev.Client.Addr(); ok {
		raw := addr.As16()
		o.Source = h.sumBytes(domainSource, raw[:])
	}
	f.leads(ev, o)
}

// leads fills in what a finding can be followed by: the id by which the gateway knows the request,
// and the client as it was sent.
func (f *attributeReader) leads(ev *event.Event, o *fingerprint.Observation) {
	if !gateway.IsDerivedID(ev.ID) {
		o.RequestID = fingerprint.AppendRequestID(o.RequestID, ev.ID)
	}
	agent, ja4 := ev.Client.UserAgent, ev.Client.JA4
	if attribute.IsNothing(agent) {
		agent = ""
	}
	if attribute.IsNothing(ja4) {
		ja4 = ""
	}
	o.Client = fingerprint.AppendClient(o.Client, o.Labels[attribute.Stack], agent, ja4)
}

// maxTools bounds the tools of a request that are looked at. Agents offer some tens; a few hundred
// come of servers for the Model Context Protocol.
const maxTools = 512

// toolSet is the hash of a list of tools, 0 when it is empty. Their order does not matter: programs
// that get their tools from several servers list them as the servers answer.
func (h tenantHasher) toolSet(names []string) (sum uint64) {
	if len(names) == 0 {
		return 0
	}
	for _, name := range names[:min(len(names), maxTools)] {
		sum += h.sum(domainTool, name)
	}
	return max(1, sum)
}

// reasoning appends the hashes of the ids of reasoning blocks. Of base64 there are two alphabets,
// with and without padding, and some SDKs write the one where they read the other (google-genai for
// Python): the hashes are of one.
func (f *attributeReader) reasoning(dst []uint64, ids []string, h tenantHasher) []uint64 {
	for _, id := range ids[max(0, len(ids)-fingerprint.MaxReasoning):] {
		f.text = append(f.text[:0], strings.TrimRight(id, "=")...)
		for i, c := range f.text {
			switch c {
			case '-':
				f.text[i] = '+'
			case '_':
				f.text[i] = '/'
			}
		}
		dst = append(dst, h.sumBytes(domainReasoning, f.text))
	}
	return dst
}

// label is the readable form of a value.
func (f *attributeReader) label(hash uint64, value []byte) string {
	label, ok := f.labels[hash]
	if !ok {
		if f.labels == nil || len(f.labels) >= maxLabels {
			f.labels = make(map[uint64]string)
		}
		label = makeLabel(value)
		f.labels[hash] = label
	}
	return label
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

// truncated tells whether the answer ended at a limit of tokens: the words of OpenAI (chat and
// responses), Anthropic and Google, whose names differ in case.
func truncated(r *event.Response) bool {
	for _, reason := range r.FinishReasons {
		for _, word := range [...]string{"length", "max_tokens", "max_output_tokens"} {
			if strings.EqualFold(reason, word) {
				return true
			}
		}
	}
	return false
}

// refused tells whether the model or the gateway refused the content.
func refused(r *event.Response) bool {
	if r.Status == event.StatusBlocked {
		return true
	}
	for _, reason := range r.FinishReasons {
		for _, word := range [...]string{
			"content_filter", "content_filtered", "content-filter", "refusal", "safety",
			"prohibited_content", "blocklist", "guardrail_intervened",
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
	for _, word := range [...]string{
		"content_policy", "contentpolicy", "content_filter", "contentfilter", "moderation",
		"guardrail", "safety",
	} {
		if strings.Contains(kind, word) {
			return true
		}
	}
	return false
}
