//! What a status says of a resource that a user changed meanwhile.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::*;
use crate::api::team::{Team, TeamFacts};
use crate::operator::context::{Context, Shared};
use crate::operator::reconcile::deletion::ensure_created_here;
use crate::operator::reconcile::write_ahead::write_ahead;
use crate::operator::state::trigger::Trigger;
use crate::operator::tests::api_server::ApiServer;
use crate::operator::tests::options;
use crate::plan::approval::told::Approval;
use crate::plan::state::State;
use crate::plan::step::{Creation, Step, Why};
use crate::provider::model::team::TeamSettings;
use crate::provider::pinghome::call::PinghomeCall;

const TEAM: &str = "teams/n/a";

fn report_of(external_id: Option<&str>) -> StatusReport<TeamFacts> {
    StatusReport {
        outcome: Outcome::State(State::Available),
        external_id: external_id.map(str::to_owned),
        facts: None,
        approval: Approval::default(),
        again: None,
        interval: SignedDuration::ZERO,
    }
}

fn team(edits: u32) -> Value {
    json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team", "spec": { "name": "T" },
        "metadata": { "name": "a", "namespace": "n", "uid": "u", "generation": edits, "resourceVersion": edits.to_string() },
    })
}

#[tokio::test]
async fn a_result_is_told_of_the_generation_that_was_looked_at_and_not_of_one_that_a_write_returned() {
    let server = ApiServer::start([(TEAM, team(2))]);
    let (_close, closing) = watch::channel(false);
    let (shared, _receivers) = Shared::new(server.config(), &options(), closing).unwrap();
    let context = Context::<Team>::new(shared);
    let seen = serde_json::from_value(team(1)).unwrap();
    let mut pass = Pass::new(&context, Arc::new(seen), Trigger::Change);
    pass.wrote(serde_json::from_value(team(2)).unwrap());
    assert!(write(&mut pass, &report_of(None)).await.is_ok());
    let status = server.get(TEAM)["status"].clone();
    assert_eq!(status["observedGeneration"], 1, "{status}");
    assert!(status["conditions"].as_array().unwrap().iter().all(|told| told["observedGeneration"] == 1), "{status}");
    assert_eq!(context.shared.inputs.changed_since_report("u"), Some(true));
}

/// A reconcile of a resource whose object is in the account `a`, with a config that opens this account.
async fn in_account(account: Option<&str>, is_deleted: bool, check: impl AsyncFnOnce(&mut Pass<'_, Team>, &ApiServer)) {
    let mut resource = team(1);
    resource["status"] = json!({ "externalId": "t1", "accountId": "a" });
    resource["metadata"]["finalizers"] = json!(["ping-operator.dev/finalizer"]);
    if is_deleted {
        resource["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    }
    let server = ApiServer::start([(TEAM, resource.clone())]);
    let (_close, closing) = watch::channel(false);
    let (shared, _receivers) = Shared::new(server.config(), &options(), closing).unwrap();
    let context = Context::<Team>::new(shared);
    let mut pass = Pass::new(&context, Arc::new(serde_json::from_value(resource).unwrap()), Trigger::Change);
    pass.enter(account, 1);
    check(&mut pass, &server).await;
}

#[tokio::test]
async fn the_account_in_status_is_that_of_the_recorded_object() {
    let told = async |external_id: Option<&str>| {
        let mut told = Value::Null;
        in_account(Some("b"), false, async |pass, server| {
            assert!(write(pass, &report_of(external_id)).await.is_ok());
            told = server.get(TEAM)["status"]["accountId"].clone();
        })
        .await;
        told
    };
    assert_eq!(told(Some("t1")).await, "a");
    assert_eq!(told(Some("t2")).await, "b");
    in_account(Some("b"), false, async |pass, server| {
        assert!(record(pass, Some("t2"), Some(&TeamFacts::default()), None).await.is_ok());
        assert_eq!(server.get(TEAM)["status"]["accountId"], "b");
    })
    .await;
}

#[tokio::test]
async fn an_object_in_another_account_than_the_config_opens_is_left_there_and_told() {
    for (account, is_deleted, is_kept) in
        [(Some("b"), true, true), (Some("a"), true, false), (None, true, false), (Some("b"), false, false)]
    {
        in_account(account, is_deleted, async |pass, _| {
            let kept = matches!(ensure_created_here(pass), Err(Interrupt::Orphan(_)));
            assert_eq!(kept, is_kept, "{account:?} {is_deleted}");
        })
        .await;
    }
    for (account, events) in [(Some("b"), 1), (Some("a"), 0)] {
        in_account(account, false, async |pass, _| {
            let creation = Creation { ids: [].into(), name: "T".to_owned(), team: None };
            let call = PinghomeCall::CreateTeam { settings: TeamSettings { name: "T".to_owned() } };
            assert!(write_ahead(pass, &Step::new(call, Why::Create(creation))).await.is_ok());
            assert_eq!(pass.pending_events.len(), events);
        })
        .await;
    }
}
