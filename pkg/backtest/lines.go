package backtest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Lines cuts a stream into lines, and passes over those that are too long without holding them.
type Lines struct {
	r    *bufio.Reader
	most int
	long []byte
}

// NewLines makes Lines of at most most bytes each.
func NewLines(r io.Reader, most int) *Lines {
	return &Lines{r: bufio.NewReaderSize(r, 1<<20), most: most}
}

// Waits tells whether the next line must be waited for: no whole one has been read ahead.
func (l *Lines) Waits() bool {
	ahead, err := l.r.Peek(l.r.Buffered())
	return err != nil || bytes.IndexByte(ahead, '\n') < 0
}

// Next returns the next line without its end, and its size; the line is nil when it is longer than
// allowed. It is valid until the next call. After the last line the error is io.EOF.
func (l *Lines) Next() (line []byte, size int64, err error) {
	l.long = l.long[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		size += int64(len(part))
		ended := err == nil || errors.Is(err, io.EOF) && size > 0
		if !ended && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, 0, err
		}
		if ended && int64(len(part)) == size {
			line = part
		} else if len(l.long) <= l.most+len("\r\n") {
			l.long = append(l.long, part...)
			line = l.long
		}
		if !ended {
			continue
		}
		trimmed := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
		size -= int64(len(line) - len(trimmed))
		if size > int64(l.most) {
			return nil, size, nil
		}
		return trimmed, size, nil
	}
}
