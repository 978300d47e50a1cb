//! A namespace that is deleted with all that is in it: it goes, and what its resources stand for goes by their policies.

use std::time::Duration;

use serde_json::json;

use super::schedules::is_whole;
use crate::account::account;
use crate::customer::customer;
use crate::harness::wait::NAMESPACE_ENDS;
use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};

/// How long it may take where nothing else keeps the machine busy.
const LIMIT: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_with_everything_in_it_goes_and_so_does_everything_outside() {
    for run in 1..=if is_whole() { 20 } else { 1 } {
        let world = Setup::default().build().await;
        let (kept, begun) = (everything(&world).await, std::time::Instant::now());
        let (asked, text) = world.kubectl(&["delete", "namespace", &world.namespace, "--wait=false"], "");
        assert!(asked, "{text}");
        world.namespace_ends(if is_whole() { LIMIT } else { NAMESPACE_ENDS }).await;
        eprintln!("[namespaces] run {run}: gone after {:.1} s", begun.elapsed().as_secs_f64());
        let state = world.emulator.state(TOKEN);
        let teams: Vec<_> = state["teams"].as_object().into_iter().flatten().map(|(id, _)| id.clone()).collect();
        assert_eq!((teams, &state["services"]), (vec![kept], &json!({})));
        assert_eq!(state["accounts"].as_object().map(serde_json::Map::len), Some(1), "the primary account stays");
    }
}

/// A resource of each kind; the id of the team that stays by its policy.
async fn everything(world: &World) -> String {
    let kept = TEAM
        .replace("platform", "kept")
        .replace("Platform", "Kept")
        .replace("spec: {", "spec: {deletionPolicy: Orphan, ");
    let hook = channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a");
    let sub = SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, ");
    let (primary, me) = (account("timezone: '3'"), customer("name: Ada, surname: King"));
    world.apply(&[TEAM, &kept, SERVICE, &hook, &sub, &primary, &me].join("\n---\n"));
    for resource in ["pingsvc/checkout", "pingnc/hook", "pingsub/acme", "pingacct/primary", "pingcust/me"] {
        world.ready(resource).await;
    }
    id_of(&world.ready("pingteam/kept").await)
}
