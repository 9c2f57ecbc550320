package e2e

import (
	"bytes"
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/simulate"
)

// pools are three campaigns that are open side by side, among honest accounts. Each has a prompt,
// cards and a week of sign-up of its own, so that they are told apart.
func pools() simulate.Scenario {
	pool := func(id, style string, signUpBefore time.Duration) simulate.Campaign {
		return simulate.Campaign{
			ID: id, Kind: "pool", Accounts: 48, Rate: 40, Prompt: simulate.Prompt{Style: style},
			Pool: simulate.Pool{
				Payments: 3, Issuers: 1, SignUp: "tight", SignUpBefore: signUpBefore,
			},
			Schedule: simulate.Schedule{CV: 1, Balance: "random"},
		}
	}
	return simulate.Scenario{
		Name: "pools", Seed: 7, Start: trafficStart, Duration: 36 * time.Hour,
		Crowds: []simulate.Crowd{
			{Kind: "chat", Accounts: 200, Rate: 12},
			{Kind: "apps", Accounts: 60, Rate: 20},
			{Kind: "library", Accounts: 40, Rate: 15},
		},
		Campaigns: []simulate.Campaign{
			pool("a", simulate.StyleTemplate, 48*time.Hour),
			pool("b", simulate.StyleGrade, 300*time.Hour),
			pool("c", simulate.StyleGenerate, 900*time.Hour),
		},
	}
}

// growing cuts the traffic of pools into a first part, in which a third of each pool takes part,
// and as many more as stages, in each of which more of its accounts do: there is something to tell
// in each.
func growing(t *testing.T, stages int) (parts [][]kafka.Message) {
	t.Helper()
	world, err := simulate.New(pools(), simulate.Texts{})
	require.NoError(t, err)
	var lines [][]byte
	for record, ok := world.Next(); ok; record, ok = world.Next() {
		lines = append(lines, bytes.Clone(record.JSON))
	}
	joins := map[string]int{}
	for _, c := range world.Truth().Campaigns {
		for i, account := range c.Accounts[len(c.Accounts)/3:] {
			joins[account] = 1 + i%stages
		}
	}
	messages := records(lines)
	parts = make([][]kafka.Message, stages+1)
	for i := range messages {
		part := i * len(parts) / len(messages)
		if part >= joins[string(messages[i].Key)] {
			parts[part] = append(parts[part], messages[i])
		}
	}
	return parts
}

// TestCorrelateIsHandedOverFiveTimesWithoutContradictions plays the ways in which an instance loses
// correlate to the other one, in the middle of its work on three open campaigns, while a consumer
// checks what comes out.
func TestCorrelateIsHandedOverFiveTimesWithoutContradictions(t *testing.T) {
	t.Parallel()
	parts := growing(t, 5)
	// One partition a topic, so that the events come in one order and the same is found in every
	// run.
	d := newDeployment(t).set(section{
		"pipeline": section{"batch_records": 50}, "topics": section{"partitions": 1},
	})
	pair := instances{d: d, both: [2]*service{d.start().waitReady(), d.start().waitReady()}}
	consumer := d.startConsumer()

	events := len(parts[0])
	d.produce(d.topic("gateway"), parts[0])
	d.waitDone(int64(events))
	require.Len(t, d.findings(), 3, "campaigns that are open before the first hand-over")
	for i, handOver := range []func(){
		pair.terminate, pair.pause, pair.kill, pair.terminate, pair.pause,
	} {
		before, _, err := d.progress("correlate", d.topic("profiles"))
		require.NoError(t, err)
		events += len(parts[i+1])
		d.produce(d.topic("gateway"), parts[i+1])
		d.waitCorrelated(func(done, _ int64) bool { return done > before })
		handOver()
		d.waitDone(int64(events))
	}
	require.Len(t, d.findings(), 3, "the campaigns are the same to the end")
	for _, s := range pair.both {
		require.Zero(t, s.stop(), s.log)
	}
	require.Contains(t, consumer.finish(), "; faults: 0")
	said := string(command(t, "findings", "verify", "--config", d.file()))
	require.Regexp(t, `^\d{2} records of 3 findings: created 3, updated ([5-9]|\d{2}), closed 0, repeated \d+; faults: 0\n$`, said)
}

// instances are two services that share the work.
type instances struct {
	d    *deployment
	both [2]*service
}

// owner waits until one of the instances has correlate's partition, and returns its number.
func (p *instances) owner() (owner int) {
	p.d.t.Helper()
	eventually(p.d.t, func() error {
		for i, s := range p.both {
			owned, err := s.owned("correlate")
			if err != nil {
				return err
			}
			if owned == 1 {
				owner = i
				return nil
			}
		}
		return errors.New("nobody has correlate's partition")
	})
	return owner
}

// terminate stops the owner in good order, and starts another instance in its place.
func (p *instances) terminate() {
	p.d.t.Helper()
	owner := p.owner()
	require.Zero(p.d.t, p.both[owner].stop(), p.both[owner].log)
	p.both[owner] = p.d.start().waitReady()
}

// kill ends the owner, and starts another instance in its place.
func (p *instances) kill() {
	p.d.t.Helper()
	owner := p.owner()
	p.both[owner].kill()
	p.both[owner] = p.d.start().waitReady()
}

// pause stops the owner for longer than the session, so that it wakes up when the other one has
// taken over its work.
func (p *instances) pause() {
	p.d.t.Helper()
	owner := p.owner()
	process := p.both[owner].cmd.Process
	require.NoError(p.d.t, process.Signal(syscall.SIGSTOP))
	other := p.both[1-owner]
	eventually(p.d.t, func() error {
		if owned, err := other.owned("correlate"); err != nil || owned == 1 {
			return err
		}
		return errors.New("the other instance has not taken over correlate")
	})
	require.NoError(p.d.t, process.Signal(syscall.SIGCONT))
	p.both[owner].waitReady()
}

// consumer is a running `stillwatch findings verify --follow`.
type consumer struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  lockedBuffer
	done chan error
}

func (d *deployment) startConsumer() *consumer {
	d.t.Helper()
	c := &consumer{
		t: d.t, done: make(chan error, 1),
		cmd: exec.Command(binary(d.t), "findings", "verify", "--follow", "--config", d.file()),
	}
	c.cmd.Stdout, c.cmd.Stderr, c.cmd.Env = &c.out, &c.out, withoutOverrides(c.cmd.Environ())
	require.NoError(d.t, c.cmd.Start())
	d.t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	go func() { c.done <- c.cmd.Wait() }()
	return c
}

// finish interrupts the consumer and returns what it said.
func (c *consumer) finish() string {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-c.done:
		require.NoError(c.t, err, c.out.String())
	case <-time.After(patience):
		c.t.Fatal("findings verify does not end")
	}
	return c.out.String()
}
