package stage

import (
	"bytes"
	"strconv"
)

// deadLetter is a record as it came, with why it could not be read and where it came from in the
// headers.
func deadLetter(r *Record, reason, detail string) Out {
	return Out{To: DeadLetters, Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value), Headers: []Header{
		{Key: "stillwatch-reason", Value: []byte(reason)},
		{Key: "stillwatch-detail", Value: []byte(detail)},
		{Key: "stillwatch-topic", Value: []byte(r.Topic)},
		{Key: "stillwatch-partition", Value: strconv.AppendInt(nil, int64(r.Partition), 10)},
		{Key: "stillwatch-offset", Value: strconv.AppendInt(nil, r.Offset, 10)},
	}}
}

// trouble is the first thing that was wrong with a record, whose item that was where it could be
// told, and how many of its items are.
type trouble struct {
	reason, detail  string
	tenant, account string
	item, items     int
}

func (t *trouble) add(reason, detail string, item int) {
	if t.items++; t.items == 1 {
		t.reason, t.detail, t.item = reason, detail, item
	}
}

// deadLetter makes the dead letter of a record: its key and value as they came, and in the headers
// why, where from, and whose the first of its bad items is, as findings name the account. The
// detail names fields, never content.
func (b *ingestBatch) deadLetter(r *Record, bad *trouble) {
	b.counts.Add(1, DeadLettered, bad.reason)
	out := deadLetter(r, bad.reason, bad.detail)
	out.Headers = append(out.Headers,
		Header{Key: "stillwatch-item", Value: strconv.AppendInt(nil, int64(bad.item), 10)},
		Header{Key: "stillwatch-bad-items", Value: strconv.AppendInt(nil, int64(bad.items), 10)})
	if bad.account != "" {
		out.Headers = append(out.Headers,
			Header{Key: "stillwatch-tenant", Value: []byte(bad.tenant)},
			Header{Key: "stillwatch-account", Value: []byte(bad.account)})
	}
	b.out = append(b.out, out)
}
