package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

// TopicSpec is a topic that has to exist. Partitions, Replication and Config matter when it is
// created; Replication 0 or less takes the broker's default. With Exact, an existing topic with
// another number of partitions is an error.
type TopicSpec struct {
	Name        string
	Partitions  int
	Exact       bool
	Replication int
	Config      map[string]string
}

// command is how to create the topic by hand.
func (t *TopicSpec) command(broker string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions %d",
		broker, t.Name, t.Partitions)
	if t.Replication > 0 {
		fmt.Fprintf(&b, " --replication-factor %d", t.Replication)
	}
	for _, k := range slices.Sorted(maps.Keys(t.Config)) {
		fmt.Fprintf(&b, " --config %s=%s", k, t.Config[k])
	}
	return b.String()
}

// EnsureTopics makes sure that the topics exist and that every partition has a leader, waiting for
// that as long as ctx allows. Missing topics are created if create is true; otherwise the error
// names each of them and the command that creates it. The warnings tell of existing topics whose
// configuration differs from the spec in a way that matters (cleanup.policy).
func (c *Client) EnsureTopics(
	ctx context.Context, specs []TopicSpec, create bool,
) (warnings []string, err error) {
	if len(specs) == 0 {
		return nil, nil
	}
	if err := c.Ping(ctx); err != nil {
		return nil, err
	}
	names := make([]string, len(specs))
	byName := make(map[string]*TopicSpec, len(specs))
	for i := range specs {
		names[i] = specs[i].Name
		byName[names[i]] = &specs[i]
	}
	transport := c.transport(500*time.Millisecond, names...)
	defer transport.CloseIdleConnections()
	client := &kafka.Client{
		Addr: kafka.TCP(c.opts.Brokers...), Transport: transport, Timeout: c.opts.RequestTimeout,
	}

	missing, _, err := c.lookTopics(ctx, client, byName)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		if !create {
			return nil, c.missingError(missing, byName, "")
		}
		if err := c.createTopics(ctx, client, missing, byName); err != nil {
			return nil, err
		}
	}
	waits := remote.Waits(leastWriteWait, mostWriteWait)
	for {
		missing, leaderless, err := c.lookTopics(ctx, client, byName)
		if err == nil && len(missing)+len(leaderless) == 0 {
			break
		}
		if IsFatal(err) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			if err != nil {
				return nil, err
			}
			return nil, fmt.Errorf(
				"topics without a leader: %s; check that the kafka brokers are up",
				strings.Join(append(missing, leaderless...), ", "),
			)
		case <-time.After(waits.NextBackOff()):
		}
	}
	return c.compareConfigs(ctx, client, byName), nil
}

// lookTopics returns which of the topics do not exist, and which have a partition without a leader.
func (c *Client) lookTopics(
	ctx context.Context, client *kafka.Client, specs map[string]*TopicSpec,
) (missing, leaderless []string, err error) {
	meta, err := client.Metadata(
		ctx, &kafka.MetadataRequest{Topics: slices.Sorted(maps.Keys(specs))},
	)
	if err != nil {
		return nil, nil, explain(err, c.opts.Brokers)
	}
	for i := range meta.Topics {
		t := &meta.Topics[i]
		switch {
		case errors.Is(t.Error, kafka.UnknownTopicOrPartition):
			missing = append(missing, t.Name)
		case errors.Is(t.Error, kafka.LeaderNotAvailable):
			leaderless = append(leaderless, t.Name)
		case t.Error != nil:
			return nil, nil, fmt.Errorf("topic %s: %w", t.Name, explain(t.Error, c.opts.Brokers))
		case specs[t.Name].Exact && len(t.Partitions) != specs[t.Name].Partitions:
			err := fmt.Errorf(
				"topic %s has %d partitions and must have %d; make it anew, or configure another name",
				t.Name, len(t.Partitions), specs[t.Name].Partitions,
			)
			return nil, nil, &remote.Error{Message: err.Error(), Cause: err, Fatal: true}
		default:
			for _, p := range t.Partitions {
				if p.Error != nil || p.Leader.Host == "" {
					leaderless = append(leaderless, t.Name)
					break
				}
			}
		}
	}
	return missing, leaderless, nil
}

func (c *Client) createTopics(
	ctx context.Context, client *kafka.Client, missing []string, specs map[string]*TopicSpec,
) error {
	req := &kafka.CreateTopicsRequest{}
	for _, name := range missing {
		spec := specs[name]
		tc := kafka.TopicConfig{
			Topic: name, NumPartitions: spec.Partitions, ReplicationFactor: spec.Replication,
		}
		if spec.Replication <= 0 {
			tc.ReplicationFactor = -1
		}
		for _, k := range slices.Sorted(maps.Keys(spec.Config)) {
			tc.ConfigEntries = append(
				tc.ConfigEntries, kafka.ConfigEntry{ConfigName: k, ConfigValue: spec.Config[k]},
			)
		}
		req.Topics = append(req.Topics, tc)
	}
	res, err := client.CreateTopics(ctx, req)
	if err != nil {
		return fmt.Errorf("creating topics %s: %w",
			strings.Join(missing, ", "), explain(err, c.opts.Brokers))
	}
	var failed []string
	var cause error
	for _, name := range missing {
		if err := res.Errors[name]; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			failed = append(failed, name)
			if cause == nil {
				cause = err
			}
		}
	}
	if len(failed) > 0 {
		return c.missingError(failed, specs, explain(cause, c.opts.Brokers).Error())
	}
	return nil
}

// missingError names each missing topic and how to create it. why is empty when creation was not
// tried.
func (c *Client) missingError(missing []string, specs map[string]*TopicSpec, why string) error {
	parts := make([]string, len(missing))
	for i, name := range missing {
		parts[i] = name + " (`" + specs[name].command(c.opts.Brokers[0]) + "`)"
	}
	if why != "" {
		return fmt.Errorf("topics could not be created: %s: %s", why, strings.Join(parts, ", "))
	}
	return fmt.Errorf(
		"topics do not exist: %s; create them, or let stillwatch do it (topics.create: true)",
		strings.Join(parts, ", "),
	)
}

// compareConfigs warns of a cleanup policy other than the one asked for: state that is rebuilt from
// a topic would be lost with it. A user without the right to describe configurations gets no
// warnings.
func (c *Client) compareConfigs(
	ctx context.Context, client *kafka.Client, specs map[string]*TopicSpec,
) []string {
	const policy = "cleanup.policy"
	req := &kafka.DescribeConfigsRequest{}
	for name, spec := range specs {
		if spec.Config[policy] != "" {
			req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{
				ResourceType: kafka.ResourceTypeTopic, ResourceName: name,
				ConfigNames: []string{policy},
			})
		}
	}
	if len(req.Resources) == 0 {
		return nil
	}
	res, err := client.DescribeConfigs(ctx, req)
	if err != nil {
		c.log.Debug("topic configurations can't be read", zapError(err))
		return nil
	}
	var warnings []string
	for _, r := range res.Resources {
		for _, e := range r.ConfigEntries {
			spec := specs[r.ResourceName]
			if spec != nil && e.ConfigName == policy && e.ConfigValue != "" &&
				!strings.Contains(e.ConfigValue, spec.Config[policy]) {
				warnings = append(warnings, fmt.Sprintf(
					"topic %s has %s=%s and should have %s; set it with kafka-configs.sh --alter",
					r.ResourceName, policy, e.ConfigValue, spec.Config[policy],
				))
			}
		}
	}
	sort.Strings(warnings)
	return warnings
}
