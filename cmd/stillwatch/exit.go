package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/stillwatch/stillwatch/pkg/app/config"
)

// exitError carries the exit code of an error.
type exitError struct {
	error

	code int
}

func (e exitError) Unwrap() error { return e.error }

// usage marks an error that the user can only mend by asking for something else.
func usage(err error) error { return exitError{error: err, code: 2} }

// report prints an error and returns the exit code.
func report(w io.Writer, err error) int {
	if err == nil {
		return 0
	}
	printError(w, err)
	if e, ok := errors.AsType[exitError](err); ok {
		return e.code
	}
	return 1
}

// printError prints an error, one line for each thing that is wrong.
func printError(w io.Writer, err error) {
	if bad, ok := errors.AsType[*config.Error](err); ok {
		for _, p := range bad.Problems {
			fmt.Fprintf(w, "stillwatch: %s\n", p)
		}
		return
	}
	fmt.Fprintf(w, "stillwatch: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
}

// signals ends the context at the first interrupt or termination signal. A second one ends the
// process at once: whoever asks twice does not want to wait.
func signals(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	got := make(chan os.Signal, 2)
	signal.Notify(got, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-got
		cancel()
		<-got
		os.Exit(130)
	}()
	return ctx
}
