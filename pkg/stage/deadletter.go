package stage

import (
	"bytes"
	"strconv"
)

// NewDeadLetter makes a dead letter of a record: the record as it came, with why it could not be
// read and where it came from in the headers. The detail names fields, never content.
func NewDeadLetter(r *Record, reason, detail string) Out {
	return Out{
		To: DeadLetters, Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value),
		Headers: append([]Header{
			{Key: "stillwatch-reason", Value: []byte(reason)},
			{Key: "stillwatch-detail", Value: []byte(detail)},
		}, Origin(r)...),
	}
}

// Origin says in headers where a record came from.
func Origin(r *Record) []Header {
	return []Header{
		{Key: "stillwatch-topic", Value: []byte(r.Topic)},
		{Key: "stillwatch-partition", Value: strconv.AppendInt(nil, int64(r.Partition), 10)},
		{Key: "stillwatch-offset", Value: strconv.AppendInt(nil, r.Offset, 10)},
	}
}
