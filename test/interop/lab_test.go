//go:build interop

package interop

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/stillwatch/stillwatch/test/interop/model"
)

const (
	// startFor is how long a server may take to start, waitFor how long records may take to come.
	startFor = 2 * time.Minute
	waitFor  = time.Minute
	// every is how often it is asked whether a server has started.
	every = 50 * time.Millisecond
)

// lab is a model server, and a receiver of whatever the software that calls it reports.
type lab struct {
	model, receiver string
	software        string // the folder of the installed software

	mu      sync.Mutex
	records []string
	refuse  int // how many requests are answered with an error
	arrived chan struct{}
}

func newLab(t *testing.T) *lab {
	t.Helper()
	calls, err := model.Calls()
	require.NoError(t, err)
	l := &lab{software: cacheFolder(t), arrived: make(chan struct{}, 1)}
	l.model = serve(t, model.Handler(calls))
	l.receiver = serve(t, http.HandlerFunc(l.receive))
	return l
}

func serve(t *testing.T, h http.Handler) string {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// cacheFolder is where setup.sh puts the software.
func cacheFolder(t *testing.T) string {
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	dir := filepath.Join(cache, "stillwatch", "interop")
	require.DirExists(t, dir, "run test/interop/setup.sh, or make interop")
	return dir
}

// receive keeps what is sent: export requests of OpenTelemetry as JSON, anything else by its lines.
func (l *lab) receive(w http.ResponseWriter, r *http.Request) {
	data, err := body(r)
	if l.refuses() {
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	if err == nil && strings.HasSuffix(r.URL.Path, "/v1/metrics") {
		return
	}
	var lines []string
	switch kind := r.Header.Get("Content-Type"); {
	case err != nil:
	case strings.Contains(kind, "protobuf"):
		data, err = asJSON(data, strings.HasSuffix(r.URL.Path, "/v1/logs"))
		lines = []string{string(data)}
	default:
		lines, err = objects(data)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	l.records = append(l.records, lines...)
	l.mu.Unlock()
	select {
	case l.arrived <- struct{}{}:
	default:
	}
}

func (l *lab) refuses() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuse--
	return l.refuse >= 0
}

func body(r *http.Request) ([]byte, error) {
	in := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		in = z
	}
	return io.ReadAll(in)
}

func asJSON(data []byte, logs bool) ([]byte, error) {
	if logs {
		request, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(data)
		if err != nil {
			return nil, err
		}
		return (&plog.JSONMarshaler{}).MarshalLogs(request)
	}
	request, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(data)
	if err != nil {
		return nil, err
	}
	return (&ptrace.JSONMarshaler{}).MarshalTraces(request)
}

// objects returns the items of a list, or the objects that follow one another.
func objects(data []byte) (lines []string, err error) {
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] == '[' {
		var items []json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			return nil, err
		}
		for _, item := range items {
			lines = append(lines, compact(item))
		}
		return lines, nil
	}
	for decoder := json.NewDecoder(bytes.NewReader(data)); ; {
		var item json.RawMessage
		switch err := decoder.Decode(&item); {
		case errors.Is(err, io.EOF):
			return lines, nil
		case err != nil:
			return nil, err
		}
		lines = append(lines, compact(item))
	}
}

func compact(item json.RawMessage) string {
	var b bytes.Buffer
	_ = json.Compact(&b, item) // it has been read as JSON
	return b.String()
}

// wait waits until the records are what is asked for, and returns them.
func (l *lab) wait(t *testing.T, what string, enough func(records []string) bool) []string {
	t.Helper()
	deadline := time.NewTimer(waitFor)
	defer deadline.Stop()
	for {
		if got := l.got(); enough(got) {
			return got
		}
		select {
		case <-l.arrived:
		case <-deadline.C:
			t.Fatalf(
				"%s did not come within %v; there are %d records:\n%.2000s",
				what,
				waitFor,
				len(l.got()),
				strings.Join(l.got(), "\n"),
			)
		}
	}
}

func (l *lab) got() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.records...)
}

// containing counts the occurrences of a text in records.
func containing(records []string, text string) (n int) {
	for _, r := range records {
		n += strings.Count(r, text)
	}
	return n
}

// environment is that of a started command: nothing of the caller's that would change what it does.
func environment(extra ...string) []string {
	env := []string{
		"PATH=" + os.Getenv(
			"PATH",
		), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1",
		"NO_PROXY=127.0.0.1,localhost",
	}
	return append(env, extra...)
}

// run runs a command to its end.
func (l *lab) run(t *testing.T, env []string, args ...string) {
	t.Helper()
	cmd := l.command(env, args...)
	timer := time.AfterFunc(runFor, func() { end(cmd) })
	defer timer.Stop()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", strings.Join(args, " "), out)
}

func (l *lab) command(env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func end(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// start starts a server that lives until the test ends, and waits until it answers at a URL with
// 200.
func (l *lab) start(t *testing.T, env []string, health string, args ...string) {
	t.Helper()
	l.startUntil(t, env, func() bool { return answers(health) }, args...)
}

// startUntil waits until the server is ready.
func (l *lab) startUntil(t *testing.T, env []string, ready func() bool, args ...string) {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	require.NoError(t, err)
	cmd := l.command(env, args...)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	var failure error
	exited := make(chan struct{})
	go func() {
		failure = cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		end(cmd)
		<-exited
		_ = log.Close()
		if t.Failed() {
			t.Logf("%s:\n%s", args[0], tail(log.Name()))
		}
	})
	deadline := time.NewTimer(startFor)
	defer deadline.Stop()
	tick := time.NewTicker(every) // a server has no other way to tell that it listens
	defer tick.Stop()
	for !ready() {
		select {
		case <-exited:
			t.Fatalf("%s ended: %v\n%s", args[0], failure, tail(log.Name()))
		case <-deadline.C:
			t.Fatalf("%s did not answer within %v\n%s", args[0], startFor, tail(log.Name()))
		case <-tick.C:
		}
	}
}

func answers(url string) bool {
	client := http.Client{Timeout: time.Second}
	res, err := client.Get(url)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func tail(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	const most = 6000
	return string(data[max(0, len(data)-most):])
}

// freePort returns a port of 127.0.0.1 on which nobody listens.
func freePort(t *testing.T) int {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

// version reads the pinned version of a package from one of the files of the folder software.
func version(t *testing.T, file, pattern string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("software", file))
	require.NoError(t, err)
	m := regexp.MustCompile(`(?m)` + pattern).FindSubmatch(data)
	require.NotNil(t, m, "%s has no %s", file, pattern)
	return string(m[1])
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	full, err := filepath.Abs(path)
	require.NoError(t, err)
	return full
}

// noPrices are members of LiteLLM's price table that say nothing, some two hundred a record.
var noPrices = regexp.MustCompile(
	`"((in|out)put_\w*cost\w*|cache_\w*cost\w*|\w+_cost_per_\w+|cost_per_\w+|supports_\w+)":null,`,
)

// scrub takes the machine out of records.
func (l *lab) scrub(t *testing.T, records []string) []string {
	t.Helper()
	installed, err := filepath.EvalSymlinks(l.software)
	require.NoError(t, err)
	host, err := os.Hostname()
	require.NoError(t, err)
	places := strings.NewReplacer(
		installed, "/opt/software", l.software, "/opt/software", absolute(t, "."), "/opt/interop",
		filepath.Dir(t.TempDir()), "/opt/scratch", os.Getenv("HOME"), "/opt/home", host, "host",
	)
	out := make([]string, len(records))
	for i, r := range records {
		out[i] = noPrices.ReplaceAllString(places.Replace(r), "")
	}
	return out
}

// compare checks the records of a run against the capture of the same name, or takes them as the
// capture.
func (l *lab) compare(t *testing.T, name string, records []string) {
	t.Helper()
	records = l.scrub(t, records)
	dir := filepath.Join("captures", name)
	file := filepath.Join(t.TempDir(), recordsFile)
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(records, "\n")+"\n"), 0o600))
	got := decode(t, file)
	path := filepath.Join(dir, expectFile)
	if *update {
		require.NoError(t, os.MkdirAll(dir, 0o755))
		require.NoError(
			t,
			os.WriteFile(
				filepath.Join(dir, recordsFile), []byte(strings.Join(records, "\n")+"\n"), 0o600,
			),
		)
		refresh(t, path, got)
	}
	check(t, readExpectations(t, path), got, false)
}
