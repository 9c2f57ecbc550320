// Package console is the HTTP side of Stillwatch: liveness, readiness and metrics. It serves no
// state-changing GET, binds to loopback unless told otherwise, and asks for a bearer token when it
// is bound elsewhere.
package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
)

// Options says where the console listens and who may read it.
type Options struct {
	// Enabled turns the listener on.
	Enabled bool `yaml:"enabled"`
	// Address is host:port; port 0 takes a free one.
	Address string `yaml:"address"`
	// Token is the bearer token. Once set it is asked for on every address; only /healthz and
	// /readyz go without.
	Token string `yaml:"token"`
	// ProbeTimeout bounds the checks behind /readyz.
	ProbeTimeout time.Duration `yaml:"probe_timeout"`
}

// minToken is the shortest token that is taken for one: 16 characters of a random hexadecimal
// string are 64 bits.
const minToken = 16

// DefaultOptions listens on loopback, without a token.
func DefaultOptions() Options {
	return Options{Enabled: true, Address: "127.0.0.1:9464", ProbeTimeout: 2 * time.Second}
}

// Validate tells what is wrong with o, all at once.
func (o Options) Validate() error {
	if !o.Enabled {
		return nil
	}
	var errs []error
	host, _, err := net.SplitHostPort(o.Address)
	switch {
	case err != nil:
		errs = append(errs, errors.New("address: want host:port, such as 127.0.0.1:9464"))
	case !loopback(host) && o.Token == "":
		errs = append(errs, errors.New(
			"token: required because address is not loopback; set token_file, or listen on 127.0.0.1",
		))
	}
	if o.Token != "" && len(o.Token) < minToken {
		errs = append(errs, fmt.Errorf(
			"token: shorter than %d characters; make one with: openssl rand -hex 32", minToken,
		))
	}
	if o.ProbeTimeout <= 0 {
		errs = append(errs, errors.New("probe_timeout: must be positive"))
	}
	return errors.Join(errs...)
}

// loopback tells whether only this machine can reach a listener on host.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Server is the HTTP listener. Make one with New, then Start it.
type Server struct {
	address string
	log     *zap.Logger
	http    *http.Server
	metrics http.Handler
	site    atomic.Pointer[site]
	addr    string
	served  chan struct{}
}

// New builds the server without listening yet. The gatherer is what /metrics shows, the checks are
// what /readyz asks for.
func New(
	opts Options, metrics prometheus.Gatherer, checks []Check, log *zap.Logger,
) (*Server, error) {
	if metrics == nil || log == nil {
		return nil, errors.New("console: a gatherer and a logger are required")
	}
	s := &Server{address: opts.Address, log: log}
	s.metrics = promhttp.HandlerFor(metrics, promhttp.HandlerOpts{
		ErrorLog:            zap.NewStdLog(log),
		MaxRequestsInFlight: 4,
	})
	if err := s.Use(opts, checks); err != nil {
		return nil, err
	}
	s.http = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.site.Load().ServeHTTP(w, r)
		}),
		// A client that dawdles over its headers or its body holds a connection, not the process.
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          zap.NewStdLog(log),
	}
	return s, nil
}

// Use puts other options and checks in force, from the next request on. The listener stays what it
// is: options with another address need another server.
func (s *Server) Use(opts Options, checks []Check) error {
	if err := opts.Validate(); err != nil {
		return fmt.Errorf("console: %w", err)
	}
	if !s.Serves(opts) {
		return fmt.Errorf("console: it listens on %s, not on %s", s.address, opts.Address)
	}
	s.site.Store(newSite(opts, checks, s.metrics, s.log))
	return nil
}

// Serves tells whether the options have the address that the server was made for.
func (s *Server) Serves(opts Options) bool { return opts.Address == s.address }

// Start listens and serves in the background. A taken port is an error here, not later.
func (s *Server) Start(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("http: listen on %s: %w; set http.address to a free one",
			s.address, err)
	}
	s.addr = ln.Addr().String()
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		if err := s.http.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("http listener failed", zap.Error(err))
		}
	}()
	return nil
}

// Addr is the address that the server listens on, empty before Start.
func (s *Server) Addr() string { return s.addr }

// Stop lets requests under way finish until ctx ends, then closes them.
func (s *Server) Stop(ctx context.Context) error {
	if s.served == nil {
		return nil
	}
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	<-s.served
	return err
}
