package stream

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

	"github.com/segmentio/kafka-go"
)

// ErrOffsetOutOfRange says that the partition no longer holds, or does not hold yet, the offset that was asked for.
var ErrOffsetOutOfRange = errors.New("offset out of range")

// TooLargeError names the records of a Produce call that the broker does not take because of their size. All others were acknowledged.
type TooLargeError struct {
	// Records are indexes into the slice given to Produce.
	Records []int
}

// Error implements error.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%d records are larger than kafka takes; raise produce_max_bytes and the topic's max.message.bytes", len(e.Records))
}

// PartialError says that some records of a Produce call were not acknowledged. They may or may not have been written.
type PartialError struct {
	// Unacked are indexes into the slice given to Produce, ascending.
	Unacked []int
	Err     error
}

// Error implements error.
func (e *PartialError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *PartialError) Unwrap() error { return e.Err }

// explain turns an error of the client library into one line that says what to do. brokers is for the message only.
func explain(err error, brokers []string) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	at := strings.Join(brokers, ", ")
	var (
		dns      *net.DNSError
		op       *net.OpError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		alert    tls.AlertError
		kerr     kafka.Error
	)
	switch {
	case errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid), errors.As(err, &verify), errors.As(err, &alert):
		return wrapped{fmt.Sprintf("kafka at %s: TLS certificate not accepted: %s; check kafka.tls", at, root(err)), err, true}
	case errors.As(err, &record):
		return wrapped{fmt.Sprintf("kafka at %s does not speak TLS on this port; check kafka.tls.enabled and the port", at), err, true}
	case errors.As(err, &kerr):
		return explainCode(kerr, err, at)
	case errors.As(err, &dns):
		return wrapped{fmt.Sprintf("cannot find kafka host %s: %s; check kafka.brokers", dns.Name, dns.Err), err, false}
	case errors.Is(err, syscall.ECONNREFUSED):
		if errors.As(err, &op) && op.Addr != nil {
			at = op.Addr.String()
		}
		return wrapped{fmt.Sprintf("cannot reach kafka at %s: connection refused; check kafka.brokers", at), err, false}
	case strings.Contains(err.Error(), "SASL"):
		return wrapped{fmt.Sprintf("kafka at %s refused the login: %s; check kafka.sasl", at, root(err)), err, true}
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return wrapped{fmt.Sprintf("kafka at %s does not answer in time; check kafka.brokers, kafka.tls and the network", at), err, false}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return wrapped{fmt.Sprintf("kafka at %s closed the connection; if it lasts, check kafka.tls and kafka.sasl against the listener", at), err, false}
	}
	return wrapped{fmt.Sprintf("kafka at %s: %s", at, oneLine(err.Error())), err, false}
}

func explainCode(code kafka.Error, err error, at string) error {
	advice, fatal := "", false
	//nolint:exhaustive // the codes that an operator can act on; all others speak for themselves
	switch code {
	case kafka.SASLAuthenticationFailed, kafka.IllegalSASLState:
		return wrapped{fmt.Sprintf("kafka at %s refused the login: wrong user name or password; check kafka.sasl", at), err, true}
	case kafka.UnsupportedSASLMechanism:
		return wrapped{fmt.Sprintf("kafka at %s does not offer this SASL mechanism; check kafka.sasl.mechanism", at), err, true}
	case kafka.TopicAuthorizationFailed:
		advice, fatal = "; grant this user read, write and describe on its topics", true
	case kafka.GroupAuthorizationFailed:
		advice, fatal = "; grant this user read on its consumer groups", true
	case kafka.ClusterAuthorizationFailed:
		advice, fatal = "; grant this user create on the cluster, or create the topics by hand", true
	case kafka.UnknownTopicOrPartition:
		advice = "; create the topic"
	case kafka.NotEnoughReplicas, kafka.NotEnoughReplicasAfterAppend:
		advice = "; too few brokers are in sync for the topic's min.insync.replicas"
	case kafka.InvalidReplicationFactor:
		advice = "; there are fewer brokers than the replication factor asks for"
	}
	return wrapped{fmt.Sprintf("kafka at %s: %s%s", at, strings.ToLower(code.Title()), advice), err, fatal}
}

// wrapped carries a message for people and the cause for errors.Is.
type wrapped struct {
	msg   string
	cause error
	fatal bool
}

func (w wrapped) Error() string { return w.msg }
func (w wrapped) Unwrap() error { return w.cause }

// root is the innermost message of a chain, in one line.
func root(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return oneLine(err.Error())
		}
		err = next
	}
}

// IsFatal reports whether err is one that waiting does not mend, because it lies in the configuration: a refused login, a certificate that is not
// accepted, a missing right.
func IsFatal(err error) bool {
	var w wrapped
	return errors.As(err, &w) && w.fatal
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
