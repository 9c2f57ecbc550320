package packed

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatWasAppendedIsReadAgain(t *testing.T) {
	b := binary.AppendUvarint(nil, math.MaxUint64)
	b = binary.AppendVarint(b, math.MinInt64)
	b = binary.AppendUvarint(b, math.MaxUint32)
	b = append(b, 7)
	b = binary.LittleEndian.AppendUint64(b, 1<<63)
	b = AppendText(AppendText(b, "text"), []byte{})
	b = append(binary.AppendUvarint(b, 2), 1, 2)
	r := NewReader(b)
	require.Equal(t, uint64(math.MaxUint64), r.Uvarint())
	require.EqualValues(t, math.MinInt64, r.Varint())
	require.EqualValues(t, math.MaxUint32, r.Uint32())
	require.EqualValues(t, 7, r.Byte())
	require.Equal(t, uint64(1<<63), r.Fixed())
	require.Equal(t, "text", string(r.Text(4)))
	require.Equal(t, []byte{}, r.Text(0), "an empty text is no missing one")
	require.Equal(t, 2, r.Count(2, 1))
	require.Equal(t, 2, r.Left())
	require.Equal(t, []byte{1, 2}, r.Bytes(2))
	require.NoError(t, r.End())
}

func TestTheFirstFaultSticks(t *testing.T) {
	for _, tc := range []struct {
		name string
		data []byte
		read func(*Reader)
		want string
	}{
		{"no number", nil, func(r *Reader) { r.Uvarint() }, "number cut short"},
		{"half a number", []byte{0x80}, func(r *Reader) { r.Varint() }, "number cut short"},
		{"33 bits", []byte{0x80, 0x80, 0x80, 0x80, 0x10}, func(r *Reader) {
			r.Uint32()
		}, "number out of range"},
		{"no byte", nil, func(r *Reader) { r.Byte() }, "cut short"},
		{"seven bytes", make([]byte, 7), func(r *Reader) { r.Fixed() }, "hash cut short"},
		{"a text longer than the rest", []byte{3, 1, 2}, func(r *Reader) {
			r.Text(9)
		}, "list too long"},
		{"a text longer than allowed", []byte{3, 1, 2, 3}, func(r *Reader) {
			r.Text(2)
		}, "list too long"},
		{"elements larger than the rest", []byte{2, 1, 2, 3}, func(r *Reader) {
			r.Count(9, 2)
		}, "list too long"},
		{"less than nothing", []byte{1}, func(r *Reader) { r.Bytes(-1) }, "cut short"},
		{"more than there should be", []byte{1}, func(*Reader) {}, "bytes left over"},
		{"a check", []byte{1}, func(r *Reader) {
			r.Check(r.Byte() == 2, "another version")
		}, "another version"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := NewReader(tc.data)
			tc.read(&r)
			err := r.End()
			require.EqualError(t, err, tc.want)
			require.False(t, r.OK())
			require.Zero(t, r.Left())
			require.Zero(t, r.Uvarint())
			require.Nil(t, r.Bytes(1))
			require.Equal(t, err, r.End())
		})
	}
}
