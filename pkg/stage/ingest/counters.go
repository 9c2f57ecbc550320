package ingest

import "github.com/stillwatch/stillwatch/pkg/stage"

// What the stage counts besides what every stage does.
var (
	// skipped is counted in replays by the reasons of gateway.SkipError and by those of dead
	// letters, the latter for calls whose parts came in records before.
	skipped = &stage.Counter{
		Kind: stage.Processed, Name: "skipped",
		Help:   "Records and objects left out on purpose, by reason.",
		Labels: []string{"reason"},
	}
	lettersByTenant = &stage.Counter{
		Kind: stage.Own, Name: "dead_letters_by_tenant_total",
		Help: "What could not be read and still named its account, by reason; each item of a " +
			"record counts. Tenants beyond the first hundred are \"other\".",
		Labels: []string{stage.LabelTenant, "reason"},
	}
	fieldsKnown = &stage.Counter{
		Kind: stage.Own, Name: "event_fields_total",
		Help:   "Events in which a field is known that some detector needs.",
		Labels: []string{"field"},
	}
	fieldsFilled = &stage.Counter{
		Kind: stage.Own, Name: "enrich_filled_total",
		Help:   "Events in which a field was filled from the account facts or the network databases.",
		Labels: []string{"field"},
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
		stage.OK, stage.DeadLettered, skipped, lettersByTenant, fieldsKnown, fieldsFilled,
		unjoined, unreadBody, unreadValue, fillers, unknownPurpose, uncheckedSketch,
	}
}
