// Package webhook posts finding records to HTTP endpoints, for those who have no Kafka at the other
// end. A Sink is one endpoint, and stands in a pipeline where a Kafka producer stands in others: it
// returns when every record was taken, or was refused for good.
//
// Requests are signed by the Standard Webhooks specification (https://www.standardwebhooks.com). A
// record may be posted more than once, after a crash or when an answer was lost, and has the same
// webhook-id then. Records of one finding are posted one after the other, in their order; those of
// different findings side by side.
package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

// The formats of bodies.
const (
	// FormatOCSF is the record as it is.
	FormatOCSF = "ocsf"
	// FormatSlack is a message of a Slack incoming webhook.
	FormatSlack = "slack"
	// FormatPagerDuty is an event of PagerDuty's Events API v2.
	FormatPagerDuty = "pagerduty"
)

// Formats lists the formats.
func Formats() []string { return []string{FormatOCSF, FormatSlack, FormatPagerDuty} }

// Options is one webhook.
type Options struct {
	// Name is the webhook's name in metrics, logs and dead letters, and the end of its consumer
	// group's. Under another name it begins anew.
	Name string `yaml:"name"`
	// URL is where records are posted. Those of many services are secrets.
	URL string `yaml:"url" secret:"true"`
	// Format is what is posted, one of Formats.
	Format string `yaml:"format"`
	// Secret signs the requests: whsec_ and 24 to 64 bytes in base64. PreviousSecret signs them as
	// well, while a rotation lasts.
	Secret         string `yaml:"secret"`
	PreviousSecret string `yaml:"previous_secret"`
	// RoutingKey is the integration key of PagerDuty's service.
	RoutingKey string `yaml:"routing_key" secret:"true"`
	// Headers are sent with every request. Their values may be secrets.
	Headers map[string]string `yaml:"headers" secret:"true"`
	// Timeout bounds one request, from connecting to the answer.
	Timeout time.Duration `yaml:"timeout"`
	// MaxInFlight is how many requests are under way at a time.
	MaxInFlight int `yaml:"max_in_flight"`
	// GiveUpAfter is how long a record that fails is tried again until it becomes a dead letter.
	GiveUpAfter time.Duration `yaml:"give_up_after"`
	// TLS says how the connection is encrypted, beyond what a URL with https says.
	TLS remote.TLS `yaml:"tls"`

	// Version is Stillwatch's, for the User-Agent. It is injected by the binary.
	Version string `yaml:"-"`
}

// DefaultOptions returns the defaults of a webhook that has no name and no URL yet. The time-out is
// what the Standard Webhooks specification recommends.
func DefaultOptions() Options {
	return Options{
		Format: FormatOCSF, Timeout: 15 * time.Second, MaxInFlight: 4, GiveUpAfter: time.Hour,
		Version: "dev",
	}
}

// Bounds of the options.
const (
	mostTimeout  = 5 * time.Minute
	mostInFlight = 64
	mostGiveUp   = 7 * 24 * time.Hour
	// leastSecret and mostSecret are the specification's, in bytes.
	leastSecret = 24
	mostSecret  = 64
)

// SecretPrefix begins every secret.
const SecretPrefix = "whsec_"

// Validate reports everything that is wrong with the options, each error beginning with its key.
// None repeats a secret.
func (o *Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`).MatchString(o.Name) {
		bad("name: want 1 to 32 lower-case letters, digits and hyphens, not %q", o.Name)
	}
	if !slices.Contains(Formats(), o.Format) {
		bad("format: want %s, not %q", strings.Join(Formats(), ", "), o.Format)
	}
	secure := false
	if u, err := o.parseURL(); err != nil {
		bad("url: %w", err)
	} else {
		secure = u.Scheme == schemeHTTPS
	}
	errs = append(errs, o.validateSecrets()...)
	errs = append(errs, validateHeaders(o.Headers)...)
	if o.Timeout < time.Millisecond || o.Timeout > mostTimeout {
		bad("timeout: %v is not between 1ms and %v", o.Timeout, mostTimeout)
	}
	if o.MaxInFlight < 1 || o.MaxInFlight > mostInFlight {
		bad("max_in_flight: %d is not between 1 and %d", o.MaxInFlight, mostInFlight)
	}
	if o.GiveUpAfter < time.Second || o.GiveUpAfter > mostGiveUp {
		bad("give_up_after: %v is not between 1s and 7d", o.GiveUpAfter)
	}
	switch t := o.tls(secure); {
	case t.Enabled && !secure && o.URL != "":
		bad("tls: enabled is true, but the url does not begin with https")
	default:
		errs = append(errs, t.Validate())
	}
	return errors.Join(errs...)
}

const (
	schemeHTTP  = "http"
	schemeHTTPS = "https"
)

// parseURL reads the URL. The error does not repeat it.
func (o *Options) parseURL() (*url.URL, error) {
	if o.URL == "" {
		return nil, errors.New("must not be empty")
	}
	u, err := url.Parse(o.URL)
	switch {
	case err != nil, u.Host == "", u.Scheme != schemeHTTP && u.Scheme != schemeHTTPS:
		return nil, errors.New("want an address such as https://soar.example.com/stillwatch")
	case u.User != nil:
		return nil, errors.New("must hold no user and password; give an Authorization header")
	}
	return u, nil
}

// tls are the options with TLS switched on where the URL asks for it.
func (o *Options) tls(secure bool) *remote.TLS {
	t := o.TLS
	t.Enabled = t.Enabled || secure
	return &t
}

func (o *Options) validateSecrets() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, s := range []struct{ key, value string }{
		{"secret", o.Secret}, {"previous_secret", o.PreviousSecret},
	} {
		if s.value == "" {
			continue
		}
		if _, err := signingKey(s.value); err != nil {
			bad("%s: %w", s.key, err)
		}
	}
	switch {
	case o.Secret == "" && o.PreviousSecret != "":
		bad("previous_secret: is set without secret")
	case o.Secret == "" && o.Format == FormatOCSF:
		bad("secret: is required, as the other end must be able to tell who posted; "+
			"make one with: echo %s$(openssl rand -base64 32)", SecretPrefix)
	case o.Secret != "" && o.Secret == o.PreviousSecret:
		bad("previous_secret: is the same as secret; remove it when the rotation is over")
	}
	switch {
	case o.Format == FormatPagerDuty && o.RoutingKey == "":
		bad("routing_key: is required for the format pagerduty: " +
			"the integration key of a service (Events API v2)")
	case o.Format != FormatPagerDuty && o.RoutingKey != "":
		bad("routing_key: is for the format pagerduty only")
	}
	return errs
}

// signingKey decodes a secret.
func signingKey(secret string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret, SecretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < leastSecret || len(key) > mostSecret {
		return nil, fmt.Errorf("want %s and %d to %d bytes in base64; make one with: "+
			"echo %[1]s$(openssl rand -base64 32)", SecretPrefix, leastSecret, mostSecret)
	}
	return key, nil
}

// validateHeaders tells which headers cannot be sent. It does not repeat a value.
func validateHeaders(headers map[string]string) (errs []error) {
	for name, value := range headers {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !regexp.MustCompile(`^[A-Za-z0-9-]+$`).MatchString(name):
			errs = append(errs, fmt.Errorf("headers: %q is no name of a header", name))
		case strings.HasPrefix(canonical, "Webhook-"), strings.HasPrefix(canonical, "Ce-"),
			slices.Contains([]string{
				"Content-Type", "Content-Length", "Host", "Connection", "Transfer-Encoding",
				"Trailer", "Upgrade", "Te", "Expect",
			}, canonical):
			errs = append(errs, fmt.Errorf("headers: %s is Stillwatch's own", name))
		case !isHeaderValue(value):
			errs = append(errs, fmt.Errorf(
				"headers: the value of %s is empty or holds what a header cannot", name,
			))
		}
	}
	return errs
}

// isHeaderValue tells whether a text is printable ASCII.
func isHeaderValue(value string) bool {
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return value != ""
}
