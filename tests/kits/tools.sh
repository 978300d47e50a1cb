#!/usr/bin/env bash
# tools.sh: puts what `make package` needs beside the control plane's tools into .tools/, never into the system: Prometheus with promtool, from
# Debian's package, two linters, the crates and the modules of these tests. A second run finds everything in place and needs no network.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/.tools
mkdir -p "$tools/bin"

say() { echo "[tools] $*" >&2; }

# debian NAME PROGRAM…: takes programs out of a Debian package without installing it.
debian() {
    local name=$1 program missing=
    shift
    for program in "$@"; do [ -x "$tools/bin/$program" ] || missing=1; done
    [ -n "$missing" ] || return 0
    say "fetching ${*} from Debian's package $name"
    (
        cd "$(mktemp -d)"
        apt-get download --quiet=2 "$name" 2>apt.log || own_lists download --quiet=2 "$name" || { cat apt.log >&2; exit 1; }
        dpkg-deb --extract ./*.deb unpacked
        for program in "$@"; do install -m 755 "unpacked/usr/bin/$program" "$tools/bin/$program"; done
        rm -rf "$PWD"
    )
}

# own_lists COMMAND…: apt-get with package lists of its own, where those of the system are missing or old.
own_lists() {
    local options=(-o "Dir::State::Lists=$tools/apt" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
    mkdir -p "$tools/apt/partial"
    apt-get "${options[@]}" --quiet=2 update && apt-get "${options[@]}" "$@"
}

debian prometheus prometheus promtool
# Checkov from PyPI, in a folder of its own.
if [ ! -x "$tools/checkov/bin/checkov" ]; then
    say "fetching Checkov"
    rm -rf "$tools/checkov"
    python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --root-user-action=ignore --target "$tools/checkov.new" checkov==3.3.30
    mv "$tools/checkov.new" "$tools/checkov"
fi

# kube-score from source, once: about a minute on 2 cores.
if ! sha256sum --check --status "$tools/kube-score.sha256" 2>/dev/null || [ ! -x "$tools/bin/kube-score" ]; then
    say "building kube-score, once"
    (cd tests/kits/linters && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go build -trimpath -ldflags='-s -w' -o "$tools/bin/kube-score" github.com/zegl/kube-score/cmd/kube-score)
    sha256sum tests/kits/linters/go.{mod,sum} >"$tools/kube-score.sha256"
fi

cargo fetch --quiet --locked
(cd tests/kits && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go mod download)
