package gateway

import (
	"bytes"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// This file reads what container runtimes and syslog put before a line of a log, and joins the
// lines that they split.

// logLine is a line of a log file behind what was put before it.
type logLine struct {
	content []byte
	// stream is where a container wrote it, partial says that the line goes on in the next of the
	// same stream.
	stream  string
	partial bool
}

// maxStreams is of how many streams a record may have lines that go on.
const maxStreams = 64

// maxPrefix bounds what may stand before a line's content, in bytes.
const maxPrefix = 1024

// cutPrefix takes the prefix of a container runtime (CRI) or of syslog off a line; ok tells whether
// it has one. JSON has to come at once behind a prefix of syslog: what stands in the middle of a
// message may be a caller's.
func cutPrefix(line []byte) (l logLine, ok bool) {
	if len(line) == 0 || line[0] == '{' || line[0] == '[' {
		return logLine{}, false
	}
	if l, ok = cutCRI(line); ok {
		return l, true
	}
	head := string(line[:min(len(line), maxPrefix)])
	n := syslogPrefix(head)
	if n <= 0 || !opens(line[n:]) {
		return logLine{}, false
	}
	return logLine{content: line[n:]}, true
}

// cutCRI takes "2026-11-02T10:00:00.123456789Z stdout F " off: the time, the stream, and tags, of
// which the first says whether the line is full or partial.
func cutCRI(line []byte) (l logLine, ok bool) {
	head := string(line[:min(len(line), maxPrefix)])
	moment, rest, _ := strings.Cut(head, " ")
	stream, rest, _ := strings.Cut(rest, " ")
	if stream != "stdout" && stream != "stderr" || !isISO(moment) {
		return logLine{}, false
	}
	tags, _, _ := strings.Cut(rest, " ")
	tag, _, _ := strings.Cut(strings.TrimRight(tags, "\r\n"), ":")
	if tag != "F" && tag != "P" {
		return logLine{}, false
	}
	from := min(len(moment)+len(stream)+len(tags)+3, len(line))
	return logLine{content: line[from:], stream: stream, partial: tag == "P"}, true
}

// isISO tells whether a word is a time that begins with the year.
func isISO(word string) bool {
	if len(word) < 16 || word[4] != '-' || word[10] != 'T' {
		return false
	}
	_, ok := event.ParseTime(word)
	return ok
}

// syslogPrefix returns the length of the header of RFC 5424 or RFC 3164 at the beginning of a line,
// with the space after it, or 0. What a daemon writes to a file is without the priority.
func syslogPrefix(head string) int {
	rest := head
	priority := false
	if strings.HasPrefix(rest, "<") {
		number, after, ok := strings.Cut(rest[1:], ">")
		if !ok || len(number) == 0 || len(number) > 3 || strings.Trim(number, "0123456789") != "" {
			return 0
		}
		rest, priority = after, true
	}
	if after, ok := strings.CutPrefix(rest, "1 "); ok && priority {
		if after, ok = structured(after); ok {
			return len(head) - len(after)
		}
		return 0
	}
	after, ok := skipMoment(rest)
	if !ok {
		return 0
	}
	host, after, ok := strings.Cut(after, " ")
	if !ok || host == "" {
		return 0
	}
	tag, after, ok := strings.Cut(after, ": ")
	if !ok || tag == "" || strings.ContainsAny(tag, " {\"") {
		return 0
	}
	after = strings.TrimPrefix(strings.TrimLeft(after, " "), "@cee: ")
	return len(head) - len(after)
}

// skipMoment returns what comes after the time of RFC 3164, "Nov  2 10:00:00 ", or one that begins
// with the year.
func skipMoment(text string) (rest string, ok bool) {
	if word, rest, ok := strings.Cut(text, " "); ok && isISO(word) {
		return rest, true
	}
	const layout = "Nov  2 10:00:00 "
	if len(text) < len(layout) {
		return "", false
	}
	// A year makes it a time that can be read.
	if _, ok := event.ParseTime(text[:len(layout)] + "2024"); !ok {
		return "", false
	}
	return text[len(layout):], true
}

// structured returns what comes after time, host, application, process, message id and structured
// data of RFC 5424.
func structured(text string) (rest string, ok bool) {
	const words = 5
	rest = text
	for range words {
		if _, rest, ok = strings.Cut(rest, " "); !ok {
			return "", false
		}
	}
	if after, ok := strings.CutPrefix(rest, "- "); ok {
		return strings.TrimPrefix(after, "\ufeff"), true
	}
	for strings.HasPrefix(rest, "[") {
		quoted, end := false, -1
		for i := 1; i < len(rest) && end < 0; i++ {
			switch {
			case rest[i] == '\\':
				i++
			case rest[i] == '"':
				quoted = !quoted
			case rest[i] == ']' && !quoted:
				end = i + 1
			}
		}
		if end < 0 {
			return "", false
		}
		rest = rest[end:]
	}
	if rest, ok = strings.CutPrefix(rest, " "); !ok {
		return "", false
	}
	return strings.TrimPrefix(rest, "\ufeff"), true
}

// firstLine returns data up to the first newline.
func firstLine(data []byte) []byte {
	line, _, _ := bytes.Cut(data, []byte{'\n'})
	return line
}

// line reads a line that begins with a prefix.
func (r *Reader) line(l logLine, pos int, visit visitor) bool {
	content := bytes.TrimRight(l.content, "\r\n")
	if l.partial {
		return r.keep(l.stream, content, pos, visit)
	}
	if r.depth >= maxWrappers {
		return r.fault(event.ReasonTooDeep, pos, visit)
	}
	content = r.pieces.take(l.stream, content)
	return r.within(pos, func() bool { return r.read(content, visit) })
}

// offset is where an error at pos is reported.
func (r *Reader) offset(pos int) int {
	if r.depth > 0 {
		return r.outer
	}
	return pos
}

// pieces holds, by the streams that they belong to, the lines of a record that go on in a later
// one.
type pieces []piece

type piece struct {
	stream string
	text   []byte
	at     int
}

func (p *pieces) find(stream string) int {
	return slices.IndexFunc(*p, func(q piece) bool { return q.stream == stream })
}

// keep appends to the line of a stream until its end comes.
func (r *Reader) keep(stream string, text []byte, pos int, visit visitor) bool {
	if i := r.pieces.find(stream); i >= 0 {
		r.pieces[i].text = append(r.pieces[i].text, text...)
		return true
	}
	at := r.offset(pos)
	if len(r.pieces) == maxStreams {
		return r.fault(event.ReasonPartialLine, at, visit)
	}
	r.pieces = append(r.pieces, piece{stream: stream, text: slices.Clone(text), at: at})
	return true
}

// take returns the whole line of which text is the end.
func (p *pieces) take(stream string, text []byte) []byte {
	i := p.find(stream)
	if i < 0 {
		return text
	}
	text = append((*p)[i].text, text...)
	*p = slices.Delete(*p, i, i+1)
	return text
}

// leftPieces reports the lines whose ends are not in the record.
func (r *Reader) leftPieces(visit visitor) bool {
	for _, p := range r.pieces {
		if !r.fault(event.ReasonPartialLine, p.at, visit) {
			return false
		}
	}
	return true
}

// split tells whether an object of a log shipper holds a piece of a line, and reads the line when
// that is complete. Docker cuts lines at 16 KiB and CRI as its runtime is configured; shippers that
// do not join them say so in a field, or leave the newline out.
func (r *Reader) split(data []byte, pos int, visit visitor) (handled, ok bool) {
	inDocker := r.names.has("log") && r.names.has("stream")
	if !inDocker && !r.names.has("logtag") && !r.names.has("partial_message") {
		return false, true
	}
	var text, tag, stream, partial, last string
	s := r.scanner
	s.Reset(data)
	for o := s.Object(); s.Next(&o); {
		switch {
		case s.Kind() == event.KindObject && o.Key == "kubernetes":
			for k := s.Object(); s.Next(&k); {
				named := k.Key == "pod_name" || k.Key == "container_name"
				if named && s.Kind() == event.KindString {
					stream += "\x00" + s.Text()
				} else {
					s.Skip()
				}
			}
		case s.Kind() != event.KindString:
			s.Skip()
		case o.Key == "log" || o.Key == "message":
			text = s.Text()
		case o.Key == "stream" || o.Key == "container_id" || o.Key == "partial_id":
			stream += "\x00" + s.Text()
		case o.Key == "logtag":
			tag = s.Text()
		case o.Key == "partial_message":
			partial = s.Text()
		case o.Key == "partial_last":
			last = s.Text()
		default:
			s.Skip()
		}
	}
	line, pending := []byte(text), r.pieces.find(stream) >= 0
	marked := tag != "" || partial != ""
	switch {
	case tag == "P" || partial == "true" && last != "true":
		line = bytes.TrimRight(line, "\n")
	case !marked && opens(line) && extent(line) >= 0:
		return false, true // A whole line, whatever else is waiting.
	case !marked && !strings.HasSuffix(text, "\n") && (pending || opens(line)):
	case !pending:
		return false, true
	default:
		line = bytes.TrimSpace(r.pieces.take(stream, line))
		return true, r.within(pos, func() bool { return r.read(line, visit) })
	}
	return true, r.keep(stream, line, pos, visit)
}
