package demo

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheDemoFindsTheCampaignAndEndsByItself(t *testing.T) {
	if testing.Short() {
		t.Skip("plays 30 hours of traffic")
	}
	var out bytes.Buffer
	opts := DefaultOptions()
	opts.Out = &out
	// A machine that is busy with other tests gets more time than a person would wait.
	opts.Limit = 4 * time.Minute
	require.NoError(t, Run(t.Context(), opts), out.String())
	t.Log(out.String())
	for _, want := range []string{
		"FOUND", "COORDINATION", "HARVEST", "FAMILIES", "prompt_template", "funding",
		"Where to look next", "✓ THE CAMPAIGN", "✓ university class", "✓ coding agent users",
	} {
		require.Contains(t, out.String(), want)
	}
	require.NotContains(t, out.String(), "\x1b", "no colours where there is no terminal")
}

func TestAnInterruptedDemoEndsCleanly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	opts := DefaultOptions()
	opts.Terminal = true
	opts.Out = cancelAfter{cancel}
	require.NoError(t, Run(ctx, opts))
}

// cancelAfter ends the demo as soon as it shows anything.
type cancelAfter struct{ cancel func() }

func (w cancelAfter) Write(p []byte) (int, error) { w.cancel(); return len(p), nil }

func TestNothingFoundIsAnError(t *testing.T) {
	opts := DefaultOptions()
	opts.Limit = time.Second
	require.ErrorIs(t, Run(t.Context(), opts), ErrNothingFound)
}
