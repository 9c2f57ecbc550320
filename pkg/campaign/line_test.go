package campaign_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

func TestTheMarginIsZeroOnTheLineAndGrowsBeyondIt(t *testing.T) {
	o := campaign.DefaultOptions()
	none := math.Inf(-1)
	require.InDelta(t, 0, o.Margin(o.Total-o.Harvest, o.Harvest, none), 1e-9, "the corner of harvest and sum")
	require.InDelta(t, 0, o.Margin(o.Coordination, o.Total-o.Coordination, none), 1e-9, "the corner of coordination and sum")
	require.Negative(t, o.Margin(100, o.Harvest-.1, none), "both questions need a yes")
	require.Negative(t, o.Margin(o.Coordination-.1, 100, none))
	require.Positive(t, o.Margin(o.Total, o.Total, none))
	require.Positive(t, o.Margin(100, o.Harvest-.1, o.Operator+1), "an operator's hand makes up for weak harvest")
	require.Negative(t, o.Margin(100, o.Harvest-.1, o.Operator-.1))
}
