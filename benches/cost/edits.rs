//! How long an edit waits at the default rate, while everything is looked at after a restart.

use std::time::{Duration, Instant};

use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::harness::Setup;
use crate::measure::percentile;
use crate::table::{Growth, Table};
use crate::{count_of, create, is_ready, manifest, team, until};

/// How many edits are made.
const EDITS: usize = 40;
/// The pause between two edits.
const PAUSE: Duration = Duration::from_millis(1500);
/// There are so many Teams for each service and each channel.
const TEAMS_EACH: usize = 10;

fn manifests(n: usize) -> String {
    let of_team = |i: usize| team(&format!("team-{i}"), &format!("Team {i}"), &[format!("p{i}@example.com")]);
    let others = |i: usize| {
        let reference = json!({ "name": format!("team-{i}") });
        let service = json!({ "name": format!("Service {i}"), "teamRef": reference });
        let value = format!("https://example.com/{i}");
        let channel = json!({ "owner": { "teamRef": reference }, "type": "webhook", "value": value });
        manifest("Service", &format!("service-{i}"), &service)
            + &manifest("NotificationChannel", &format!("channel-{i}"), &channel)
    };
    (0..n).map(of_team).chain((0..n / TEAMS_EACH).map(others)).collect()
}

/// Edits of Teams at the default rate, with so many Teams.
pub(super) async fn all(table: &mut Table, n: usize) {
    let mut world = Setup { read_lag: 120, resync: 600, ..Setup::default() }.build().await;
    let rate =
        |rate: u32, burst: u32| json!({ "spec": { "rateLimit": { "requestsPerSecond": rate, "burst": burst } } });
    world.patch("pingpc/default", &rate(100_000, 100_000).to_string());
    create(&world, &manifests(n));
    let apis = ["pingteam", "pingsvc", "pingnc"].map(|kind| world.api(kind));
    for (api, many) in apis.iter().zip([n, n / TEAMS_EACH, n / TEAMS_EACH]) {
        until("all are Ready", async || count_of(api, is_ready).await == many).await;
    }
    world.stop().await;
    world.patch("pingpc/default", &rate(5, 10).to_string());
    world.start().await;
    let mut waits = Vec::new();
    for i in 0..EDITS {
        let (name, team) = (format!("Edited {i}"), format!("team-{}", i * n / EDITS));
        let begun = Instant::now();
        let patch = Patch::Merge(json!({ "spec": { "name": name } }));
        apis[0].patch(&team, &PatchParams::default(), &patch).await.expect("a patch");
        until("the edit is sent", async || world.writes().iter().any(|call| call.contains(&format!("\"{name}\""))))
            .await;
        waits.push(begun.elapsed().as_secs_f64());
        tokio::time::sleep(PAUSE).await;
    }
    let what = |hundredths: usize| format!("an edit at 5 calls/s after a restart, p{hundredths}, s");
    table.put(n, &what(50), Growth::Told, percentile(&waits, 50), "");
    table.put(n, &what(99), Growth::Told, percentile(&waits, 99), "≤ 2");
}
