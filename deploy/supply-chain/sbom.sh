#!/usr/bin/env bash
# sbom.sh: writes what is in the binary into target/sbom: ping-operator.cdx.json, its crates as an SBOM (CycloneDX), and THIRD-PARTY.md, their licences.
# The same commit gives the same bytes. TARGET: the platform of the SBOM (this machine's). Only the first run needs a network, for the tools.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/target/sbom
target=${TARGET:-$(rustc --version --verbose | sed -n 's/^host: //p')}
deploy/supply-chain/tools.sh cargo-cyclonedx cargo-about
export PATH="$PWD/.tools/bin:$PATH" SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
cargo fetch --quiet --locked
export CARGO_NET_OFFLINE=true
mkdir -p "$out"

# cargo-cyclonedx writes beside each Cargo.toml, so it gets a copy.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z -- 'Cargo.*' rust-toolchain.toml build.rs src benches tests | xargs -0 cp --parents --target-directory "$copy"
(cd "$copy" && cargo cyclonedx --quiet --format json --describe binaries --spec-version 1.5 --no-build-deps --target "$target")
cargo tree --locked --package ping-operator --edges normal --prefix none --target "$target" >"$copy/tree"

# It lists what features of tests need, too: what is not in the tree of the binary is taken out. So is the name of the folder.
python3 - "$copy" "$out/ping-operator.cdx.json" <<'PYTHON'
import json, sys
copy, out = sys.argv[1:]
needed = {tuple(line.split()[:2]) for line in open(f"{copy}/tree")}
bom = json.loads(open(f"{copy}/ping-operator_bin.cdx.json").read().replace(copy, "/ping-operator"))
bom["components"] = [one for one in bom["components"] if (one["name"], "v" + one["version"]) in needed]
refs = {one["bom-ref"] for one in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
bom["dependencies"] = [one for one in bom["dependencies"] if one["ref"] in refs]
for one in bom["dependencies"]:
    one["dependsOn"] = [ref for ref in one.get("dependsOn", []) if ref in refs]
json.dump(bom, open(out, "w"), indent=2)
print(f"target/sbom/ping-operator.cdx.json: {len(bom['components'])} crates")
PYTHON

# The licences that are allowed, and the platforms, stand in deny.toml only. The files with licences stand at the top of a crate.
{
    echo 'max-depth = 1'
    sed -n '/^targets = \[/,/^\]/p' deny.toml
    sed -n '/^allow = \[/,/^\]/p' deny.toml | sed 's/^allow/accepted/'
    printf 'ignore-%s-dependencies = true\n' dev build
} >"$copy/about.toml"
cargo about generate --frozen --config "$copy/about.toml" --output-file "$out/THIRD-PARTY.md" deploy/supply-chain/third-party.hbs
echo "target/sbom/THIRD-PARTY.md"
