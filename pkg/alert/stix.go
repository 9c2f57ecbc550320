package alert

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/stillwatch/stillwatch/detectors"
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// STIXOptions says how a finding is exported for sharing.
type STIXOptions struct {
	// Producer is the name of the organisation that shares.
	Producer string
	// TLP is the Traffic Light Protocol marking: clear, green, amber or red; amber when empty.
	TLP string
	// PseudonymKey keys the pseudonyms of accounts (HMAC-SHA256); at least 16 bytes, and not the
	// secret of the sketches. Without it no account is exported, not even as a pseudonym.
	PseudonymKey []byte
}

const leastKey = 16

// STIX exports a finding as a STIX 2.1 bundle: the campaign with its fingerprint, the ATLAS
// techniques it uses, indicators for the shared values that are rare elsewhere, and a sighting. It
// leaves out the title, every text that a detector or a client wrote, tool names, models and e-mail
// domains; accounts appear as keyed pseudonyms or not at all. All identifiers are UUIDv5, so a
// later export of the same finding updates the objects in place; a finding that was withdrawn or
// dismissed revokes them. Errors name the option that cannot work.
func STIX(f *campaign.Finding, o STIXOptions) ([]byte, error) {
	return STIXOf([]*campaign.Finding{f}, o)
}

// STIXOf exports several findings as one bundle; of objects that they share, the newest finding's
// are taken.
func STIXOf(findings []*campaign.Finding, o STIXOptions) ([]byte, error) {
	if len(findings) == 0 {
		return nil, errors.New("alert: a STIX export needs a finding")
	}
	marking, err := tlpMarking(o.TLP)
	if err != nil {
		return nil, err
	}
	if sentence(o.Producer, maxID) == "" {
		return nil, errors.New("alert: a STIX export needs the name of its producer")
	}
	if n := len(o.PseudonymKey); n > 0 && n < leastKey {
		return nil, fmt.Errorf("alert: the pseudonym key has %d bytes; it needs at least %d",
			n, leastKey)
	}
	findings = slices.Clone(findings)
	slices.SortStableFunc(findings, func(a, b *campaign.Finding) int {
		return cmp.Compare(a.Modified, b.Modified)
	})
	var all stixBundle
	var ids []string
	places := map[string]int{}
	for _, f := range findings {
		if err := identity(f); err != nil {
			return nil, err
		}
		x := &stixExport{f: f, opts: &o, marking: marking.ID}
		one := x.bundle(marking)
		ids = append(ids, one.ID)
		for i := range one.Objects {
			object := &one.Objects[i]
			if at, ok := places[object.ID]; ok {
				all.Objects[at] = *object
				continue
			}
			places[object.ID] = len(all.Objects)
			all.Objects = append(all.Objects, *object)
		}
	}
	all.Type, all.ID = "bundle", ids[0]
	if len(ids) > 1 {
		all.ID = stixID("bundle", ids...)
	}
	return marshal(all)
}

// stixObject is any of the STIX objects in use; each fills the properties of its type.
type stixObject struct {
	Type        string `json:"type"`
	SpecVersion string `json:"spec_version"`
	ID          string `json:"id"`
	CreatedBy   string `json:"created_by_ref,omitempty"`
	Created     string `json:"created,omitempty"`
	Modified    string `json:"modified,omitempty"`
	Revoked     bool   `json:"revoked,omitempty"`
	Confidence  *int   `json:"confidence,omitempty"`

	Name          string   `json:"name,omitempty"`
	Description   string   `json:"description,omitempty"`
	IdentityClass string   `json:"identity_class,omitempty"`
	Labels        []string `json:"labels,omitempty"`
	Objective     string   `json:"objective,omitempty"`

	DefinitionType string            `json:"definition_type,omitempty"`
	Definition     map[string]string `json:"definition,omitempty"`

	Schema         string   `json:"schema,omitempty"`
	Version        string   `json:"version,omitempty"`
	ExtensionTypes []string `json:"extension_types,omitempty"`

	IndicatorTypes []string `json:"indicator_types,omitempty"`
	Pattern        string   `json:"pattern,omitempty"`
	PatternType    string   `json:"pattern_type,omitempty"`
	ValidFrom      string   `json:"valid_from,omitempty"`

	RelationshipType string `json:"relationship_type,omitempty"`
	SourceRef        string `json:"source_ref,omitempty"`
	TargetRef        string `json:"target_ref,omitempty"`

	FirstSeen     string   `json:"first_seen,omitempty"`
	LastSeen      string   `json:"last_seen,omitempty"`
	FirstObserved string   `json:"first_observed,omitempty"`
	LastObserved  string   `json:"last_observed,omitempty"`
	Number        int64    `json:"number_observed,omitempty"`
	ObjectRefs    []string `json:"object_refs,omitempty"`
	Count         *int64   `json:"count,omitempty"`
	SightingOf    string   `json:"sighting_of_ref,omitempty"`
	ObservedData  []string `json:"observed_data_refs,omitempty"`
	WhereSighted  []string `json:"where_sighted_refs,omitempty"`

	UserID      string `json:"user_id,omitempty"`
	AccountType string `json:"account_type,omitempty"`

	ExternalReferences []stixReference          `json:"external_references,omitempty"`
	Markings           []string                 `json:"object_marking_refs,omitempty"`
	Extensions         map[string]stixExtension `json:"extensions,omitempty"`
}

type stixReference struct {
	Source string `json:"source_name"`
	ID     string `json:"external_id"`
	URL    string `json:"url"`
}

// stixExtension is the fingerprint of a campaign, what a receiver can watch for. Empty lists are
// left out: STIX 2.1 prohibits them.
type stixExtension struct {
	Type             string             `json:"extension_type"`
	CoordinationBits float64            `json:"coordination_bits"`
	HarvestBits      float64            `json:"harvest_bits"`
	Accounts         int                `json:"accounts"`
	Families         []string           `json:"planes,omitempty"`
	Detectors        map[string]float64 `json:"detectors,omitempty"`
	Shared           []detailShared     `json:"shared,omitempty"`
}

type stixBundle struct {
	Type    string       `json:"type"`
	ID      string       `json:"id"`
	Objects []stixObject `json:"objects"`
}

// epoch is when the objects that no finding owns (extension, techniques, producer) count as
// created.
const epoch = "2026-01-01T00:00:00.000Z"

type stixExport struct {
	f       *campaign.Finding
	opts    *STIXOptions
	marking string
	objects []stixObject
}

func (x *stixExport) bundle(marking stixObject) stixBundle {
	f := x.f
	producer := stixObject{
		Type: "identity", ID: stixID("identity", "organization", sentence(x.opts.Producer, maxID)),
		Created: epoch, Modified: epoch, Name: sentence(x.opts.Producer, maxID),
		IdentityClass: "organization",
	}
	x.objects = append(x.objects, marking)
	x.add(producer)
	// The extension is the same in all bundles, whoever shares them: its author is the software.
	author := stixObject{
		Type: "identity", ID: stixID("identity", "software", "Stillwatch"), Created: epoch,
		Modified: epoch, Name: "Stillwatch", IdentityClass: "system",
	}
	x.add(author)
	extension := stixObject{
		Type: "extension-definition", ID: extensionID(), CreatedBy: author.ID, Created: epoch,
		Modified: epoch, Name: "Stillwatch campaign fingerprint", Version: "1.0.0",
		ExtensionTypes: []string{"property-extension"},
		Description:    "What the accounts of a campaign have in common, measured.",
		Schema:         "https://github.com/stillwatch/stillwatch/blob/main/docs/alerts.md#stix",
	}
	x.add(extension)

	owner := tenantOf(f.Tenant) + "\x00" + x.campaignKey()
	c := x.campaign(owner, producer.ID)
	x.add(c)
	for _, a := range attacks(f.Evidence) {
		x.technique(owner, producer.ID, c.ID, a)
	}
	x.indicators(owner, producer.ID, c.ID)
	x.sighting(owner, producer.ID, c.ID)
	return stixBundle{
		Type: "bundle", ID: stixID("bundle", owner, f.UID, fmt.Sprint(f.Sequence), x.marking),
		Objects: x.objects,
	}
}

// campaignKey is the campaign, or the finding where there is none.
func (x *stixExport) campaignKey() string {
	if x.f.Campaign != "" {
		return x.f.Campaign
	}
	return x.f.UID
}

func (x *stixExport) add(o stixObject) {
	o.SpecVersion = "2.1"
	o.Markings = []string{x.marking}
	x.objects = append(x.objects, o)
}

// own stamps an object that belongs to the finding.
func (x *stixExport) own(o stixObject, producer string) stixObject {
	f := x.f
	confidence := percent(f.Confidence)
	o.CreatedBy, o.Confidence = producer, &confidence
	o.Created, o.Modified = stixTime(f.Created), stixTime(max(f.Created, f.Modified))
	o.Revoked = f.Activity == campaign.Close &&
		(f.CloseReason == "withdrawn" || f.CloseReason == "dismissed")
	return o
}

func (x *stixExport) campaign(owner, producer string) stixObject {
	f := x.f
	ext := stixExtension{
		Type: "property-extension", CoordinationBits: bits(f.Coordination),
		HarvestBits: bits(f.Harvest), Accounts: max(0, f.Members), Detectors: map[string]float64{},
	}
	for _, p := range detectors.Families {
		if slices.Contains(f.Families, p) {
			ext.Families = append(ext.Families, string(p))
		}
	}
	known := map[string]bool{}
	for _, d := range detectors.All() {
		known[d.Spec.ID] = true
	}
	for i := range f.Evidence {
		// Only names of the registry: a foreign one might be text.
		if e := &f.Evidence[i]; known[e.Detector] && bits(e.Bits) != 0 {
			ext.Detectors[e.Detector] = bits(e.Bits)
		}
	}
	for i := range f.Shared {
		if s := &f.Shared[i]; shareable(s, x.f.Members) {
			ext.Shared = append(ext.Shared, detailShared{
				Attribute: s.Attribute, Value: sentence(s.Value, maxText),
				Share: decimal(round(s.Share, 1e6)), Baseline: decimal(round(s.Baseline, 1e6)),
			})
		}
	}
	first, last := x.seen()
	o := x.own(stixObject{
		Type: "campaign", ID: stixID("campaign", owner),
		Name: defaultTitle(f.Kind) + " " + stixUUID(owner)[:8],
		Description: fmt.Sprintf("%s, %s. Coordination %.1f bits, harvest %.1f bits.",
			plural(int64(max(0, f.Members)), "account"), plural(max(0, f.Requests), "request"),
			bits(f.Coordination), bits(f.Harvest)),
		Objective: "Harvest the outputs of a language model to train another one.",
		Labels:    []string{"model-distillation"}, FirstSeen: first, LastSeen: last,
		Extensions: map[string]stixExtension{extensionID(): ext},
	}, producer)
	return o
}

// seen bounds the members' activity; what is unknown falls back on the finding's creation.
func (x *stixExport) seen() (first, last string) {
	from, to := clampTime(x.f.FirstSeen), clampTime(x.f.LastSeen)
	if to == 0 {
		to = clampTime(x.f.Created)
	}
	if from == 0 || from > to {
		from = to
	}
	return stixTime(from), stixTime(to)
}

func (x *stixExport) technique(owner, producer, campaignID string, a attack) {
	id := a.Technique
	if a.SubTechnique != nil {
		id = *a.SubTechnique
	}
	pattern := stixObject{
		Type: "attack-pattern", ID: stixID("attack-pattern", "mitre-atlas", id.UID), Created: epoch,
		Modified: epoch, Name: id.Name,
		// No created_by_ref: every producer describes the technique with the same object.
		ExternalReferences: []stixReference{
			{Source: "mitre-atlas", ID: id.UID, URL: atlasURL(id.UID)},
		},
	}
	x.add(pattern)
	x.relate(owner, producer, campaignID, "uses", pattern.ID)
}

func (x *stixExport) relate(owner, producer, source, kind, target string) {
	x.add(x.own(stixObject{
		Type: "relationship", ID: stixID("relationship", owner, source, kind, target),
		RelationshipType: kind, SourceRef: source, TargetRef: target,
	}, producer))
}

// shareable says which shared values may leave the house: public properties of software and
// networks, and only where they tell the campaign from everybody else, for a receiver will look for
// them. Of members many accounts, eight (the least group that is looked for) must show it, or half
// where there are fewer than sixteen: two accounts of a small group in one autonomous system are
// chance, and a receiver would find its other customers by it.
func shareable(s *campaign.SharedAttribute, members int) bool {
	switch s.Attribute {
	case attribute.Stack.String(), attribute.Params.String(),
		attribute.Network.String(), attribute.ASN.String():
	default:
		return false
	}
	const group = 8
	shown := s.Share * float64(members)
	return s.Value != "" && shown >= min(group, float64(members)/2) && s.Share >= 0.05 && s.Baseline <= 0.05 && s.Share >= 10*s.Baseline
}

// maxSTIXCount is the largest count that STIX allows.
const maxSTIXCount = 999_999_999

func (x *stixExport) sighting(owner, producer, campaignID string) {
	f := x.f
	first, last := x.seen()
	count := max(0, min(maxSTIXCount, f.Requests))
	sighting := stixObject{
		Type: "sighting", ID: stixID("sighting", owner, producer), FirstSeen: first, LastSeen: last,
		Count: &count, SightingOf: campaignID, WhereSighted: []string{producer},
	}
	var accounts []string
	if len(x.opts.PseudonymKey) > 0 {
		for i := range f.Sample {
			if f.Sample[i].Account == "" {
				continue
			}
			a := x.pseudonym(f.Sample[i].Account)
			if !slices.Contains(accounts, a.ID) {
				accounts = append(accounts, a.ID)
				x.add(a)
			}
		}
	}
	if len(accounts) > 0 {
		observed := x.own(stixObject{
			Type: "observed-data", ID: stixID("observed-data", owner, producer),
			FirstObserved: first, LastObserved: last, Number: max(1, count), ObjectRefs: accounts,
		}, producer)
		x.add(observed)
		sighting.ObservedData = []string{observed.ID}
	}
	x.add(x.own(sighting, producer))
}

// pseudonym is the account as those see it who do not have the key.
func (x *stixExport) pseudonym(account string) stixObject {
	mac := hmac.New(sha256.New, x.opts.PseudonymKey)
	for _, part := range [...]string{"stillwatch account", tenantOf(x.f.Tenant), account} {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(part), part) // a hash takes everything
	}
	user := hex.EncodeToString(mac.Sum(nil))
	// STIX 2.1 section 2.9: the namespace of cyber observables, over the contributing properties in
	// canonical JSON.
	space := uuid.MustParse("00abedb4-aa42-466c-9c01-fed23315a9b7")
	id := uuid.NewSHA1(space, []byte(`{"user_id":"`+user+`"}`))
	return stixObject{Type: "user-account", ID: "user-account--" + id.String(), UserID: user}
}

// stixUUID is a UUIDv5 over the parts with their lengths, so that no two lists of parts are the
// same bytes. STIX 2.1 section 2.9 wants a namespace of the producer's own: the UUIDv5 of the
// product's name in the DNS namespace of RFC 9562.
func stixUUID(parts ...string) string {
	var b []byte
	for _, p := range append([]string{"stix"}, parts...) {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return uuid.NewSHA1(uuid.NewSHA1(uuid.NameSpaceDNS, []byte("stillwatch.org")), b).String()
}

func stixID(kind string, parts ...string) string {
	return kind + "--" + stixUUID(append([]string{kind}, parts...)...)
}

func extensionID() string { return stixID("extension-definition", "campaign fingerprint") }

func stixTime(ms int64) string {
	return time.UnixMilli(clampTime(ms)).UTC().Format("2006-01-02T15:04:05.000Z")
}

// tlpMarking is one of the marking definitions that STIX 2.1 fixes (section 7.2.1.4); TLP 2.0's
// clear is its white.
func tlpMarking(level string) (stixObject, error) {
	if level == "" {
		level = "amber"
	}
	ids := map[string][2]string{
		"clear": {"white", "613f2e26-407d-48c7-9eca-b8e91df99dc9"},
		"green": {"green", "34098fce-860f-48ae-8e50-ebd3cc5e41da"},
		"amber": {"amber", "f88d31f6-486f-44da-b317-01333bde0b82"},
		"red":   {"red", "5e57c739-391a-4eb3-b6be-7d15ca92d5ed"},
	}
	m, ok := ids[level]
	if !ok {
		return stixObject{}, fmt.Errorf(
			"alert: unknown TLP marking %q; it is clear, green, amber or red", level,
		)
	}
	return stixObject{
		Type: "marking-definition", SpecVersion: "2.1", ID: "marking-definition--" + m[1],
		Created: "2017-01-20T00:00:00.000Z", DefinitionType: "tlp",
		Name: "TLP:" + strings.ToUpper(m[0]), Definition: map[string]string{"tlp": m[0]},
	}, nil
}
