//! Claims count within an account, and whoever waits for one is woken.

use ping_emulator::Settings;
use serde_json::{Value, json};

use super::{annotate, kubectl, operator, team};
use crate::harness::wait::until;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, reason};
use crate::lifecycle::SERVICE;

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_counts_only_from_a_resource_whose_config_reaches_the_account() {
    let settings = Settings { tokens: vec![TOKEN.to_owned(), "token-b".to_owned()], ..Settings::default() };
    let world = Setup { is_started: false, settings, ..Setup::default() }.build().await;
    let evil = format!("{}-evil", world.namespace);
    kubectl(&world, &["create", "namespace", &evil], "");
    let elsewhere = |args: &[&str], input: &str| kubectl(&world, &[&["--namespace", &evil], args].concat(), input);
    // One has no config, one a token of another account, and one a token that the provider refuses.
    for (name, token) in [("other", "token-b"), ("refused", "token-x")] {
        elsewhere(&["create", "secret", "generic", name, &format!("--from-literal=token={token}")], "");
        let config = world.config(name, "Pinghome").replace("name: tokens", &format!("name: {name}"));
        elsewhere(&["apply", "-f", "-"], &config);
    }
    for config in ["default", "other", "refused"] {
        let claiming =
            team(config, "X").replace("spec: {", &format!("spec: {{providerConfigRef: {{name: {config}}}, "));
        elsewhere(&["apply", "-f", "-"], &claiming);
    }
    let _operator = operator(&world, &format!("{},{evil}", world.namespace), &[]).await;
    world.ready("pingpc/default").await;
    world.apply(&team("clock", "Clock"));
    world.ready("pingteam/clock").await;
    world.second_after("pingteam/clock").await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    for config in ["default", "other", "refused"] {
        let claim = format!("ping-operator.dev/external-id={id}");
        elsewhere(&["annotate", "--overwrite", &format!("pingteam/{config}"), &claim], "");
    }
    let says = |name: &str, expected: &str| {
        let (_, text) = world.kubectl(&["--namespace", &evil, "get", &format!("pingteam/{name}"), "-o", "json"], "");
        let object: Value = serde_json::from_str(&text).unwrap_or_default();
        reason(&object, "Ready") == expected
    };
    // It manages a team of its own account.
    until("the claim of an id of another account leads nowhere", async || says("other", "InvalidPolicy")).await;
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.ready("pingteam/platform").await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert!(world.emulator.state(TOKEN)["teams"].get(&id).is_none(), "the owner's deletion deletes its object");
    for config in ["default", "other", "refused"] {
        elsewhere(&["delete", "--wait=false", &format!("pingteam/{config}")], "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loser_of_a_conflict_takes_over_as_soon_as_its_winner_is_gone_or_gives_up_its_claim() {
    let world = World::new().await;
    for is_deleted in [true, false] {
        let (first, second) = if is_deleted { ("first", "second") } else { ("third", "fourth") };
        let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": first}));
        let id = made["team_id"].as_str().unwrap_or_default().to_owned();
        let claim = format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, name: ");
        let claiming = |name: &str| team(name, first).replace("metadata: {name: ", &claim);
        let (winner, loser) = (format!("pingteam/{first}"), format!("pingteam/{second}"));
        if is_deleted {
            world.apply(&claiming(first));
            world.ready(&winner).await;
        } else {
            // It waits for its config, which is there later: it claims, and has no finalizer yet.
            world.apply(&claiming(first).replace("spec: {", "spec: {suspend: true, "));
        }
        world.second_after(&winner).await;
        world.apply(&claiming(second));
        world.says(&loser, "Conflict").await;
        if is_deleted {
            annotate(&world, &winner, "ping-operator.dev/allow-deletion=orphan");
            world.delete(&winner);
        } else {
            annotate(&world, &winner, "ping-operator.dev/external-id-");
        }
        let object = world.ready(&loser).await;
        assert_eq!(id_of(&object), id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_older_resource_leaves_its_object_to_the_younger_one_that_claims_it() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.second_after("pingteam/platform").await;
    let claim = format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, name: ");
    world.apply(&team("second", "Platform").replace("metadata: {name: ", &claim));
    world.says("pingteam/second", "Conflict").await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(id_of(&world.ready("pingteam/second").await), id);
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    let (_, events) = world.kubectl(&["get", "events", "-o", "jsonpath={.items[*].message}"], "");
    assert!(events.contains(&format!("the resource '{}/second' claims it", world.namespace)), "{events}");
    // Nobody claims it any more.
    world.delete("pingteam/second");
    world.gone("pingteam/second").await;
    assert!(world.emulator.state(TOKEN)["teams"].get(&id).is_none(), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_object_of_a_deleted_resource_goes_when_the_other_one_has_dropped_its_claim() {
    let mut world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.second_after("pingteam/platform").await;
    let claim = format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, name: ");
    world.apply(&team("second", "Second").replace("metadata: {name: ", &claim));
    world.says("pingteam/second", "Conflict").await;
    world.stop().await;
    annotate(&world, "pingteam/second", "ping-operator.dev/external-id-");
    world.delete("pingteam/platform");
    world.start().await;
    world.gone("pingteam/platform").await;
    let second = id_of(&world.ready("pingteam/second").await);
    let teams = world.emulator.state(TOKEN)["teams"].clone();
    assert_eq!(teams.as_object().map(|teams| teams.keys().cloned().collect()), Some(vec![second]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_younger_shows_a_conflict_as_soon_as_an_older_resource_claims_its_object() {
    let world = World::new().await;
    let nowhere =
        "metadata: {annotations: {ping-operator.dev/external-id: 11111111-2222-3333-4444-555555555555}, name: ";
    world.apply(&team("older", "X").replace("metadata: {name: ", nowhere));
    world.says("pingteam/older", "ExternalNotFound").await;
    world.second_after("pingteam/older").await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    annotate(&world, "pingteam/older", &format!("ping-operator.dev/external-id={id}"));
    world.says("pingteam/platform", "Conflict").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_taken_is_adopted_as_soon_as_its_claim_is_given_up() {
    // No list is young enough: what a person made a moment ago is seen.
    let world = Setup { read_lag: 0, ..Setup::default() }.build().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    // A claim that is only an annotation: the object of the same name is this resource's, the other one's is not unique.
    let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    let other = made["team_id"].as_str().unwrap_or_default().to_owned();
    world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    let adopting = team("second", "Platform").replace("spec: {", "spec: {adoptionPolicy: IfUnique, ");
    world.apply(&adopting);
    world.look_again("pingteam/second").await;
    world.says("pingteam/second", "NameTaken").await;
    let claim = format!("metadata: {{annotations: {{ping-operator.dev/external-id: {other}}}, name: ");
    world.apply(&team("third", "Platform").replace("metadata: {name: ", &claim));
    let adopted = id_of(&world.ready("pingteam/second").await);
    assert!(![id, other].contains(&adopted), "{adopted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_woken_when_its_team_was_made_again() {
    // No list is laid over by what was just made.
    let world = Setup { read_lag: 0, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.apply(SERVICE);
    world.ready("pingsvc/checkout").await;
    let service = id_of(&world.ready("pingsvc/checkout").await);
    let before = id_of(&world.ready("pingteam/platform").await);
    world.human("DELETE", &format!("/resource-cmd/v1/service/{service}"), json!(null));
    world.human("DELETE", &format!("/customer-cmd/v1/team/{before}"), json!(null));
    world.look_again("pingteam/platform").await;
    let made_again = |object: &Value| id_of(object) != before && reason(object, "Ready") == "Available";
    world.until("pingteam/platform", "is made again", made_again).await;
    // It cannot be moved, and its policy holds it.
    world.says("pingsvc/checkout", "Invalid").await;
}
