# Everything needs Go only; `make test` installs what else it needs (test/setup.sh).
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINTER   := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BENCH    ?= .
FUZZ     ?= .
FUZZTIME ?= 30s
SCENARIO ?=
WORLDS   ?=
N        ?= 20
SET      ?= develop
SEED     ?= 1
RANDOM   ?= --accounts 800 --duration 30h
RESULTS  ?= .cache/random
WORLD    := .cache/evaluate/$(SCENARIO)
FLAGS    := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
BUILD    := CGO_ENABLED=0 $(GO) build $(FLAGS) -o bin/stillwatch ./cmd/stillwatch
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
.DEFAULT_GOAL := help

# Not `go run`, which makes an error of a Ctrl-C.
demo: ## Watch a coordinated pool being found in accelerated traffic (one minute, nothing to install)
	@$(BUILD)
	@bin/stillwatch demo

run: ## Run the service on an embedded Kafka and Redis that any client can reach
	@$(BUILD)
	@bin/stillwatch run --embedded

build: ## Build bin/stillwatch
	$(BUILD)

dist: ## Build dist/, a binary for each platform of a release (VERSION=v1.2.3)
	@mkdir -p dist
	@for platform in $(PLATFORMS); do \
	  echo "$$platform"; \
	  GOOS=$${platform%/*} GOARCH=$${platform#*/} CGO_ENABLED=0 $(GO) build $(FLAGS) \
	    -o "dist/stillwatch-$(VERSION)-$${platform%/*}-$${platform#*/}" ./cmd/stillwatch || exit 1; \
	done

test: ## Run all tests, on a real Apache Kafka and a real Redis, with the race detector where there is a C compiler
	@test/setup.sh
	@test/soc/setup.sh
	$(GO) test $$(command -v cc >/dev/null && echo -race) -timeout 20m ./...
	$(GO) test -run '^TestDetectionOnAGatewaysRecords' ./cmd/stillwatch

test-short: ## Run the tests that need Go only, without the race detector: for while you work
	$(GO) test -short -timeout 10m $$($(GO) list ./... | grep -vE '/test/(e2e|soc)$$')

interop: ## Run real gateways, instrumentations and an OpenTelemetry Collector, and compare what comes of their records (installs them in ~/.cache)
	@test/setup.sh
	@test/interop/setup.sh
	$(GO) test -tags interop -count 1 -timeout 30m -v ./test/interop

lint: ## Check style, errors, documentation and the purity of the domain
	$(GO) run $(LINTER) run ./...

fmt: ## Format the code as the linter wants it
	$(GO) run $(LINTER) fmt ./...

generate: ## Write anew what is made from code: golden files, tables and pages of the documentation, JSON Schema. Read the diff
	$(GO) test -count 1 ./pkg/attribute -run '^TestTheDocumentationHasTheTable$$' -update
	$(GO) test -count 1 ./detectors -run '^TestTheDocumentationIsWhatTheSpecsSay$$' -update
	$(GO) test -count 1 ./pkg/campaign -run '^(TestExplanationsAreWrittenAsDesigned|TestThePageHasExamples)$$' -update
	$(GO) test -count 1 ./pkg/campaign/decision -run '^TestTheDocumentationHasTheRules$$' -update
	$(GO) test -count 1 ./pkg/fingerprint -run '^TestEncodingsOfEveryVersionStayReadable$$' -update
	$(GO) test -count 1 ./pkg/sketch -run '^(TestVectors|TestTables)$$' -update
	$(GO) test -count 1 ./pkg/alert -update
	$(GO) test -count 1 ./pkg/gateway -run '^(TestRecordsGive|TestTheTable)' -update
	$(GO) test -count 1 ./pkg/stage/ingest -run '^TestObservationsEqualTheirGoldenFiles$$' -update
	$(GO) test -count 1 ./pkg/simulate/shape -run '^TestWhatEveryShapeLosesIsInTheDocumentation$$' -update
	$(GO) test -count 1 ./pkg/simulate/random -run '^TestTheDocumentationHasTheMechanismsAndTactics$$' -update
	$(GO) test -count 1 ./test/interop -run '^TestCapturedRecordsGiveTheEventsOfTheCalls$$' -update
	$(GO) run ./cmd/stillwatch config schema > configs/schema/stillwatch.schema.json.new
	mv configs/schema/stillwatch.schema.json.new configs/schema/stillwatch.schema.json

fuzz: ## Fuzz every target for FUZZTIME (FUZZ=regexp selects by package and name)
	@GO="$(GO)" test/fuzz.sh '$(FUZZ)' $(FUZZTIME)

cover: ## Measure what the tests that need Go only reach (coverage.out, and coverage.html to look at)
	$(GO) test -short -timeout 20m -coverprofile coverage.out -coverpkg ./detectors/...,./pkg/...,./cmd/... \
	  $$($(GO) list ./... | grep -vE '/test/(e2e|soc)$$')
	$(GO) tool cover -html coverage.out -o coverage.html
	@$(GO) tool cover -func coverage.out | tail -n 1

bench: ## Measure the hot paths (BENCH=regexp selects)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./detectors/... ./pkg/...

evaluate: build ## Write docs/evaluation.md: all labelled worlds, simulated and replayed (SCENARIO=name prints one; WORLDS=folders adds others)
ifeq ($(SCENARIO),)
	bin/stillwatch evaluate $(addprefix --world=,$(WORLDS))
else
	@mkdir -p $(WORLD)
	bin/stillwatch simulate $(SCENARIO) -o $(WORLD)/events.jsonl.zst --truth $(WORLD)/truth.json
	bin/stillwatch backtest $(WORLD)/events.jsonl.zst --truth $(WORLD)/truth.json
endif

evaluate-random: build ## Measure N random worlds of SET and write them into docs/evaluation.md (RESULTS keeps them; a run that was stopped goes on)
	bin/stillwatch evaluate --random $(N) --set $(SET) --seed $(SEED) $(RANDOM) --results $(RESULTS)
	bin/stillwatch evaluate --random $(N) --set $(SET) --seed $(SEED) $(RANDOM) --results $(RESULTS) --observe
	bin/stillwatch evaluate --document --results $(RESULTS)

evalues: ## Measure what detectors say of honest groups (some minutes) and write it into docs/detectors.md
	$(GO) test -count 1 -timeout 60m ./test/evalues -run '^TestBitsAreEvidence$$' -write $(CURDIR)/detectors/testdata/evalues.json
	$(GO) test -count 1 ./detectors -run '^TestTheDocumentationIsWhatTheSpecsSay$$' -update

test-privacy: ## Check that detection on sketches is detection on text (WORLDS=folders adds worlds to the simulated ones)
	STILLWATCH_WORLDS="$(abspath $(WORLDS))" $(GO) test ./cmd/stillwatch -run '^TestDetectionOnSketchesIsDetectionOnText$$' -count 1 -v

test-shapes: ## Check that detection on a gateway's records is that on canonical events (WORLDS=folders adds recorded worlds)
	STILLWATCH_WORLDS="$(abspath $(WORLDS))" $(GO) test ./cmd/stillwatch -timeout 60m -count 1 -v \
	  -run '^TestDetectionOnAGatewaysRecords|^TestAGatewaysRecordsAndFacts'

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo run build dist test test-short interop lint fmt generate fuzz cover bench evaluate evaluate-random evalues test-privacy test-shapes
.PHONY: help
