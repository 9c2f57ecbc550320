package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/stillwatch/stillwatch/pkg/remote"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// The headers of the Standard Webhooks specification.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// answer is what came of a request.
type answer struct {
	// status is 0 when there was no answer; err says why.
	status int
	err    error
	// retryAfter is how long the server asked to wait, 0 for nothing said.
	retryAfter time.Duration
	// said is the beginning of the body, cleaned.
	said string
}

// taken tells whether the record was taken.
func (a *answer) taken() bool { return a.status >= 200 && a.status <= 299 }

// passing tells whether another attempt may succeed. A redirect is not followed: whoever moves an
// endpoint has to change the configuration, lest a record go to somewhere unknown.
func (a *answer) passing() bool {
	switch a.status {
	case 0, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return a.status >= 500
}

// message is a record as it is posted.
type message struct {
	id     string
	body   []byte
	events http.Header // the attributes of the CloudEvent that the body is
}

// newMessage makes the body. An error means that the record can never be posted.
func (s *Sink) newMessage(r *stream.OutRecord) (*message, error) {
	m := &message{events: http.Header{}}
	for i := range r.Headers {
		h := &r.Headers[i]
		value := string(h.Value)
		switch name, own := strings.CutPrefix(h.Key, "ce_"); {
		case h.Key == headerID:
			m.id = value
		case own && s.opts.Format == FormatOCSF && isHeaderValue(value):
			// The HTTP binding of CloudEvents writes ce-id for what Kafka's writes ce_id.
			m.events.Set("ce-"+name, value)
		}
	}
	if m.id == "" {
		return nil, errors.New("the record has no " + headerID)
	}
	var err error
	m.body, err = s.body(r.Value)
	return m, err
}

// request makes one attempt.
func (s *Sink) request(ctx context.Context, m *message) answer {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(
		ctx, http.MethodPost, s.opts.URL, bytes.NewReader(m.body),
	)
	if err != nil {
		return answer{err: s.explain(err)}
	}
	now := time.Now()
	req.Header = m.events.Clone()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Stillwatch/"+s.opts.Version)
	for name, value := range s.opts.Headers {
		req.Header.Set(name, value)
	}
	req.Header.Set(headerID, m.id)
	req.Header.Set(headerTimestamp, strconv.FormatInt(now.Unix(), 10))
	if signature := s.signer.sign(m.id, now, m.body); signature != "" {
		req.Header.Set(headerSignature, signature)
	}
	res, err := s.client.Do(req)
	if err != nil {
		s.metrics.answered(0, time.Since(now))
		return answer{err: s.explain(err)}
	}
	a := answer{
		status: res.StatusCode, retryAfter: retryAfter(res.Header.Get("Retry-After"), time.Now()),
	}
	// The status says all; a body that breaks off, or cannot be read, changes nothing.
	a.said = s.clean(readSome(res.Body))
	_ = res.Body.Close()
	s.metrics.answered(a.status, time.Since(now))
	return a
}

// maxRetryAfter bounds what is read of a Retry-After; longer than that a record is not kept anyway.
const maxRetryAfter = mostGiveUp

// retryAfter reads a Retry-After, which is a number of seconds or a date.
func retryAfter(value string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.ParseInt(strings.TrimSpace(value), 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return max(0, min(maxRetryAfter, wait))
}

// explain is an error without the URL, which may be a secret.
func (s *Sink) explain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return s.server.Explain(err, func(error) error { return nil })
}

// newServer is what errors call the other side.
func newServer(name string, u *url.URL) remote.Server {
	section := "webhooks." + name
	return remote.Server{
		Name: section, Addresses: []string{u.Host}, Key: section + ".url", Closed: section + ".tls",
	}
}

const (
	// maxRead bounds what is read of an answer's body, maxSaid what is kept of it, in bytes.
	maxRead = 4 << 10
	maxSaid = 200
)

// readSome reads the beginning of a body. full says that there may be more.
func readSome(body io.Reader) (text string, full bool) {
	read, _ := io.ReadAll(io.LimitReader(body, maxRead))
	return string(read), len(read) == maxRead
}

// clean makes of an answer's beginning a short line without anything secret that was sent: servers
// like to repeat what they were asked.
func (s *Sink) clean(text string, full bool) string {
	longest := 0
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, "***")
		longest = max(longest, len(secret))
	}
	if full {
		// A secret may have been cut at the end.
		text = text[:max(0, len(text)-longest)]
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxSaid {
		text = strings.ToValidUTF8(text[:maxSaid], "") + "…"
	}
	return text
}

// shortPath is the length up to which a part of the URL is not looked for in answers: "/v1" is in
// many and tells nothing.
const shortPath = 8

// secretsOf are the texts of the options that must not come back out of answers, the longest first,
// so that none is cut by the removal of another that it holds.
func secretsOf(o *Options, u *url.URL) []string {
	candidates := []string{
		o.URL, o.Secret, o.PreviousSecret, o.RoutingKey,
		strings.TrimPrefix(o.Secret, SecretPrefix),
		strings.TrimPrefix(o.PreviousSecret, SecretPrefix),
	}
	for _, part := range []string{u.RequestURI(), u.EscapedPath(), u.Path, u.RawQuery} {
		if len(part) > shortPath {
			candidates = append(candidates, part)
		}
	}
	for _, value := range o.Headers {
		candidates = append(candidates, value)
		// Of "Bearer abc" the second word alone is the secret.
		if _, token, ok := strings.Cut(value, " "); ok {
			candidates = append(candidates, token)
		}
	}
	return longestFirst(candidates)
}
