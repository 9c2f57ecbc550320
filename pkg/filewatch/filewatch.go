// Package filewatch tells when configured files may have changed.
package filewatch

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

const (
	// settle is how long the folders have to be quiet before the files are looked at: a file is
	// seldom written in one piece.
	settle = 250 * time.Millisecond
	// patience bounds that where a folder is never quiet.
	patience = 5 * time.Second
)

// Watch calls look until ctx ends: at once, soon after something happened in a folder of the files,
// and at least every so often, for network file systems tell nothing. look has to find out itself
// whether a file has changed (Same).
//
// Folders are watched and not files, because a file is replaced by a rename, after which a watch on
// it sees the old one. Kubernetes replaces the folder "..data" that the files of a ConfigMap or
// Secret are links through; that happens in the folder of the files as well.
func Watch(ctx context.Context, files []string, every time.Duration, log *zap.Logger, look func()) {
	w := &watcher{files: files, log: log}
	if n, err := fsnotify.NewWatcher(); err != nil {
		log.Warn(
			"the system does not report changes of files; they are checked at an interval",
			zap.Duration("every", every), zap.Error(err),
		)
	} else {
		defer func() { _ = n.Close() }()
		w.notify, w.events, w.errs = n, n.Events, n.Errors
	}
	w.run(ctx, every, look)
}

type watcher struct {
	files []string
	log   *zap.Logger
	// notify is nil where the system cannot tell of changes.
	notify *fsnotify.Watcher
	events <-chan fsnotify.Event
	errs   <-chan error
	// told are the folders that could not be watched and were logged.
	told map[string]bool
}

func (w *watcher) run(ctx context.Context, every time.Duration, look func()) {
	slow := time.NewTicker(every)
	defer slow.Stop()
	quiet := time.NewTimer(settle)
	quiet.Stop()
	var since time.Time
	happened := func() {
		if since.IsZero() {
			since = time.Now()
		}
		if time.Since(since) < patience {
			quiet.Reset(settle)
		}
	}
	for {
		// Before the look, so that a change during it is seen. Each time, because folders and
		// the targets of links come and go.
		w.add()
		look()
		since = time.Time{}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return
			case <-slow.C:
				waiting = false
			case <-quiet.C:
				waiting = false
			case <-w.events:
				happened()
			case err := <-w.errs:
				w.log.Warn(
					"more happened in the folders than the system could report; their files are checked",
					zap.Error(err),
				)
				happened()
			}
		}
		quiet.Stop()
	}
}

// add watches the folders of the files, and those of what links lead to.
func (w *watcher) add() {
	if w.notify == nil {
		return
	}
	for _, file := range w.files {
		w.folder(filepath.Dir(file))
		if target, err := filepath.EvalSymlinks(file); err == nil && target != file {
			w.folder(filepath.Dir(target))
		}
	}
}

// folder watches a folder; one that is watched already stays so. What cannot be watched is looked
// at every so often all the same.
func (w *watcher) folder(path string) {
	err := w.notify.Add(path)
	if err == nil {
		delete(w.told, path)
		return
	}
	if w.told[path] {
		return
	}
	if w.told == nil {
		w.told = map[string]bool{}
	}
	w.told[path] = true
	w.log.Warn(
		"a folder cannot be watched; its files are checked at an interval",
		zap.String("folder", path), zap.Error(err),
	)
}

// Same says whether two looks saw the same file, nil standing for none. It goes by time, size and
// identity: a file may be replaced by one of equal size within the clock's resolution.
func Same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && os.SameFile(a, b)
}
