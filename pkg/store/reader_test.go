package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func openReader(t *testing.T, s *Store) *Reader {
	t.Helper()
	r, err := OpenReader(testContext(t), s.opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

// listed asks for the keys that the value of "list" names.
func listed(s *Snapshot) ([]string, error) {
	return strings.Fields(string(s.Values["list"])), nil
}

func TestAReaderSeesWhatWasCommittedAndFencesNobody(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	r := openReader(t, s)
	_, err := r.Snapshot(ctx, "fingerprint", "topic:0", []string{"list"}, listed)
	require.ErrorIs(t, err, ErrNoState)

	l := acquire(t, s)
	require.NoError(t, l.Commit(ctx, Commit{
		Next: 7, Changes: set("list", "a b gone", "a", "1", "b", "", "c", "3"),
	}))
	got, err := r.Snapshot(ctx, "fingerprint", "topic:0", []string{"list"}, listed)
	require.NoError(t, err)
	require.Equal(t, int64(7), got.Next)
	require.Equal(t, map[string][]byte{
		"list": []byte("a b gone"), "a": []byte("1"), "b": {},
	}, got.Values)
	require.NoError(t, l.Commit(ctx, Commit{Next: 8, Changes: set("a", "2")}), "the owner goes on")
	require.Equal(t, l.Epoch()+1, acquire(t, s).Epoch(), "and nobody has owned it in between")

	wrong := errors.New("cannot read this")
	_, err = r.Snapshot(ctx, "fingerprint", "topic:0", []string{"list"},
		func(*Snapshot) ([]string, error) { return nil, wrong })
	require.ErrorIs(t, err, wrong)
	_, err = r.Snapshot(ctx, "finger{print", "topic:0", nil, listed)
	require.ErrorContains(t, err, "braces")
}

// The owner adds a key to its list with every commit, and writes all of them: a snapshot in which
// a key is missing or older than the list is none.
func TestASnapshotIsOfOneMomentWhileTheOwnerGoesOn(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	r := openReader(t, s)
	l := acquire(t, s)
	commit := func(n int) error {
		var keys, pairs []string
		for i := range min(n, 20) {
			keys = append(keys, "k"+strconv.Itoa(i))
			pairs = append(pairs, keys[i], strconv.Itoa(n))
		}
		pairs = append(pairs, "list", strings.Join(keys, " "), "n", strconv.Itoa(n))
		return l.Commit(ctx, Commit{Next: int64(n), Changes: set(pairs...)})
	}
	require.NoError(t, commit(1))
	var owner sync.WaitGroup
	failed := make(chan error, 1)
	owner.Go(func() {
		for n := 2; n < 300; n++ {
			if err := commit(n); err != nil {
				failed <- err
				return
			}
		}
	})
	for range 50 {
		got, err := r.Snapshot(ctx, "fingerprint", "topic:0", []string{"list", "n"}, listed)
		require.NoError(t, err)
		keys := strings.Fields(string(got.Values["list"]))
		require.NotEmpty(t, keys)
		for _, k := range keys {
			require.Equal(t, string(got.Values["n"]), string(got.Values[k]), k)
		}
		require.Equal(t, string(got.Values["n"]), strconv.FormatInt(got.Next, 10))
	}
	owner.Wait()
	require.Empty(t, failed)
}

func TestAListThatGrowsAtEveryReadIsGivenUp(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	require.NoError(t, acquire(t, s).Commit(ctx, Commit{Next: 1}))
	n := 0
	_, err := openReader(t, s).Snapshot(ctx, "fingerprint", "topic:0", nil,
		func(*Snapshot) ([]string, error) {
			n++
			return []string{fmt.Sprintf("k%d", n)}, nil
		})
	require.ErrorContains(t, err, "try again")
	require.Equal(t, snapshots, n)
}

func TestAReaderReadsManyKeys(t *testing.T) {
	s := openStore(t, startServer(t))
	ctx := testContext(t)
	var keys, pairs []string
	for i := range loadChunk + 3 {
		keys = append(keys, "k"+strconv.Itoa(i))
		pairs = append(pairs, keys[i], strconv.Itoa(i))
	}
	require.NoError(t, acquire(t, s).Commit(ctx, Commit{Next: 1, Changes: set(pairs...)}))
	got, err := openReader(t, s).Snapshot(ctx, "fingerprint", "topic:0", keys, listed)
	require.NoError(t, err)
	require.Len(t, got.Values, len(keys))
	require.Equal(t, "514", string(got.Values["k514"]))
}
