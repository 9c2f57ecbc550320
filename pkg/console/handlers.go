package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"

	"go.uber.org/zap"
)

// site is what is served under one set of options.
type site struct {
	http.Handler

	opts  Options
	log   *zap.Logger
	ready *readiness
}

// newSite makes the whole route table. Later consoles add their routes behind the same token and
// headers.
func newSite(opts Options, checks []Check, metrics http.Handler, log *zap.Logger) *site {
	s := &site{opts: opts, log: log, ready: newReadiness(checks, opts.ProbeTimeout)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", s.authorised(metrics))
	s.Handler = strictHeaders(mux)
	return s
}

// healthz says that the process is alive and serves HTTP; it says nothing about its dependencies,
// so that an orchestrator does not restart a process whose broker is away.
func (s *site) healthz(w http.ResponseWriter, _ *http.Request) {
	s.writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz is 200 when every check passes and 503 otherwise, with the checks that fail. ?verbose
// lists those that pass too. Why a check fails may name internal hosts: only who may read the
// metrics is told.
func (s *site) readyz(w http.ResponseWriter, r *http.Request) {
	results := s.ready.results(r.Context())
	verbose := r.URL.Query().Has("verbose")
	body := readyBody{Status: "ready", Checks: []CheckResult{}}
	code := http.StatusOK
	detail := s.mayRead(r)
	for _, res := range results {
		if !res.OK {
			body.Status, code = "not ready", http.StatusServiceUnavailable
		}
		if !detail {
			res.Reason = ""
		}
		if verbose || !res.OK {
			body.Checks = append(body.Checks, res)
		}
	}
	s.writeJSON(w, code, body)
}

type readyBody struct {
	Status string        `json:"status"`
	Checks []CheckResult `json:"checks"`
}

func (s *site) writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.Debug("http response not written", zap.Error(err))
	}
}

// authorised asks for the bearer token when there is one.
func (s *site) authorised(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.mayRead(r) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="stillwatch"`)
			http.Error(w, "a bearer token is required", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// mayRead compares digests, so that the time it takes tells nothing about the token or its length.
func (s *site) mayRead(r *http.Request) bool {
	if s.opts.Token == "" {
		return true
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	want, got := sha256.Sum256([]byte(s.opts.Token)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// strictHeaders makes a browser that is led here do nothing with what it gets.
func strictHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set(
			"Content-Security-Policy",
			"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
