#!/usr/bin/env bash
# pull-request.sh FOLDER: plays a pull request in a Git repository that it makes in FOLDER: base, change, plan as the comment, approval,
# merge, apply. It needs a cluster in which the operator runs (KUBECONFIG), and an emulator of the providers.
# EMULATOR=HOST:PORT; NAMESPACE (default: demo) exists; OPERATOR is the binary.
# In FOLDER it leaves comment.md (what a reviewer reads), plan.json (the same for programs) and the repository.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
namespace=${NAMESPACE:-demo} operator=${OPERATOR:-$here/../../target/debug/ping-operator}
: "${EMULATOR:?the address of the emulator}"

step() { printf '\n# %s\n' "$*"; }
kube() { kubectl --namespace "$namespace" "$@"; }
# plan FLAGS: what merging the branch would do. Exit code 1 says that there is something to do.
plan() {
    "$operator" plan -f manifests --prune-from "$folder/base" --namespace "$namespace" --allow-endpoint "$EMULATOR" "$@" || [ $? = 1 ]
}

step "the main branch: a team with a service, and a config that wants approvals"
rm -rf "$folder/repository" "$folder/base"
mkdir -p "$folder/repository/manifests" "$folder/base"
cd "$folder/repository"
git init --quiet --initial-branch main
git config user.name demo
git config user.email demo@example.com
git config commit.gpgsign false
sed -e "s/EMULATOR/$EMULATOR/" -e 's/^  provider: .*/&\n  approval: Required/' "$here/configs.yaml" >manifests/configs.yaml
cp "$here/pull-request/team.yaml" "$here/pull-request/service.yaml" manifests
printf 'resources:\n- manifests/configs.yaml\n- manifests/team.yaml\n- manifests/service.yaml\n' >kustomization.yaml
git add . && git commit --quiet -m "A team and its service"
kube apply -k .
kube wait --for=condition=Ready --all ping --timeout=60s

step "a branch: a person is invited, a service renamed, a phone added"
git checkout --quiet -b change
git apply "$here/pull-request/change.patch"
git archive main | tar -x -C "$folder/base"
"$operator" validate -f manifests --namespace "$namespace"

step "the comment on the pull request"
plan -o json >"$folder/plan.json"
plan -o markdown --write-approvals approvals >"$folder/comment.md"
cat "$folder/comment.md"
git add . && git commit --quiet -m "Invite Ada, rename the service, add the phone"

step "who merges approves exactly these calls"
git checkout --quiet main
git merge --quiet --no-ff -m "Merge the change" change
kube apply -k .
kube wait --for=jsonpath='{.status.observedGeneration}'=2 pingteam/support pingsvc/billing --timeout=60s
kube wait --for=condition=Ready --all ping --timeout=60s
