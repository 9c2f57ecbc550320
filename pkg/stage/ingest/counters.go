package ingest

import (
	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/event"
	"github.com/stillwatch/stillwatch/pkg/stage"
)

// reasons are why a record or a part of it becomes a dead letter.
var reasons = append(
	event.Reasons(), reasonUnreadable, reasonBadSketch, reasonOtherKey, reasonBadObservation,
	reasonFuture,
)

// What the stage counts besides what every stage does.
var (
	deadLettered = stage.DeadLettered(reasons...)
	// skipped is counted in replays by the reasons of gateway.SkipError, which a deployment's own
	// mappings may name, and by those of dead letters, the latter for calls whose parts came in
	// records before.
	skipped = &stage.Counter{
		Kind: stage.Processed, Name: "skipped",
		Help:   "Records and objects left out on purpose, by reason.",
		Labels: []stage.Label{{Name: "reason"}},
	}
	lettersByTenant = &stage.Counter{
		Kind: stage.Own, Name: "dead_letters_by_tenant_total",
		Help: "What could not be read and still named its account, by reason; each item of a " +
			"record counts. Tenants beyond the first hundred are \"other\".",
		Labels: []stage.Label{{Name: stage.LabelTenant}, {Name: "reason", Values: reasons}},
	}
	fieldsKnown = &stage.Counter{
		Kind: stage.Own, Name: "event_fields_total",
		Help:   "Events in which a field is known that some detector needs.",
		Labels: []stage.Label{{Name: "field", Values: coveredFields()}},
	}
	fieldsFilled = &stage.Counter{
		Kind: stage.Own, Name: "enrich_filled_total",
		Help:   "Events in which a field was filled from the account facts or the network databases.",
		Labels: []stage.Label{{Name: "field", Values: enrich.FieldNames()}},
	}
	unjoined = &stage.Counter{
		Kind: stage.Upkeep, Name: "unjoined",
		Help: "Calls told in several records, of which too few came in time.",
	}
	unreadBody = &stage.Counter{
		Kind: stage.Upkeep, Name: "unread_body",
		Help: "Bodies of requests, logged as text, that could not be read.",
	}
	unreadValue = &stage.Counter{
		Kind: stage.Upkeep, Name: "unread_value",
		Help: "Values that could not be read, and count as unknown.",
	}
	fillers = &stage.Counter{
		Kind: stage.Upkeep, Name: "filler",
		Help: "Texts that a logger puts in place of a prompt, and that are none.",
	}
	unknownPurpose = &stage.Counter{
		Kind: stage.Upkeep, Name: "unknown_purpose",
		Help: "Events whose declared purpose is none of the known words, and counts as other.",
	}
	uncheckedSketch = &stage.Counter{
		Kind: stage.Upkeep, Name: "unchecked_sketch",
		Help: "Gateways' sketches that do not say with what secret they were made.",
	}
)

// Counters are the stage's counters.
func (s *ingester) Counters() []*stage.Counter {
	return []*stage.Counter{
		stage.OK, deadLettered, skipped, lettersByTenant, fieldsKnown, fieldsFilled,
		unjoined, unreadBody, unreadValue, fillers, unknownPurpose, uncheckedSketch,
	}
}

// Outputs are the observations.
func (s *ingester) Outputs() []stage.Output {
	return []stage.Output{stage.Observations, stage.DeadLetters}
}
