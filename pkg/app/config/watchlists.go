package config

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// ReadWatchLists reads the files of correlate.watch_lists as one list. The error names every file
// that cannot be read.
func ReadWatchLists(files []string) (*watchlist.List, error) {
	var lists []*watchlist.List
	var errs []error
	for _, file := range files {
		if file == "" {
			continue // Validate tells of it.
		}
		list, err := readWatchList(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("watch list %s: %w", file, err))
			continue
		}
		for i, note := range list.Notes {
			list.Notes[i] = file + ": " + note
		}
		lists = append(lists, list)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return watchlist.Merge(lists...), nil
}

func readWatchList(file string) (list *watchlist.List, err error) {
	f, err := os.Open(file)
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		// Its name is said already.
		return nil, pathErr.Err
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err := io.ReadAll(io.LimitReader(f, watchlist.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	return watchlist.Parse(data)
}
