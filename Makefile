# Everything there is to do, one verb each. `make help` lists them.
# A Rust toolchain, a C compiler (for the bundled SQLite) and Node are all that is needed.

CARGO ?= cargo
NPM ?= npm
REJOINDER = target/release/rejoinder

CORE = client-sdk/js/dist/core/rejoinder_bg.wasm
APPS = widget desk server/cli/demo
CORE_SOURCES = Cargo.lock Cargo.toml $(shell git ls-files core/src core/Cargo.toml client-sdk/wasm)
APP_SOURCES = package-lock.json tsconfig.base.json $(shell git ls-files client-sdk/js/src $(APPS))

.DEFAULT_GOAL := help
.PHONY: setup web run tour test stories mutants soak fuzz check bench fmt doc clean help

setup: node_modules/.package-lock.json ## Say which tools are missing, and fetch what the rest needs

node_modules/.package-lock.json: package.json package-lock.json
	@tools/require.sh node npm
	$(NPM) ci --no-audit --no-fund
	@touch $@

$(CORE): node_modules/.package-lock.json $(CORE_SOURCES)
	$(CARGO) run --locked --package rejoinder-wasm-build -- \
	  client-sdk/js/dist/core node_modules/.bin/wasm-opt
	@touch $@

web: target/web.built

target/web.built: $(CORE) $(APP_SOURCES)
	for app in client-sdk/js $(APPS); do $(NPM) run build --workspace $$app || exit 1; done
	@mkdir -p target && touch $@

run: tour ## Build, play the tour, then serve a demo site
	$(REJOINDER) serve --demo

tour: setup web ## Build, and play a chat with recalls between real processes
	$(CARGO) build --release --locked --bin rejoinder
	$(REJOINDER) tour

test: setup web ## Run every test
	$(CARGO) test --workspace --locked
	$(NPM) test --workspaces --if-present
	@if tools/browser.sh; then $(NPM) run stories --workspace tests/browser; \
	  else echo "NOT RUN: the stories in browsers, for want of Chromium" >&2; fi

stories: setup web ## Run only the stories in browsers
	@tools/browser.sh
	$(CARGO) build --locked --bin rejoinder
	$(NPM) run stories --workspace tests/browser

mutants: ## Plant bugs in the simulated server, and say which check finds each
	$(CARGO) test --locked --package rejoinder-simulation -- planted --show-output

SOAK_SECONDS ?= 600
FROM ?= 1000

soak: ## Simulate, and then storm, as many seeds as SOAK_SECONDS allow (600), from FROM on
	SOAK_SECONDS=$(SOAK_SECONDS) FROM=$(FROM) $(CARGO) test --locked \
	  --package rejoinder-simulation -- many --nocapture
	SOAK_SECONDS=$(SOAK_SECONDS) FROM=$(FROM) $(CARGO) test --locked \
	  --package rejoinder-storm -- many --nocapture

FUZZ_SECONDS ?= 600

fuzz: ## Let libFuzzer run TARGET (way, frames or bodies) for FUZZ_SECONDS (600), by coverage
	CARGO=$(CARGO) tools/fuzz.sh $(or $(TARGET),way) $(FUZZ_SECONDS)

check: setup $(CORE) ## Format, lint, types, documentation, wasm32, licences, tidiness
	@tools/require.sh fmt clippy
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked
	@tools/optional.sh wasm32
	@tools/optional.sh deny
	$(CARGO) test --package rejoinder-tidy --locked
	node_modules/.bin/biome lint --error-on-warnings .
	$(NPM) run check --workspaces --if-present

bench: setup ## Measure, beside a plain chat as the floor
	$(CARGO) run --release --locked --package rejoinder-benchmark

fmt: ## Format the sources
	$(CARGO) fmt --all

doc: ## Build the documentation of the crates
	$(CARGO) doc --workspace --no-deps --locked

clean: ## Remove everything that was built
	$(CARGO) clean
	rm -rf node_modules client-sdk/js/dist $(addsuffix /dist,$(APPS))

help: ## Show this list
	@awk -F ': .*## |: ## ' '/^[a-z]+:.*## / { printf "%-8s%s\n", $$1, $$2 }' Makefile
