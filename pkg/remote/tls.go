package remote

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLS is how connections are encrypted.
type TLS struct {
	Enabled bool `yaml:"enabled"`
	// CAFile is a PEM file of the authorities to trust, in place of the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are this client's certificate and key, PEM, when the server asks for
	// one.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// ServerName is the name that the server's certificate must carry, when it is not the host in
	// the address.
	ServerName string `yaml:"server_name"`
	// InsecureSkipVerify accepts any certificate. For tests only: it allows anyone in between to
	// read along.
	InsecureSkipVerify bool `yaml:"insecure_skip_verify"`
}

// Validate reports everything that is wrong with the options, in one error.
func (t *TLS) Validate() error {
	var errs []error
	if !t.Enabled &&
		(t.CAFile != "" || t.CertFile != "" || t.KeyFile != "" || t.InsecureSkipVerify) {
		errs = append(errs, errors.New(
			"tls: files are given but enabled is false; set enabled: true or remove them",
		))
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		errs = append(errs, errors.New("tls: cert_file and key_file go together"))
	}
	return errors.Join(errs...)
}

// Config reads the files and builds the TLS configuration; nil when TLS is off.
func (t *TLS) Config() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	//nolint:gosec // not verifying is the operator's explicit choice
	c := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: t.ServerName,
		InsecureSkipVerify: t.InsecureSkipVerify,
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file: %s holds no PEM certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls.cert_file, tls.key_file: %w", err)
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}
