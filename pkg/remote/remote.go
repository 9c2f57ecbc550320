// Package remote holds what the ways to Kafka and to Redis have in common: TLS, the wait before
// another attempt, and errors that say in one line what is wrong and what to do. It knows neither
// protocol, and opens no connection itself.
package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Error is an error with a message for people; errors.Is and errors.As see its cause.
type Error struct {
	Message string
	Cause   error
	// Fatal says that waiting does not mend it, because it lies in the configuration.
	Fatal bool
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// IsFatal reports whether err is one that waiting does not mend: a refused login, a certificate
// that is not accepted, a missing right, another kind of server.
func IsFatal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Fatal
}

// Server is what errors call a server, and where they send whoever has to mend them.
type Server struct {
	// Name is the server in words, and the section of the configuration that is about it.
	Name string
	// Addresses are where it was looked for, Key is their configuration key.
	Addresses []string
	Key       string
	// Closed is what to check when the server closes connections.
	Closed string
}

// At is the addresses in words.
func (s *Server) At() string { return strings.Join(s.Addresses, ", ") }

// IsAddress tells whether a text is host:port of a server.
func IsAddress(text string) bool {
	host, port, err := net.SplitHostPort(text)
	n, perr := strconv.Atoi(port)
	return err == nil && host != "" && perr == nil && n >= 1 && n <= math.MaxUint16
}

// Explain turns an error of a client library into one line that says what to do. A cancelled
// context passes. own explains what only this server's protocol knows, and returns nil for all
// else.
func (s *Server) Explain(err error, own func(error) error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	for _, explain := range [...]func(error) error{s.security, s.unreachable, own, s.silent} {
		if said := explain(err); said != nil {
			return said
		}
	}
	return &Error{Message: fmt.Sprintf("%s at %s: %s", s.Name, s.At(), OneLine(err)), Cause: err}
}

// security explains what goes wrong before a connection is safe.
func (s *Server) security(err error) error {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		alert    tls.AlertError
		record   tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid),
		errors.As(err, &verify), errors.As(err, &alert),
		strings.Contains(err.Error(), "remote error: tls"):
		return &Error{fmt.Sprintf("%s at %s: TLS certificate not accepted: %s; check %s.tls",
			s.Name, s.At(), Root(err), s.Name), err, true}
	case errors.As(err, &record):
		return &Error{fmt.Sprintf(
			"%s at %s does not speak TLS on this port; check %s.tls.enabled and the port",
			s.Name, s.At(), s.Name,
		), err, true}
	}
	return nil
}

// unreachable explains why there is no connection.
func (s *Server) unreachable(err error) error {
	var (
		dns *net.DNSError
		op  *net.OpError
	)
	switch {
	case errors.As(err, &dns):
		return &Error{Message: fmt.Sprintf("cannot find %s host %s: %s; check %s",
			s.Name, dns.Name, dns.Err, s.Key), Cause: err}
	case errors.Is(err, syscall.ECONNREFUSED):
		at := s.At()
		if errors.As(err, &op) && op.Addr != nil {
			at = op.Addr.String()
		}
		return &Error{Message: fmt.Sprintf("cannot reach %s at %s: connection refused; check %s",
			s.Name, at, s.Key), Cause: err}
	}
	return nil
}

// silent explains why a connection gives no answer.
func (s *Server) silent(err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &Error{Message: fmt.Sprintf(
			"%s at %s does not answer in time; check %s, %s.tls and the network",
			s.Name, s.At(), s.Key, s.Name,
		), Cause: err}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &Error{Message: fmt.Sprintf("%s at %s closed the connection; if it lasts, check %s",
			s.Name, s.At(), s.Closed), Cause: err}
	}
	return nil
}

// Root is the innermost message of a chain, in one line.
func Root(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return OneLine(err)
		}
		err = next
	}
}

// OneLine is an error's message without the line ends and indents of the library that made it.
func OneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// Waits are the waits before one retry after the other: they double from least to most, and each is
// shortened by up to a half at random, so that many clients do not come back at once.
func Waits(least, most time.Duration) *backoff.ExponentialBackOff {
	// The library draws around the middle of the range.
	const middle, spread = 3. / 4, 1. / 3
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = time.Duration(middle * float64(least))
	b.MaxInterval = time.Duration(middle * float64(most))
	b.Multiplier, b.RandomizationFactor = 2, spread
	return b
}
