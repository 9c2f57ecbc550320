package decode

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/gateway"
)

const good = `{"id":"1","time":1793613600000,"account":{"id":"a"},"request":{"model":"m"}}`

func newReader(t *testing.T, maxRecord int) *Reader {
	t.Helper()
	r, err := New(Options{Gateway: gateway.DefaultOptions(), MaxRecord: maxRecord})
	require.NoError(t, err)
	return r
}

func TestTheNameOfAFileSaysWhetherItsLinesAreRecords(t *testing.T) {
	for path, want := range map[string]bool{
		"a.jsonl": true, "a.NDJSON": true, "a.log": true, "a.jsonl.gz": true, "a.jsonl.zst": true,
		"a.gz": true, "a.zst": true, "a.b.gz": true, "a.json": false, "a.json.gz": false,
		"a.bin": false, "a.bin.zst": false, "a": false, "a.pb": false, "-": false,
	} {
		require.Equal(t, want, isLines(path), path)
	}
}

func TestAPlaceSaysFileRecordItemAndLine(t *testing.T) {
	require.Equal(t, "in.jsonl:2:1 (line 3)", Place{"in.jsonl", 2, 3, 1}.String())
	require.Equal(t, "in.bin:1:7", Place{File: "in.bin", Record: 1, Item: 7}.String())
	require.Equal(t, "end of input", Place{File: "end of input"}.String())
}

func TestWhoeverMayHaveToWaitIsToldBefore(t *testing.T) {
	r := newReader(t, 1<<20)
	in, out := io.Pipe()
	step, events := 0, 0
	r.Idle = func() error {
		// Everything that was written so far has been visited.
		require.Equal(t, step, events)
		step++
		go func() {
			if step > 3 {
				_ = out.Close()
				return
			}
			_, _ = io.WriteString(out, good+"\n")
		}()
		return nil
	}
	require.NoError(t, r.Streamed("in", in, func(o *Outcome) error { events++; return o.Err }))
	require.Equal(t, 3, events)

	r.Idle = func() error { return errors.New("full") }
	require.EqualError(t, r.Streamed("in", strings.NewReader(good), nil), "full")
}

func TestReadingEndsWithTheFirstErrorOfTheVisitor(t *testing.T) {
	r := newReader(t, 1<<20)
	n := 0
	stop := func(*Outcome) error { n++; return errors.New("enough") }
	require.EqualError(t, r.Record(Place{}, []byte(good+good), nil, stop), "enough")
	require.EqualError(t, r.Streamed("in", strings.NewReader(good+"\n"+good), stop), "enough")
	require.Equal(t, 2, n)
}

func TestReadingEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo.jsonl")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	// A pipe that is open for writing as well never ends by itself.
	writer, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { _ = writer.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	r := newReader(t, 1<<20)
	r.Idle = func() error { cancel(); return nil }
	require.ErrorIs(t, r.File(ctx, path, nil), context.Canceled)

	require.ErrorContains(t, r.File(t.Context(), path+"x", nil), "open events")
}

func TestAnErrorIsToldWithoutNamesThatMayBeText(t *testing.T) {
	require.Equal(t, "event: wrong_type at byte 3", Plain(&event.DecodeError{
		Reason: event.ReasonWrongType, Field: "account.my secret", Offset: 3,
	}))
	require.Equal(t, "event: wrong_type in account.id at byte 3", Plain(&event.DecodeError{
		Reason: event.ReasonWrongType, Field: "account.id", Offset: 3,
	}))
	require.Equal(t, "x", Plain(errors.New("x")))
}

func TestAnOutcomeTellsWhatBecameOfTheObject(t *testing.T) {
	wait := Outcome{Err: &gateway.SkipError{Reason: gateway.ReasonWaiting}}
	require.True(t, wait.Waits())
	require.False(t, wait.Dead())
	require.True(t, (&Outcome{Err: &gateway.SkipError{Reason: gateway.ReasonUnjoined}}).Unjoined())
	require.False(t, (&Outcome{}).Dead())
	require.Equal(
		t, "bad_time (time)",
		(&Outcome{Err: &event.DecodeError{Reason: event.ReasonBadTime, Field: "time"}}).Reason(),
	)
	require.Equal(t, "unreadable", (&Outcome{Err: errors.New("x")}).Reason())
}
