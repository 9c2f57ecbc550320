// Package simulate makes traffic of an LLM gateway for developing, calibrating and demonstrating
// detection: benign groups and distillation campaigns side by side, from a scenario in YAML, with
// the truth about who was who.
//
// It imitates the public facts about campaigns and honest clients, never the detector: nothing here
// knows how accounts are judged. A world is a deterministic function of its scenario and texts. It
// streams its events in time order, so that its memory grows with the accounts and open
// conversations and not with the events.
//
// How attackers split accounts and time their requests is in no public set; that part is simulated,
// and reports should say so.
package simulate
