package pipeline

import (
	"strings"
	"sync"
)

const (
	// maxTenantLabels bounds the tenants that metrics name, per process: with a dozen reasons each
	// they make a few thousand series at most. Tenants come from gateways, and some have many.
	maxTenantLabels = 100
	// otherTenants stands for the tenants beyond that bound. A tenant of that name is among them.
	otherTenants = "other"
)

// tenantLabels gives tenants their label, the first ones their name.
type tenantLabels struct {
	mu    sync.Mutex
	named map[string]struct{}
}

func (t *tenantLabels) of(tenant string) string {
	// A label must be UTF-8, which an identity need not be.
	tenant = strings.ToValidUTF8(tenant, "\ufffd")
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.named[tenant]; ok {
		return tenant
	}
	if len(t.named) >= maxTenantLabels {
		return otherTenants
	}
	if t.named == nil {
		t.named = map[string]struct{}{}
	}
	t.named[tenant] = struct{}{}
	return tenant
}
