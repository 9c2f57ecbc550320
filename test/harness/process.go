package harness

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// supervisor runs the server as its child until the server ends or standard input does, which also
// happens when the test process is killed by whatever means; then it ends the server and removes
// its folder. A parent-death signal would be tied to an OS thread of the Go runtime instead of to
// the process, and is known to Linux only.
//
// Arguments: the folder, the signal that ends the server, the command. How the server ended is left
// in the file "exit".
const supervisor = `
dir=$1 sig=$2; shift 2
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{
  read -r _ <&3
  [ -e "$dir/exit" ] && exit
  kill -s "$sig" "$child"
  tenths=0
  while [ "$tenths" -lt 100 ] && kill -0 "$child"; do tenths=$((tenths + 1)); sleep 0.1; done
  kill -s KILL "$child"
} 2>/dev/null &
watcher=$!
exec 3<&-
wait "$child"
echo "$?" >"$dir/exit"
wait "$watcher"
rm -rf "$dir"
`

// errExited says that a server ended before it was asked to.
var errExited = errors.New("ended by itself")

// process is a server that lives no longer than the test process.
type process struct {
	name string
	dir  string
	cmd  *exec.Cmd
	hold io.Closer
}

// startProcess starts a server in a folder of its own, which prepare fills; prepare returns the
// command.
func startProcess(
	name string, end os.Signal, prepare func(dir string) ([]string, error),
) (*process, error) {
	dir, err := os.MkdirTemp("", "stillwatch-"+name+"-")
	if err != nil {
		return nil, err
	}
	p := &process{name: name, dir: dir}
	args, err := prepare(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	log, err := os.Create(p.logPath())
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	defer func() { _ = log.Close() }()
	signal := "KILL"
	if end == syscall.SIGTERM {
		signal = "TERM"
	}
	p.cmd = exec.Command(
		"sh", append([]string{"-c", supervisor, "supervisor", dir, signal}, args...)...,
	)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	// A Ctrl-C in the terminal is for the test, which then ends its servers.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.hold, err = p.cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), os.RemoveAll(dir))
	}
	return p, nil
}

// waitReady polls until the server answers. On failure it stops the server and returns an error
// that ends with the end of its log.
func (p *process) waitReady(within time.Duration, ready func() error) error {
	deadline := time.Now().Add(within)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		if status, exitErr := os.ReadFile(filepath.Join(p.dir, "exit")); exitErr == nil {
			return p.failure(fmt.Errorf(
				"%s %w with status %s", p.name, errExited, strings.TrimSpace(string(status)),
			))
		}
		if time.Now().After(deadline) {
			return p.failure(fmt.Errorf("%s was not ready within %v: %w", p.name, within, err))
		}
		time.Sleep(20 * time.Millisecond) // the server has no other way to tell that it listens
	}
}

func (p *process) failure(err error) error {
	log := p.log()
	p.stop()
	return fmt.Errorf("%w\n%s", err, log)
}

// stop ends the server and removes its folder.
func (p *process) stop() {
	_ = p.hold.Close()
	_ = p.cmd.Wait()
	_ = os.RemoveAll(p.dir)
}

func (p *process) logPath() string { return filepath.Join(p.dir, "log") }

// log returns the last lines of what the server wrote.
func (p *process) log() string {
	data, err := os.ReadFile(p.logPath())
	if err != nil {
		return fmt.Sprintf("no log: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) > 60 {
		lines = lines[len(lines)-60:]
	}
	return fmt.Sprintf("--- log of %s\n%s", p.name, strings.Join(lines, "\n"))
}

// run runs a command to its end; an error carries what it wrote.
func run(args ...string) error {
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// freePorts returns ports of 127.0.0.1 on which nobody listens. Another process may take one before
// it is used: starting is retried.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	listeners := make([]net.Listener, 0, n)
	defer func() {
		for _, ln := range listeners {
			_ = ln.Close()
		}
	}()
	for i := range ports {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		listeners = append(listeners, ln)
		ports[i] = ln.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
