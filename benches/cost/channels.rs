//! What the channels of one owner cost: a create appends to the owner's list, so that one list shows many of them.

use kube::api::{DeleteParams, ListParams};
use serde_json::json;

use crate::measure::float;
use crate::table::{Growth, Table};
use crate::{Bench, create, is_ready, manifest, until};

/// There are so many Teams for each channel.
const TEAMS_PER_CHANNEL: usize = 10;

fn channel(i: usize) -> String {
    let value = format!("https://example.com/{i}");
    manifest(
        "NotificationChannel",
        &format!("channel-{i}"),
        &json!({ "owner": { "customer": {} }, "type": "webhook", "value": value }),
    )
}

pub(super) async fn channels(bench: &Bench, table: &mut Table) {
    let many = bench.n.div_ceil(TEAMS_PER_CHANNEL);
    eprintln!("[bench] creating {many} channels of one owner");
    let channels = bench.world.api("pingnc");
    let before = bench.count();
    create(&bench.world, &(0..many).map(channel).collect::<String>());
    until("every channel is Ready", async || {
        let all = channels.list(&ListParams::default()).await.expect("the channels");
        all.iter().filter(|channel| is_ready(channel)).count() == many
    })
    .await;
    let cost = bench.count().since(&before);
    let each = float(cost.reads + cost.writes) / float(many);
    table.put(bench.n, "calls to create a channel, a tenth as many as Teams", Growth::Told, each, "≤ 1.1");
    // The customer and the first list come before all.
    assert!(float(cost.reads + cost.writes) <= 1.1 * float(many) + 2.0, "{cost:?}");
    assert_eq!(cost.writes, many, "{cost:?}");
    let before = bench.count();
    channels.delete_collection(&DeleteParams::default(), &ListParams::default()).await.expect("a deletion");
    until("every channel is gone", async || {
        channels.list(&ListParams::default()).await.expect("the channels").items.is_empty()
    })
    .await;
    let cost = bench.count().since(&before);
    let each = float(cost.reads + cost.writes) / float(many);
    table.put(bench.n, "calls to delete a channel", Growth::Told, each, "");
    assert_eq!(cost.writes, many, "{cost:?}");
}
