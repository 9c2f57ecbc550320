package stream

import (
	"sort"

	"github.com/segmentio/kafka-go"
)

// balancer deals the partitions of all topics round to the members like cards. The library's own
// start anew at the first member for every topic, so with many topics of few partitions one member
// would get all of them.
type balancer struct{}

// ProtocolName implements kafka.GroupBalancer. The name is not the library's "roundrobin": members
// of one group must deal alike.
func (balancer) ProtocolName() string { return "stillwatch-deal" }

// UserData implements kafka.GroupBalancer.
func (balancer) UserData() ([]byte, error) { return nil, nil }

// AssignGroups implements kafka.GroupBalancer.
func (balancer) AssignGroups(
	members []kafka.GroupMember, partitions []kafka.Partition,
) kafka.GroupMemberAssignments {
	out := kafka.GroupMemberAssignments{}
	wants := map[string][]string{}
	sort.Slice(members, func(i, j int) bool { return members[i].ID < members[j].ID })
	for _, m := range members {
		out[m.ID] = map[string][]int{}
		for _, t := range m.Topics {
			wants[t] = append(wants[t], m.ID)
		}
	}
	sort.Slice(partitions, func(i, j int) bool {
		if partitions[i].Topic != partitions[j].Topic {
			return partitions[i].Topic < partitions[j].Topic
		}
		return partitions[i].ID < partitions[j].ID
	})
	for i, p := range partitions {
		if takers := wants[p.Topic]; len(takers) > 0 {
			m := takers[i%len(takers)]
			out[m][p.Topic] = append(out[m][p.Topic], p.ID)
		}
	}
	return out
}
