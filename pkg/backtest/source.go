package backtest

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Open opens a file of newline-separated records; .gz and .zst are unpacked, "-" is standard input.
func Open(path string) (r io.ReadCloser, err error) {
	if path == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open events: %w", err)
	}
	switch {
	case strings.HasSuffix(path, ".gz"):
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, joinClose(err, f))
		}
		return unpacked{z, func() error { return joinClose(z.Close(), f) }}, nil
	case strings.HasSuffix(path, ".zst"):
		z, err := zstd.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, joinClose(err, f))
		}
		return unpacked{z, func() error { z.Close(); return f.Close() }}, nil
	}
	return f, nil
}

type unpacked struct {
	io.Reader
	close func() error
}

func (u unpacked) Close() error { return u.close() }

func joinClose(err error, c io.Closer) error {
	if e := c.Close(); err == nil {
		return e
	}
	return err
}
