package app

import (
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/stillwatch/stillwatch/pkg/app/config"
)

// NewLogger makes the logger that the configuration asks for. Repeated lines are thinned out, so
// that a broken dependency does not drown the rest.
func NewLogger(c config.Log, w io.Writer) (*zap.Logger, error) {
	logs, err := NewLogs(c, w)
	if err != nil {
		return nil, err
	}
	return logs.Logger(), nil
}

// Logs writes log lines as the configuration in force asks for: level and format may change while
// loggers are in use.
type Logs struct {
	to   zapcore.WriteSyncer
	core atomic.Pointer[zapcore.Core]
}

// NewLogs writes to w.
func NewLogs(c config.Log, w io.Writer) (*Logs, error) {
	l := &Logs{to: zapcore.Lock(zapcore.AddSync(w))}
	if err := l.Use(c); err != nil {
		return nil, err
	}
	return l, nil
}

// Use puts another level and format in force, for all loggers.
func (l *Logs) Use(c config.Log) error {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		return fmt.Errorf("log.level: %w", err)
	}
	enc := zap.NewProductionEncoderConfig()
	enc.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	enc.EncodeDuration = zapcore.StringDurationEncoder
	encoder := zapcore.NewJSONEncoder(enc)
	if c.Format == "console" {
		enc.EncodeTime = zapcore.TimeEncoderOfLayout(time.TimeOnly)
		enc.EncodeLevel = zapcore.CapitalLevelEncoder
		encoder = zapcore.NewConsoleEncoder(enc)
	}
	core := zapcore.NewSamplerWithOptions(
		zapcore.NewCore(encoder, l.to, level), time.Second, 20, 1000,
	)
	l.core.Store(&core)
	return nil
}

// Logger returns a logger.
func (l *Logs) Logger() *zap.Logger { return zap.New(logCore{logs: l}) }

// logCore is the core of loggers. It keeps their fields and asks for the core in force at each
// line.
type logCore struct {
	logs   *Logs
	fields []zapcore.Field
}

func (c logCore) inForce() zapcore.Core {
	core := *c.logs.core.Load()
	if len(c.fields) == 0 {
		return core
	}
	return core.With(c.fields)
}

// Enabled implements zapcore.Core.
func (c logCore) Enabled(level zapcore.Level) bool { return (*c.logs.core.Load()).Enabled(level) }

// With implements zapcore.Core.
func (c logCore) With(fields []zapcore.Field) zapcore.Core {
	return logCore{logs: c.logs, fields: slices.Concat(c.fields, fields)}
}

// Check implements zapcore.Core.
func (c logCore) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if !c.Enabled(e.Level) {
		return to
	}
	return c.inForce().Check(e, to)
}

// Write implements zapcore.Core.
func (c logCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	return c.inForce().Write(e, fields)
}

// Sync implements zapcore.Core.
func (c logCore) Sync() error { return (*c.logs.core.Load()).Sync() }
