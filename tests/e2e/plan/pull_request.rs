//! The pull request that the repository plays: what its comment says is what the provider receives.

use std::process::Command;

use serde_json::Value;

use crate::harness::world::id_of;
use crate::harness::{Setup, World, binary};

/// Plays the pull request in the world's namespace; returns its comment and its plan.
fn play(world: &World) -> (String, Value) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pull-request-{}", world.namespace));
    let played = Command::new("deploy/demo/pull-request.sh")
        .arg(&folder)
        .env("KUBECONFIG", world.cluster.admin())
        .env("EMULATOR", world.emulator.address().to_string())
        .env("NAMESPACE", &world.namespace)
        .env("OPERATOR", binary())
        .output()
        .expect("the script");
    let text = [played.stdout, played.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(played.status.success(), "{text}");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
    let (comment, plan) = (read("comment.md"), serde_json::from_str(&read("plan.json")).expect("JSON"));
    std::fs::remove_dir_all(folder).expect("the folder");
    (comment, plan)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_after_the_merge_are_those_of_the_comment() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    let (comment, plan) = play(&world);
    let team = id_of(&world.ready("pingteam/support").await);
    let service = id_of(&world.ready("pingsvc/billing").await);
    world.ready("pingnc/phone").await;
    let objects = plan["objects"].as_array().expect("objects").iter();
    let calls: Vec<_> = objects.flat_map(|object| object["calls"].as_array().expect("calls")).collect();
    let text = |call: &Value, field: &str| call[field].as_str().unwrap_or_default().to_owned();
    let mut planned: Vec<_> =
        calls.iter().map(|call| format!("{} {}", text(call, "method"), text(call, "path"))).collect();
    // The team and the service of the main branch came first.
    let received = world.writes();
    let mut received: Vec<_> =
        received[2..].iter().map(|line| line.split(" {").next().unwrap_or_default().to_owned()).collect();
    planned.sort();
    received.sort();
    assert_eq!(received, planned, "{comment}");
    assert!(received.iter().any(|line| line.contains(&team)) && received.iter().any(|line| line.contains(&service)));
    for call in calls {
        let sentence = text(call, "reason");
        assert!(comment.contains(&sentence), "{sentence}\n{comment}");
    }
    assert!(comment.contains("Needs approval"), "{comment}");
    let (_, events) = world.kubectl(&["get", "events", "-o", "jsonpath={.items[*].reason}"], "");
    assert!(events.contains("UsedApproval") && !events.contains("ApprovalRequired"), "{events}");
}
