//! What it costs to take many people out of their teams at once.

use std::time::Instant;

use futures::{StreamExt, stream};
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::table::Table;
use crate::{Bench, create, is_ready, team, until};

/// How many people are removed at once.
const PEOPLE: usize = 200;

/// Removes a person of each Team.
pub(super) async fn removals(table: &mut Table) {
    let bench = Bench::new(PEOPLE).await;
    let manifest = |i: usize| team(&format!("team-{i}"), &format!("Team {i}"), &[format!("p{i}@example.com")]);
    create(&bench.world, &(0..PEOPLE).map(manifest).collect::<String>());
    bench.all_ready().await;
    let (before, begun) = (bench.count(), Instant::now());
    let none = Patch::Merge(json!({ "spec": { "members": [] } }));
    stream::iter(0..PEOPLE)
        .for_each_concurrent(16, |i| {
            let (teams, none) = (&bench.teams, &none);
            async move { drop(teams.patch(&format!("team-{i}"), &PatchParams::default(), none).await.expect("a patch")) }
        })
        .await;
    until("all are withdrawn", async || {
        let done = bench.teams_with(|team| is_ready(team) && team.metadata.generation == Some(2)).await;
        done == PEOPLE && bench.count().since(&before).writes == PEOPLE
    })
    .await;
    let cost = bench.count().since(&before);
    table.say(format!(
        "{PEOPLE} invitations withdrawn at once, in {:.1} s: {} provider reads, {} provider writes, {} Kubernetes writes, reads from the API server: {:?}",
        begun.elapsed().as_secs_f64(),
        cost.reads,
        cost.writes,
        cost.kubernetes,
        cost.api_reads
    ));
}
