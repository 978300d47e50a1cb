//! What is recorded of the object of one token says nothing of that of another, which its config opens by now.

use serde_json::{Value, json};

use crate::api::account::Account;
use crate::api::annotations::Annotations;
use crate::api::customer::Customer;
use crate::inventory::Inventory;
use crate::plan::attempts::Attempts;
use crate::plan::context::PlanContext;
use crate::plan::managed::Managed;
use crate::plan::references::ResolvedRefs;
use crate::plan::resource_plan::Plan;
use crate::plan::tests::at;
use crate::provider::call::Call;
use crate::provider::model::ids::AccountId;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

/// The plan of a resource whose recorded id is `known`, after these answers.
fn plan<T: Managed>(resource: &T, known: &str, answers: &[(Call, Value)]) -> Plan<T::Facts> {
    let mut inventory = Inventory::default();
    for (call, body) in answers {
        inventory.record(call, &call.answer(200, body.to_string().as_bytes()).ok().unwrap(), at(0));
    }
    let (annotations, attempts) = (Annotations::default(), Attempts::default());
    let context =
        PlanContext { known_id: Some(known), ..PlanContext::alone(at(1), &annotations, &attempts, &inventory) };
    resource.plan(&resource.resolve(&ResolvedRefs::default()).ok().unwrap(), &context).ok().unwrap()
}

fn operations<F>(plan: &Plan<F>) -> Vec<&'static str> {
    plan.steps.iter().map(|step| step.call.operation()).collect()
}

#[test]
fn a_username_that_was_asked_for_of_one_customer_is_asked_for_again_of_another() {
    let customer: Customer = serde_json::from_value(json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Customer", "metadata": {"name": "c", "namespace": "n", "generation": 1},
        "spec": {"username": "b@x.org", "usernameVerification": {"codeSecretRef": {"name": "s", "key": "k"}}},
        "status": {"externalId": "c1", "username": "a@x.org", "pendingUsername": "b@x.org"},
    }))
    .unwrap();
    let own = |id: &str| json!({"customer_id": id, "name": "N", "surname": "S", "email": "a@x.org"});
    let after = |id: &str| plan(&customer, "c1", &[(PinghomeCall::ReadCustomer.into(), own(id))]);
    assert_eq!(operations(&after("c1")), Vec::<&str>::new());
    assert_eq!(operations(&after("c2")), ["change username"]);
    assert_eq!(after("c2").facts.pending_username, None);
}

#[test]
fn a_setting_that_is_never_shown_is_sent_again_to_another_account() {
    let account: Account = serde_json::from_value(json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Account", "metadata": {"name": "a", "namespace": "n", "generation": 1},
        "spec": {"autoDiagNotifications": true}, "status": {"externalId": "P1", "sentAutoDiagNotifications": true},
    }))
    .unwrap();
    let after = |id: &str| {
        let list = json!({ id: {"name": "Primary", "status": "Active", "parent": 1} });
        let detail = json!({"_id": id, "customer_name": "Primary", "status": "Active", "timezone": "0.0"});
        let read = NodePingCall::ReadAccount { account: AccountId::parse(id).unwrap() };
        plan(&account, "P1", &[(NodePingCall::ListAccounts.into(), list), (read.into(), detail)])
    };
    assert_eq!(operations(&after("P1")), Vec::<&str>::new());
    assert_eq!(operations(&after("P2")), ["update account"]);
}
