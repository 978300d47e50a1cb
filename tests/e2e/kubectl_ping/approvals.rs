//! `kubectl ping approve`: a person sees what waits, and approves exactly that.

use serde_json::Value;

use super::{ping, ping_well};
use crate::harness::World;
use crate::members::team;

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_shown_and_done_only_after_somebody_approves_it() {
    let world = World::new().await;
    world.ready("pingpc/default").await;
    world.patch("pingpc/default", r#"{"spec": {"approval": "Required"}}"#);
    world.apply(&team("{email: ada@example.com}"));
    world.says("pingteam/platform", "ApprovalRequired").await;
    let asked = ping(&world, &["approve", "team/platform"]);
    assert!(asked.told.contains("  invite ada@example.com (sends an e-mail)\n"), "{}", asked.told);
    assert!(asked.code == Some(2) && asked.told.contains("--yes does it"), "{}", asked.told);
    assert_eq!(world.count(&["POST", "/invitation"]), 0, "nobody has approved it");
    let done = ping_well(&world, &["approve", "team/platform", "--yes"]);
    let object = world.ready("pingteam/platform").await;
    assert_eq!(object["status"]["pendingPlan"], Value::Null);
    let hash = object["status"]["approvedPlan"]["hash"].as_str().expect("a hash");
    assert!(done.contains(hash), "{done}");
    assert_eq!(world.count(&["POST", "/invitation"]), 1);
    let again = ping(&world, &["approve", "team/platform", "--yes"]);
    assert!(again.code == Some(2) && again.told.contains("no call that waits"), "{}", again.told);
}
