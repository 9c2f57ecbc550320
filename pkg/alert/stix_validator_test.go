package alert_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/test/tools"
)

// sharedFindings are one finding for everything that decides what an export has: its kind, what its
// members share, how far it is, and how little may be known of it.
func sharedFindings() map[string]*campaign.Finding {
	change := func(f func(*campaign.Finding)) *campaign.Finding {
		p := pool()
		f(p)
		return p
	}
	return map[string]*campaign.Finding{
		"campaign": pool(),
		"account":  change(func(f *campaign.Finding) { f.Kind = campaign.KindAccount }),
		"tripwire": change(func(f *campaign.Finding) {
			f.Kind, f.Campaign = campaign.KindTripwire, ""
		}),
		"closed": change(func(f *campaign.Finding) {
			f.Activity, f.CloseReason = campaign.Close, "quiet"
		}),
		"revoked": change(func(f *campaign.Finding) {
			f.Activity, f.CloseReason = campaign.Close, "dismissed"
		}),
		"nothing shared": change(func(f *campaign.Finding) { f.Shared = nil }),
		"no sample":      change(func(f *campaign.Finding) { f.Sample = nil }),
		"no evidence":    change(func(f *campaign.Finding) { f.Evidence, f.Families = nil, nil }),
		"hardly anything": {
			UID: "1ab4c5b2-54c5-5bd0-a0f5-8b5a3e9c7f01", Sequence: 1, Activity: campaign.Create,
		},
		"all that is shared": change(func(f *campaign.Finding) {
			f.Shared = []campaign.SharedAttribute{
				{
					Attribute: "client stack",
					Value:     `it's\odd/1.0 (x; #) ja4=t13d1516h2_8daaf6152771_e5627efa2ab1`,
					Share:     1,
				},
				{Attribute: "client stack", Value: "cut off at the end…", Share: 1},
				{
					Attribute: "client stack", Value: "ja4=t13d1516h2_8daaf6152771_e5627efa2ab1",
					Share: 1,
				},
				{Attribute: "parameters", Value: `stop='\n' temperature=0`, Share: 1},
				{Attribute: "network", Value: "192.0.2.0/24", Share: 1},
				{Attribute: "network", Value: "2001:db8:7::/48", Share: 1},
				{Attribute: "autonomous system", Value: "AS64511", Share: 1},
			}
		}),
	}
}

func TestOASISsValidatorFindsExportsValid(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, o alert.STIXOptions, findings ...*campaign.Finding) {
		bundle, err := alert.STIXOf(findings, o)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".json"), bundle, 0o600))
	}
	var all []*campaign.Finding
	for name, f := range sharedFindings() {
		write(name, stixOptions(), f)
		write(name+", no pseudonyms", alert.STIXOptions{Producer: "Example AI"}, f)
		if name != "revoked" && name != "closed" { // They share an identifier with the first.
			all = append(all, f)
		}
	}
	write("several", stixOptions(), all...)
	for _, level := range []string{"clear", "green", "amber", "red"} {
		o := stixOptions()
		o.TLP = level
		write(level, o, pool())
	}
	// Whatever text a client or a gateway could put into a finding.
	hostile := rapid.Custom(anyFinding)
	for seed := range 25 {
		write(fmt.Sprintf("hostile %d", seed), stixOptions(), hostile.Example(seed))
	}
	tools.ValidateSTIX(t, folder)
}
