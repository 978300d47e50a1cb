//! What the channels of one owner cost: a create appends to the owner's list, so that one list shows many of them.

use kube::api::{DeleteParams, ListParams};

use crate::harness::wait::until;
use crate::measure::{self, Table};
use crate::{Bench, is_ready};

/// There are so many Teams for each channel.
const TEAMS_PER_CHANNEL: usize = 10;

fn manifest(i: usize) -> String {
    format!(
        "apiVersion: ping-operator.dev/v1alpha1\nkind: NotificationChannel\nmetadata:\n  name: channel-{i}\nspec:\n  owner:\n    customer: {{}}\n  \
         type: webhook\n  value: https://example.com/{i}\n---\n"
    )
}

pub(super) async fn channels(bench: &Bench, table: &mut Table) {
    let many = bench.n.div_ceil(TEAMS_PER_CHANNEL);
    eprintln!("[bench] creating {many} channels of one owner");
    let channels = bench.world.api("pingnc");
    let before = bench.count();
    let (made, text) = bench.world.kubectl(&["create", "-f", "-"], &(0..many).map(manifest).collect::<String>());
    assert!(made, "{text}");
    until("every channel is Ready", async || {
        let all = channels.list(&ListParams::default()).await.expect("the channels");
        all.iter().filter(|channel| is_ready(channel)).count() == many
    })
    .await;
    let cost = bench.count().since(&before);
    table.row("create channels", &cost);
    let each = measure::float(cost.reads + cost.writes) / measure::float(many);
    table.note("calls to create a channel", &format!("{each:.2}"), "≤ 1.1");
    // The customer and the first list come before all.
    assert!(measure::float(cost.reads + cost.writes) <= 1.1 * measure::float(many) + 2.0, "{cost:?}");
    assert_eq!(cost.writes, many, "{cost:?}");
    let before = bench.count();
    channels.delete_collection(&DeleteParams::default(), &ListParams::default()).await.expect("a deletion");
    until("every channel is gone", async || {
        channels.list(&ListParams::default()).await.expect("the channels").items.is_empty()
    })
    .await;
    let cost = bench.count().since(&before);
    table.row("delete channels", &cost);
    assert_eq!(cost.writes, many, "{cost:?}");
}
