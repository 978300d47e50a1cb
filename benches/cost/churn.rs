//! Rounds of create and delete: the memory ends where it began.

use kube::api::{DeleteParams, ListParams};

use crate::measure::Memory;
use crate::table::Table;
use crate::{Bench, create, team, until};

/// How many rounds.
const ROUNDS: usize = 5;

/// Creates all Teams and deletes them again, a few times.
pub(super) async fn rounds(bench: &Bench, table: &mut Table) {
    let mut anonymous = Vec::new();
    for round in 0..ROUNDS {
        let manifest = |i| team(&format!("round-{round}-{i}"), &format!("Round {round} {i}"), &[]);
        create(&bench.world, &(0..bench.n).map(manifest).collect::<String>());
        bench.all_ready().await;
        bench.teams.delete_collection(&DeleteParams::default(), &ListParams::default()).await.expect("a deletion");
        until("every Team is gone", async || bench.teams_with(|_| true).await == 0).await;
        anonymous.push(format!("{:.1}", Memory::of(bench.pid()).anonymous));
    }
    table.say(format!(
        "{ROUNDS} rounds of create and delete of {} Teams: RssAnon after each, MB: {}",
        bench.n,
        anonymous.join(", ")
    ));
}
