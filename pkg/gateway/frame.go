package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// This file takes off what producers put around a record's value as bytes: compression, a schema
// registry's header, padding. What is in an encoding that no gateway's record has is told by its
// reason.

// maxInflated is how many times Limits.MaxBytes a compressed value may unpack to. It may hold many
// objects, but a megabyte must not become a gigabyte.
const maxInflated = 4

// visitor is called with every object of a record; see ReadRecord.
type visitor = func(*event.Event, error) bool

// value reads a record's value.
func (r *Reader) value(data []byte, headers []Header, visit visitor) bool {
	if codec := codecOf(data); codec != nil && r.depth < maxWrappers {
		return r.within(0, func() bool { return r.unpacked(codec, data, headers, visit) })
	}
	if reason := wideEncoding(data); reason != "" {
		return r.fault(reason, 0, visit)
	}
	if rest, reason := schemaHeader(data); reason != "" {
		return r.fault(reason, 0, visit)
	} else if len(rest) < len(data) {
		return r.within(0, func() bool { return r.value(rest, headers, visit) })
	}
	text := bytes.TrimRight(data, "\x00") // What is padded to a fixed size.
	if !isText(text) && r.otlp != nil && r.otlp.isProto(data, headers) {
		return r.protobuf(data, visit)
	}
	if isBase64(text) {
		return r.fault(event.ReasonBase64, 0, visit)
	}
	return r.read(text, visit)
}

// isText tells whether data begins like an object, a list, a string of such, or a line of a log
// file.
func isText(data []byte) bool {
	if opens(data) {
		start := data[skipFiller(data, 0):]
		return start[0] != '"' || len(start) > 1 && strings.IndexByte("{[\"\\ ", start[1]) >= 0
	}
	_, ok := cutPrefix(firstLine(data))
	return ok
}

// within has what is inside of the object at pos read: its errors are reported where that begins.
func (r *Reader) within(pos int, read func() bool) bool {
	if r.depth == 0 {
		r.outer = pos
	}
	r.depth++
	defer func() { r.depth-- }()
	return read()
}

// codec is a compression: how it begins, how it is read, and the reason when it cannot be.
type codec struct {
	magic, reason string
	open          func(io.Reader) (io.ReadCloser, error)
}

var codecs = [...]codec{
	{"\x1f\x8b\x08", event.ReasonGzip, func(in io.Reader) (io.ReadCloser, error) {
		return gzip.NewReader(in)
	}},
	{"\x28\xb5\x2f\xfd", event.ReasonZstd, func(in io.Reader) (io.ReadCloser, error) {
		// Without a window limit, a small frame may ask for half a gigabyte of memory.
		const window = 8 << 20
		d, err := zstd.NewReader(in,
			zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}},
}

// codecOf tells by its first bytes how data is compressed, nil when it is not.
func codecOf(data []byte) *codec {
	for i := range codecs {
		if bytes.HasPrefix(data, []byte(codecs[i].magic)) {
			return &codecs[i]
		}
	}
	return nil
}

// unpacked reads a compressed value. Of one that is too large, what was unpacked by then is read:
// whoever can make it so large must not hide what others have in the same value.
func (r *Reader) unpacked(c *codec, data []byte, headers []Header, visit visitor) bool {
	limit := maxInflated * r.opts.Limits.MaxBytes
	out, err := inflate(c, data, limit)
	switch {
	case err != nil:
		return r.fault(c.reason, 0, visit)
	case len(out) <= limit:
		return r.value(out, headers, visit)
	}
	return r.read(out[:limit], visit) && r.fault(event.ReasonTooLarge, 0, visit)
}

// inflate decompresses data up to a little more than limit bytes.
func inflate(c *codec, data []byte, limit int) ([]byte, error) {
	in, err := c.open(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	return io.ReadAll(io.LimitReader(in, int64(limit)+1))
}

// wideEncoding tells UTF-16 and UTF-32 by the byte order mark, or by the NULs between the first
// characters of JSON.
func wideEncoding(data []byte) (reason string) {
	if len(data) < 4 {
		return ""
	}
	starts := func(c byte) bool { return c == '{' || c == '[' || c == '"' }
	ascii := func(c byte) bool { return c == '\n' || c == '\r' || c >= ' ' && c < 0x7f }
	switch a, b, c, d := data[0], data[1], data[2], data[3]; {
	case a == 0xff && b == 0xfe && c == 0 && d == 0, a == 0 && b == 0 && c == 0xfe && d == 0xff:
		return event.ReasonUTF32
	case a == 0xff && b == 0xfe, a == 0xfe && b == 0xff:
		return event.ReasonUTF16
	case starts(a) && b == 0 && ascii(c) && d == 0, a == 0 && starts(b) && c == 0 && ascii(d):
		return event.ReasonUTF16
	}
	return ""
}

// schemaHeader takes the header of a schema registry's serializer off, which is known by what comes
// after it:
//
//   - Confluent's: 0 and a schema's number in 4 bytes, or 1 and an id in 16. Before protobuf
//     comes a list of numbers too, which says which message of the schema it is
//   - Apicurio's older one: 0 and a number in 8 bytes. Numbers begin with 1, so that 4 zeros are
//     no number of Confluent's
//   - AWS Glue's: 3, 0 for what is not compressed, and an id in 16 bytes
//
// The reason is that nothing which can be read comes after it.
func schemaHeader(data []byte) (rest []byte, reason string) {
	const short, long, uuid, glue = 5, 9, 17, 18
	if len(data) <= short {
		return data, ""
	}
	var n int
	switch {
	case data[0] == 0 && binary.BigEndian.Uint32(data[1:]) == 0:
		n = long
	case data[0] == 0:
		n = short
	case data[0] == 1:
		n = uuid
	case data[0] == 3 && data[1] == 0:
		n = glue
	default:
		return data, ""
	}
	if len(data) > n {
		if opens(data[n:]) {
			return data[n:], ""
		}
		if message, ok := behindIndexes(data[n:]); ok && isFramed(message) {
			return message, ""
		}
	}
	return data, event.ReasonSchema
}

// behindIndexes returns what comes after the list of numbers by which a schema registry tells a
// protobuf message: its length, which is 0 for the list of one 0, and the numbers.
func behindIndexes(data []byte) (rest []byte, ok bool) {
	const deepest = 16
	length, n := binary.Varint(data)
	if n <= 0 || length < 0 || length > deepest {
		return nil, false
	}
	for data = data[n:]; length > 0; length-- {
		if _, n = binary.Varint(data); n <= 0 {
			return nil, false
		}
		data = data[n:]
	}
	return data, true
}

// isBase64 tells whether data is the base64 of JSON, or of a compressed value.
func isBase64(data []byte) bool {
	const shortest = 24
	data = bytes.TrimSpace(data)
	other := func(c rune) bool { return !isBase64Rune(c) }
	if len(data) < shortest || bytes.IndexFunc(data, other) >= 0 {
		return false
	}
	head, err := base64.StdEncoding.DecodeString(urlToStd.Replace(string(data[:shortest])))
	if err != nil {
		return false
	}
	return codecOf(head) != nil || opens(head) && bytes.IndexByte(head, '"') >= 0
}

// urlToStd makes the base64 of URLs that of everything else.
var urlToStd = strings.NewReplacer("-", "+", "_", "/")

func isBase64Rune(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		strings.ContainsRune("+/-_=\r\n", c)
}
