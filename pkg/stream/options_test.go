package stream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

func TestTheDefaultsAreValid(t *testing.T) {
	o := DefaultOptions()
	require.NoError(t, o.Validate())
}

func TestBadOptionsAreNamed(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(*Options)
		want string
	}{
		{"no broker", func(o *Options) { o.Brokers = nil }, "brokers: name at least one"},
		{
			"broker without port", func(o *Options) { o.Brokers = []string{"kafka"} },
			`brokers: "kafka" is not host:port`,
		},
		{"port zero", func(o *Options) { o.Brokers = []string{"kafka:0"} }, "is not host:port"},
		{"tls files without tls", func(o *Options) { o.TLS.CAFile = "x" }, "enabled is false"},
		{
			"cert without key",
			func(o *Options) { o.TLS = remote.TLS{Enabled: true, CertFile: "x"} }, "go together",
		},
		{
			"sasl without mechanism", func(o *Options) { o.SASL.Username = "u" },
			"without a mechanism",
		},
		{"sasl without password", func(o *Options) {
			o.SASL = SASL{Mechanism: "plain", Username: "u"}
		}, "needs username and password"},
		{
			"unknown mechanism", func(o *Options) { o.SASL.Mechanism = "gssapi" },
			`"gssapi" is not one of`,
		},
		{"unknown codec", func(o *Options) { o.Compression = "brotli" }, `"brotli" is not one of`},
		{
			"slow heartbeat", func(o *Options) { o.HeartbeatInterval = 20 * time.Second },
			"at most half of session_timeout",
		},
		{"small fetch", func(o *Options) { o.FetchMaxBytes = 1 }, "fetch_max_bytes"},
		{"small produce", func(o *Options) { o.ProduceMaxBytes = 1 }, "produce_max_bytes"},
		{
			"nothing in flight", func(o *Options) { o.ProduceMaxInFlight = 0 },
			"produce_max_in_flight",
		},
		{"no request timeout", func(o *Options) { o.RequestTimeout = 0 }, "request_timeout"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := DefaultOptions()
			test.edit(&o)
			require.ErrorContains(t, o.Validate(), test.want)
			_, err := New(o, nil)
			require.Error(t, err)
		})
	}
}

func TestWhatIsWrongWithTheConnectionIsSaidInOneLine(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	deadAddr := dead.Addr().String()
	require.NoError(t, dead.Close())

	plain := startKafka(t, nil)
	secret := startKafka(
		t, nil, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "user", "right"),
		kfake.Superuser("PLAIN", "user", "right"),
	)
	ca, config := certificate(t)
	encrypted := startKafka(t, nil, kfake.TLS(config))

	for _, test := range []struct {
		name string
		addr string
		edit func(*Options)
		want string // empty when it works

		fatal bool
	}{
		{
			"nobody listens", deadAddr, nil,
			"cannot reach kafka at " + deadAddr + ": connection refused; check kafka.brokers",
			false,
		},
		{
			"unknown host", "no-such-host.invalid:9092", nil,
			"cannot find kafka host no-such-host.invalid", false,
		},
		{"plain", plain.ListenAddrs()[0], nil, "", false},
		{
			"scram", secret.ListenAddrs()[0],
			func(o *Options) { o.SASL = SASL{"scram-sha-512", "user", "right"} }, "", false,
		},
		{
			"sasl plain", secret.ListenAddrs()[0],
			func(o *Options) { o.SASL = SASL{"plain", "user", "right"} }, "", false,
		},
		{"wrong password", secret.ListenAddrs()[0], func(o *Options) {
			o.SASL = SASL{"scram-sha-512", "user", "wrong"}
		}, "refused the login", true},
		{
			"wrong plain password", secret.ListenAddrs()[0],
			func(o *Options) { o.SASL = SASL{"plain", "user", "wrong"} },
			"refused the login: wrong user name or password", true,
		},
		{"no login", secret.ListenAddrs()[0], nil, "check kafka.tls and kafka.sasl", false},
		{
			"tls", encrypted.ListenAddrs()[0],
			func(o *Options) { o.TLS = remote.TLS{Enabled: true, CAFile: ca} }, "", false,
		},
		{"unknown authority", encrypted.ListenAddrs()[0], func(o *Options) {
			o.TLS = remote.TLS{Enabled: true}
		}, "TLS certificate not accepted", true},
		{
			"tls to a plain port", plain.ListenAddrs()[0],
			func(o *Options) { o.TLS = remote.TLS{Enabled: true} }, "kafka.tls", false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := testOptions([]string{test.addr})
			o.DialTimeout = 2 * time.Second
			if test.edit != nil {
				test.edit(&o)
			}
			c := newClient(t, o)
			err := c.Ping(testContext(t))
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "\n")
			require.Equal(t, test.fatal, IsFatal(err))
		})
	}
}

// certificate makes a self-signed certificate for 127.0.0.1 and returns the file to trust and the
// server's configuration.
func certificate(t *testing.T) (caFile string, config *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(
		caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600,
	))
	return caFile, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{
		{Certificate: [][]byte{der}, PrivateKey: key},
	}}
}
