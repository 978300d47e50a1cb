#!/usr/bin/env bash
# up.sh DIR [NAMESPACE]: starts a Kubernetes API server with its store, and the controllers that
# namespaces and garbage collection need. Returns when it is ready; what it started ends by down.sh.
#
# In DIR afterwards: admin.kubeconfig (everything), operator.kubeconfig (the operator's service
# account in NAMESPACE, so that the shipped roles are what counts), audit.log, *.log, pids;
# server, the script that is the API server, and server.pid, for a test that ends it and starts it again.
set -euo pipefail
dir=$1 namespace=${2:-ping-operator}
root=$(cd "$(dirname "$0")/../.." && pwd)
controlplane=$root/.tools/bin/controlplane
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

random() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
# Below the ports that Linux gives to whoever asks for any: such a one could be taken while the server is started again.
free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}
port=$(free_port) admin=$(random) operator=$(random)
account=system:serviceaccount:$namespace:ping-operator
printf '%s,admin,admin,system:masters\n%s,%s,operator,"system:serviceaccounts,system:authenticated"\n' \
    "$admin" "$operator" "$account" >"$dir/tokens.csv"
# A request is logged before it is handled: who sees what it did finds it in the log. Its end is logged at some time after.
printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [ResponseStarted, ResponseComplete, Panic]\nrules:\n- level: Metadata\n' >"$dir/audit.yaml"

# The server makes the certificate and the key before it needs the key for signing.
flags=(
    --secure-port="$port" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --cert-dir="$dir/certs"
    --token-auth-file="$dir/tokens.csv" --authorization-mode=RBAC
    --service-account-issuer=https://kubernetes.default.svc
    --service-account-key-file="$dir/certs/apiserver.key" --service-account-signing-key-file="$dir/certs/apiserver.key"
    --endpoint-reconciler-type=none --service-cluster-ip-range=10.0.0.0/24 --disable-admission-plugins=ServiceAccount
    --audit-policy-file="$dir/audit.yaml" --audit-log-path="$dir/audit.log"
    --max-requests-inflight=0 --max-mutating-requests-inflight=0 --enable-priority-and-fairness=false
)
if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    etcd_port=$(free_port) peer_port=$(free_port)
    "$KUBEBUILDER_ASSETS/etcd" --data-dir "$dir/etcd" --unsafe-no-fsync --log-level error \
        --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
        --listen-peer-urls "http://127.0.0.1:$peer_port" >"$dir/etcd.log" 2>&1 &
    echo $! >>"$dir/pids"
    server=("$KUBEBUILDER_ASSETS/kube-apiserver" "${flags[@]}" --etcd-servers="http://127.0.0.1:$etcd_port")
else
    server=("$controlplane" kube-apiserver "$dir" "${flags[@]}")
fi
printf 'exec %s >>%q 2>&1\n' "$(printf '%q ' "${server[@]}")" "$dir/apiserver.log" >"$dir/server"
bash "$dir/server" &
echo $! | tee -a "$dir/pids" >"$dir/server.pid"

kubeconfig() { # NAME TOKEN NAMESPACE
    cat >"$dir/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:$port", certificate-authority: "$dir/certs/apiserver.crt"}}]
users: [{name: $1, user: {token: $2}}]
contexts: [{name: test, context: {cluster: test, user: $1, namespace: $3}}]
current-context: test
YAML
}
kubeconfig admin "$admin" default
kubeconfig operator "$operator" "$namespace"

kubectl=$(PATH="$root/.tools/bin:$PATH" command -v kubectl)
until "$kubectl" --kubeconfig "$dir/admin.kubeconfig" get --raw /readyz >/dev/null 2>&1; do
    kill -0 "$(cat "$dir/server.pid")" 2>/dev/null || { tail -n 20 "$dir/apiserver.log" >&2; exit 1; }
    sleep 0.1
done

if [ -x "$controlplane" ]; then
    "$controlplane" kube-controller-manager --kubeconfig="$dir/admin.kubeconfig" --leader-elect=false --secure-port=0 \
        --controllers=namespace-controller,garbage-collector-controller >"$dir/controller-manager.log" 2>&1 &
    echo $! >>"$dir/pids"
fi
