// Package record holds a record of a topic as everybody here sees it: those who read topics, those
// who take records apart, and those who make them.
package record

// Record is one record of a topic, as it was read.
type Record struct {
	Topic     string
	Partition int
	Offset    int64
	// Time is the record's own timestamp in Unix milliseconds, 0 when it has none: when its
	// producer made it, unless the topic says otherwise.
	Time    int64
	Key     []byte
	Value   []byte
	Headers []Header
}

// Header is a header of a record.
type Header struct {
	Key   string
	Value []byte
}
