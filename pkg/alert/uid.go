package alert

import (
	"encoding/binary"
	"strconv"

	"github.com/google/uuid"

	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// CampaignUID is the identity of a campaign, kept when its pool of accounts is replaced: a UUIDv5 of the tenant and of the key under which
// the campaign was first opened.
func CampaignUID(tenant, key string) string {
	return derive("campaign", tenantOf(tenant), key)
}

// FindingUID is the stable identity of a finding: a UUIDv5 of tenant, kind, campaign (or account) key and episode, never of the members, which
// change. An episode ends when the finding is closed; the next one of the same campaign gets another number (or its opening time) and so
// another UID.
func FindingUID(tenant string, kind campaign.Kind, key string, episode int64) string {
	return derive("finding", tenantOf(tenant), string(kind), key, strconv.FormatInt(episode, 10))
}

// derive hashes the parts with their lengths, so that no two lists of parts are the same bytes.
func derive(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return uuid.NewSHA1(namespace(), b).String()
}

// namespace is the UUIDv5 of the product's name in the DNS namespace of RFC 9562.
func namespace() uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceDNS, []byte("stillwatch.org")) }
