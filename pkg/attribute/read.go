package attribute

import (
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// appendIdentity appends a value as it is, unless a gateway or client put a word for nothing in its
// place.
func appendIdentity(b []byte, v string) []byte {
	if IsNothing(v) {
		return b
	}
	return append(b, v...)
}

func readPayment(b []byte, ev *event.Event) []byte {
	return appendIdentity(b, ev.Account.PaymentFP)
}

func readIssuer(b []byte, ev *event.Event) []byte {
	return appendIdentity(b, ev.Account.PaymentIssuer)
}

func readDevice(b []byte, ev *event.Event) []byte {
	return appendIdentity(b, ev.Client.DeviceID)
}

func readDomain(b []byte, ev *event.Event) []byte {
	return appendLower(b, ev.Account.EmailDomain)
}

func readModel(b []byte, ev *event.Event) []byte { return append(b, ev.Request.Model...) }

func readASN(b []byte, ev *event.Event) []byte {
	n := ev.Client.ASN
	if !n.Known || n.V <= 0 {
		return b
	}
	return strconv.AppendInt(append(b, "AS"...), n.V, 10)
}

// readSeed leaves out 0 and negative seeds, by which servers mean a random one.
func readSeed(b []byte, ev *event.Event) []byte {
	n := ev.Request.Seed
	if !n.Known || n.V <= 0 {
		return b
	}
	return strconv.AppendInt(b, n.V, 10)
}

// IsNothing tells whether a value is an obvious placeholder: a word for nothing, or only zeros.
// Values that are merely popular are left to the baseline, which knows how popular.
func IsNothing(v string) bool {
	if strings.Trim(v, "0-:") == "" {
		return true
	}
	if len(v) > len("undefined") {
		return false
	}
	for _, word := range [...]string{
		"unknown", "null", "none", "nil", "undefined", "n/a", "(null)", "(none)", "(unknown)",
	} {
		if strings.EqualFold(v, word) {
			return true
		}
	}
	return false
}

// appendLower appends v with case and white space folded; what stands for nothing comes out empty.
func appendLower(b []byte, v string) []byte {
	if IsNothing(v) {
		return b
	}
	return appendFolded(b, v)
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

// JA4Mark stands before the TLS fingerprint in the text of a client stack.
const JA4Mark = "ja4="

// readStack is the client software: the user agent, in lower case and with its versions in full,
// since the accounts of a pool are served by one build and honest users update when they like; then
// the TLS fingerprint. Long runs of hexadecimal digits in the user agent are the installation's,
// not the software's, and are left out.
func readStack(b []byte, ev *event.Event) []byte {
	c := &ev.Client
	b = dropHex(appendLower(b, c.UserAgent))
	if !IsNothing(c.JA4) {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, JA4Mark...)
		b = appendFolded(b, c.JA4)
	}
	return b
}

// StackOf is the text of a client stack of a client as it was sent.
func StackOf(agent, ja4 string) string {
	return string(readStack(nil, &event.Event{Client: event.Client{UserAgent: agent, JA4: ja4}}))
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

// readParams is the tuple of request parameters. What is not known is marked so and differs from
// every value; when nothing is, there is none.
func readParams(b []byte, ev *event.Event) []byte {
	r := &ev.Request
	if !r.Temperature.Known && !r.TopP.Known && !r.N.Known && !r.MaxTokens.Known &&
		!r.Stream.Known && r.ReasoningEffort == "" && r.ResponseFormat == "" {
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

// readTools is the list of tool names in the order given, which a program does not change.
func readTools(b []byte, ev *event.Event) []byte {
	for i, name := range ev.Request.Tools {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, name...)
	}
	return b
}

// readNetwork is the /24 or /48 that the source address belongs to.
func readNetwork(b []byte, ev *event.Event) []byte {
	addr, ok := ev.Client.Addr()
	if !ok {
		return b
	}
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return b
	}
	return prefix.AppendTo(b)
}
