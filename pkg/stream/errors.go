package stream

import (
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

// ErrOffsetOutOfRange says that the partition no longer holds, or does not hold yet, the offset
// that was asked for.
var ErrOffsetOutOfRange = errors.New("offset out of range")

// TooLargeError names the records of a Produce call that the broker does not take because of their
// size. All others were acknowledged.
type TooLargeError struct {
	// Records are indexes into the slice given to Produce.
	Records []int
}

// Error implements error.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf(
		"%d records are larger than kafka takes; raise produce_max_bytes and the topic's max.message.bytes",
		len(e.Records),
	)
}

// RefusedError names the records of a Produce call that the other side will not take, however often
// it is asked. All others were acknowledged, or are named by a TooLargeError that is joined to it.
type RefusedError struct {
	// Refused are in the order of their indexes.
	Refused []Refused
}

// Refused is a record that was refused.
type Refused struct {
	// Record is the index into the slice given to Produce.
	Record int
	// Reason is a word for metrics, Headers say the rest to whoever reads the dead letter.
	Reason  string
	Headers []Header
}

// Error implements error.
func (e *RefusedError) Error() string { return fmt.Sprintf("%d records are refused", len(e.Refused)) }

// PartialError says that some records of a Produce call were not acknowledged. They may or may not
// have been written.
type PartialError struct {
	// Unacked are indexes into the slice given to Produce, ascending.
	Unacked []int
	Err     error
}

// Error implements error.
func (e *PartialError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *PartialError) Unwrap() error { return e.Err }

// explain turns an error of the client library into one line that says what to do. brokers is for
// the message only.
func explain(err error, brokers []string) error {
	s := remote.Server{
		Name: "kafka", Addresses: brokers, Key: "kafka.brokers",
		Closed: "kafka.tls and kafka.sasl against the listener",
	}
	return s.Explain(err, func(err error) error {
		var code kafka.Error
		switch {
		case errors.As(err, &code):
			return explainCode(code, err, s.At())
		case strings.Contains(err.Error(), "SASL"):
			return &remote.Error{
				Message: fmt.Sprintf("kafka at %s refused the login: %s; check kafka.sasl",
					s.At(), remote.Root(err)),
				Cause: err, Fatal: true,
			}
		}
		return nil
	})
}

func explainCode(code kafka.Error, err error, at string) error {
	what, advice, fatal := strings.ToLower(code.Title()), "", false
	//nolint:exhaustive // the codes that an operator can act on; all others speak for themselves
	switch code {
	case kafka.SASLAuthenticationFailed, kafka.IllegalSASLState:
		return &remote.Error{
			Message: fmt.Sprintf(
				"kafka at %s refused the login: wrong user name or password; check kafka.sasl", at,
			),
			Cause: err, Fatal: true,
		}
	case kafka.UnsupportedSASLMechanism:
		return &remote.Error{
			Message: fmt.Sprintf(
				"kafka at %s does not offer this SASL mechanism; check kafka.sasl.mechanism", at,
			),
			Cause: err, Fatal: true,
		}
	case kafka.TopicAuthorizationFailed:
		advice, fatal = "; grant this user read, write and describe on its topics", true
	case kafka.GroupAuthorizationFailed:
		advice, fatal = "; grant this user read on its consumer groups", true
	case kafka.ClusterAuthorizationFailed:
		advice, fatal = "; grant this user create on the cluster, or create the topics by hand",
			true
	case kafka.UnknownTopicOrPartition:
		advice = "; create the topic"
	case kafka.NotEnoughReplicas, kafka.NotEnoughReplicasAfterAppend:
		advice = "; too few brokers are in sync for the topic's min.insync.replicas"
	case kafka.InvalidReplicationFactor:
		advice = "; there are fewer brokers than the replication factor asks for"
	}
	return &remote.Error{
		Message: fmt.Sprintf("kafka at %s: %s%s", at, what, advice), Cause: err, Fatal: fatal,
	}
}

// IsFatal reports whether err is one that waiting does not mend.
func IsFatal(err error) bool { return remote.IsFatal(err) }
