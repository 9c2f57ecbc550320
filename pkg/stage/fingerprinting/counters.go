package fingerprinting

import "github.com/stillwatch/stillwatch/pkg/stage"

// How it is known that an event came before: by its source position, or by its id.
const (
	byReplay = "replay"
	byID     = "id"
)

// What the stage counts besides what every stage does.
var (
	deadLettered = stage.DeadLettered(reasonUnreadable, reasonWrongKey, reasonAhead)
	unreadable   = &stage.Counter{
		Kind: stage.Processed, Name: "unreadable",
		Help: "Dead letters of ingest, counted for the accounts that they name.",
	}
	duplicate = &stage.Counter{
		Kind: stage.Dropped, Name: "duplicate",
		Help:   "Events that came again, by how it is known.",
		Labels: []stage.Label{{Name: "by", Values: []string{byReplay, byID}}},
	}
	late = &stage.Counter{
		Kind: stage.Dropped, Name: "late",
		Help: "Events older than the allowed lateness.",
	}
	published = &stage.Counter{
		Kind: stage.Upkeep, Name: "published",
		Help: "Profiles published.",
	}
	publishedEarly = &stage.Counter{
		Kind: stage.Upkeep, Name: "published_early",
		Help: "Profiles published early, for too many waited.",
	}
	quarantined = &stage.Counter{
		Kind: stage.Upkeep, Name: "quarantined",
		Help: "Events that wait for others to agree with their time.",
	}
	reset = &stage.Counter{
		Kind: stage.Upkeep, Name: "reset",
		Help: "Accounts begun anew, for a time that was disowned since had carried them off.",
	}
	expired = &stage.Counter{
		Kind: stage.Upkeep, Name: "expired",
		Help: "Accounts forgotten after a silence of the whole horizon.",
	}
	evicted = &stage.Counter{
		Kind: stage.Upkeep, Name: "evicted",
		Help: "Accounts that were put out of memory; the store has them.",
	}
	sourceForgotten = &stage.Counter{
		Kind: stage.Upkeep, Name: "source_forgotten",
		Help: "Source partitions forgotten, for there are too many.",
	}
)

// Counters are the stage's counters.
func (s *fingerprinter) Counters() []*stage.Counter {
	return []*stage.Counter{
		stage.OK, deadLettered, unreadable, duplicate, late,
		published, publishedEarly, quarantined, reset, expired, evicted, sourceForgotten,
	}
}

// Outputs are the profiles.
func (s *fingerprinter) Outputs() []stage.Output {
	return []stage.Output{stage.Profiles, stage.DeadLetters}
}
