//! The deletion of a channel whose addresses another resource may have by now.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::{Annotations, CreateTries};
use crate::api::notification_channel::NotificationChannel;
use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::plan::attempts::Attempts;
use crate::plan::context::{Claimant, PlanContext};
use crate::plan::kinds::channel::positions::ChannelPlan;
use crate::plan::managed::Managed;
use crate::plan::references::ResolvedRefs;
use crate::plan::state::State;
use crate::plan::step::Creation;
use crate::plan::tests::at;
use crate::provider::call::Call;
use crate::provider::model::channel::{channel_id, channel_key};
use crate::provider::model::ids::{ChannelOwner, CustomerId};

const A: &str = "https://x.org/a";
const B: &str = "https://x.org/b";

fn owner() -> ChannelOwner {
    ChannelOwner::Customer(CustomerId::parse("c1").unwrap())
}

fn id(value: &str) -> String {
    channel_id(&owner(), "webhook", &channel_key("webhook", value))
}

/// The plan for a deleted channel of the customer, whose list has had A alone since the first second. `claimed`: which address another
/// resource claims, and whether that one wins.
fn planned(status: &Value, annotations: &Annotations, claimed: Option<(&str, bool)>) -> ChannelPlan {
    let mut inventory = Inventory::default();
    inventory.set_read_lag(SignedDuration::from_secs(60));
    let list = json!([{"type": "webhook", "value": A, "priority": 1}]);
    let channels = Collection::Channels(owner());
    for (collection, body, second) in [
        (Collection::Customer, &json!({"customer_id": "c1"}), 0),
        (channels.clone(), &json!([]), 0),
        (channels, &list, 200),
    ] {
        let call: Call = collection.call();
        inventory.record(&call, &call.answer(200, body.to_string().as_bytes()).ok().unwrap(), at(second));
    }
    let channel = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "NotificationChannel", "metadata": {"name": "a"},
        "spec": {"owner": {"customer": {}}, "type": "webhook", "value": B}, "status": status,
    });
    let channel: NotificationChannel = serde_json::from_value(channel).unwrap();
    let claimed_by = |asked: &str| {
        let (_, wins) = claimed.filter(|(value, _)| id(value) == asked)?;
        Some(Claimant { name: "n/other".to_owned(), wins })
    };
    let attempts = Attempts::default();
    let context = PlanContext {
        locked_at: Some(at(0)),
        read_lag: SignedDuration::from_secs(60),
        known_id: status["externalId"].as_str(),
        claimed_by: &claimed_by,
        ..PlanContext::alone(at(200), annotations, &attempts, &inventory)
    };
    let resolved = channel.resolve(&ResolvedRefs::default()).ok();
    channel.plan_deletion(resolved.as_ref(), &context).ok().unwrap()
}

/// What is free is deleted, and what another resource claims is left, whether or not that one is older.
fn assert_left_to_others(status: &Value, annotations: &Annotations) {
    let operations: Vec<_> =
        planned(status, annotations, None).steps.iter().map(|step| step.call.operation()).collect();
    assert_eq!(operations, ["delete notification channel"]);
    for wins in [true, false] {
        let plan = planned(status, annotations, Some((A, wins)));
        assert!(plan.steps.is_empty() && plan.state == State::Gone, "{wins} {:?}", plan.state);
    }
}

#[test]
fn a_deletion_leaves_a_former_address_that_another_channel_claims() {
    assert_left_to_others(&json!({"externalId": id(B), "formerIds": [id(A)]}), &Annotations::default());
}

#[test]
fn a_deletion_leaves_the_channel_of_its_lost_create_that_another_channel_claims() {
    let creation = Creation { ids: [].into(), name: id(A), team: None };
    let intent = creation.record("n".to_owned(), at(10), CreateTries { generation: 1, count: 1 }, None);
    assert_left_to_others(&json!({}), &Annotations { intent: Some(intent), ..Annotations::default() });
}
