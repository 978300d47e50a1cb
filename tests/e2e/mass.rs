//! Many deletions at once: a mistake in Git must not delete an organisation.

use crate::harness::{Setup, World, reason, wait::until};
use crate::lifecycle::channel;

const MANY: usize = 100;
const DELETED: usize = 60;
/// What a config allows unless it says otherwise.
const ALLOWED: usize = 10;

fn name(number: usize) -> String {
    format!("team-{number}")
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_of_a_hundred_go_no_faster_than_the_guard_allows_through_ten_restarts() {
    let mut world = World::new().await;
    let team = |number: usize| {
        let name = name(number);
        format!(
            "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: {name}}}, spec: {{name: {name}}}}}"
        )
    };
    world.apply(&(0..MANY).map(team).collect::<Vec<_>>().join("\n---\n"));
    let (ready, text) = world.kubectl(&["wait", "pingteam", "--all", "--for=condition=Ready", "--timeout=60s"], "");
    assert!(ready, "{text}");
    let names: Vec<_> = (0..DELETED).map(name).collect();
    let arguments: Vec<_> =
        ["delete", "pingteam", "--wait=false"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let (asked, text) = world.kubectl(&arguments, "");
    assert!(asked, "{text}");
    for restart in 0..10 {
        // The first is killed in the midst of it, the others when all that is left is held.
        if restart > 0 {
            until("what is left is held", async || {
                let (_, text) = world.kubectl(
                    &[
                        "get",
                        "pingteam",
                        "-o",
                        "jsonpath={.items[*].status.conditions[?(@.type=='DeletionHeld')].reason}",
                    ],
                    "",
                );
                text.matches("GuardExceeded").count() >= DELETED - ALLOWED
            })
            .await;
        }
        world.kill();
        world.start().await;
        assert!(world.count(&["DELETE"]) <= ALLOWED, "{:?}", world.count(&["DELETE"]));
    }
    assert_eq!(world.count(&["DELETE"]), ALLOWED);
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 60}}}"#);
    for name in &names {
        world.gone(&format!("pingteam/{name}")).await;
    }
    assert_eq!(world.count(&["DELETE"]), DELETED);
    assert_eq!(reason(&world.ready(&format!("pingteam/{}", name(DELETED))).await, "Ready"), "Available");
}

/// A create appends, so that no list is needed after each: one list shows all that were created without a pause.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_channels_of_one_owner_cost_twenty_posts_and_one_list_after_them() {
    const CHANNELS: usize = 20;
    let mut world = Setup { read_lag: 120, is_started: false, ..Setup::default() }.build().await;
    let manifest = |number: usize| {
        channel(&format!("hook-{number}"), "{customer: {}}", "webhook", &format!("https://example.com/{number}"))
    };
    world.apply(&(0..CHANNELS).map(manifest).collect::<Vec<_>>().join("\n---\n"));
    world.start().await;
    let (ready, text) = world.kubectl(&["wait", "pingnc", "--all", "--for=condition=Ready", "--timeout=120s"], "");
    assert!(ready, "{text}");
    let journal = world.emulator.journal();
    let calls = |method, path| journal.iter().filter(move |entry| entry.method == method && entry.path.ends_with(path));
    let posts: Vec<_> = calls("POST", "/notification-channel").map(|entry| entry.at).collect();
    assert_eq!(posts.len(), CHANNELS, "{:?}", world.calls());
    // The list is read when no further channel came for two seconds, and after thirty: a machine that stalls may cause one more.
    let stalls = posts.windows(2).filter(|pair| pair[1] - pair[0] > 1_000).count() as u64;
    let most = 2 + stalls + (posts[CHANNELS - 1] - posts[0]) / 25_000;
    let lists = calls("GET", "/notification-channels").count() as u64;
    assert!((2..=most).contains(&lists), "the first list, and one that shows them all: {:?}", world.calls());
    let (_, text) = world.kubectl(&["get", "pingnc", "-o", "jsonpath={.items[*].status.priority}"], "");
    let mut positions: Vec<usize> = text.split_whitespace().filter_map(|text| text.parse().ok()).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=CHANNELS).collect::<Vec<_>>());
}
