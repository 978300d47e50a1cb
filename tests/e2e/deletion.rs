//! Deleting: by every policy, in any order, and always to an end.

use std::process::Command;
use std::sync::Arc;

use ping_emulator::{CustomerFields, Fault, MissingAccount, Settings, Trouble};
use serde_json::json;

use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason, wait};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};
use crate::members::named_team;

#[tokio::test(flavor = "multi_thread")]
async fn an_orphaned_object_stays_and_the_resource_goes() {
    let world = World::new().await;
    world.apply(&TEAM.replace("spec: {", "spec: {deletionPolicy: Orphan, "));
    world.apply(SUB_ACCOUNT);
    let team = id_of(&world.ready("pingteam/platform").await);
    let account = id_of(&world.ready("pingsub/acme").await);
    world.emulator.clear_journal();
    for resource in ["pingteam/platform", "pingsub/acme"] {
        world.delete(resource);
        world.gone(resource).await;
    }
    assert_eq!(world.calls(), Vec::<String>::new());
    let state = world.emulator.state(TOKEN);
    assert!(state["teams"].get(team).is_some() && state["accounts"].get(account).is_some());
}

/// The spec is read once in a visit; the record that precedes an invitation is written whatever else has changed meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_is_deleted_while_an_invitation_is_recorded_goes_by_its_policy() {
    let world = World::new().await;
    let (admin, namespace) = (world.cluster.admin(), world.namespace.clone());
    world.emulator.tap(Arc::new(move |line| {
        if line.starts_with("GET") && line.ends_with("/invitations") {
            // It stays until its finalizer is taken off: the second time it is there no more, or still being deleted.
            let mut kubectl = Command::new("kubectl");
            kubectl.env("KUBECONFIG", &admin).args(["-n", &namespace, "delete", "pingteam/platform", "--wait=false"]);
            assert!(kubectl.output().is_ok());
        }
        None
    }));
    let orphaned = "spec: {deletionPolicy: Orphan, ";
    world.apply(&named_team("platform", "Platform", "{email: ada@example.com}").replace("spec: {", orphaned));
    world.gone("pingteam/platform").await;
    assert_eq!(world.writes(), [r#"POST /v1/team {"name":"Platform"}"#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_annotation_orphan_lets_go_whatever_the_policy() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/allow-deletion=orphan"], "");
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_account_is_gone_when_the_list_drops_it_and_is_deleted_once() {
    for deleting_shown_active in [false, true] {
        let settings = Settings { deletion_time: 3000, deleting_shown_active, ..Settings::default() };
        let world = Setup { settings, ..Setup::default() }.build().await;
        world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
        let id = id_of(&world.ready("pingsub/acme").await);
        world.delete("pingsub/acme");
        if deleting_shown_active {
            world
                .until("pingsub/acme", "awaits removal", |object| reason(object, "Reconciling") == "AwaitingRemoval")
                .await;
        }
        world.gone("pingsub/acme").await;
        let deletes: Vec<_> = world.writes().into_iter().filter(|call| call.starts_with("DELETE")).collect();
        assert_eq!(deletes, [format!("DELETE /accounts?customerid={id}")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_whose_answer_was_lost_ends_however_nodeping_tells_that_the_account_is_gone() {
    for missing_account in [MissingAccount::Permission, MissingAccount::EmptyObject, MissingAccount::NotFound] {
        let settings = Settings { missing_account, ..Settings::default() };
        let world = Setup { settings, ..Setup::default() }.build().await;
        world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
        world.ready("pingsub/acme").await;
        // By then no list that proves anything is to be read anew.
        world.emulator.fault(Fault::new("DELETE", "/accounts", 3, Trouble::Before { status: 503 }));
        world.emulator.fault(Fault::new("DELETE", "/accounts", 1, Trouble::DropAfter));
        world.delete("pingsub/acme");
        world.gone("pingsub/acme").await;
        assert_eq!(world.emulator.state(TOKEN)["accounts"].as_object().map(serde_json::Map::len), Some(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_sub_account_stays_suspended_when_its_resource_goes() {
    let world = World::new().await;
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Suspend, "));
    let id = id_of(&world.ready("pingsub/acme").await);
    world.delete("pingsub/acme");
    world.gone("pingsub/acme").await;
    assert_eq!(world.emulator.state(TOKEN)["accounts"][&id]["status"], "Suspend");
    assert_eq!(world.writes().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_hang_on_is_held_until_a_person_allows_it() {
    let world = World::new().await;
    world.apply(TEAM);
    world.apply(SERVICE);
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
    let service = id_of(&world.ready("pingsvc/checkout").await);
    let account = id_of(&world.ready("pingsub/acme").await);
    world.emulator.set_counts(TOKEN, &service, &json!({"resource_count": 2}));
    world.emulator.set_counts(TOKEN, &account, &json!({"count": 3}));
    world.emulator.clear_journal();
    for resource in ["pingsvc/checkout", "pingsub/acme"] {
        world.delete(resource);
        let object = world.says(resource, "NotEmpty").await;
        assert_eq!(condition(&object, "DeletionHeld")["status"], "True");
        assert_eq!(condition(&object, "Stalled")["status"], "True");
        assert_eq!(world.writes(), Vec::<String>::new());
    }
    for resource in ["pingsvc/checkout", "pingsub/acme"] {
        world.kubectl(&["annotate", resource, "ping-operator.dev/allow-deletion=true"], "");
        world.gone(resource).await;
    }
    assert_eq!(world.writes().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_team_of_the_tokens_own_customer_is_not_deleted_in_any_form_of_its_profile() {
    for customer_fields in [CustomerFields::Plain, CustomerFields::Full, CustomerFields::Nested] {
        let settings = Settings { customer_fields, ..Settings::default() };
        let world = Setup { settings, ..Setup::default() }.build().await;
        world.apply(TEAM);
        let id = id_of(&world.ready("pingteam/platform").await);
        world.emulator.set_own_team(TOKEN, &id);
        world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/allow-deletion=true"], "");
        world.delete("pingteam/platform");
        let object = world.says("pingteam/platform", "OwnTeam").await;
        assert_eq!(condition(&object, "DeletionHeld")["status"], "True");
        assert_eq!(world.count(&["DELETE"]), 0);
        world.emulator.set_own_team(TOKEN, "");
        world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/reconcile-requested-at=now"], "");
        world.gone("pingteam/platform").await;
        assert_eq!(world.count(&["DELETE"]), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_goes_on_by_itself_when_what_held_it_is_gone() {
    let mut world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.set_own_team(TOKEN, &id);
    world.stop().await;
    world.delete("pingteam/platform");
    let deleted = world.get("pingteam/platform").await.unwrap_or_default()["metadata"]["deletionTimestamp"].clone();
    let deleted: jiff::Timestamp = deleted.as_str().unwrap_or_default().parse().expect("a time");
    // What is read from now on was surely read after the deletion: once would be enough, but for what people do meanwhile.
    wait::until("it was deleted a while ago", async || jiff::Timestamp::now().duration_since(deleted).as_secs() > 1)
        .await;
    world.start().await;
    world.says("pingteam/platform", "OwnTeam").await;
    world.emulator.set_own_team(TOKEN, "");
    world.gone("pingteam/platform").await;
    assert_eq!(world.count(&["DELETE"]), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_waits_for_what_refers_to_it() {
    let world = World::new().await;
    world.apply(TEAM);
    world.apply(SERVICE);
    world.apply(&channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"));
    for resource in ["pingsvc/checkout", "pingnc/hook"] {
        world.ready(resource).await;
    }
    world.emulator.clear_journal();
    world.delete("pingteam/platform");
    world.until("pingteam/platform", "waits", |object| reason(object, "Reconciling") == "HasDependents").await;
    assert_eq!(world.writes(), Vec::<String>::new());
    world.delete("pingnc/hook");
    world.delete("pingsvc/checkout");
    world.gone("pingteam/platform").await;
    let writes = world.writes();
    assert_eq!(writes.len(), 3);
    assert!(
        writes.last().is_some_and(|call| call.starts_with("DELETE /v1/team/") && !call.contains("channel")),
        "{writes:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_already_is_deleted_without_a_fuss() {
    let world = World::new().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.human("DELETE", &format!("/customer-cmd/v1/team/{id}"), json!(null));
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_without_a_credential_is_held_and_says_what_brings_it_on() {
    let mut world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.stop().await;
    world.delete("secret/tokens");
    world.delete("pingteam/platform");
    world.start().await;
    let object = world.says("pingteam/platform", "CredentialsMissing").await;
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains("'tokens'") && message.contains("allow-deletion"), "{message}");
    world.secret(TOKEN);
    world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/reconcile-requested-at=now"], "");
    world.gone("pingteam/platform").await;
    assert_eq!(world.emulator.state(TOKEN)["teams"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_deletions_than_the_guard_allows_are_held_across_restarts_until_it_is_raised() {
    let mut world = World::new().await;
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 2}}}"#);
    let names = ["a", "b", "c", "d"];
    for name in names {
        world.apply(
            &TEAM
                .replace("name: platform", &format!("name: {name}"))
                .replace("name: Platform", &format!("name: Team {name}")),
        );
        world.ready(&format!("pingteam/{name}")).await;
    }
    world.emulator.clear_journal();
    for name in names {
        world.delete(&format!("pingteam/{name}"));
    }
    let held = async |world: &World| {
        let mut left = Vec::new();
        for name in names {
            left.extend(world.get(&format!("pingteam/{name}")).await);
        }
        left.len() == 2 && left.iter().all(|team| condition(team, "DeletionHeld")["reason"] == "GuardExceeded")
    };
    wait::until("two are held", async || held(&world).await).await;
    world.restart().await;
    wait::until("two are held still", async || held(&world).await).await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 10}}}"#);
    for name in names {
        world.gone(&format!("pingteam/{name}")).await;
    }
    assert_eq!(world.writes().len(), 4);
}
