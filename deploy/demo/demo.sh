#!/usr/bin/env bash
# demo.sh: starts a real API server, an emulator of both providers and the operator on the loopback interface.
# It applies the example organisation, shows it, changes it, deletes it, and cleans up.
# KEEP=1 leaves everything running, and prints how to use it and how to stop it.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD dir=$PWD/.demo
target=${CARGO_TARGET_DIR:-target}/debug

[ ! -f "$dir/stop.sh" ] || bash "$dir/stop.sh"
rm -rf "$dir" && mkdir -p "$dir"
cat >"$dir/stop.sh" <<SH
while read -r pid; do kill "\$pid" 2>/dev/null; done <"$dir/started"
# The operator releases its Lease before the API server goes.
while read -r pid; do for _ in {1..100}; do kill -0 "\$pid" 2>/dev/null || break; sleep 0.1; done; done <"$dir/started"
"$root/tests/controlplane/down.sh" "$dir/controlplane"
rm -rf "$dir/controlplane"
SH
touch "$dir/started"
trap '[ "${KEEP:-}" = 1 ] || bash "$dir/stop.sh"' EXIT

step() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || step() { printf '\n# %s\n' "$*"; }
show() { echo "\$ $*"; "$@"; }
# received: prints the calls that the providers received since the last time, without the reads.
received() { "$target/ping-emulator" journal "$emulator" --clear; }

step "start a Kubernetes API server with embedded etcd"
tests/controlplane/up.sh "$dir/controlplane"
export KUBECONFIG=$dir/controlplane/admin.kubeconfig
show kubectl apply --server-side -k deploy/kustomize/base

step "start an emulator of Pinghome and NodePing"
"$target/ping-emulator" serve >"$dir/emulator.log" 2>&1 &
echo $! >>"$dir/started"
until [ -s "$dir/emulator.log" ]; do sleep 0.1; done
emulator=$(head -n 1 "$dir/emulator.log")
echo "listening on $emulator"

step "start the operator, with the permissions of its shipped role"
KUBECONFIG=$dir/controlplane/operator.kubeconfig "$target/ping-operator" run \
    --allow-endpoint "$emulator" --admin-address 127.0.0.1:0 >"$dir/operator.log" 2>&1 &
echo $! >>"$dir/started"
until grep -q 'all caches are synced' "$dir/operator.log"; do
    kill -0 $! || { cat "$dir/operator.log" >&2; exit 1; }
    sleep 0.1
done
echo "the operator is ready; its log is $dir/operator.log"

step "create a namespace with credentials (the endpoints point to the emulator)"
kubectl create namespace demo
kubectl config set-context --current --namespace=demo >/dev/null
sed "s/EMULATOR/$emulator/" deploy/demo/configs.yaml | show kubectl apply -f -

step "apply the example organisation"
show kubectl apply -f deploy/examples/organisation
show kubectl wait --for=condition=Ready ping --all --timeout=120s
show kubectl get ping -A
step "calls that the providers received"
received

step "change the name of a team, an address, the time zone of a sub-account and the name of a service; disable a channel"
show kubectl patch pingteam platform --type=merge -p '{"spec":{"name":"Platform Engineering"}}'
show kubectl patch pingnc owner-mail --type=merge -p '{"spec":{"value":"duty@example.com"}}'
show kubectl patch pingnc platform-webhook --type=merge -p '{"spec":{"enabled":false}}'
show kubectl patch pingsub acme --type=merge -p '{"spec":{"timezone":"1"}}'
show kubectl patch pingsvc checkout --type=merge -p '{"spec":{"name":"checkout-eu"}}'
for resource in pingteam/platform pingnc/owner-mail pingnc/platform-webhook pingsub/acme pingsvc/checkout; do
    kubectl wait "$resource" --for=jsonpath='{.status.observedGeneration}'=2 --timeout=60s
done
step "calls that the providers received: one for each change"
received

step "take the token away while a name changes, and give it back"
show kubectl patch secret tokens --type=merge -p '{"stringData":{"token":"revoked"}}'
show kubectl patch pingteam platform --type=merge -p '{"spec":{"name":"Platform"}}'
kubectl wait pingpc/default --for=condition=Ready=False --timeout=60s
kubectl wait pingteam/platform --for=condition=Ready=False --timeout=60s
show kubectl get pingpc,pingteam
show kubectl patch secret tokens --type=merge -p '{"stringData":{"token":"token-a"}}'
kubectl wait ping --all --for=condition=Ready --timeout=60s
step "apply a channel before its team"
show kubectl apply -f deploy/demo/night-channel.yaml
kubectl wait pingnc/night --for=condition=Ready=False --timeout=60s
show kubectl get pingnc night -o wide
show kubectl apply -f deploy/demo/night-team.yaml
kubectl wait pingnc/night --for=condition=Ready --timeout=60s
step "calls that the providers received: those with the revoked token were refused"
received

step "delete everything"
show kubectl delete -f deploy/demo/night-team.yaml -f deploy/demo/night-channel.yaml --timeout=60s
show kubectl delete -f deploy/examples/organisation --timeout=120s
step "calls that the providers received"
received
step "events"
show kubectl get events --sort-by=.metadata.creationTimestamp -o custom-columns=REASON:.reason,KIND:.involvedObject.kind,OBJECT:.involvedObject.name,MESSAGE:.message

if [ "${KEEP:-}" = 1 ]; then
    kubectl apply -f deploy/examples/organisation >/dev/null
    step "everything is still running"
    echo "export KUBECONFIG=$KUBECONFIG"
    echo "to stop it: bash $dir/stop.sh"
else
    step "done; stopping everything"
fi
