package app

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/app/config"
)

func TestLevelAndFormatOfTheLogChangeForLoggersInUse(t *testing.T) {
	text := &logText{}
	logs, err := NewLogs(config.Log{Level: "warn", Format: "json"}, text)
	require.NoError(t, err)
	log := logs.Logger().Named("part").With(zap.String("stage", "ingest"))
	log.Info("first")
	log.Warn("second", zap.Int("n", 2))
	require.NoError(t, logs.Use(config.Log{Level: "debug", Format: "console"}))
	log.With(zap.Int("deeper", 1)).Debug("third")
	require.NoError(t, log.Sync())
	require.ErrorContains(t, logs.Use(config.Log{Level: "loud"}), "log.level")
	log.Debug("fourth")

	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], `"logger":"part"`)
	require.Contains(t, lines[0], `"msg":"second","stage":"ingest","n":2`)
	require.Contains(t, lines[1], "DEBUG\tpart\tthird\t"+`{"stage": "ingest", "deeper": 1}`)
	require.Contains(t, lines[2], "fourth")
}

func TestRepeatedLinesAreThinnedOut(t *testing.T) {
	text := &logText{}
	logs, err := NewLogs(config.Default().Log, text)
	require.NoError(t, err)
	// Each logger has a field of its own, and they count together.
	for range 500 {
		logs.Logger().With(zap.String("stage", "ingest")).Info("again")
	}
	require.Less(t, strings.Count(text.String(), "\n"), 500)
}
