package fingerprint

import (
	"encoding/binary"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/packed"
)

const (
	// MaxUserAgent bounds the user agent that is kept as it was sent, in bytes; it is cut there.
	MaxUserAgent = 512
	// MaxJA4 bounds the TLS fingerprint, in bytes; a longer one is none.
	MaxJA4 = 64
	// maxClient bounds a packed client: besides the two, their lengths and a bit for each character
	// that is in the label.
	maxClient = MaxUserAgent + MaxJA4 + MaxLabel/8 + 8
)

// AppendClient appends the user agent and the TLS fingerprint as they were sent, packed beside the
// label of the client stack that they are: of what the label says, only which letters are capital
// is written. It appends nothing when there is neither.
func AppendClient(b []byte, label, agent, ja4 string) []byte {
	agent = clipTo(agent, MaxUserAgent)
	if len(ja4) > MaxJA4 {
		ja4 = ""
	}
	if agent == "" && ja4 == "" {
		return b
	}
	same := 0
	for same < min(len(agent), len(label)) && lower(agent[same]) == label[same] {
		same++
	}
	capitals := make([]byte, 0, MaxLabel/8)
	for i := range same {
		if agent[i] == label[i] {
			continue
		}
		for len(capitals) <= i/8 {
			capitals = append(capitals, 0)
		}
		capitals[i/8] |= 1 << (i % 8)
	}
	known := uint64(0)
	if ja4 != "" && strings.HasSuffix(label, attribute.JA4Mark+ja4) {
		known, ja4 = 1, ""
	}
	b = binary.AppendUvarint(b, uint64(same)<<1|known)
	b = packed.AppendText(b, capitals)
	b = packed.AppendText(b, agent[same:])
	return packed.AppendText(b, ja4)
}

// ClientAsSent reads what AppendClient wrote beside the same label; both are empty for what it did
// not write.
func ClientAsSent(client []byte, label string) (agent, ja4 string) {
	r := newReader(client)
	head := r.Uvarint()
	same := head >> 1
	capitals := r.Text(MaxLabel / 8)
	rest := r.Text(MaxUserAgent)
	ja4 = string(r.Text(MaxJA4))
	if r.end() != nil || same > uint64(len(label)) {
		return "", ""
	}
	b := []byte(label[:same])
	for i := range b {
		if i/8 < len(capitals) && capitals[i/8]>>(i%8)&1 == 1 {
			b[i] = upper(b[i])
		}
	}
	if at := strings.LastIndex(label, attribute.JA4Mark); head&1 == 1 && at >= 0 {
		ja4 = label[at+len(attribute.JA4Mark):]
	}
	return string(append(b, rest...)), ja4
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c - 'A' + 'a'
	}
	return c
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}
