# Every target is a line or two; the work is in cargo, go and the scripts they call.
.DEFAULT_GOAL := help
CONTROLPLANE := .tools/bin/controlplane

.PHONY: help
help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: lint
lint: ## formatting and lints, warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: test
test: ## every test
	cargo test --workspace --locked

.PHONY: crds
crds: ## write crds/ from the types
	cargo run --quiet --locked -- crds --out-dir crds
