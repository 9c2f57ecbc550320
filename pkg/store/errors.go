package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// explained carries a message for people and the cause for errors.Is.
type explained struct {
	msg   string
	cause error
	fatal bool
}

func (e explained) Error() string { return e.msg }
func (e explained) Unwrap() error { return e.cause }

// IsFatal reports whether err is one that waiting does not mend, because it lies in the configuration: a refused login, a certificate that is not
// accepted, a missing right, another kind of server.
func IsFatal(err error) bool {
	var e explained
	return errors.As(err, &e) && e.fatal
}

// explain turns an error of the client library into one line that says what to do. Errors of this package and a cancelled context pass.
func (s *Store) explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, ErrFenced) {
		return err
	}
	at := strings.Join(s.opts.Addresses, ", ")
	say := func(format string, args ...any) error { return explained{fmt.Sprintf(format, args...), err, false} }
	final := func(format string, args ...any) error { return explained{fmt.Sprintf(format, args...), err, true} }
	text := strings.Join(strings.Fields(err.Error()), " ")
	if said := s.explainReply(err, at, text, say, final); said != nil {
		return said
	}
	var (
		dns    *net.DNSError
		op     *net.OpError
		verify *tls.CertificateVerificationError
		author x509.UnknownAuthorityError
		record tls.RecordHeaderError
		nerr   net.Error
	)
	switch {
	case errors.As(err, &verify), errors.As(err, &author), strings.Contains(text, "remote error: tls"):
		return final("redis at %s: TLS certificate not accepted: %s; check redis.tls", at, text)
	case errors.As(err, &record):
		return final("redis at %s does not speak TLS on this port; check redis.tls.enabled and the port", at)
	case errors.As(err, &dns):
		return say("cannot find redis host %s: %s; check redis.addresses", dns.Name, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		if errors.As(err, &op) && op.Addr != nil {
			at = op.Addr.String()
		}
		return say("cannot reach redis at %s: connection refused; check redis.addresses", at)
	case strings.Contains(text, "all sentinels"):
		return say("none of the sentinels at %s knows a master %q; check redis.addresses and redis.sentinel", at, s.opts.Sentinel.Master)
	case strings.Contains(text, "can't parse"), strings.Contains(text, "invalid reply"):
		return final("what answers at %s is not redis; check redis.addresses", at)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &nerr) && nerr.Timeout():
		return say("redis at %s does not answer in time; check redis.addresses, redis.tls and the network", at)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return say("redis at %s closed the connection; if it lasts, check redis.tls", at)
	}
	return say("redis at %s: %s", at, text)
}

// explainReply is explain for what the server itself answers; nil for all else.
func (s *Store) explainReply(err error, at, text string, say, final func(string, ...any) error) error {
	_, moved := redis.IsMovedError(err)
	switch {
	case redis.IsAuthError(err), strings.Contains(text, "invalid password"), strings.Contains(text, "WRONGPASS"), strings.Contains(text, "NOAUTH"):
		if s.opts.Password == "" {
			return final("redis at %s asks for a password; set redis.password or redis.password_file", at)
		}
		return final("redis at %s refused the login: wrong user name or password; check redis.username and redis.password", at)
	case strings.Contains(text, "without any password configured"):
		return final("redis at %s has no password set; remove redis.password, or set requirepass on the server", at)
	case redis.IsPermissionError(err):
		return final("redis at %s does not allow this user to do this (%s); grant it the keys ~%s:*", at, text, s.opts.Prefix)
	case moved && !s.opts.isCluster():
		return final("redis at %s is a cluster; set redis.cluster: true", at)
	case strings.Contains(text, "cluster support disabled"):
		return final("redis at %s is not a cluster; set redis.cluster: false and give one address", at)
	case redis.IsReadOnlyError(err):
		return say("redis at %s is a read-only replica; give the master's address or use redis.sentinel", at)
	case redis.IsOOMError(err):
		return say("redis at %s is full; raise its maxmemory", at)
	case redis.IsLoadingError(err):
		return say("redis at %s is still loading its data", at)
	case redis.IsClusterDownError(err):
		return say("the redis cluster at %s is down; check its nodes", at)
	case strings.HasPrefix(text, "MISCONF"):
		return say("redis at %s refuses writes because it cannot save to disk; check its log", at)
	}
	return nil
}
