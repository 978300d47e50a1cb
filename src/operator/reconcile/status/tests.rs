//! What a status says of a resource that a user changed meanwhile.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::*;
use crate::api::team::Team;
use crate::operator::context::{Context, Shared};
use crate::operator::state::trigger::Trigger;
use crate::operator::tests::api_server::ApiServer;
use crate::operator::tests::options;
use crate::plan::state::State;

const TEAM: &str = "teams/n/a";

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
    let report = StatusReport {
        outcome: Outcome::State(State::Available),
        external_id: None,
        facts: None,
        again: None,
        interval: SignedDuration::ZERO,
    };
    assert!(write(&mut pass, &report).await.is_ok());
    let status = server.get(TEAM)["status"].clone();
    assert_eq!(status["observedGeneration"], 1, "{status}");
    assert!(status["conditions"].as_array().unwrap().iter().all(|told| told["observedGeneration"] == 1), "{status}");
    assert_eq!(context.inputs.changed_since_report("u"), Some(true));
}
