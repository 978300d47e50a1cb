//! The deletion of a sub-account that NodePing accepts: what is sent again, and when.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::Annotations;
use crate::api::reason::Reason;
use crate::api::sub_account::{SubAccount, SubAccountFacts};
use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::plan::attempts::Attempts;
use crate::plan::attempts::bound::BoundInputs;
use crate::plan::context::PlanContext;
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::sequencer::on_accepted;
use crate::plan::state::State;
use crate::plan::tests::at;
use crate::provider::answer::Answer;
use crate::provider::model::ids::AccountId;

/// The resource, with these facts in status, and another failure in its conditions.
fn resource(facts: &SubAccountFacts) -> SubAccount {
    let mut status = serde_json::to_value(facts).unwrap();
    status["externalId"] = json!("A1");
    status["conditions"] = json!([]);
    let whole = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "SubAccount", "metadata": {"name": "a", "namespace": "n"},
        "spec": {
            "name": "Acme", "contactName": "Joe", "email": "joe@example.com", "timezone": "1", "location": "eur",
            "deletionPolicy": "Delete",
        },
        "status": status,
    });
    serde_json::from_value(whole).unwrap()
}

/// The plan at a second, when the list shows the account as active, and the account itself has this status.
fn plan(facts: &SubAccountFacts, second: i64, shown: &str, attempts: &Attempts) -> Plan<SubAccountFacts> {
    let mut inventory = Inventory::default();
    let mut read = |collection: Collection, body: Value| {
        let call = collection.call();
        inventory.record(&call, &call.answer(200, body.to_string().as_bytes()).ok().unwrap(), at(second));
    };
    let entry = |name: &str, parent: Value| json!({"name": name, "status": "Active", "count": 0, "parent": parent});
    read(Collection::Accounts, json!({"P1": entry("Main", json!(1)), "A1": entry("Acme", json!(false))}));
    read(
        Collection::Account(AccountId::parse("A1").unwrap()),
        json!({"_id": "A1", "customer_name": "Acme", "status": shown}),
    );
    let annotations = Annotations::default();
    let context = PlanContext {
        known_id: Some("A1"),
        read_lag: SignedDuration::from_secs(10),
        deleted_at: Some(at(0)),
        ..PlanContext::alone(at(second), &annotations, attempts, &inventory)
    };
    resource(facts).plan_deletion(None, &context).ok().unwrap()
}

/// What is recorded after the deletion was accepted at second 10.
fn accepted() -> (SubAccountFacts, Attempts) {
    let mut attempts = Attempts::default();
    let first = plan(&SubAccountFacts::default(), 10, "Active", &attempts);
    on_accepted(first.steps.first().unwrap(), &Answer::Done, at(10), None, &mut attempts);
    let queued = plan(&SubAccountFacts::default(), 11, "Active", &attempts);
    assert!(queued.steps.is_empty());
    (queued.record().facts, attempts)
}

#[test]
fn a_deletion_that_was_accepted_is_not_sent_again_by_another_process() {
    let (facts, _) = accepted();
    for second in [12, 300, 600] {
        let plan = plan(&facts, second, "Active", &Attempts::default());
        assert!(plan.steps.is_empty(), "{second}");
        assert!(matches!(plan.state, State::Waiting { reason: Reason::AwaitingRemoval, .. }), "{second}");
        assert_eq!(plan.record().facts, facts, "{second}");
    }
}

#[test]
fn a_deletion_that_was_accepted_without_effect_is_sent_again_once_the_account_shows_it() {
    let (facts, attempts) = accepted();
    for attempts in [attempts, Attempts::default()] {
        for (second, shown, expected) in
            [(609, "Active", 0), (610, "Delete", 0), (610, "Active", 1), (90_000, "Active", 1)]
        {
            assert_eq!(plan(&facts, second, shown, &attempts).steps.len(), expected, "{second} {shown}");
        }
    }
}

#[test]
fn a_deletion_that_was_accepted_three_times_without_effect_is_told() {
    let (facts, mut attempts) = accepted();
    for second in [700, 1400] {
        let again = plan(&facts, second, "Active", &attempts);
        on_accepted(again.steps.first().unwrap(), &Answer::Done, at(second), None, &mut attempts);
    }
    assert!(plan(&facts, 1405, "Active", &attempts).steps.is_empty());
    assert!(plan(&facts, 1410, "Delete", &attempts).steps.is_empty());
    let annotations = Annotations::default();
    let inputs = BoundInputs {
        has_seen: &|_| true,
        as_of: at(1410),
        read_lag: SignedDuration::from_secs(10),
        annotations: &annotations,
        not_converging: None,
        is_deletion: true,
    };
    let told = plan(&facts, 1410, "Active", &attempts);
    let told = attempts.bound(told, &inputs);
    assert!(told.steps.is_empty());
    assert!(matches!(told.state, State::DeletionBlocked { reason: Reason::NotConverging, .. }), "{:?}", told.state);
}
