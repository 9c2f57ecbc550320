# Everything needs Go only; `make test` installs what else it needs (test/setup.sh).
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINTER   := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BENCH    ?= .
SCENARIO ?=
WORLDS   ?=
WORLD    := .cache/evaluate/$(SCENARIO)
BUILD    := CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/stillwatch ./cmd/stillwatch
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

test: ## Run all tests, on a real Apache Kafka and a real Redis, with the race detector where there is a C compiler
	@test/setup.sh
	$(GO) test $$(command -v cc >/dev/null && echo -race) -timeout 20m ./...
	$(GO) test -run '^TestDetectionOnAGatewaysRecords' ./cmd/stillwatch

interop: ## Run real gateways, instrumentations and an OpenTelemetry Collector, and compare what comes of their records (installs them in ~/.cache)
	@test/setup.sh
	@test/interop/setup.sh
	$(GO) test -tags interop -count 1 -timeout 30m -v ./test/interop

lint: ## Check style, errors, documentation and the purity of the domain
	$(GO) run $(LINTER) run ./...

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

equality: ## Check that detection on sketches is detection on text (WORLDS=folders adds worlds to the simulated ones)
	STILLWATCH_WORLDS="$(abspath $(WORLDS))" $(GO) test ./cmd/stillwatch -run '^TestDetectionOnSketchesIsDetectionOnText$$' -count 1 -v

test-shapes: ## Check that detection on a gateway's records is that on canonical events (WORLDS=folders adds recorded worlds)
	STILLWATCH_WORLDS="$(abspath $(WORLDS))" $(GO) test ./cmd/stillwatch -timeout 60m -count 1 -v \
	  -run '^TestDetectionOnAGatewaysRecords|^TestAGatewaysRecordsAndFacts'

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo run build test interop lint bench evaluate equality test-shapes help
