package config

// retired lists the keys that earlier configurations had, and what to do where one still stands.
var retired = map[string]string{
	"fingerprint.short_pane": "nothing read the requests of the last hour; remove it",
	"correlate.census":       "it is called correlate.baseline now",
	"correlate.planes":       "it is called correlate.families now: signal families that must agree",
	"fingerprint.short_keep": "nothing read the requests of the last hour; remove it",
}
