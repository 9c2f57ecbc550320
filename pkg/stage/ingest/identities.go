package ingest

import "github.com/stillwatch/stillwatch/pkg/attribute"

// Identities makes the hashes that ingest makes of values with one secret, for those who look for a
// value among them. It is not safe for concurrent use.
type Identities struct{ hasher *hasher }

// NewIdentities returns the hashes of a deployment's secret.
func NewIdentities(secret []byte) Identities { return Identities{newHasher(secret)} }

// Hash is what ingest makes of a tenant's value of an attribute.
func (i Identities) Hash(tenant string, a attribute.Attribute, value string) uint64 {
	return i.hasher.of(tenant).identity(domain(a), value)
}
