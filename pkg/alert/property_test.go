package alert_test

import (
	"math"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/alert/alerttest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// hostile draws strings as traffic may hold them: bytes that are no UTF-8, escapes, controls, other
// scripts, far too long.
func hostile() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 600), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			"", " ", "\x00", "\xff\xfe", "\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "a\r\nb",
			"\u2028", "{\"a\":1}", "</script>", "203.0.113.0/24", "株式会社テスト", "👩‍👩‍👧‍👦", "e\u0301",
			"x.y[0].z", "\ufeff", string(make([]byte, 70_000)),
		}),
	)
}

func anyFloat() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{
		math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -0.001, 0,
	}))
}

func anyFinding(t *rapid.T) *campaign.Finding {
	str, float, ms := hostile(), anyFloat(), rapid.Int64()
	family := rapid.Map(
		rapid.OneOf(rapid.SampledFrom([]string{"work", "client", "network"}), str),
		func(s string) detectors.Family { return detectors.Family(s) },
	)
	families := rapid.SliceOfN(family, 0, 40)
	evidence := rapid.Custom(func(t *rapid.T) detectors.Evidence {
		return detectors.Evidence{
			Detector: str.Draw(t, "detector"), Axis: detectors.Axis(rapid.Byte().Draw(t, "axis")),
			Family: family.Draw(t, "plane"), Bits: float.Draw(t, "bits"),
			Observed: str.Draw(t, "observed"), Expected: str.Draw(t, "expected"),
			Note: str.Draw(t, "note"),
		}
	})
	member := rapid.Custom(func(t *rapid.T) campaign.Member {
		return campaign.Member{
			Account: str.Draw(t, "account"), Org: str.Draw(t, "org"),
			Requests: rapid.Uint32().Draw(t, "requests"), Agreement: float.Draw(t, "agreement"),
			Families: families.Draw(t, "planes"), Stack: str.Draw(t, "stack"),
			FirstSeen: ms.Draw(t, "first"), LastSeen: ms.Draw(t, "last"), Lead: anyLead(t),
		}
	})
	point := rapid.Custom(func(t *rapid.T) campaign.Point {
		return campaign.Point{
			Time: ms.Draw(t, "time"), Members: rapid.Int().Draw(t, "members"),
			Requests: ms.Draw(t, "requests"),
		}
	})
	shared := rapid.Custom(func(t *rapid.T) campaign.SharedAttribute {
		return campaign.SharedAttribute{
			Attribute: str.Draw(t, "attribute"), Value: str.Draw(t, "value"),
			Share: float.Draw(t, "share"), Baseline: float.Draw(t, "baseline"),
			Members: rapid.Int().Draw(t, "members"),
		}
	})
	shadow := rapid.Custom(func(t *rapid.T) campaign.Shadow {
		return campaign.Shadow{
			All: rapid.Bool().Draw(t, "all"), AlsoAlerted: rapid.Bool().Draw(t, "also alerted"),
			Detectors: rapid.SliceOfN(str, 0, 50).Draw(t, "detectors in shadow"),
			Alerts:    rapid.SliceOfN(str, 0, 50).Draw(t, "alerts"),
		}
	})
	return &campaign.Finding{
		Shadow:   rapid.Ptr(shadow, true).Draw(t, "shadow"),
		UID:      rapid.StringN(1, 60, 256).Filter(utf8.ValidString).Draw(t, "uid"),
		Campaign: str.Draw(t, "campaign"), Tenant: str.Draw(t, "tenant"),
		Sequence: rapid.IntRange(1, math.MaxInt32).Draw(t, "sequence"),
		Activity: campaign.Activity(rapid.IntRange(1, 3).Draw(t, "activity")),
		Kind: campaign.Kind(
			rapid.OneOf(rapid.SampledFrom([]string{"campaign", "account", "tripwire"}), str).
				Draw(t, "kind"),
		),
		Title: str.Draw(t, "title"), Summary: str.Draw(t, "summary"),
		Created: ms.Draw(t, "created"), Modified: ms.Draw(t, "modified"),
		FirstSeen: ms.Draw(t, "first seen"), LastSeen: ms.Draw(t, "last seen"),
		Severity:   campaign.Severity(rapid.Byte().Draw(t, "severity")),
		Confidence: rapid.Int().Draw(t, "confidence"), Coordination: float.Draw(t, "coordination"),
		Harvest:  float.Draw(t, "harvest"),
		Evidence: rapid.SliceOfN(evidence, 0, 80).Draw(t, "evidence"),
		Families: families.Draw(t, "finding families"), Members: rapid.Int().Draw(t, "members"),
		Sample:   rapid.SliceOfN(member, 0, 60).Draw(t, "sample"),
		Requests: ms.Draw(t, "all requests"), OutputTokens: ms.Draw(t, "tokens"),
		Models:     rapid.SliceOfN(str, 0, 40).Draw(t, "models"),
		Shared:     rapid.SliceOfN(shared, 0, 80).Draw(t, "shared"),
		Timeline:   rapid.SliceOfN(point, 0, 150).Draw(t, "timeline"),
		Mitigating: rapid.SliceOfN(str, 0, 40).Draw(t, "innocence"), NextStep: str.Draw(t, "next"),
		CloseReason: str.Draw(t, "reason"), Muted: rapid.Bool().Draw(t, "muted"),
		Related: rapid.SliceOfN(str, 0, 80).Draw(t, "related"),
	}
}

func anyLead(t *rapid.T) campaign.Lead {
	if rapid.Bool().Draw(t, "nothing to follow") {
		return campaign.Lead{}
	}
	str := hostile()
	value := rapid.Custom(func(t *rapid.T) campaign.ValueShare {
		return campaign.ValueShare{
			Value: rapid.OneOf(str, rapid.SampledFrom([]string{
				"AS64500", "AS4200000851", "AS99999999999", "2001:db8::/48",
			})).Draw(t, "value"),
			Share: anyFloat().Draw(t, "share"),
		}
	})
	request := rapid.Custom(func(t *rapid.T) campaign.Exemplar {
		return campaign.Exemplar{
			ID: str.Draw(t, "id"), Time: rapid.Int64().Draw(t, "time"),
			Carried: campaign.Carried(str.Draw(t, "carried")),
		}
	})
	values := rapid.SliceOfN(value, 0, 10)
	return campaign.Lead{
		Created: rapid.Int64().Draw(t, "created"), Sources: rapid.Uint32().Draw(t, "sources"),
		UserAgent: str.Draw(t, "agent"), JA4: str.Draw(t, "ja4"),
		Networks: values.Draw(t, "networks"), Systems: values.Draw(t, "systems"),
		Payments: values.Draw(t, "payments"), Issuers: values.Draw(t, "issuers"),
		Devices:  values.Draw(t, "devices"),
		Requests: rapid.SliceOfN(request, 0, 10).Draw(t, "requests"),
	}
}

func anyFindingIsWrittenWell(t *rapid.T) {
	f := anyFinding(t)
	e := encoder(t)
	r, err := e.Finding(f)
	require.NoError(t, err)
	require.Less(t, len(r.Value), alert.MaxRecord)
	require.True(t, utf8.Valid(r.Value))
	require.NoError(t, validate(t, r.Value))
	require.NoError(t, alerttest.Check(r.Value))
	again, err := e.Finding(f)
	require.NoError(t, err)
	require.Equal(t, r, again)
	for _, h := range r.Headers {
		require.NotEmpty(t, h.Value, h.Key)
	}
	textKeepsItsShape(t, f, rapid.IntRange(-1, 160).Draw(t, "width"))
}

// textKeepsItsShape holds the terminal rendering to its promises: no line too wide, nothing that
// moves the cursor.
func textKeepsItsShape(t require.TestingT, f *campaign.Finding, width int) {
	text := alert.Text(f, alert.TextOptions{Width: width})
	most := max(width, 72)
	if width <= 0 {
		most = 100
	}
	for _, line := range splitLines(text) {
		require.LessOrEqual(t, uniseg.StringWidth(line), most, "%q", line)
	}
	for _, r := range text {
		require.False(t, r != '\n' && (r < 0x20 || (r >= 0x7f && r < 0xa0) || r == 0x202e), "%q", r)
	}
}

func TestAnyFindingGivesAValidRecord(t *testing.T) { rapid.Check(t, anyFindingIsWrittenWell) }

func FuzzAnyFindingGivesAValidRecord(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(anyFindingIsWrittenWell))
}
