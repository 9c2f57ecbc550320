package test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

type composeFile struct {
	Services map[string]struct {
		Image       string
		Environment map[string]string
		Volumes     []string
		Healthcheck struct{ Test []string }
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	}
	Volumes map[string]any
}

// TestTheComposeFileIsValid asks `docker compose config` where there is one, which needs no engine.
// Elsewhere it can only check that the file is YAML and that what it refers to is there.
func TestTheComposeFileIsValid(t *testing.T) {
	if exec.Command("docker", "compose", "version").Run() == nil {
		cmd := exec.Command("docker", "compose", "-f", "docker-compose.yml", "config", "--quiet")
		cmd.Dir = ".."
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	} else {
		t.Log("docker compose is not installed: checking the YAML only")
	}
	compose := readCompose(t)
	require.Len(t, compose.Services, 3)
	for name, service := range compose.Services {
		require.NotEmpty(t, service.Healthcheck.Test, "%s has no health check", name)
		for _, mount := range service.Volumes {
			volume, _, _ := strings.Cut(mount, ":")
			require.Contains(t, compose.Volumes, volume,
				"%s mounts a volume that is not declared", name)
		}
		for other, dependency := range service.DependsOn {
			require.Contains(t, compose.Services, other)
			require.Equal(t, "service_healthy", dependency.Condition)
		}
	}
}

func TestTheComposeFileAndTheTestsRunTheSameKafka(t *testing.T) {
	pom, err := os.ReadFile("harness/pom.xml")
	require.NoError(t, err)
	version := regexp.MustCompile(`<kafka\.version>(.*)</kafka\.version>`).
		FindStringSubmatch(string(pom))
	require.Len(t, version, 2)
	require.Equal(t, "apache/kafka:"+version[1], readCompose(t).Services["kafka"].Image)
}

func TestTheComposeFileSetsOnlyKeysThatTheConfigurationHas(t *testing.T) {
	reference, err := os.ReadFile("../configs/stillwatch.yaml")
	require.NoError(t, err)
	var keys yaml.Node
	require.NoError(t, yaml.Unmarshal(reference, &keys))
	known := environmentNames("STILLWATCH", keys.Content[0])
	for name := range readCompose(t).Services["stillwatch"].Environment {
		require.True(t, slices.Contains(known, name),
			"%s overrides no key of configs/stillwatch.yaml", name)
	}
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	data, err := os.ReadFile("../docker-compose.yml")
	require.NoError(t, err)
	var compose composeFile
	require.NoError(t, yaml.Unmarshal(data, &compose))
	return compose
}

// environmentNames lists the variables that override the keys of a YAML mapping.
func environmentNames(prefix string, node *yaml.Node) []string {
	if node.Kind != yaml.MappingNode {
		return []string{prefix}
	}
	var names []string
	for i := 0; i < len(node.Content); i += 2 {
		names = append(names, environmentNames(
			prefix+"_"+strings.ToUpper(node.Content[i].Value), node.Content[i+1],
		)...)
	}
	return names
}
