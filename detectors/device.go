package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// device sees one device id behind many accounts.
func device() Detector {
	return sharedValue(Spec{
		ID: "device", Max: 8,
		Summary: "Few device ids behind many accounts.",
		Why: "Relay software pins one device id per deployment (claude-relay-service, " +
			"unifiedClientId) or gives every caller the same. Perplexity of the device ids " +
			"against the baseline, times how diverse the members' networks are: one household has one device.",
		Evasion: "A configuration option of the relay.",
		LookAlikes: "Placeholder ids that some client sends for everyone; the population shows how " +
			"common they are.",
		Needs: []string{"client.device_id"},
	}, attribute.Device, false, "devices", "many accounts share few devices")
}
