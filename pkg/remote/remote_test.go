package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnErrorSaysInOneLineWhatToDo(t *testing.T) {
	s := Server{
		Name: "kafka", Addresses: []string{"a:1", "b:2"}, Key: "kafka.brokers", Closed: "kafka.tls",
	}
	mine := errors.New("mine")
	own := func(err error) error {
		if errors.Is(err, mine) {
			return &Error{"kafka is mine", err, true}
		}
		return nil
	}
	refused := &net.OpError{
		Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9},
		Err: syscall.ECONNREFUSED,
	}
	for _, tc := range []struct {
		err   error
		want  string
		fatal bool
	}{
		{
			x509.UnknownAuthorityError{},
			"kafka at a:1, b:2: TLS certificate not accepted: x509: certificate signed by unknown authority; check kafka.tls",
			true,
		},
		{
			errors.New("remote error: tls: bad\n certificate"),
			"kafka at a:1, b:2: TLS certificate not accepted: remote error: tls: bad certificate; check kafka.tls",
			true,
		},
		{
			tls.RecordHeaderError{},
			"kafka at a:1, b:2 does not speak TLS on this port; check kafka.tls.enabled and the port",
			true,
		},
		{
			&net.DNSError{Name: "a", Err: "no such host"},
			"cannot find kafka host a: no such host; check kafka.brokers", false,
		},
		{
			refused, "cannot reach kafka at 127.0.0.1:9: connection refused; check kafka.brokers",
			false,
		},
		{
			syscall.ECONNREFUSED,
			"cannot reach kafka at a:1, b:2: connection refused; check kafka.brokers", false,
		},
		{fmt.Errorf("wrapped: %w", mine), "kafka is mine", true},
		{
			context.DeadlineExceeded,
			"kafka at a:1, b:2 does not answer in time; check kafka.brokers, kafka.tls and the network",
			false,
		},
		{
			io.ErrUnexpectedEOF,
			"kafka at a:1, b:2 closed the connection; if it lasts, check kafka.tls", false,
		},
		{errors.New("strange\n\tthing"), "kafka at a:1, b:2: strange thing", false},
	} {
		got := s.Explain(tc.err, own)
		require.EqualError(t, got, tc.want)
		require.ErrorIs(t, got, tc.err)
		require.Equal(t, tc.fatal, IsFatal(fmt.Errorf("topic: %w", got)))
	}
	require.NoError(t, s.Explain(nil, own))
	require.Equal(t, context.Canceled, s.Explain(context.Canceled, own))
}

func TestWaitsDoubleUpToTheMost(t *testing.T) {
	waits := Waits(100*time.Millisecond, time.Second)
	for range 2 {
		for _, ms := range []int{100, 200, 400, 800, 1000, 1000, 1000} {
			got := waits.NextBackOff()
			require.LessOrEqual(t, got.Milliseconds(), int64(ms))
			require.GreaterOrEqual(t, got.Milliseconds(), int64(ms/2))
		}
		waits.Reset()
	}
}

func TestTLSOptionsThatCannotWorkAreNamed(t *testing.T) {
	text := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(text, []byte("no certificate"), 0o600))
	for _, tc := range []struct {
		options TLS
		want    string
	}{
		{TLS{Enabled: true, CAFile: text}, "holds no PEM certificate"},
		{TLS{Enabled: true, CAFile: "no-such.pem"}, "tls.ca_file: open no-such.pem"},
		{TLS{Enabled: true, CertFile: text, KeyFile: text}, "tls.cert_file, tls.key_file: "},
	} {
		require.NoError(t, tc.options.Validate())
		_, err := tc.options.Config()
		require.ErrorContains(t, err, tc.want)
	}
	require.ErrorContains(t, (&TLS{KeyFile: "k"}).Validate(), "enabled is false")
	require.ErrorContains(t, (&TLS{Enabled: true, KeyFile: "k"}).Validate(), "go together")
	c, err := (&TLS{}).Config()
	require.NoError(t, err)
	require.Nil(t, c)
	c, err = (&TLS{Enabled: true, ServerName: "kafka"}).Config()
	require.NoError(t, err)
	require.Equal(t, "kafka", c.ServerName)
}

func TestTLSOptionsReachAServerThatAsksForACertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	// The test server's own certificate is signed by itself: it serves as authority and as client.
	file := func(kind string, der []byte) string {
		name := filepath.Join(t.TempDir(), "file.pem")
		require.NoError(
			t, os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600),
		)
		return name
	}
	key, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	require.NoError(t, err)
	certificate, private := file("CERTIFICATE", server.Certificate().Raw), file("PRIVATE KEY", key)

	for _, tc := range []struct {
		name    string
		options TLS
		refused string
	}{
		{
			"the authority and a certificate",
			TLS{Enabled: true, CAFile: certificate, CertFile: certificate, KeyFile: private},
			"",
		},
		{"the name that the certificate carries", TLS{
			Enabled: true, CAFile: certificate, CertFile: certificate, KeyFile: private,
			ServerName: "example.com",
		}, ""},
		{"another name", TLS{
			Enabled: true, CAFile: certificate, CertFile: certificate,
			KeyFile: private, ServerName: "kafka",
		}, "not kafka"},
		{
			"the system's authorities",
			TLS{Enabled: true, CertFile: certificate, KeyFile: private},
			"unknown authority",
		},
		{
			"no verification",
			TLS{Enabled: true, InsecureSkipVerify: true, CertFile: certificate, KeyFile: private},
			"",
		},
		{
			"no certificate of its own",
			TLS{Enabled: true, CAFile: certificate},
			"certificate required",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.NoError(t, tc.options.Validate())
			config, err := tc.options.Config()
			require.NoError(t, err)
			client := &http.Client{
				Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true},
			}
			response, err := client.Get(server.URL)
			if tc.refused != "" {
				require.ErrorContains(t, err, tc.refused)
				return
			}
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
		})
	}
}
