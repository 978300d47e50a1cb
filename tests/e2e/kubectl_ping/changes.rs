//! Verbs that a person confirms: what they mean is shown, and nothing else happens.

use serde_json::{Value, json};

use super::{ping, ping_well};
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World};
use crate::lifecycle::SERVICE;
use crate::members::team;

const HOOK: &str = "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: hook}, spec: {owner: {customer: \
                    {}}, type: webhook, value: 'https://example.com/hook'}}";

#[tokio::test(flavor = "multi_thread")]
async fn a_team_moves_to_another_namespace_without_a_write_to_the_provider() {
    let mut world = Setup { neighbours: 1, ..Setup::default() }.build().await;
    let there = world.namespaces().swap_remove(1);
    world.apply(&[TEAM, SERVICE].join("\n---\n"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.ready("pingsvc/checkout").await;
    let args = ["move", "team/platform", "--to-namespace", &there, "--yes"];
    let refused = ping(&world, &args);
    assert_eq!(refused.code, Some(2), "{}", refused.told);
    assert!(refused.told.contains("such as Service") && refused.told.contains("team.externalId"), "{}", refused.told);
    world.delete("pingsvc/checkout");
    world.gone("pingsvc/checkout").await;
    let unanswered = ping(&world, &args[..4]);
    assert_eq!(unanswered.code, Some(2), "{}", unanswered.told);
    assert!(unanswered.told.contains("the provider gets no write") && unanswered.told.contains("--yes"));
    let before = world.writes();
    let moved = ping_well(&world, &args);
    assert_eq!(moved, format!("moved: Team {there}/platform has the object '{id}'\n"));
    assert!(world.get("pingteam/platform").await.is_none());
    world.go_to(1);
    assert_eq!(id_of(&world.ready("pingteam/platform").await), id);
    world.look_again("pingteam/platform").await;
    assert_eq!(world.writes(), before);
    assert_eq!(world.emulator.state(TOKEN)["teams"][&id]["name"], "Platform");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_people_and_a_channel_move_without_an_id_that_somebody_copies() {
    let mut world = Setup { neighbours: 1, ..Setup::default() }.build().await;
    let there = world.namespaces().swap_remove(1);
    world.apply(&[&team("{email: ada@example.com}"), HOOK].join("\n---\n"));
    let people = world.ready("pingteam/platform").await["status"]["members"].clone();
    let channel = id_of(&world.ready("pingnc/hook").await);
    let before = world.writes();
    for resource in ["team/platform", "notificationchannel/hook"] {
        ping_well(&world, &["move", resource, "--to-namespace", &there, "--yes"]);
    }
    world.go_to(1);
    let moved = world.ready("pingteam/platform").await;
    assert_eq!(moved["status"]["members"], people);
    assert_eq!(moved["metadata"]["annotations"]["ping-operator.dev/external-id"], Value::Null);
    assert_eq!(id_of(&world.ready("pingnc/hook").await), channel);
    assert_eq!(world.writes(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_nobody_takes_up_leaves_the_old_resource_as_it_was_and_can_go_on_later() {
    let mut world = Setup { neighbours: 1, ..Setup::default() }.build().await;
    let there = world.namespaces().swap_remove(1);
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.go_to(1);
    world.ready("pingpc/default").await;
    world.go_to(0);
    world.stop().await;
    let args = ["move", "team/platform", "--to-namespace", &there, "--yes", "--timeout", "3"];
    let refused = ping(&world, &args);
    assert_eq!(refused.code, Some(2), "{}{}", refused.out, refused.told);
    assert!(
        refused.told.contains("nobody has looked at it") && refused.told.contains("stays as it is"),
        "{}",
        refused.told
    );
    assert!(world.get("pingteam/platform").await.is_some_and(|team| team["metadata"]["deletionTimestamp"].is_null()));
    world.start().await;
    // The copy takes over as soon as somebody looks at it; the old resource has the id until it is deleted.
    assert_eq!(id_of(&world.get("pingteam/platform").await.expect("the old resource")), id);
    ping_well(&world, &args[..5]);
    assert!(world.get("pingteam/platform").await.is_none());
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_stays_outside_and_only_if_a_person_says_so() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    let before = world.writes();
    let asked = ping(&world, &["orphan", "team/platform"]);
    assert_eq!(asked.code, Some(2), "{}", asked.told);
    assert!(asked.told.contains(&format!("its object '{id}'")) && asked.told.contains("--yes"), "{}", asked.told);
    assert!(world.get("pingteam/platform").await.is_some_and(|team| team["metadata"]["deletionTimestamp"].is_null()));
    let out = ping_well(&world, &["orphan", "team/platform", "--yes", "--wait"]);
    assert!(out.contains("stays as it is"), "{out}");
    assert!(world.get("pingteam/platform").await.is_none());
    assert_eq!(world.writes(), before);
    assert_eq!(world.emulator.state(TOKEN)["teams"][&id]["name"], "Platform");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_exists_is_adopted_and_what_waits_for_nobody_is_not_approved() {
    let world = World::new().await;
    let made = world.human("POST", "/customer-cmd/v1/team", json!({ "name": "Platform" }));
    let id = made["team_id"].as_str().unwrap_or_default();
    world.apply(TEAM);
    world.says("pingteam/platform", "NameTaken").await;
    ping_well(&world, &["adopt", "team/platform", id, "--yes"]);
    assert_eq!(id_of(&world.ready("pingteam/platform").await), id);
    let again = ping(&world, &["adopt", "team/platform", id, "--yes"]);
    assert!(again.told.contains("already"), "{}", again.told);
    let approved = ping(&world, &["approve", "team/platform", "--yes"]);
    assert_eq!(approved.code, Some(2), "{}", approved.told);
    assert!(approved.told.contains("no call that waits for an approval"), "{}", approved.told);
}
