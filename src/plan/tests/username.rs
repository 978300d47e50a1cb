//! Another username: what is asked for once, whatever reads show in turn, and what status says of a call whose answer was lost.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::Annotations;
use crate::api::customer::{Customer, CustomerFacts};
use crate::api::reason::Reason;
use crate::inventory::Inventory;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::context::PlanContext;
use crate::plan::kinds::customer::username::ResolvedCustomer;
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::tests::at;
use crate::provider::call::Call;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

const WANTED: &str = "b@x.org";

fn customer(status: &Value) -> Customer {
    let customer = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Customer", "metadata": {"name": "c", "namespace": "n", "generation": 1},
        "spec": {"username": WANTED, "usernameVerification": {"codeSecretRef": {"name": "s", "key": "k"}}},
        "status": status,
    });
    serde_json::from_value(customer).unwrap()
}

/// The plan at a second, with what status says and a read of that second shows.
fn planned(status: &Value, shown: &str, second: i64, attempts: &Attempts) -> Plan<CustomerFacts> {
    planned_with(None, status, shown, second, attempts)
}

/// The same with a code in the Secret.
fn planned_with(
    code: Option<&str>,
    status: &Value,
    shown: &str,
    second: i64,
    attempts: &Attempts,
) -> Plan<CustomerFacts> {
    let (customer, annotations, mut inventory) = (customer(status), Annotations::default(), Inventory::default());
    let read = Call::from(PinghomeCall::ReadCustomer);
    let body = json!({"customer_id": "c1", "name": "N", "surname": "S", "email": shown}).to_string();
    inventory.record(&read, &read.answer(200, body.as_bytes()).ok().unwrap(), at(second));
    let context = PlanContext {
        known_id: Some("c1"),
        read_lag: SignedDuration::from_secs(10),
        ..PlanContext::alone(at(second), &annotations, attempts, &inventory)
    };
    let resolved = ResolvedCustomer { code: code.map(Sensitive::new) };
    customer.plan(&resolved, &context).ok().unwrap()
}

#[test]
fn an_old_read_after_a_new_one_leads_to_no_second_request() {
    let mut status = json!({"externalId": "c1", "username": "a@x.org", "pendingUsername": WANTED});
    for (second, shown) in [(100, WANTED), (101, "a@x.org"), (105, WANTED), (109, "a@x.org"), (120, WANTED)] {
        let plan = planned(&status, shown, second, &Attempts::default());
        assert!(plan.steps.is_empty(), "{second}");
        let is_told = !Customer::conditions(&plan.facts).is_empty();
        assert_eq!(is_told, shown != WANTED, "{second}");
        status = serde_json::to_value(&plan.facts).unwrap();
        status["externalId"] = json!("c1");
        assert_eq!(plan.facts.pending_username.as_deref(), Some(WANTED), "{second}");
    }
    let plan = planned(&status, WANTED, 131, &Attempts::default());
    assert!(plan.steps.is_empty() && plan.facts.pending_username.is_none());
    status = json!({"externalId": "c1", "username": WANTED});
    assert_eq!(planned(&status, "a@x.org", 200, &Attempts::default()).steps.len(), 1);
}

#[test]
fn a_request_whose_answer_was_lost_is_not_said_to_be_done() {
    let before = json!({"externalId": "c1", "username": "a@x.org"});
    let request = planned(&before, "a@x.org", 100, &Attempts::default());
    let key = request.steps.first().and_then(|step| step.key.clone()).unwrap();
    let mut status = serde_json::to_value(&request.record().facts).unwrap();
    status["externalId"] = json!("c1");
    for (result, expected) in [
        (Some(CallResult::Done), Some(Reason::CodeAwaited)),
        (Some(CallResult::Unknown), Some(Reason::Unknown)),
        // The process that recorded it ended.
        (None, Some(Reason::Unknown)),
        (Some(CallResult::Refused), None),
    ] {
        let mut attempts = Attempts::default();
        if let Some(result) = result {
            attempts.record_result(&key, result);
        }
        let plan = planned(&status, "a@x.org", 101, &attempts);
        assert!(plan.steps.is_empty(), "{result:?}");
        let told = Customer::conditions(&plan.facts);
        assert_eq!(told.first().map(|condition| condition.reason), expected, "{result:?}");
    }
}

#[test]
fn a_code_that_comes_between_the_record_and_the_request_is_written_down_before_the_request_is_sent() {
    let before = json!({"externalId": "c1", "username": "a@x.org"});
    let request = planned_with(Some("1"), &before, "a@x.org", 100, &Attempts::default());
    let key = request.steps.first().and_then(|step| step.key.clone()).unwrap();
    let mut status = serde_json::to_value(&request.record().facts).unwrap();
    status["externalId"] = json!("c1");
    let mut attempts = Attempts::default();
    attempts.mark_pending([key], at(100));
    for (code, second, is_sent) in [("1", 101, true), ("2", 101, false), ("2", 110, true)] {
        let plan = planned_with(Some(code), &status, "a@x.org", second, &attempts);
        assert_eq!(!plan.steps.is_empty(), is_sent, "{code} at {second}");
    }
}

#[test]
fn an_account_is_closed_if_the_very_username_confirms_it_and_is_kept_with_a_reason_otherwise() {
    let (annotations, attempts, mut inventory) = (Annotations::default(), Attempts::default(), Inventory::default());
    let read = Call::from(PinghomeCall::ReadCustomer);
    let body = json!({"customer_id": "c1", "name": "N", "surname": "S", "email": "a@x.org"}).to_string();
    inventory.record(&read, &read.answer(200, body.as_bytes()).ok().unwrap(), at(10));
    let context = PlanContext {
        known_id: Some("c1"),
        deleted_at: Some(at(0)),
        ..PlanContext::alone(at(10), &annotations, &attempts, &inventory)
    };
    for (confirmed, calls) in [("a@x.org", 1), ("A@x.org", 0), ("b@x.org", 0)] {
        let mut closing = serde_json::to_value(customer(&json!({"externalId": "c1"}))).unwrap();
        closing["spec"]["deletionPolicy"] = json!("CloseAccount");
        closing["spec"]["closure"] = json!({"reason": "poor-features", "confirmUsername": confirmed});
        let closing: Customer = serde_json::from_value(closing).unwrap();
        let plan = closing.plan_deletion(None, &context).ok().unwrap();
        assert_eq!((plan.steps.len(), plan.kept.is_none()), (calls, calls == 1), "{confirmed}");
    }
}

#[test]
fn a_closure_is_recorded_before_its_call_and_a_token_that_is_rejected_after_it_ends_the_deletion() {
    let (annotations, attempts, mut inventory) = (Annotations::default(), Attempts::default(), Inventory::default());
    let read = Call::from(PinghomeCall::ReadCustomer);
    let body = json!({"customer_id": "c1", "name": "N", "surname": "S", "email": "a@x.org"}).to_string();
    inventory.record(&read, &read.answer(200, body.as_bytes()).ok().unwrap(), at(10));
    let closing = |recorded: &serde_json::Value| -> Customer {
        let mut closing = serde_json::to_value(customer(recorded)).unwrap();
        closing["spec"]["deletionPolicy"] = json!("CloseAccount");
        closing["spec"]["closure"] = json!({"reason": "poor-features", "confirmUsername": "a@x.org"});
        serde_json::from_value(closing).unwrap()
    };
    let planned = |customer: &Customer, second: i64| {
        let alone = PlanContext::alone(at(second), &annotations, &attempts, &inventory);
        let context = PlanContext { known_id: Some("c1"), deleted_at: Some(at(0)), ..alone };
        customer.plan_deletion(None, &context).ok().unwrap()
    };
    let rejected = read.answer(401, b"{}").err().unwrap();
    let before = closing(&json!({"externalId": "c1"}));
    assert!(!before.is_ended_by(&rejected));
    let plan = planned(&before, 10);
    assert!(plan.is_recorded_first);
    let mut status = serde_json::to_value(&plan.record().facts).unwrap();
    status["externalId"] = json!("c1");
    let recorded = closing(&status);
    assert!(!planned(&recorded, 10).is_recorded_first);
    assert!(recorded.is_ended_by(&rejected));
    assert!(!recorded.is_ended_by(&read.answer(403, b"{}").err().unwrap()));
    // The account was shown long after the closure was sent: another one is recorded anew.
    status["closureTime"] = json!(at(-1000).to_string());
    let open = planned(&closing(&status), 10);
    assert!(open.is_recorded_first && open.facts.closure_time.is_none());
}
