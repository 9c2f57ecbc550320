package detectors

import (
	"github.com/stillwatch/stillwatch/pkg/census"
	"github.com/stillwatch/stillwatch/pkg/fingerprint"
)

// device sees one device id behind many accounts.
//
// Why it works: relay software pins a device id per deployment ("unified client id"), or gives every caller the same constant.
// Evasion: one configuration option, once they know. Honest traffic like it: placeholder ids; the census knows how common they are.
func device() Detector {
	return sharedValue(Spec{
		ID: "device", Axis: Coordination, Plane: Identity, Max: 8,
		Summary:    "Few device ids behind many accounts.",
		Why:        "Perplexity of the device ids against the census; relays pin one id (claude-relay-service, unifiedClientId).",
		Evasion:    "A configuration option of the relay.",
		LookAlikes: "Placeholder ids that some client sends for everyone.",
		Needs:      []string{"client.device_id"},
	}, census.Trait(fingerprint.Device), "devices", "one device holds many accounts")
}
