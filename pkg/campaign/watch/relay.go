package watch

// signRequests is how many requests with a sign make an account one that shows it: one request
// could be a quotation, a network is left again, a client is tried once.
const signRequests = 3

// relays watches for accounts whose requests carry constants of relay software.
type relays struct{}

// Watch tells of them when there are enough for a group.
func (relays) Watch(v *View, r *Result) {
	s := v.Search
	var members []int32
	for n, a := range s.Population.Slots {
		if a != nil && !s.Claims.Has(int32(n)) && a.Profile.RelayRequests >= signRequests {
			members = append(members, int32(n))
		}
	}
	if s.Population.CountEntities(members) < s.Options.MinGroup {
		return
	}
	s.Population.Sort(members)
	r.Proposals = append(r.Proposals, Proposal{
		ID: v.tripwireID(string(Relay)), Tripwire: Relay, Group: v.measure(members),
	})
}
