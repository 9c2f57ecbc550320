package fingerprint

import (
	"cmp"
	"encoding/binary"

	"github.com/stillwatch/stillwatch/pkg/attribute"
)

// NumNetworks is how many groups the networks are in, by their hash: an account has few networks,
// and two networks are in one group for one pair in NumNetworks.
const NumNetworks = 16

// Networks are weights of requests by group of networks.
type Networks [NumNetworks]float64

// Add adds the requests of other.
func (n *Networks) Add(other *Networks) {
	for i, x := range other {
		n[i] += x
	}
}

// Count is the weight of all of them.
func (n *Networks) Count() (sum float64) {
	for _, x := range n {
		sum += x
	}
	return sum
}

// MaxNetworkDays is of how many UTC days the networks are known: a week, with its weekend, and the
// day on which something began.
const MaxNetworkDays = 8

// NetworkDays are the groups of networks that an account was used from, a bit for each, by UTC day.
// The first is the day of the account's newest request, the second the day before.
type NetworkDays [MaxNetworkDays]uint16

// Before are the networks of the days before the one of an hour since 1970, where last is the time
// of the account's newest request in Unix milliseconds.
func (n *NetworkDays) Before(hour uint32, last int64) (all uint16) {
	first := last/Day - int64(hour)/24 + 1
	for i := max(first, 0); i < MaxNetworkDays; i++ {
		all |= n[i]
	}
	return all
}

// network is the hash of the network that the request came from: of its autonomous system, since
// addresses change within it, else of the range of addresses; 0 when unknown.
func (o *Observation) network() uint64 {
	return cmp.Or(o.Values[attribute.ASN], o.Values[attribute.Network])
}

// mark notes a network, 0 for none, on a day when last is the newest one until now.
func (n *NetworkDays) mark(network uint64, day, last int64) {
	n.turn(day - last)
	if i := max(last-day, 0); network != 0 && i < MaxNetworkDays {
		n[i] |= 1 << (network % NumNetworks)
	}
}

// turn makes the newest day so many days later.
func (n *NetworkDays) turn(days int64) {
	if days <= 0 {
		return
	}
	var later NetworkDays
	if days < MaxNetworkDays {
		copy(later[days:], n[:])
	}
	*n = later
}

// merge adds other, whose newest day is another one.
func (n *NetworkDays) merge(other *NetworkDays, last, otherLast int64) {
	o := *other
	n.turn(otherLast - last)
	o.turn(last - otherLast)
	for i, x := range o {
		n[i] |= x
	}
}

// appendBinary appends how many days there are, without the empty ones at the end, and these.
func (n *NetworkDays) appendBinary(b []byte) []byte {
	days := MaxNetworkDays
	for days > 0 && n[days-1] == 0 {
		days--
	}
	b = append(b, byte(days))
	for _, x := range n[:days] {
		b = binary.AppendUvarint(b, uint64(x))
	}
	return b
}

func (r *reader) networkDays() (n NetworkDays) {
	days := int(r.Byte())
	if !r.Check(days <= MaxNetworkDays, "too many days of networks") {
		return n
	}
	for i := range n[:days] {
		x := r.Uvarint()
		r.Check(x < 1<<NumNetworks, "unknown network")
		n[i] = uint16(x)
	}
	return n
}
