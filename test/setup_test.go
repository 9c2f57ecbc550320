package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// machine is a made-up machine for setup.sh: a PATH with a few true tools and stubs of those that
// the script looks for. Every call of a stub is written to a file.
type machine struct {
	t    *testing.T
	root string
	env  []string
}

// The stubs. Installing a package puts the command that it brings on the PATH.
const (
	javaStub = `echo "openjdk version \"$JAVA_MAJOR.0.1\" 2025-01-01" >&2`
	aptStub  = `
case "$*" in
*update*) [ "$(grep -c 'apt-get -qq update' "$CALLS")" -gt "${APT_FAILURES:-0}" ] || exit 100 ;;
*install*)
  for package in "$@"; do
    case $package in
    redis-server | maven | *-jre-headless | gcc | python3) cp "$STUBS/$package" "$BIN/$(cat "$STUBS/$package.command")" ;;
    esac
  done ;;
esac`
	mavenStub = `
[ "$(grep -c '^mvn' "$CALLS")" -gt "${MAVEN_FAILURES:-0}" ] || exit 1
for argument in "$@"; do
  case $argument in -DoutputDirectory=*) mkdir -p "${argument#*=}"; echo jar >"${argument#*=}/kafka.jar" ;; esac
done`
	pythonStub = `
case "$1 $2" in
-c*) exit "${PYTHON_LACKS:-0}" ;;
"-m venv") mkdir -p "$3/bin"; cp "$STUBS/venv" "$3/bin/python" ;;
esac`
	venvStub = `
case "$*" in *"pip install"*) [ "$(grep -c 'pip install' "$CALLS")" -gt "${PIP_FAILURES:-0}" ] || exit 1 ;; esac`
)

func newMachine(t *testing.T, commands ...string) *machine {
	t.Helper()
	m := &machine{t: t, root: t.TempDir()}
	bin, stubs := filepath.Join(m.root, "bin"), filepath.Join(m.root, "stubs")
	require.NoError(t, os.Mkdir(bin, 0o700))
	require.NoError(t, os.Mkdir(stubs, 0o700))
	for _, tool := range []string{
		"bash", "sh", "sed", "head", "mkdir", "rm", "mv", "cp", "cat", "grep", "dirname", "sleep",
		"cmp", "tr",
	} {
		path, err := exec.LookPath(tool)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(bin, tool)))
	}
	for _, s := range []struct{ name, command, body string }{
		{"id", "id", `echo "${FAKE_UID:-0}"`},
		{"apt-get", "apt-get", aptStub},
		{
			"apt-cache", "apt-cache",
			`case $2 in openjdk-21*) echo "  Candidate: (none)" ;; *) echo "  Candidate: 17.0.1" ;; esac`,
		},
		{"docker", "docker", ""},
		{"java", "java", javaStub},
		{"openjdk-17-jre-headless", "java", javaStub},
		{"maven", "mvn", mavenStub},
		{"redis-server", "redis-server", ""},
		{"gcc", "cc", ""},
		{"python3", "python3", pythonStub},
		{"venv", "python", venvStub},
	} {
		script := "#!/bin/sh\necho \"" + s.command + ` $*" >>"$CALLS"` + "\n" + s.body + "\n"
		require.NoError(t, os.WriteFile(filepath.Join(stubs, s.name), []byte(script), 0o700))
		require.NoError(
			t, os.WriteFile(filepath.Join(stubs, s.name+".command"), []byte(s.command), 0o600),
		)
		if slices.Contains(commands, s.name) {
			require.NoError(t, os.WriteFile(filepath.Join(bin, s.command), []byte(script), 0o700))
		}
	}
	m.env = []string{
		"PATH=" + bin, "BIN=" + bin, "STUBS=" + stubs, "CALLS=" + m.callsFile(), "HOME=" + m.root,
		"JAVA_MAJOR=17", "SETUP_RETRY_DELAY=0",
	}
	return m
}

func (m *machine) callsFile() string { return filepath.Join(m.root, "calls") }

// validator says whether the virtual environment is whole.
func (m *machine) validator() bool {
	found, err := filepath.Glob(filepath.Join(m.root, ".cache", "stillwatch", "stix2-validator-*"))
	require.NoError(m.t, err)
	if len(found) != 1 || strings.Contains(found[0], "partial") {
		return false
	}
	_, err = os.Stat(filepath.Join(found[0], "bin", "python"))
	return err == nil
}

func (m *machine) cached() bool {
	found, err := filepath.Glob(
		filepath.Join(m.root, ".cache", "stillwatch", "kafka-*", "kafka.jar"),
	)
	require.NoError(m.t, err)
	return len(found) == 1
}

// setup runs the script and returns what it printed and the commands that it called, without the
// questions that change nothing.
func (m *machine) setup(args ...string) (output string, calls []string, err error) {
	m.t.Helper()
	require.NoError(m.t, os.WriteFile(m.callsFile(), nil, 0o600))
	cmd := exec.Command("./setup.sh", args...)
	cmd.Env = m.env
	out, err := cmd.CombinedOutput()
	data, readErr := os.ReadFile(m.callsFile())
	require.NoError(m.t, readErr)
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line != "java -version" && !strings.HasPrefix(line, "id ") && line != "id" &&
			!strings.HasPrefix(line, "apt-cache") && line != "docker info" &&
			!strings.HasPrefix(line, "python3 -c") && !strings.HasPrefix(line, "python -c") {
			calls = append(calls, line)
		}
	}
	return string(out), calls, err
}

func TestSetupInstallsWhatAFreshDebianLacksAndResolvesTheRestOnce(t *testing.T) {
	m := newMachine(t, "id", "apt-get", "apt-cache")
	out, calls, err := m.setup()
	require.NoError(t, err, out)
	require.Len(t, calls, 7, out)
	require.Equal(t, "apt-get -qq update", calls[0])
	require.Equal(
		t, "apt-get -qq install -y --no-install-recommends redis-server maven gcc libc6-dev "+
			"python3 python3-venv openjdk-17-jre-headless", calls[1],
	)
	require.Contains(t, calls[2], "dependency:copy-dependencies")
	require.Contains(t, calls[3], "StorageTool random-uuid")
	require.Contains(t, calls[4], "python3 -m venv")
	require.Contains(t, calls[5], "pip install")
	require.Contains(t, calls[6], "stix2_validator --help")
	require.True(t, m.cached())
	require.True(t, m.validator())

	out, calls, err = m.setup()
	require.NoError(t, err, out)
	require.Empty(t, calls, "the second run needs no network")
}

func TestSetupInstallsOnlyWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name    string
		has     []string
		env     []string
		install string
	}{
		{"redis-server", []string{"java", "maven", "gcc", "python3"}, nil, "redis-server"},
		{
			"a Java that is too old",
			[]string{"java", "maven", "gcc", "redis-server", "python3"},
			[]string{"JAVA_MAJOR=11"},
			"openjdk-17-jre-headless",
		},
		{
			"a Java of the old numbering",
			[]string{"java", "maven", "gcc", "redis-server", "python3"},
			[]string{"JAVA_MAJOR=1.8"},
			"openjdk-17-jre-headless",
		},
		{
			"the compiler, though servers are given",
			[]string{"python3"},
			[]string{"KAFKA_BROKERS=k:9092", "REDIS_ADDR=r:6379"},
			"gcc libc6-dev",
		},
		{
			"Redis, though a Kafka is given",
			[]string{"gcc", "python3"},
			[]string{"KAFKA_BROKERS=k:9092"},
			"redis-server",
		},
		{
			"a Python that is too old or has no venv",
			[]string{"java", "maven", "gcc", "redis-server", "python3"},
			[]string{"PYTHON_LACKS=1"},
			"python3 python3-venv",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t, append(c.has, "id", "apt-get", "apt-cache")...)
			m.env = append(m.env, c.env...)
			_, calls, _ := m.setup()
			require.GreaterOrEqual(t, len(calls), 2)
			require.Equal(t, "apt-get -qq install -y --no-install-recommends "+c.install, calls[1])
		})
	}
}

func TestSetupInstallsTheValidatorOnlyWhereServersAreGiven(t *testing.T) {
	m := newMachine(t, "id", "python3")
	m.env = append(m.env, "KAFKA_BROKERS=k:9092", "REDIS_ADDR=r:6379")
	out, calls, err := m.setup()
	require.NoError(t, err, out)
	require.Len(t, calls, 3, out)
	require.True(t, m.validator())
	out, calls, err = m.setup()
	require.NoError(t, err, out)
	require.Empty(t, calls)
}

func TestSetupRenewsTheValidatorWithItsRequirementsAndNeverLeavesHalfOfIt(t *testing.T) {
	m := newMachine(t, "id", "python3")
	m.env = append(m.env, "KAFKA_BROKERS=k:9092", "REDIS_ADDR=r:6379", "PIP_FAILURES=3")
	out, calls, err := m.setup()
	require.Error(t, err)
	require.Equal(t, 3, strings.Count(strings.Join(calls, "\n"), "pip install"), out)
	require.False(t, m.validator())

	m.env = append(m.env, "PIP_FAILURES=1")
	out, _, err = m.setup()
	require.NoError(t, err, out)
	require.True(t, m.validator())

	found, err := filepath.Glob(
		filepath.Join(m.root, ".cache", "stillwatch", "*", "requirements.txt"),
	)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.NoError(t, os.WriteFile(found[0], []byte("stix2-validator==0\n"), 0o600))
	out, _, err = m.setup()
	require.NoError(t, err, out)
	data, err := os.ReadFile(found[0])
	require.NoError(t, err)
	require.Contains(t, string(data), "stix2-patterns==")
}

func TestSetupRetriesTheNetworkAndNeverLeavesHalfABroker(t *testing.T) {
	m := newMachine(t, "id", "apt-get", "apt-cache", "java", "gcc", "redis-server", "python3")
	m.env = append(m.env, "APT_FAILURES=2", "MAVEN_FAILURES=3")
	out, calls, err := m.setup()
	require.Error(t, err)
	require.Equal(t, 3, strings.Count(strings.Join(calls, "\n"), "apt-get -qq update"), out)
	require.Equal(t, 3, strings.Count(strings.Join(calls, "\n"), "mvn"), out)
	require.False(t, m.cached())

	m.env = append(m.env, "MAVEN_FAILURES=1")
	out, _, err = m.setup()
	require.NoError(t, err, out)
	require.True(t, m.cached())
}

func TestSetupSaysWhatToRunWhereItCannotInstall(t *testing.T) {
	m := newMachine(t, "id", "apt-get", "apt-cache")
	m.env = append(m.env, "FAKE_UID=1000")
	out, calls, err := m.setup()
	require.Error(t, err)
	require.Empty(t, calls)
	require.Contains(t, out, "missing: java maven redis python")
	require.Contains(t, out, "sudo apt-get install -y redis-server maven")
}

func TestSetupFallsBackToDocker(t *testing.T) {
	m := newMachine(t, "id", "docker", "python3")
	out, calls, err := m.setup()
	require.NoError(t, err, out)
	require.Len(t, calls, 3, "the validator's")
	require.Contains(t, out, "in Docker what needs: java maven redis")
	require.True(t, m.validator())

	m = newMachine(t, "id", "docker")
	out, calls, err = m.setup()
	require.Error(t, err)
	require.Empty(t, calls)
	require.Contains(t, out, "missing: python\n")
}

func TestSetupShowsWithoutDoing(t *testing.T) {
	m := newMachine(t, "id", "apt-get", "apt-cache")
	out, calls, err := m.setup("--dry-run")
	require.NoError(t, err, out)
	require.Empty(t, calls)
	require.Contains(t, out, "would run: apt-get -qq install")
}
