# Every target is a line or two; the work is in cargo, go and the scripts they call.
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.tools/bin:$(PATH)

.PHONY: help
help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: demo
demo: controlplane ## the whole thing on this machine: API server, emulator, operator, examples; KEEP=1 leaves it running
	cargo build --workspace --locked
	KEEP=$(KEEP) deploy/demo/demo.sh

.PHONY: test
test: controlplane ## every test, the real-API-server ones included
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-6} cargo test --workspace --locked

.PHONY: package
package: controlplane site deny sbom ## what is shipped for other programs, tested with them: alerts, dashboard, health checks, chart, kustomize; linters; the site; crates
	tests/kits/tools.sh
	cd tests/kits && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go vet ./... && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go test ./...

.PHONY: explore
explore: ## a million schedules of crashes, lost answers and lagging reads over the pure machine; SEED=… for others
	CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_PANIC=unwind \
		CARGO_PROFILE_RELEASE_OPT_LEVEL=3 EXPLORE=$${EXPLORE:-1000000} cargo test --release --locked --target-dir target/explore --lib explorer -- --nocapture

.PHONY: faults
faults: controlplane ## the real binary under a thousand schedules of faults, and a table; FAULTS=… for as many, SEED=… for others
	FAULTS=$${FAULTS:-1000} cargo test --locked --test e2e faults -- --nocapture

.PHONY: shards
shards: controlplane ## replicas that divide the accounts under five hundred schedules of kills, freezes and cut lines; SHARD_SCHEDULES=… for as many, SEED=… for others
	SHARD_SCHEDULES=$${SHARD_SCHEDULES:-500} cargo test --locked --test e2e shards::no_schedule -- --nocapture

.PHONY: soak
soak: controlplane ## the real binary through four thousand rounds of making and deleting, and its memory; SOAK=… for as many
	SOAK=$${SOAK:-4000} cargo test --locked --test e2e soak:: -- --nocapture

.PHONY: spoilt
spoilt: controlplane ## two thousand spoilt manifests by `validate` and by the API server; SPOILT=… for as many
	SPOILT=$${SPOILT:-2000} cargo test --locked --test e2e validate::what_the_api_server -- --nocapture

.PHONY: churn
churn: controlplane ## two replicas under five creates, edits and deletions a second, and what they hold by quarters of the time; MINUTES=… for as long
	CHURN=$${MINUTES:-30} cargo test --locked --test e2e churn:: -- --nocapture

.PHONY: storm
storm: controlplane ## ten edits a second at five provider calls a second, and how long everything else waits; MINUTES=… for as long
	STORM=$${MINUTES:-10} cargo test --locked --test e2e storm:: -- --nocapture

.PHONY: lint
lint: ## formatting and lints, warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: bench
bench: controlplane ## what resources cost by their number, as a table; N=… for one size
	cargo bench --locked --bench cost

.PHONY: crds
crds: ## write crds/, the copy that kustomize needs, deploy/schemas/ and docs/reference/ from the types
	cargo run --quiet --locked -- crds --out-dir crds --schemas-dir deploy/schemas
	cargo run --quiet --locked -- crds --out-dir deploy/kustomize/crds
	UPDATE=1 cargo test --quiet --locked --lib the_pages_of_the_reference >/dev/null

.PHONY: manifests
manifests: ## write what the chart takes from crds/, deploy/kustomize/ and deploy/monitoring/, deploy/install.yaml, and what Argo CD takes
	cp crds/*.yaml deploy/chart/files/crds/
	cp deploy/kustomize/base/rbac.yaml deploy/kustomize/base/user-roles.yaml deploy/kustomize/base/admission.yaml deploy/kustomize/namespaced/role.yaml deploy/chart/files/
	cp deploy/monitoring/prometheusrule.yaml deploy/monitoring/dashboard.json deploy/chart/files/
	kubectl kustomize deploy/kustomize/base >deploy/install.yaml
	cd tests/kits && UPDATE=1 go test -count=1 -run TheScriptsAreTheSame . >/dev/null

.PHONY: site
site: ## the pages of docs/ as a site in target/site/, with a search that needs no network
	docs/site.sh

.PHONY: deny
deny: ## licences, duplicates and sources of all crates, as deny.toml wants them
	deploy/supply-chain/tools.sh cargo-deny
	cargo deny --locked check licenses bans sources

.PHONY: advisories
advisories: ## known vulnerabilities of all crates; it needs the database of RustSec, from its code host
	deploy/supply-chain/tools.sh cargo-deny
	cargo deny --locked check advisories

.PHONY: sbom
sbom: ## the crates of the binary (CycloneDX) and their licences, in target/sbom/
	deploy/supply-chain/sbom.sh

.PHONY: release
release: sbom ## the binary of this system as an archive with manual pages and completions, its SBOM, checksums, and a manifest for krew, in target/dist/
	deploy/supply-chain/tools.sh cargo-auditable
	cargo auditable build --release --locked --bin ping-operator
	SBOM=target/sbom deploy/release.sh

.PHONY: release-arm
release-arm: release ## the same for Linux on 64-bit ARM, built here with zig as C compiler and linker
	deploy/supply-chain/tools.sh zig cargo-zigbuild
	rustup target add aarch64-unknown-linux-gnu
	cargo auditable zigbuild --release --locked --bin ping-operator --target aarch64-unknown-linux-gnu.2.36
	TARGET=aarch64-unknown-linux-gnu deploy/supply-chain/sbom.sh
	BINARY=target/aarch64-unknown-linux-gnu/release/ping-operator PAGES=target/release/ping-operator TARGET=aarch64-unknown-linux-gnu SBOM=target/sbom deploy/release.sh

.PHONY: man
man: ## write the manual pages to target/man/
	cargo run --quiet --locked -- man --out-dir target/man

.PHONY: controlplane
controlplane: ## the API server for tests and demo, built once into .tools/
	tests/controlplane/tools.sh
