package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/app/config"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

func TestTheTopicOfFindingsInShadowIsThereOnlyWhenItIsInUse(t *testing.T) {
	for name, c := range map[string]struct {
		shadow campaign.ShadowOptions
		stages []string
		want   bool
	}{
		"nothing in shadow":      {campaign.ShadowOptions{}, config.AllStages(), false},
		"a detector in shadow":   {campaign.ShadowOptions{Detectors: []string{"hours"}}, config.AllStages(), true},
		"everything in shadow":   {campaign.ShadowOptions{All: true}, config.AllStages(), true},
		"not where others run":   {campaign.ShadowOptions{All: true}, []string{config.StageIngest}, false},
		"where correlate is one": {campaign.ShadowOptions{All: true}, []string{config.StageCorrelate}, true},
	} {
		t.Run(name, func(t *testing.T) {
			conf := config.Default()
			conf.Correlate.Shadow, conf.Stages = c.shadow, c.stages
			found := false
			for _, spec := range topicSpecs(conf) {
				if spec.Name == conf.Topics.Shadow {
					found = true
					require.Equal(t, 1, spec.Partitions)
					require.Empty(t, spec.Config)
				}
			}
			require.Equal(t, c.want, found)
			// What was committed before it was turned off still has to find its way.
			require.Equal(t, conf.Topics.Shadow, outputs(conf.Topics)[stage.Shadow])
		})
	}
}
