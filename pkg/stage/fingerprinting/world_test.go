package fingerprinting

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"

	"github.com/stillwatch/stillwatch/pkg/fingerprint"
	"github.com/stillwatch/stillwatch/pkg/sketch"
	"github.com/stillwatch/stillwatch/pkg/stage"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
	"github.com/stillwatch/stillwatch/pkg/stage/internal/stagetest"
)

// openWorld opens the labelled world's events, or skips the test where they are not at hand.
func openWorld(t *testing.T) *bufio.Scanner {
	t.Helper()
	dir := os.Getenv("STILLWATCH_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	file, err := os.Open(filepath.Join(dir, "worlds", "dev", "events.jsonl.zst"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the labelled world is not here; set STILLWATCH_SHARED to the folder that holds worlds/dev")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	z, err := zstd.NewReader(file)
	require.NoError(t, err)
	t.Cleanup(z.Close)
	lines := bufio.NewScanner(z)
	lines.Buffer(make([]byte, 1<<20), 64<<20)
	return lines
}

// Two days of traffic of 1,418 accounts: what an account costs in the store and a profile on its
// topic.
func TestFingerprintsOfRealTextsAreSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 425 MB of events")
	}
	share := 1
	if stagetest.Brief() {
		share = 12
	}
	lines := openWorld(t)
	secret := sketch.DefaultOptions()
	secret.Key = []byte("a secret for the tests, 32 bytes")
	in, err := ingest.New(ingest.DefaultOptions(), secret)
	require.NoError(t, err)
	opts := DefaultOptions()
	opts.MaxAccounts = 0
	st, err := New(opts)
	require.NoError(t, err)
	ingest, task := stagetest.Open(t, in, 0), stagetest.Open(t, st, 0).(*task)

	var batch []stage.Record
	var offset int64
	events, profiles, profileBytes := int64(0), 0, 0
	flush := func() {
		res, err := ingest.Process(batch)
		require.NoError(t, err)
		records := make([]stage.Record, 0, len(res.Out))
		for _, out := range res.Out {
			require.Equal(t, stage.Observations, out.To)
			records = append(records, stage.Record{Key: out.Key, Value: out.Value})
		}
		for _, key := range task.Needs(records) {
			require.NoError(t, task.Load(key, nil))
		}
		res, err = task.Process(records)
		require.NoError(t, err)
		require.EqualValues(t, len(records), stagetest.Counted(res.Counts)["ok"])
		events += stagetest.Counted(res.Counts)["ok"]
		for _, out := range res.Out {
			profiles++
			profileBytes += len(out.Value)
		}
		batch = batch[:0]
	}
	for lines.Scan() {
		// Whole accounts are left out, so that those which stay have all of their events.
		_, name, _ := bytes.Cut(lines.Bytes(), []byte(`"account":{"id":"`))
		if name, _, _ = bytes.Cut(name, []byte(`"`)); xxh3.Hash(name)%uint64(share) != 0 {
			continue
		}
		batch = append(batch, stage.Record{
			Topic: "gateway", Offset: offset, Value: slices.Clone(lines.Bytes()),
		})
		if offset++; len(batch) == 1000 {
			flush()
		}
	}
	require.NoError(t, lines.Err())
	flush()
	t.Logf("%d events, %d profiles of %d bytes on average, meta of %d bytes",
		events, profiles, profileBytes/profiles, len(task.marshalMeta()))

	bounds := []uint32{1, 10, 30, 100, 300, 1000}
	states, shown := make([][]int, len(bounds)), make([][]int, len(bounds))
	for _, a := range task.cache.byKey {
		state, err := a.fp.MarshalBinary()
		require.NoError(t, err)
		var p fingerprint.Profile
		a.fp.Profile(&p)
		profile, err := p.MarshalBinary()
		require.NoError(t, err)
		i := len(bounds) - 1
		for p.Requests < bounds[i] {
			i--
		}
		states[i], shown[i] = append(states[i], len(state)), append(shown[i], len(profile))
	}
	for i, least := range bounds {
		slices.Sort(states[i])
		slices.Sort(shown[i])
		n := len(states[i])
		t.Logf("%4d requests and more: %3d accounts, state %5d bytes (median) %5d (largest), profile %4d and %4d",
			least, n, states[i][n/2], states[i][n-1], shown[i][n/2], shown[i][n-1])
		require.Less(t, states[i][n-1], 12<<10)
	}
	require.Less(t, states[1][len(states[1])/2], 1500, "a quiet account")
}
