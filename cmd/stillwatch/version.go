package main

import (
	"fmt"
	"runtime"
)

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(t terminal) error {
	_, err := fmt.Fprintf(t.out, "stillwatch %s (%s, %s/%s)\n",
		version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
