package local

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/stillwatch/stillwatch/pkg/app/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func taken(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l.Addr().String()
}

func TestPartsMoveToOtherPortsWhenTheirsAreTaken(t *testing.T) {
	opts := Options{Kafka: taken(t), Redis: taken(t)}
	conf := config.Default()
	conf.HTTP.Address = taken(t)
	conf.Kafka.TLS.Enabled, conf.Redis.Password = true, "of another server"
	parts, err := Start(opts, &conf)
	require.NoError(t, err)
	defer func() { require.NoError(t, parts.Close()) }()
	require.NotEqual(t, opts.Kafka, conf.Kafka.Brokers[0])
	require.NotEqual(t, opts.Redis, conf.Redis.Addresses[0])
	require.Equal(t, anyPort, conf.HTTP.Address)
	require.False(t, conf.Kafka.TLS.Enabled)
	require.Empty(t, conf.Redis.Password)
	require.True(t, parts.RandomSecret)
	require.Zero(t, conf.Ingest.MaxAhead, "simulated traffic may be ahead of this machine's date")
	require.NoError(t, conf.Validate())
}

func TestAConfiguredSecretIsKept(t *testing.T) {
	conf := config.Default()
	conf.Sketch.Secret = "0123456789abcdef"
	parts, err := Start(Options{}, &conf)
	require.NoError(t, err)
	defer func() { require.NoError(t, parts.Close()) }()
	require.False(t, parts.RandomSecret)
	require.Equal(t, "0123456789abcdef", conf.Sketch.Secret)
}
