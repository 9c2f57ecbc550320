package filewatch

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// never is an interval after which no test is still running.
const never = 24 * time.Hour

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// watched starts a watch on a file and returns the texts that the looks found, one for each change.
func watched(t *testing.T, file string, every time.Duration) <-chan string {
	t.Helper()
	found := make(chan string, 100)
	last := "not looked yet"
	look := func() {
		text, err := os.ReadFile(file)
		if err != nil {
			text = []byte("gone")
		}
		if string(text) != last {
			last = string(text)
			found <- last
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Watch(ctx, []string{file}, every, zap.NewNop(), look)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return found
}

func TestAFileThatIsWrittenReplacedRemovedAndMadeAgainIsLookedAt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list.json")
	write(t, file, "one")
	found := watched(t, file, never)
	require.Equal(t, "one", <-found, "at once")
	write(t, file, "written")
	require.Equal(t, "written", <-found)
	write(t, file+".next", "replaced")
	require.NoError(t, os.Rename(file+".next", file))
	require.Equal(t, "replaced", <-found)
	require.NoError(t, os.Remove(file))
	require.Equal(t, "gone", <-found)
	write(t, file, "back")
	require.Equal(t, "back", <-found)
}

// A ConfigMap is a folder of links through "..data", a link to the folder of one version. A new
// version is a new folder; "..data" is replaced by a rename, and the old folder is removed.
func TestAConfigMapThatKubernetesReplacesIsLookedAtEachTime(t *testing.T) {
	volume := t.TempDir()
	link := func(version, text string) {
		folder := filepath.Join(volume, version)
		require.NoError(t, os.Mkdir(folder, 0o700))
		write(t, filepath.Join(folder, "list.json"), text)
		require.NoError(t, os.Symlink(version, filepath.Join(volume, "..data_tmp")))
		require.NoError(
			t, os.Rename(filepath.Join(volume, "..data_tmp"), filepath.Join(volume, "..data")),
		)
	}
	link("..2026_11_28", "one")
	file := filepath.Join(volume, "list.json")
	require.NoError(t, os.Symlink(filepath.Join("..data", "list.json"), file))
	found := watched(t, file, never)
	require.Equal(t, "one", <-found)
	for _, v := range []struct{ version, before, text string }{
		{"..2026_11_29", "..2026_11_28", "two"},
		{"..2026_11_30", "..2026_11_29", "three"},
	} {
		link(v.version, v.text)
		require.NoError(t, os.RemoveAll(filepath.Join(volume, v.before)))
		require.Equal(t, v.text, <-found)
	}
}

func TestAFileThatALinkLeadsToElsewhereIsLookedAt(t *testing.T) {
	target, file := filepath.Join(t.TempDir(), "target.json"),
		filepath.Join(t.TempDir(), "list.json")
	write(t, target, "one")
	require.NoError(t, os.Symlink(target, file))
	found := watched(t, file, never)
	require.Equal(t, "one", <-found)
	write(t, target, "two")
	require.Equal(t, "two", <-found)
}

func TestWhereNothingIsToldOfFilesAreLookedAtEverySoOften(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "later")
	file := filepath.Join(folder, "list.json")
	found := watched(t, file, 10*time.Millisecond)
	require.Equal(t, "gone", <-found, "its folder is not there yet")
	require.NoError(t, os.Mkdir(folder, 0o700))
	write(t, file, "there")
	for text := range found {
		if text == "there" { // a look may have found it without its text
			break
		}
	}
}

func TestAFolderThatCannotBeWatchedIsToldOfOnce(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	Watch(ctx, []string{filepath.Join(t.TempDir(), "none", "list.json")}, time.Millisecond,
		zap.New(core), func() {
			if looks++; looks == 3 {
				cancel()
			}
		})
	require.Equal(t, 1, logs.Len())
}

func TestTheSameFileIsKnownByTimeSizeAndIdentity(t *testing.T) {
	folder := t.TempDir()
	at := time.Unix(1_700_000_000, 0)
	see := func(name, text string, at time.Time) os.FileInfo {
		path := filepath.Join(folder, name)
		write(t, path, text)
		require.NoError(t, os.Chtimes(path, at, at))
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info
	}
	first := see("a", "text", at)
	require.True(t, Same(first, see("a", "text", at)))
	require.False(t, Same(first, see("a", "text", at.Add(time.Second))))
	require.False(t, Same(first, see("a", "longer", at)))
	require.False(t, Same(first, see("b", "text", at)), "another file of the same size and time")
	require.False(t, Same(first, nil))
	require.True(t, Same(nil, nil))
}
