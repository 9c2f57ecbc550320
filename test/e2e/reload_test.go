package e2e

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestReloadsWhileEventsFlowLoseNothing has one of two instances put six configurations in force,
// so that partitions go to and fro between them.
func TestReloadsWhileEventsFlowLoseNothing(t *testing.T) {
	t.Parallel()
	const accounts, events, reloads = 200, 9000, 6
	messages := traffic(accounts, events)
	d := newDeployment(t).set(smallBatches).set(section{"reload": section{"watch_files": false}})
	d.createTopic(d.topic("gateway"), partitions)
	other := d.start().waitReady()
	address := freeAddress(t)
	d.set(section{"http": section{"address": address}})
	path := d.file()
	s := startService(t, address, "run", "--config", path).waitReady()

	want := map[string]int{}
	for part := range slices.Chunk(messages, events/reloads) {
		d.produce(d.topic("gateway"), part)
		for _, m := range part {
			want[string(m.Key)]++
		}
		done, err := s.metric(`stillwatch_config_reloads_total{result="ok"}`)
		require.NoError(t, err)
		d.set(section{"alerts": section{"instance": fmt.Sprintf("instance-%d", done)}})
		data, err := yaml.Marshal(d.config)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
		s.waitMetric(`stillwatch_config_reloads_total{result="ok"}`, done+1)
	}
	require.NoError(t, os.WriteFile(path, []byte("colour: red\n"), 0o600))
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
	s.waitMetric("stillwatch_config_last_reload_successful", 0)
	require.Contains(t, s.log.String(), `unknown key \"colour\"`)

	d.waitDone(events)
	require.Equal(t, want, d.requestsByAccount())
	require.Zero(t, s.stop(), s.log)
	require.Zero(t, other.stop(), other.log)
}
