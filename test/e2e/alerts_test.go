package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// pool is a coordinated pool that harvests with one template, among ordinary chatters and
// applications.
func pool() simulate.Scenario {
	return simulate.Scenario{
		Name: "e2e", Seed: 11, Start: trafficStart, Duration: 20 * time.Hour,
		Crowds: []simulate.Crowd{
			{Kind: "chat", Accounts: 220, Rate: 25},
			{Kind: "apps", Accounts: 60, Rate: 40},
			{Kind: "library", Accounts: 60, Rate: 30},
		},
		Campaigns: []simulate.Campaign{{
			ID: "pool", Kind: "template", Accounts: 60, Rate: 80,
			Prompt: simulate.Prompt{Style: simulate.StyleTemplate, Items: "math"},
			Pool:   simulate.Pool{Payments: 4, Issuers: 1},
		}},
	}
}

func TestEventsOnARealKafkaComeOutAsValidatedAlerts(t *testing.T) {
	world, err := simulate.New(pool(), simulate.Texts{})
	require.NoError(t, err)
	var messages []kafka.Message
	for {
		record, ok := world.Next()
		if !ok {
			break
		}
		messages = append(messages, kafka.Message{
			Key: []byte(record.Account), Value: bytes.Clone(record.JSON),
		})
	}
	members := world.Truth().Campaigns[0].Accounts

	for _, c := range []struct {
		name       string
		partitions int
		// members are the fewest of the pool that must be named, bystanders the most of the others
		// that may be.
		members, bystanders int
	}{
		{"in one order", 1, len(members), 0},
		// Precision is measured where events come in one order; here the partitions race each
		// other.
		{"of partitions that race each other", partitions, len(members) * 8 / 10, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDeployment(t).set(section{"topics": section{"partitions": c.partitions}})
			d.createTopic(d.topic("gateway"), c.partitions)
			s := d.start().waitReady()
			began := time.Now()
			d.produce(d.topic("gateway"), messages)
			d.waitDone(int64(len(messages)))
			t.Logf("%d events in %v", len(messages), time.Since(began).Round(time.Millisecond))
			require.Zero(t, s.stop(), s.log)
			require.Empty(t, d.read(d.topic("dead_letters")))

			requireHighFindings(t, d.read(d.topic("alerts")))
			found, bystanders := 0, 0
			for _, account := range d.implicated() {
				if slices.Contains(members, account) {
					found++
				} else {
					bystanders++
				}
			}
			t.Logf("%d of %d members and %d others implicated", found, len(members), bystanders)
			require.GreaterOrEqual(t, found, c.members)
			require.LessOrEqual(t, bystanders, c.bystanders)
		})
	}
}

// requireHighFindings requires alerts to be valid and well-addressed, and one of them to be of at
// least high severity.
func requireHighFindings(t *testing.T, alerts []kafka.Message) {
	t.Helper()
	require.NotEmpty(t, alerts)
	schema := findingSchema(t)
	severities := make(map[string]int)
	for _, alert := range alerts {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(alert.Value))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(document), string(alert.Value))
		var finding struct {
			ClassUID    int    `json:"class_uid"`
			SeverityID  int    `json:"severity_id"`
			Message     string `json:"message"`
			FindingInfo struct {
				UID string `json:"uid"`
			} `json:"finding_info"`
		}
		require.NoError(t, json.Unmarshal(alert.Value, &finding))
		require.Equal(t, 2004, finding.ClassUID)
		require.Equal(t, finding.FindingInfo.UID, string(alert.Key))
		require.Equal(t, "1.0", header(alert, "ce_specversion"))
		require.Equal(t, string(alert.Key), header(alert, "ce_subject"))
		require.NotEmpty(t, finding.Message)
		severities[string(alert.Key)] = max(severities[string(alert.Key)], finding.SeverityID)
		t.Logf("%s %s", header(alert, "ce_type"), finding.Message)
	}
	require.GreaterOrEqual(t, slices.Max(slices.Collect(maps.Values(severities))), 4,
		"a pool with both axes is High")
}

// implicated returns the accounts whose last verdict implicates them.
func (d *deployment) implicated() []string { return d.accounts("implicated") }

// accounts returns the accounts whose last verdict says so.
func (d *deployment) accounts(status string) []string {
	d.t.Helper()
	last := make(map[string]string)
	for _, verdict := range d.read(d.topic("accounts")) {
		var account struct{ Account, Status string }
		require.NoError(d.t, json.Unmarshal(verdict.Value, &account))
		last[account.Account] = account.Status
	}
	maps.DeleteFunc(last, func(_, named string) bool { return named != status })
	return slices.Collect(maps.Keys(last))
}

func findingSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const path = "../../configs/schema/ocsf_detection_finding_1.8.0.schema.json"
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(path, document))
	schema, err := compiler.Compile(path)
	require.NoError(t, err)
	return schema
}
