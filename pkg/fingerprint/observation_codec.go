package fingerprint

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unsafe"

	"github.com/stillwatch/stillwatch/pkg/packed"
	"github.com/stillwatch/stillwatch/pkg/sketch"
)

// observationVersion is the newest version of an observation's encoding.
//
// Version 2 can flag a batch, version 3 a record that could not be read, version 4 can hold
// attributes beyond the first ones, among them those that only a newer release knows, version 5 the
// subject of the prompt and reasoning blocks, version 6 tools and working directory, version 7 the
// request's id and the client as they were sent. Every
// observation is written in the lowest version that can hold it: during an update, older releases
// read those that have nothing new. For their sake the places of the plan and of the session, which
// nothing reads, are kept and left empty.
const (
	observationVersion           = 7
	observationVersionTools      = 6
	observationVersionSubject    = 5
	observationVersionAttributes = 4
	observationVersionUnreadable = 3
	observationVersionReadable   = 2
)

// What is written at the places that are left empty.
const (
	noPlan    = ""
	noSession = 0
)

// maxShingles bounds the shingles of an encoded observation, each list: the most that
// sketch.Options allow.
const maxShingles = 1024

// Flags of an encoded observation.
const (
	observationVerified = 1 << iota
	observationRefused
	observationText
	observationSketch
	observationBatch
	observationUnreadable
	observationSubject
	observationTruncated
	observationFlags = 1<<iota - 1
)

// AppendBinary appends the encoding of the observation. Labels beyond MaxLabel bytes are an error,
// as are identities beyond 512 bytes and more shingles than sketches may have: they could not be
// read again.
func (o *Observation) AppendBinary(b []byte) ([]byte, error) {
	if err := o.check(); err != nil {
		return b, err
	}
	flags := byte(0)
	for i, on := range [...]bool{
		o.Verified, o.Refused, o.HasText, o.sketched(), o.Batch, o.Unreadable,
		o.Sketch.HasSubject(), o.Truncated,
	} {
		if on {
			flags |= 1 << i
		}
	}
	version := byte(observationVersionReadable)
	if o.Unreadable {
		version = observationVersionUnreadable
	}
	var known, labelled uint64
	for i := range o.Values {
		if o.Values[i] != 0 {
			known |= 1 << i
		}
		if o.Labels[i] != "" {
			labelled |= 1 << i
		}
	}
	if (known|labelled)>>firstAttributes != 0 {
		version = observationVersionAttributes
	}
	if o.Sketch.HasSubject() || o.Truncated || len(o.Minted)+len(o.Presented) > 0 {
		version = observationVersionSubject
	}
	if o.ToolSet|o.Sketch.Workspace != 0 {
		version = observationVersionTools
	}
	if len(o.RequestID)+len(o.Client) > 0 {
		version = observationVersion
	}
	b = append(b, version, flags, byte(o.Status), byte(o.Sketch.Relay))
	b = binary.LittleEndian.AppendUint64(b, o.Position.Partition)
	b = binary.AppendVarint(b, o.Position.Offset)
	b = binary.AppendVarint(b, int64(o.Position.Index))
	b = binary.AppendVarint(b, o.Time)
	b = binary.AppendVarint(b, o.CreatedAt)
	b = binary.LittleEndian.AppendUint64(b, o.ID)
	for _, s := range [...]string{o.Tenant, o.Account, o.Org, noPlan} {
		b = packed.AppendText(b, s)
	}
	b = binary.AppendUvarint(b, known)
	for m := known; m != 0; m &= m - 1 {
		b = binary.LittleEndian.AppendUint64(b, o.Values[bits.TrailingZeros64(m)])
	}
	b = binary.AppendUvarint(b, labelled)
	for m := labelled; m != 0; m &= m - 1 {
		b = packed.AppendText(b, o.Labels[bits.TrailingZeros64(m)])
	}
	b = appendKnown(b, o.Source, noSession, o.EndUser)
	for _, n := range [...]int64{
		o.InputTokens, o.OutputTokens, o.ReasoningTokens, int64(o.Messages),
	} {
		b = binary.AppendVarint(b, n)
	}
	if o.sketched() {
		b = appendSketch(b, &o.Sketch)
	}
	if version < observationVersionSubject {
		return b, nil
	}
	if flags&observationSubject != 0 {
		for _, n := range o.Sketch.Subject {
			b = append(b, byte(n))
		}
	}
	b = appendHashes(appendHashes(b, o.Minted), o.Presented)
	if version < observationVersionTools {
		return b, nil
	}
	b = appendKnown(b, o.ToolSet, o.Sketch.Workspace)
	if version < observationVersion {
		return b, nil
	}
	return packed.AppendText(packed.AppendText(b, o.RequestID), o.Client), nil
}

func appendSketch(b []byte, sk *sketch.Sketch) []byte {
	b = appendKnown(b, sk.Exact, sk.Layout, sk.Prefix, sk.Continuation)
	b = binary.AppendVarint(b, int64(sk.Tokens))
	b = binary.AppendUvarint(b, uint64(sk.Intents))
	return appendHashes(appendHashes(b, sk.Turn), sk.System)
}

// MarshalBinary is AppendBinary into new memory.
func (o *Observation) MarshalBinary() ([]byte, error) { return o.AppendBinary(nil) }

func (o *Observation) check() error {
	for _, s := range [...]string{o.Tenant, o.Account, o.Org} {
		if len(s) > maxText {
			return fmt.Errorf("fingerprint: an identity of %d bytes, shorten it to %d",
				len(s), maxText)
		}
	}
	for _, s := range o.Labels {
		if len(s) > MaxLabel {
			return fmt.Errorf("fingerprint: a label of %d bytes, shorten it to %d",
				len(s), MaxLabel)
		}
	}
	if n := max(len(o.Sketch.Turn), len(o.Sketch.System)); n > maxShingles {
		return fmt.Errorf("fingerprint: %d shingles, at most %d are allowed", n, maxShingles)
	}
	if n := max(len(o.Minted), len(o.Presented)); n > MaxReasoning {
		return fmt.Errorf("fingerprint: %d reasoning blocks, at most %d are allowed",
			n, MaxReasoning)
	}
	if len(o.RequestID) > maxPackedID || len(o.Client) > maxClient {
		return fmt.Errorf("fingerprint: an id of %d bytes or a client of %d, at most %d and %d",
			len(o.RequestID), len(o.Client), maxPackedID, maxClient)
	}
	return nil
}

// sketched tells whether there is anything in the sketch but relay constants and the subject.
func (o *Observation) sketched() bool {
	sk := &o.Sketch
	return sk.Exact|sk.Layout|sk.Prefix|sk.Continuation != 0 || sk.Tokens != 0 || sk.Intents != 0 ||
		len(sk.Turn) > 0 || len(sk.System) > 0
}

// appendKnown appends which of the hashes are known, and these.
func appendKnown(b []byte, hashes ...uint64) []byte {
	mask := byte(0)
	for i, h := range hashes {
		if h != 0 {
			mask |= 1 << i
		}
	}
	b = append(b, mask)
	for _, h := range hashes {
		if h != 0 {
			b = binary.LittleEndian.AppendUint64(b, h)
		}
	}
	return b
}

func (r *reader) known(hashes ...*uint64) {
	mask := r.Byte()
	r.Check(mask>>len(hashes) == 0, "unknown hash")
	for i, h := range hashes {
		*h = 0
		if mask>>i&1 == 1 {
			*h = r.Fixed()
		}
	}
}

// UnmarshalBinary replaces the observation by an encoded one, reusing the memory of its lists. It
// keeps no reference to data. An error wraps ErrEncoding and leaves the observation undefined.
func (o *Observation) UnmarshalBinary(data []byte) error { return o.decode(data, string(data)) }

// Alias is UnmarshalBinary without copying: the strings of the observation share data's memory and
// are valid until it changes.
func (o *Observation) Alias(data []byte) error {
	return o.decode(data, unsafe.String(unsafe.SliceData(data), len(data))) //nolint:gosec // the caller holds data still while it uses the strings
}

// decode reads an encoding. same holds the same bytes: the observation's strings are parts of it.
func (o *Observation) decode(data []byte, same string) error {
	r := newReader(data)
	text := func(most int) string {
		t := r.Text(most)
		// What has been read ends where what is left begins.
		end := len(same) - r.Left()
		if !r.OK() {
			return ""
		}
		return same[end-len(t) : end]
	}
	version := r.Byte()
	if r.OK() && (version < 1 || version > observationVersion) {
		return fmt.Errorf("%w: observation version %d, this release reads up to %d",
			ErrEncoding, version, observationVersion)
	}
	flags := r.Byte()
	r.Check(flags <= observationFlags, "unknown flag")
	*o = Observation{
		Sketch: sketch.Sketch{Turn: o.Sketch.Turn[:0], System: o.Sketch.System[:0]},
		Minted: o.Minted[:0], Presented: o.Presented[:0],
		RequestID: o.RequestID[:0], Client: o.Client[:0],
	}
	o.Verified, o.Refused, o.HasText = flags&observationVerified != 0,
		flags&observationRefused != 0, flags&observationText != 0
	o.Batch, o.Unreadable = flags&observationBatch != 0, flags&observationUnreadable != 0
	r.Check(!o.Unreadable || version >= observationVersionUnreadable, "unknown flag")
	o.Truncated = flags&observationTruncated != 0
	r.Check(flags&(observationSubject|observationTruncated) == 0 ||
		version >= observationVersionSubject, "unknown flag")
	o.Status = Status(r.Byte())
	r.Check(o.Status <= StatusRateLimited, "unknown status")
	o.Sketch.Relay = sketch.Relay(r.Byte())
	o.Position.Partition = r.Fixed()
	o.Position.Offset = r.Varint()
	index := r.Varint()
	o.Position.Index = int32(index)
	r.Check(int64(o.Position.Index) == index, "index out of range")
	o.Time, o.CreatedAt = r.Varint(), r.Varint()
	o.ID = r.Fixed()
	for _, s := range [...]*string{&o.Tenant, &o.Account, &o.Org} {
		*s = text(maxText)
	}
	passPlan(r)
	held := firstAttributes
	if version >= observationVersionAttributes {
		held = maxAttributes
	}
	m := r.Uvarint()
	r.Check(m>>held == 0, "unknown attribute")
	for ; m != 0 && r.OK(); m &= m - 1 {
		if hash, a := r.Fixed(), bits.TrailingZeros64(m); a < len(o.Values) {
			o.Values[a] = hash
		}
	}
	m = r.Uvarint()
	r.Check(m>>held == 0, "unknown attribute")
	for ; m != 0 && r.OK(); m &= m - 1 {
		if label, a := text(MaxLabel), bits.TrailingZeros64(m); a < len(o.Labels) {
			o.Labels[a] = label
		}
	}
	var session uint64
	r.known(&o.Source, &session, &o.EndUser)
	for _, n := range [...]*int64{&o.InputTokens, &o.OutputTokens, &o.ReasoningTokens} {
		*n = r.Varint()
	}
	messages := r.Varint()
	o.Messages = int32(messages)
	r.Check(int64(o.Messages) == messages, "messages out of range")
	if flags&observationSketch != 0 {
		sk := &o.Sketch
		r.known(&sk.Exact, &sk.Layout, &sk.Prefix, &sk.Continuation)
		sk.Tokens = int(r.Varint())
		intents := r.Uvarint()
		sk.Intents = sketch.Intents(intents)
		r.Check(uint64(sk.Intents) == intents, "unknown intent")
		sk.Turn = r.hashes(sk.Turn, maxShingles)
		sk.System = r.hashes(sk.System, maxShingles)
	}
	if flags&observationSubject != 0 {
		r.subject(&o.Sketch.Subject)
	}
	if version >= observationVersionSubject {
		o.Minted = r.hashes(o.Minted, MaxReasoning)
		o.Presented = r.hashes(o.Presented, MaxReasoning)
	}
	if version >= observationVersionTools {
		r.known(&o.ToolSet, &o.Sketch.Workspace)
	}
	if version >= observationVersion {
		o.RequestID = append(o.RequestID, r.Text(maxPackedID)...)
		o.Client = append(o.Client, r.Text(maxClient)...)
	}
	return r.end()
}

func (r *reader) subject(to *[sketch.SubjectSize]int8) {
	for i, x := range r.Bytes(sketch.SubjectSize) {
		to[i] = int8(x)
	}
	r.Check(*to != [sketch.SubjectSize]int8{}, "empty subject")
}
