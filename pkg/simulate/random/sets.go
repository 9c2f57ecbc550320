package random

import (
	"fmt"
	"slices"
)

// Set is one of the three sets of mechanisms and tactics.
type Set string

// The sets.
const (
	// Develop is for developing detection.
	Develop Set = "develop"
	// Choose is for choosing between variants and thresholds.
	Choose Set = "choose"
	// Final is looked at once, for the document; who looks earlier has to make a new one. This is
	// the sixth, which nobody has opened: the document counts its members and does not list them.
	// The first five were opened on 29 and 30 November 2026 and joined Choose.
	Final Set = "final"
)

// Sets lists the sets.
func Sets() []Set { return []Set{Develop, Choose, Final} }

// members assigns every mechanism and tactic to one set. The table is fixed: moving a name makes
// all earlier figures those of other sets. Kinds that are alike (one program, one event, one place)
// were spread over the first three sets, so that each had something of everything that people
// share. What was added later (mechanisms from router-service on, the pivots and the paces below 8)
// went to the sets in turn: develop, choose, final, in the order in which it was asked for.
//
// The first five sets final were opened and are spent: their members are in choose, and figures of
// choose from before are those of the smaller set. The second to the sixth were written from the
// public record by somebody who had not read the code of the detection. Creative-brief was added
// to choose with the second, because nothing there made people share a layout.
var members = map[Set][]string{
	Develop: {
		// Mechanisms.
		"course-assignment", "thesis-season", "starter-kit", "sdk-defaults", "browser-extension",
		"question-bot", "viral-prompt", "migration",
		"prompting-guide", "prompt-library", "prepaid-card", "family-plan", "vpn-exit",
		"conference-hall", "batch-template", "localisation-vendor",
		"grading-rubric", "benchmark-set", "meeting-minutes", "weekly-review",
		"router-service", "small-company", "course-evaluation", "annotation-study",
		"home-automation", "model-trial", "sheet-function",
		// Tactics.
		"fixed-template", "injected-paragraph", "paraphrased-sections", "several-templates",
		"system-position", "split-position", "chat-cover",
		"personas", "tight-sign-up", "few-issuers", "leased-accounts", "few-clients",
		"native-clients", "data-centre", "proxy-per-account",
		"around-the-clock", "waves", "steady-pace", "slow-pace", "least-recently-used",
		"skewed-balance", "replacement", "every-item-once", "model-pivot", "drip-pace",
	},
	Choose: {
		"exam-season", "notebook-course", "popular-app", "agent-framework", "character-cards",
		"prompt-newsletter", "product-launch", "news-event",
		"fiction-circle", "student-discount", "company-sso", "office-nat", "carrier-nat",
		"nightly-cron", "translation-memory", "report-season",
		"seo-content", "eval-harness", "demo-documents", "query-helper", "weekly-numbers",
		"coding-agent", "custom-instructions", "launch-program", "flashcard-plugin",
		"job-applications", "open-agent", "subtitle-group",
		// Of the first set final, which is spent.
		"coding-tutorial", "homework-app", "language-class", "automation-flow", "honest-reseller",
		"game-mod", "commit-hook", "reasoning-trick",
		"daily-puzzle", "only-cards-accepted", "agency", "voucher", "campus-network",
		"hosted-notebooks", "support-macro", "tax-season",
		"competition", "regression-replay", "arena-questions", "weekly-plan",
		"app-builder", "data-hobby", "translation-agency", "hackathon-credits", "leaked-prompt",
		"partner-bundle", "systematic-review",
		"creative-brief",
		// Of the second set final, which is spent.
		"alt-text-plugin", "review-action", "cluster-doctor", "paper-polisher", "mail-sorter",
		"terminal-helper", "dictation-app", "recipe-keeper", "keyboard-app", "side-by-side",
		"document-archive", "feed-digest", "thinking-tool", "schema-library", "answer-metrics",
		"graph-index", "spec-kit", "cloud-desktop", "rival-outage", "security-questionnaire",
		"clinical-note", "sunday-sermon", "show-notes", "news-desk", "call-floor",
		"patent-drafting", "synthetic-panel", "moderation-queue", "lesson-plans", "storm-claims",
		"objection-letters", "long-weekend", "citizenship-test", "olympiad-problems",
		"office-challenge", "school-rollout", "game-master", "deck-doctor", "old-registers",
		"thought-record", "benefit-card", "satellite-link", "price-ends",

		"graded-answers", "cleaned-traces", "relayed-users", "plain-wording", "many-templates",
		"end-position", "api-cover", "language-personas",
		"one-card", "wide-sign-up", "burners", "one-client", "rotating-clients", "vpn-network",
		"mixed-networks", "office-hours", "idle-days",
		"fast-pace", "low-pace", "even-balance", "batches-of-items", "hand-over",
		"overlapping-items", "probing-first", "early-pivot", "seldom-pace",
		// Of the first set final, which is spent.
		"bare-items", "generated-pairs", "agentic-trajectories", "stored-conversations",
		"several-languages", "any-position", "light-cover",
		"complete-personas", "prepaid-cards", "bought-accounts", "same-client", "own-clients",
		"home-networks", "moving-addresses", "human-hours",
		"shifts", "sprint-pace", "trickle-pace", "random-balance", "skewed-batches", "slow-start",
		"repeated-items", "partial-pivot", "rare-pace",
		// Of the second set final, which is spent.
		"hindsight-reasons", "thinking-language", "packed-items", "answer-pairs",
		"harmless-versions", "criticised-answers", "several-purposes", "harness-relay",
		"field-questions", "renewed-wording", "hundred-templates", "agreed-beforehand",
		"heavy-cover", "working-personas", "many-samples", "one-subject", "public-items",
		"free-seats", "own-domains", "stolen-keys", "two-pools", "shell-firms", "one-by-one",
		"relay-device", "one-client-own-settings", "popular-client", "rotating-devices",
		"few-exits", "two-countries", "address-a-request", "among-neighbours", "metronome",
		"one-night", "cheap-hours", "short-bursts", "sittings", "own-hours", "limit-pace",
		"engineer-pace", "reader-pace", "visitor-pace", "fill-first", "long-runs", "rounds",
		"by-subject", "workhorses", "ready-reserve", "thinned-pool", "quiet-probes",
		"one-after-the-other",
		// Of the third set final, which is spent.
		"note-vault", "inline-completion", "group-chat-bot", "browser-agent", "speaking-toy",
		"paper-translator", "memory-layer", "guardrail-check", "deep-research", "editor-update",
		"lab-reports", "patient-role-play", "band-scores", "debate-motion", "interview-list",
		"retraining-cohort", "results-day", "visa-statements", "live-session", "post-mortem",
		"tender-answers", "grant-call", "franchise-house", "legal-clinic", "shift-handover",
		"access-audit", "cv-screening", "marketplace-rule", "farm-advice", "framework-upgrade",
		"zero-day", "voting-advice", "earnings-evening", "fantasy-round", "closing-service",
		"off-peak", "carrier-billing", "security-gateway", "public-library", "kiosk-top-up",
		"nonprofit-seats",

		"hidden-thoughts", "example-tasks", "step-verdicts", "harder-tasks", "thinking-by-setting",
		"book-questions", "function-calls", "issue-patches", "described-readers", "simulated-users",
		"published-chats", "curious-asides", "environment-sessions", "two-templates",
		"template-stock", "own-template", "template-of-the-day", "said-twice", "late-in-the-talk",
		"thin-cover", "half-cover", "resale-first", "persona-devices", "trade-personas",
		"several-answers", "two-answers", "rare-repeats", "trial-farm", "card-batch",
		"student-mailboxes", "weekly-batches", "laid-down", "many-small-firms", "all-sorts",
		"three-clients-one-device", "header-shuffle", "three-clients-own-settings",
		"popular-client-one-device", "native-clients-one-setting", "popular-client-own-settings",
		"one-exit", "vpn-exits", "cloud-functions", "home-exits", "regional-mix", "sticky-homes",
		"daily-job", "until-done", "customers-rhythm", "office-clusters", "long-rests",
		"short-visits", "rotated-pace", "pooled-pace", "session-pace", "relayed-pace",
		"member-pace", "customer-pace", "guest-pace", "sticky-sessions", "main-accounts",
		"spread-quota", "near-even", "desks", "sittings-of-items", "mass-probes",
		"through-the-limits", "over-to-the-next", "slow-replacement", "stops-when-seen",
		"late-pivot",
		// Of the fourth set final, which is spent.
		"answer-engine", "app-from-words", "rules-file", "prompt-tuning", "front-end-chores",
		"red-team-scan", "test-questions", "model-retires", "formal-proofs", "bookmark-tagger",
		"camera-captions", "screen-translator", "phone-line", "bedtime-story", "birth-charts",
		"blood-values", "patient-tutor", "case-brief", "exam-afternoon", "licence-pool",
		"flag-weekend", "book-club", "shown-working", "risk-sheet", "star-answers", "peer-review",
		"denied-care", "review-replies", "tariff-codes", "incident-report", "shop-floor",
		"stand-up", "budget-day", "lay-off", "opening-bell", "corporate-card", "store-billing",
		"accelerator-batch", "free-until-finals", "hidden-address", "hospital-proxy",
		"edge-hosting",

		"analyst-preamble", "rubrics-and-scores", "written-sessions", "kernel-work",
		"broken-off-drafts", "fetched-pages", "two-at-a-board", "asked-afterwards",
		"annotated-listings", "posts-for-help", "students-tries", "trial-users-replayed",
		"harness-only", "text-of-the-week", "texts-of-teams", "thousand-texts", "own-texts-renewed",
		"in-front", "place-by-account", "staff-chats", "some-customers", "warmed-up",
		"dozen-personas", "full-lives", "best-of-many", "two-capabilities", "everyday-questions",
		"by-script", "one-big-customer", "made-by-hand", "credit-programmes", "keys-and-own",
		"as-needed", "old-firms", "two-programs", "relay-behind-three", "pinned-version",
		"dozen-programs", "many-programs-own-devices", "popular-client-own-devices", "office-line",
		"rented-block", "hopping-exits", "large-proxy-pool", "two-hubs", "home-and-telephone",
		"same-hours", "days-until-done", "product-hours", "after-work", "own-hours-days-off",
		"half-days", "graders-pace", "peak-pace", "quarter-pace", "letter-pace", "trial-pace",
		"hub-pace", "occasional-pace", "hour-long-holds", "drained-in-turn", "random-runs",
		"mild-favourites", "rare-long-sittings", "regulars", "days-of-probes", "against-the-limits",
		"half-in-a-day", "again-and-again", "lies-low", "other-words",
		// Of the fifth set final, which is spent.
		"decompiler-plugin", "coverage-loop", "locale-files", "ported-programs", "test-hackers",
		"health-checks", "throughput-test", "own-keys-now", "trading-loop", "forecast-bots",
		"morning-listing", "alert-triage", "picture-prompts", "meal-shortcut", "screen-reader",
		"cell-types", "crowd-tasks", "prompt-contributors", "negotiation-class", "case-interview",
		"set-textbook", "daily-page", "eight-disciplines", "user-stories", "support-plans",
		"report-comments", "clause-review", "second-hand", "novel-program", "notam-brief",
		"move-explainer", "easy-language", "computing-cluster", "lab-card", "local-invoice",
		"citizen-plan", "invitation-wave", "store-feature", "browser-vpn", "fasting-nights",
		"limit-resets", "orientation-week",

		"resumed-session", "three-ways", "textbook-chapters", "checked-constraints",
		"terminal-tasks", "plan-then-work", "improved-drafts", "policy-verdicts", "next-actions",
		"application-front", "office-requests", "chat-site", "second-opinions", "pair-of-the-week",
		"seven-to-eleven", "mostly-other-tongues", "words-of-the-hour", "around-the-item",
		"after-small-talk", "own-product", "trade-customers", "hydra-traffic", "handful-of-people",
		"people-of-countries", "majority-votes", "three-capabilities", "fresh-items",
		"firms-in-three-days", "one-mail-domain", "virtual-cards", "wholesale-accounts",
		"staff-and-friends", "months-of-batches", "lent-by-customers", "shuffled-relay-device",
		"one-client-kept-current", "handful-of-programs", "three-clients-own-devices",
		"hundred-programs", "official-client-kept-current", "servers-by-the-dozen",
		"office-and-servers", "house-of-telephones", "homes-by-the-gigabyte", "home-and-work",
		"neighbours-and-telephone", "quarter-hours", "queue-of-jobs", "two-crews",
		"clusters-at-work", "part-time-shifts", "own-hours-in-clusters", "bulk-pace", "plan-pace",
		"team-pace", "thirties-pace", "seat-pace", "replayed-pace", "proxy-pace", "even-sittings",
		"rested-for-a-few", "random-handfuls", "subjects-in-turn", "subjects-by-habit",
		"uneven-sittings", "fail-over", "loud-probes", "pool-after-pool", "three-quarters-pivot",
		"careful-return", "quarter-moves",
	},
	Final: {
		"ticket-articles", "occupation-coders", "lease-abstracts", "lot-descriptions",
		"rater-floor", "item-writers", "past-papers", "released-files", "open-textbook",
		"same-prompt-loop", "model-council", "repository-wiki", "paper-podcasts", "answer-proxy",
		"evolved-programs", "sampler-preset", "own-small-model", "skill-folders",
		"synthetic-letters", "decision-records", "pico-questions", "change-tickets",
		"work-instructions", "fault-codes", "house-surveys", "eulogy-writers", "faceless-channels",
		"records-requests", "apprentice-logbook", "model-parliament", "history-figures",
		"marathon-plans", "fan-wiki", "lyrics-night", "train-wifi", "rented-phones",
		"prison-tablets", "stablecoin-card", "freelance-coop", "guest-passes", "rail-strike",
		"country-opens",

		"counted-deliberation", "opening-words", "whole-dialogues", "expanded-summaries",
		"back-to-the-question", "schemas-and-queries", "parallel-passages", "formal-steps",
		"page-to-code", "pull-request-bot", "spoken-items", "pupil-who-asks-back", "bought-logs",
		"text-of-today", "two-departments", "some-other-tongues", "renewed-stock",
		"system-and-greeting", "agreed-in-passing", "friends-chats", "third-of-both",
		"product-first", "score-of-people", "people-with-one-subject", "half-asked-again",
		"four-capabilities", "public-with-checks", "gift-codes", "two-firms-in-a-day",
		"reseller-lots", "free-and-patient", "subcontractors", "app-of-lenders", "year-of-sign-ups",
		"two-programs-one-device", "cloned-machines", "shuffled-with-settings",
		"programs-behind-a-relay", "programs-set-by-hand", "popular-client-set-by-hand",
		"few-exits-each", "two-servers-each", "homes-of-one-country", "eighty-homes",
		"one-home-in-two-countries", "homes-and-telephone", "three-runs-a-day",
		"bursts-of-the-queue", "early-shift", "awake-in-waves", "product-days-off",
		"shifts-in-clusters", "foundry-pace", "press-pace", "bench-pace", "clerk-pace",
		"parlour-pace", "letterbox-pace", "calendar-pace", "hundreds-in-a-row", "in-turn-by-twos",
		"rested-with-a-subject", "random-long-turns", "few-regulars-one-subject", "habits-by-twos",
		"moves-and-hands-over", "probes-by-a-few", "steady-losses", "two-thirds-in-two-days",
		"rests-and-rewords", "eighth-moves",
	},
}

// setOf finds the set of a mechanism or tactic.
func setOf(name string) (Set, bool) {
	for _, set := range Sets() {
		if slices.Contains(members[set], name) {
			return set, true
		}
	}
	return "", false
}

// SetOf is the set of a mechanism or tactic; empty where there is none of that name.
func SetOf(name string) Set {
	set, _ := setOf(name)
	return set
}

// ParseSet reads a set's name.
func ParseSet(name string) (Set, error) {
	if s := Set(name); slices.Contains(Sets(), s) {
		return s, nil
	}
	return "", fmt.Errorf("set %q is unknown; one of %v", name, Sets())
}
