# Everything there is to do, one verb each. `make help` lists them.
# A Rust toolchain and a C compiler (for the bundled SQLite) are all that is needed.

CARGO ?= cargo
REJOINDER = target/release/rejoinder

.DEFAULT_GOAL := help
.PHONY: setup run tour test check bench fmt doc clean help

setup: ## Say which tools are missing; cargo fetches the rest by itself
	@tools/require.sh

run: tour ## Build, play the tour, then serve a demo site
	$(REJOINDER) serve --demo

tour: setup ## Build, and play a chat with recalls between real processes
	$(CARGO) build --release --locked --bin rejoinder
	$(REJOINDER) tour

test: setup ## Run every test
	$(CARGO) test --workspace --locked

check: ## Format, lint, documentation, wasm32, licences, tidiness
	@tools/require.sh fmt clippy
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked
	@tools/optional.sh wasm32
	@tools/optional.sh deny
	$(CARGO) test --package rejoinder-tidy --locked

bench: setup ## Measure, beside a plain chat as the floor
	$(CARGO) run --release --locked --package rejoinder-benchmark

fmt: ## Format the sources
	$(CARGO) fmt --all

doc: ## Build the documentation of the crates
	$(CARGO) doc --workspace --no-deps --locked

clean: ## Remove everything that was built
	$(CARGO) clean

help: ## Show this list
	@awk -F ': .*## |: ## ' '/^[a-z]+:.*## / { printf "%-8s%s\n", $$1, $$2 }' Makefile
