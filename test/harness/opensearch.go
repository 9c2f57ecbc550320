package harness

import (
	_ "embed" // for the POM
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

//go:embed opensearch.xml
var openSearchPOM string

var openSearchVersion = regexp.MustCompile(`<opensearch\.version>(.*)</opensearch\.version>`)

// openSearchModules are the modules of OpenSearch that the tests need: the name of the jar, and the
// class that the server loads.
var openSearchModules = map[string]string{
	"transport-netty4-client": "org.opensearch.transport.Netty4Plugin",
	"ingest-common":           "org.opensearch.ingest.common.IngestCommonPlugin",
	painless:                  "org.opensearch.painless.PainlessPlugin",
}

// painlessInterface is a library of the module painless that reads files of it, and has to be
// loaded together with it.
const (
	painless          = "lang-painless"
	painlessInterface = "opensearch-scripting-painless-spi"
)

// openSearch is a node and where it answers.
type openSearch struct {
	url     string
	process *process
}

// sharedOpenSearch is the one node of the test process. It ends with the process.
var sharedOpenSearch = sync.OnceValues(func() (openSearch, error) {
	return start(func() (openSearch, error) {
		ports, err := freePorts(2)
		if err != nil {
			return openSearch{}, err
		}
		server, err := startProcess("opensearch", syscall.SIGKILL, func(dir string) ([]string, error) {
			return openSearchCommand(dir, ports)
		})
		if err != nil {
			return openSearch{}, err
		}
		url := "http://127.0.0.1:" + strconv.Itoa(ports[0])
		return openSearch{url, server},
			server.waitReady(3*time.Minute, func() error { return answersOK(url) })
	})
})

// OpenSearch returns the address of a real OpenSearch of a single node, without security, which all
// tests of this process share. It fails the test when there is none to be had.
func OpenSearch(t testing.TB) (url string) {
	t.Helper()
	server, err := sharedOpenSearch()
	if err != nil {
		t.Fatalf("start OpenSearch: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.process.log())
		}
	})
	return server.url
}

// openSearchCommand lays out a folder as the server wants it, out of the jars that
// test/soc/setup.sh resolved.
func openSearchCommand(dir string, ports []int) ([]string, error) {
	version := openSearchVersion.FindStringSubmatch(openSearchPOM)[1]
	libs, err := cached("opensearch-" + version)
	if err != nil {
		return nil, err
	}
	jars, err := filepath.Glob(filepath.Join(libs, "*.jar"))
	if err != nil {
		return nil, err
	}
	var classpath []string
	for _, jar := range jars {
		module := strings.TrimSuffix(filepath.Base(jar), "-"+version+".jar")
		class, isModule := openSearchModules[module]
		home := filepath.Join(dir, "modules", module)
		if module == painlessInterface {
			home = filepath.Join(dir, "modules", painless)
		} else if !isModule {
			classpath = append(classpath, jar)
			continue
		}
		if err := link(jar, home); err != nil {
			return nil, err
		}
		if !isModule {
			continue
		}
		descriptor := fmt.Sprintf("name=%s\ndescription=%[1]s\nversion=%[2]s\nopensearch.version=%[2]s\n"+
			"java.version=11\nclassname=%s\n", module, version, class)
		if err := writeFile(filepath.Join(home, "plugin-descriptor.properties"), descriptor); err != nil {
			return nil, err
		}
	}
	for name, text := range map[string]string{
		"config/opensearch.yml": fmt.Sprintf(
			"discovery.type: single-node\nnetwork.host: 127.0.0.1\nhttp.port: %d\ntransport.port: %d\n"+
				// A disk that is nearly full is no reason to refuse what a test writes.
				"cluster.routing.allocation.disk.threshold_enabled: false\n", ports[0], ports[1],
		),
		"config/log4j2.properties": "status = error\nappender.console.type = Console\n" +
			"appender.console.name = console\nappender.console.layout.type = PatternLayout\n" +
			"appender.console.layout.pattern = %p %c{1} %m%n\n" +
			"rootLogger.level = warn\nrootLogger.appenderRef.console.ref = console\n",
		// The distribution has a policy for each module and library. What they may do on the
		// machine is not what is tested here.
		"config/all.policy": "grant { permission java.security.AllPermission; };\n",
		"plugins/.keep":     "",
	} {
		if err := writeFile(filepath.Join(dir, name), text); err != nil {
			return nil, err
		}
	}
	if err := os.Remove(filepath.Join(dir, "plugins", ".keep")); err != nil {
		return nil, err
	}
	return []string{
		java(), "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-XX:-UsePerfData", "-Djava.security.manager=allow",
		"-Djava.security.policy=" + filepath.Join(dir, "config", "all.policy"),
		// Without its native library the server cannot see that it runs as root, which it refuses.
		"-Djna.nosys=true", "-Djna.nounpack=true", "-Djna.noclasspath=true",
		"-Dlog4j2.disable.jmx=true", "-Djava.io.tmpdir=" + dir,
		"-Dopensearch.path.home=" + dir, "-Dopensearch.path.conf=" + filepath.Join(dir, "config"),
		"-Dopensearch.distribution.type=tar", "-cp", strings.Join(classpath, ":"),
		"org.opensearch.bootstrap.OpenSearch",
	}, nil
}

// cached is a folder that test/soc/setup.sh filled.
func cached(name string) (string, error) {
	dir := filepath.Join(filepath.Dir(libs()), name)
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("%s is not installed: %w; it needs Java 17 to 23 and Maven, and then:\n"+
			"  test/soc/setup.sh", name, err)
	}
	return dir, nil
}

// link makes a jar appear in a folder.
func link(jar, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.Symlink(jar, filepath.Join(folder, filepath.Base(jar)))
}

func writeFile(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

func answersOK(url string) error {
	client := http.Client{Timeout: time.Second}
	res, err := client.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	return nil
}
