//! A start with many resources: what all of them need is asked for once.

use std::time::Instant;

use crate::harness::World;
use crate::harness::wait::until;

/// How many Teams there are.
const TEAMS: usize = 60;
/// The least number of seconds for which what was read of a Secret is used.
const FRESH: u64 = 5;
/// What a user writes to have every Team looked at.
const TOKEN: &str = "after-the-restart";

fn teams() -> String {
    let team = |number| {
        format!(
            "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: team-{number}}}, spec: {{name: team-{number}}}}}"
        )
    };
    (0..TEAMS).map(team).collect::<Vec<_>>().join("\n---\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_reads_a_secret_once_however_many_resources_use_it() {
    let mut world = World::new().await;
    world.apply(&teams());
    let (ready, text) = world.kubectl(&["wait", "pingteam", "--all", "--for=condition=Ready", "--timeout=60s"], "");
    assert!(ready, "{text}");
    world.stop().await;
    let request = format!("ping-operator.dev/reconcile-requested-at={TOKEN}");
    let (annotated, text) = world.kubectl(&["annotate", "pingteam", "--all", &request], "");
    assert!(annotated, "{text}");
    let (before, begun) = (world.kubernetes_reads("secrets").len(), Instant::now());
    world.start().await;
    until("every Team was looked at", async || {
        let path = "jsonpath={.items[*].status.lastHandledReconcileAt}";
        world.kubectl(&["get", "pingteam", "-o", path], "").1.matches(TOKEN).count() == TEAMS
    })
    .await;
    let allowed = 1 + begun.elapsed().as_secs() / FRESH;
    let requests = world.kubernetes_reads("secrets").len() - before;
    assert!(requests as u64 <= allowed, "{requests} reads of the Secret; {allowed} are enough");
}
