//! A resource that takes over what another one stands for: nothing is called, nobody is invited again, and no code goes out again.

use serde_json::Value;

use super::{annotate, kubectl, operator};
use crate::codes::{code, verified};
use crate::harness::wait::until;
use crate::harness::world::{TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT};
use crate::members::{named_team, state};

/// A manifest that says where its object comes from.
fn moved(manifest: &str, namespace: &str, source: &str) -> String {
    let annotation = format!("metadata: {{annotations: {{ping-operator.dev/moved-from: {namespace}/{source}}}, ");
    manifest.replacen("metadata: {", &annotation, 1)
}

fn platform(name: &str) -> String {
    named_team(name, "Platform", "{email: p@x.org}")
}

fn service(name: &str, team: &str) -> String {
    SERVICE
        .replace("metadata: {name: checkout}", &format!("metadata: {{name: {name}}}"))
        .replace("teamRef: {name: platform}", &format!("teamRef: {{name: {team}}}"))
}

fn sub_account(name: &str) -> String {
    SUB_ACCOUNT.replace("metadata: {name: acme}", &format!("metadata: {{name: {name}}}"))
}

/// A team with an invited person, its service, a channel with its code, and a sub-account, all made.
async fn made(world: &World) -> Vec<(&'static str, &'static str, String)> {
    world.apply(&platform("platform"));
    world.apply(&service("checkout", "platform"));
    world.apply(&verified("hook", "https://example.com/a"));
    world.apply(&sub_account("acme"));
    world.ready("pingnc/hook").await;
    world.secret_with("codes", "code", &code(world));
    world.until("pingnc/hook", "is verified", |object| reason(object, "Verified") == "Verified").await;
    world.until("pingteam/platform", "invited p", |team| state(team, "p@x.org") == "Invited").await;
    let mut ids = Vec::new();
    for (old, new) in [
        ("pingteam/platform", "pingteam/core"),
        ("pingsvc/checkout", "pingsvc/pay"),
        ("pingnc/hook", "pingnc/bell"),
        ("pingsub/acme", "pingsub/umbrella"),
    ] {
        ids.push((old, new, id_of(&world.ready(old).await)));
        world.second_after(old).await;
    }
    world.emulator.clear_journal();
    ids
}

/// Applies the resources under their new names.
fn rename(world: &World) {
    let ns = &world.namespace;
    world.apply(&moved(&platform("core"), ns, "platform"));
    world.apply(&moved(&service("pay", "core"), ns, "checkout"));
    world.apply(&moved(&verified("bell", "https://example.com/a"), ns, "hook"));
    world.apply(&moved(&sub_account("umbrella"), ns, "acme"));
}

/// The heirs have the objects, and nothing was called, now and after another look.
async fn have_taken_over(world: &World, ids: &[(&str, &str, String)]) {
    for (_, new, id) in ids {
        let object = world.until(new, "is Ready", |object| condition(object, "Ready")["status"] == "True").await;
        assert_eq!(id_of(&object), *id);
        world.look_again(new).await;
        let object = world.ready(new).await;
        match *new {
            "pingteam/core" => assert_eq!(state(&object, "p@x.org"), "Invited", "{object}"),
            "pingnc/bell" => assert_eq!(reason(&object, "Verified"), "Verified", "{object}"),
            _ => {}
        }
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_under_a_new_name_takes_over_without_a_call_and_the_old_one_goes_without_one() {
    let world = World::new().await;
    let ids = made(&world).await;
    rename(&world);
    have_taken_over(&world, &ids).await;
    for (old, new, id) in &ids {
        let object = world.says(old, "Conflict").await;
        let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default().to_owned();
        let name = new.split_once('/').unwrap_or_default().1;
        assert!(message.contains(&format!("'{}/{name}' takes over", world.namespace)), "{message}");
        assert_eq!(id_of(&object), *id);
    }
    // It plans nothing any more.
    world.patch("pingteam/platform", r#"{"spec": {"name": "Else", "members": []}}"#);
    world.look_again("pingteam/platform").await;
    for (old, _, _) in ids.iter().rev() {
        world.delete(old);
        world.gone(old).await;
    }
    have_taken_over(&world, &ids).await;
    let (_, events) = world.kubectl(&["get", "events", "-o", "jsonpath={.items[*].message}"], "");
    let ns = &world.namespace;
    assert!(events.contains(&format!("the resource '{ns}/core' has taken it over")), "{events}");
    assert!(
        events.contains(&format!("of '{ns}/platform' belongs to this resource now; nothing was called")),
        "{events}"
    );
    // The annotation stays, and means nothing any more.
    world.delete("pingsvc/pay");
    world.gone("pingsvc/pay").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn both_changes_at_once_and_while_the_operator_is_away_need_no_call_either() {
    for is_away in [false, true] {
        let mut world = World::new().await;
        let ids = made(&world).await;
        if is_away {
            world.stop().await;
        }
        rename(&world);
        for (old, _, _) in &ids {
            world.delete(old);
        }
        if is_away {
            world.start().await;
        }
        for (old, _, _) in &ids {
            world.gone(old).await;
        }
        have_taken_over(&world, &ids).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_old_one_is_gone_there_is_nothing_to_take_over_and_the_object_is_made_anew() {
    let world = World::new().await;
    world.apply(&platform("platform"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    world.apply(&moved(&platform("core"), &world.namespace, "platform"));
    assert_ne!(id_of(&world.ready("pingteam/core").await), id);
    let (_, events) = world.kubectl(&["get", "events", "-o", "jsonpath={.items[*].message}"], "");
    let told =
        format!("'{}/platform', which the annotation moved-from names, left nothing to take over", world.namespace);
    assert!(events.contains(&told), "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_resource_stays_until_its_heir_has_recorded_the_object() {
    let world = World::new().await;
    world.apply(&platform("platform"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.clear_journal();
    world.apply(&moved(&platform("core"), &world.namespace, "platform").replace("spec: {", "spec: {suspend: true, "));
    world.until("pingteam/core", "is suspended", |team| condition(team, "Suspended")["status"] == "True").await;
    world.patch("pingteam/platform", r#"{"spec": {"deletionPolicy": "Orphan"}}"#);
    world.delete("pingteam/platform");
    let object = world.says("pingteam/platform", "HasDependents").await;
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains(&format!("'{}/core' takes over", world.namespace)), "{message}");
    world.patch("pingteam/core", r#"{"spec": {"suspend": false}}"#);
    world.gone("pingteam/platform").await;
    assert_eq!(id_of(&world.ready("pingteam/core").await), id);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_namespace_takes_over_only_what_is_handed_to_it() {
    let world = Setup { is_started: false, ..Setup::default() }.build().await;
    let other = format!("{}-other", world.namespace);
    kubectl(&world, &["create", "namespace", &other], "");
    let there = |args: &[&str], input: &str| world.kubectl(&[&["--namespace", &other], args].concat(), input);
    there(&["create", "secret", "generic", "tokens", &format!("--from-literal=token={TOKEN}")], "");
    there(&["apply", "-f", "-"], &world.config("default", "Pinghome"));
    let _operator = operator(&world, &format!("{},{other}", world.namespace), &[]).await;
    world.apply(&platform("platform"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.clear_journal();
    there(&["apply", "-f", "-"], &moved(&platform("core"), &world.namespace, "platform"));
    let heir =
        || serde_json::from_str::<Value>(&there(&["get", "pingteam/core", "-o", "json"], "").1).unwrap_or_default();
    until("the heir says what is missing", async || {
        let message = condition(&heir(), "Ready")["message"].as_str().unwrap_or_default().to_owned();
        reason(&heir(), "Ready") == "Conflict" && message.contains(&format!("ping-operator.dev/moved-to: {other}/core"))
    })
    .await;
    world.look_again("pingteam/platform").await;
    world.ready("pingteam/platform").await;
    annotate(&world, "pingteam/platform", &format!("ping-operator.dev/moved-to={other}/core"));
    until("the heir is Ready", async || condition(&heir(), "Ready")["status"] == "True").await;
    assert_eq!(id_of(&heir()), id);
    world.says("pingteam/platform", "Conflict").await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    assert_eq!((world.writes(), state(&heir(), "p@x.org")), (Vec::<String>::new(), "Invited"));
    there(&["delete", "--wait=false", "pingteam/core"], "");
}
