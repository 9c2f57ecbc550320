// Package stream moves records out of and into Kafka: batches of the partitions that this process
// owns, acknowledged records the other way. It knows nothing of what the records mean, and it never
// decides what was processed: whoever reads keeps the offset beside its own state.
package stream

import "github.com/stillwatch/stillwatch/pkg/record"

// Record is one record of a topic. Its memory belongs to the reader; it stays valid after the next
// read.
type Record = record.Record

// Header is a record header.
type Header = record.Header

// Batch is what one read of a partition gave: records in offset order, possibly none.
type Batch struct {
	Records []Record
	// Next is the offset at which reading goes on after this batch. It can be larger than the last
	// record's offset + 1, because compaction and transactions leave offsets without a record.
	Next int64
	// HighWater is the end of what may be read as of the last fetch: HighWater - Next records are
	// still to be read. What comes after the beginning of an open transaction is not among it.
	HighWater int64
}

// OutRecord is a record to be produced. Records with a key go to the partition where Java producers
// would put them. A nil Value is a tombstone.
type OutRecord struct {
	Topic   string
	Key     []byte
	Value   []byte
	Headers []Header
}

// size is what the record takes of a request, in bytes, before compression. It errs on the large
// side.
func (r *OutRecord) size() int {
	n := 32 + len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += 10 + len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}
