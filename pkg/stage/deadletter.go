package stage

import (
	"bytes"
	"strconv"
)

// deadLetter is a record as it came, with why it could not be read and where it came from in the headers.
func deadLetter(r *Record, reason, detail string) Out {
	return Out{To: DeadLetters, Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value), Headers: []Header{
		{"stillwatch-reason", []byte(reason)},
		{"stillwatch-detail", []byte(detail)},
		{"stillwatch-topic", []byte(r.Topic)},
		{"stillwatch-partition", strconv.AppendInt(nil, int64(r.Partition), 10)},
		{"stillwatch-offset", strconv.AppendInt(nil, r.Offset, 10)},
	}}
}
