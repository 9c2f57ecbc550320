package pipeline

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/pkg/packed"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// outboxKey is the state key that is reserved for outgoing records. The chunks after the first have
// their number appended.
const outboxKey = "outbox"

// The outbox is stored in chunks of about this many bytes, well below what the store takes for one
// value. A record larger than a chunk is too large for a topic as well.
const outboxChunk = 1 << 20

const outboxVersion = 1

// addressed is an outgoing record with its topic.
type addressed struct {
	output stage.Output
	record stream.OutRecord
}

// address looks up the topics.
func (w *worker) address(out []stage.Out) ([]addressed, error) {
	if len(out) == 0 {
		return nil, nil
	}
	records := make([]addressed, len(out))
	for i := range out {
		o := &out[i]
		topic := w.p.opts.Outputs[o.To]
		if topic == "" {
			return nil, fmt.Errorf("no topic is configured for the output %q", o.To)
		}
		records[i] = addressed{
			o.To, stream.OutRecord{Topic: topic, Key: o.Key, Value: o.Value, Headers: o.Headers},
		}
	}
	return records, nil
}

// produce writes the records and waits for all acknowledgements, retrying what is not acknowledged
// until ctx ends. Records that are too large for their topic, or that the sink refuses, become dead
// letters: retrying them would stop the partition for ever.
func (w *worker) produce(ctx context.Context, out []addressed) error {
	if len(out) == 0 {
		return nil
	}
	sent := map[stage.Output]int{}
	err := w.retry(ctx, opProduce, func(ctx context.Context) error {
		for {
			records := make([]stream.OutRecord, len(out))
			for i := range out {
				records[i] = out[i].record
			}
			began := time.Now()
			err := w.p.sink.Produce(ctx, records)
			w.p.metrics.produce.Observe(time.Since(began).Seconds())
			var partial *stream.PartialError
			letters, replaced, never := w.replace(out, err)
			switch {
			case err == nil:
				countSent(sent, out, nil)
				return nil
			case never:
				countSent(sent, out, replaced)
				if out = letters; len(out) == 0 {
					return nil
				}
			case errors.As(err, &partial):
				countSent(sent, out, partial.Unacked)
				rest := make([]addressed, len(partial.Unacked))
				for i, at := range partial.Unacked {
					rest[i] = out[at]
				}
				out = rest
				return err
			default:
				return err
			}
		}
	})
	for output, n := range sent {
		w.p.metrics.produced.WithLabelValues(string(output)).Add(float64(n))
	}
	return err
}

// countSent counts the records by output, but for those at the indexes in not, which ascend.
func countSent(sent map[stage.Output]int, out []addressed, not []int) {
	for i := range out {
		if len(not) > 0 && not[0] == i {
			not = not[1:]
			continue
		}
		sent[out[i].output]++
	}
}

// replace returns dead letters for the records that the sink will never take, and their indexes,
// ascending. never is false where err is not about such records.
func (w *worker) replace(out []addressed, err error) (letters []addressed, at []int, never bool) {
	if large, ok := errors.AsType[*stream.TooLargeError](err); ok {
		letters = append(letters, w.replaceLarge(out, large.Records)...)
		at = append(at, large.Records...)
		never = true
	}
	if refused, ok := errors.AsType[*stream.RefusedError](err); ok {
		for i := range refused.Refused {
			at = append(at, refused.Refused[i].Record)
		}
		letters = append(letters, w.replaceRefused(out, refused.Refused)...)
		never = true
	}
	slices.Sort(at)
	return letters, at, never
}

// replaceRefused returns a dead letter for each record that the sink refuses: the record as it is,
// with why in the headers.
func (w *worker) replaceRefused(out []addressed, refused []stream.Refused) []addressed {
	topic := w.p.opts.Outputs[stage.DeadLetters]
	var letters []addressed
	for i := range refused {
		f, r := &refused[i], &out[refused[i].Record].record
		if topic == "" {
			w.p.metrics.dropped.WithLabelValues("refused").Inc()
			continue
		}
		w.p.metrics.letter.WithLabelValues(f.Reason).Inc()
		headers := []stream.Header{{Key: "stillwatch-reason", Value: []byte(f.Reason)}}
		letters = append(letters, addressed{stage.DeadLetters, stream.OutRecord{
			Topic: topic, Key: r.Key, Value: r.Value,
			Headers: slices.Concat(headers, f.Headers, r.Headers),
		}})
	}
	return letters
}

// replaceLarge returns a dead letter for each record that is too large, without its content. Too
// large a dead letter is sent without content.
func (w *worker) replaceLarge(out []addressed, which []int) []addressed {
	var letters []addressed
	for _, i := range which {
		r := &out[i].record
		topic := w.p.opts.Outputs[stage.DeadLetters]
		if topic == "" || out[i].output == stage.DeadLetters && len(r.Value) == 0 {
			w.p.metrics.dropped.WithLabelValues("dead_letter_too_large").Inc()
			continue
		}
		letter := stream.OutRecord{
			Topic: topic, Key: r.Key[:min(len(r.Key), 1<<10)], Value: []byte{},
		}
		detail := fmt.Sprintf("the record for %s has %d bytes; its content is left out",
			r.Topic, len(r.Value))
		if out[i].output == stage.DeadLetters {
			letter.Headers = append(letter.Headers, r.Headers...)
			letter.Headers = append(
				letter.Headers, stream.Header{Key: "stillwatch-left-out", Value: []byte(detail)},
			)
		} else {
			w.p.metrics.letter.WithLabelValues("record_too_large").Inc()
			letter.Headers = []stream.Header{
				{Key: "stillwatch-reason", Value: []byte("record_too_large")},
				{Key: "stillwatch-detail", Value: []byte(detail)},
			}
		}
		letters = append(letters, addressed{stage.DeadLetters, letter})
	}
	return letters
}

// commitFirst commits the records with the state, and produces them then.
func (w *worker) commitFirst(ctx context.Context, next int64, r *stage.Result) error {
	for i := range r.Changes {
		if isOutboxKey(r.Changes[i].Key) {
			return fmt.Errorf("the state key %q is reserved", r.Changes[i].Key)
		}
	}
	// Look the topics up before anything is committed: a missing one is a fault of the
	// configuration.
	out, err := w.address(r.Out)
	if err != nil {
		return err
	}
	out = w.fitOutbox(out)
	chunks := encodeOutbox(out)
	changes := slices.Clip(r.Changes)
	for i, c := range chunks {
		changes = append(changes, stage.Change{Key: chunkKey(i), Value: c})
	}
	changes = append(changes, w.clearOutbox(len(chunks))...)
	if err := w.commit(ctx, next, changes); err != nil {
		return err
	}
	w.unsent = len(chunks)
	return w.produce(ctx, out)
}

// fitOutbox replaces the records that a chunk can't hold, before they make the commit impossible.
func (w *worker) fitOutbox(out []addressed) []addressed {
	var large []int
	var fit []addressed
	for i := range out {
		if outSize(&out[i]) > outboxChunk {
			large = append(large, i)
		} else {
			fit = append(fit, out[i])
		}
	}
	if len(large) == 0 {
		return out
	}
	return append(fit, w.replaceLarge(out, large)...)
}

// clearOutbox returns the changes that delete the chunks from a number on.
func (w *worker) clearOutbox(from int) []stage.Change {
	var changes []stage.Change
	for i := from; i < w.unsent; i++ {
		changes = append(changes, stage.Change{Key: chunkKey(i)})
	}
	return changes
}

// resend produces what was committed to the outbox and not marked as sent.
func (w *worker) resend(soft, hard context.Context) error {
	if !w.p.opts.Outbox {
		return nil
	}
	read := func(key string) (value []byte, err error) {
		err = w.retry(soft, opLoad, func(ctx context.Context) error {
			values, err := w.lease.Load(ctx, []string{key})
			if err == nil {
				value = values[0]
			}
			return err
		})
		return value, err
	}
	chunk, err := read(chunkKey(0))
	if err != nil || chunk == nil {
		return err
	}
	var out []stage.Out
	total := 1
	for i := 0; i < total; i++ {
		if i > 0 {
			if chunk, err = read(chunkKey(i)); err != nil {
				return err
			}
		}
		var part []stage.Out
		if part, total, err = decodeOutbox(chunk); err != nil {
			return fmt.Errorf("stored state key %q: %w", chunkKey(i), err)
		}
		out = append(out, part...)
	}
	records, err := w.address(out)
	if err != nil {
		return err
	}
	w.unsent = total
	return w.produce(hard, records)
}

func chunkKey(i int) string {
	if i == 0 {
		return outboxKey
	}
	return fmt.Sprintf("%s.%d", outboxKey, i)
}

func isOutboxKey(key string) bool {
	return key == outboxKey || len(key) > len(outboxKey) && key[:len(outboxKey)+1] == outboxKey+"."
}

// encodeOutbox returns the records in chunks; each begins with a version byte, the number of chunks
// and the number of its records.
func encodeOutbox(out []addressed) [][]byte {
	var bodies [][]byte
	var counts []int
	for i := range out {
		last := len(bodies) - 1
		if last < 0 || len(bodies[last])+outSize(&out[i]) > outboxChunk {
			bodies = append(bodies, nil)
			counts = append(counts, 0)
			last++
		}
		bodies[last] = appendOut(bodies[last], &out[i])
		counts[last]++
	}
	for i, body := range bodies {
		head := binary.AppendUvarint([]byte{outboxVersion}, uint64(len(bodies)))
		head = binary.AppendUvarint(head, uint64(counts[i]))
		bodies[i] = append(head, body...)
	}
	return bodies
}

func outSize(a *addressed) int {
	r := &a.record
	n := 16 + len(a.output) + len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += 8 + len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}

// appendOut writes a record under its output's name: the topic is looked up again when it is sent,
// as the configuration then says.
func appendOut(b []byte, a *addressed) []byte {
	r := &a.record
	b = appendBytes(b, []byte(a.output))
	b = appendBytes(b, r.Key)
	b = appendBytes(b, r.Value)
	b = binary.AppendUvarint(b, uint64(len(r.Headers)))
	for i := range r.Headers {
		b = appendBytes(b, []byte(r.Headers[i].Key))
		b = appendBytes(b, r.Headers[i].Value)
	}
	return b
}

// appendBytes writes a length and the bytes; nil, which means a tombstone, has the length 0 and
// anything else its length + 1.
func appendBytes(b, v []byte) []byte {
	if v == nil {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(v))+1)
	return append(b, v...)
}

var errOutbox = errors.New("unreadable outbox")

// decodeOutbox returns a chunk's records and the number of chunks.
func decodeOutbox(b []byte) (out []stage.Out, chunks int, err error) {
	r := outboxReader{packed.NewReader(b)}
	r.Check(r.Byte() == outboxVersion, "another version")
	number := r.Uvarint()
	r.Check(number > 0 && number <= math.MaxInt32, "number of chunks out of range")
	out = make([]stage.Out, r.count())
	for i := range out {
		o := &out[i]
		o.To = stage.Output(r.bytes())
		o.Key = r.bytes()
		o.Value = r.bytes()
		if h := r.count(); h > 0 {
			o.Headers = make([]stage.Header, h)
			for j := range o.Headers {
				o.Headers[j] = stage.Header{Key: string(r.bytes()), Value: r.bytes()}
			}
		}
	}
	if err := r.End(); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errOutbox, err)
	}
	return out, int(number), nil
}

// outboxReader reads what appendOut wrote.
type outboxReader struct{ packed.Reader }

// count reads a number of things that take at least a byte each.
func (r *outboxReader) count() int { return r.Count(math.MaxInt, 1) }

// bytes reads what appendBytes wrote.
func (r *outboxReader) bytes() []byte {
	if n := r.Uvarint(); n > 0 {
		return r.Bytes(int(min(n-1, math.MaxInt)))
	}
	return nil
}
