//! Channels whose resources change, share an address, or are shown in another form: what is sent, and what is deleted.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::{Annotations, CreateTries, Intent};
use crate::api::notification_channel::NotificationChannel;
use crate::api::reason::Reason;
use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::plan::attempts::difference::TryResult;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::context::{Claimant, PlanContext};
use crate::plan::kinds::channel::positions::ChannelPlan;
use crate::plan::managed::Managed;
use crate::plan::references::ResolvedRefs;
use crate::plan::resource_plan::Kept;
use crate::plan::state::State;
use crate::plan::step::{Creation, Step, Why};
use crate::plan::tests::at;
use crate::provider::call::Call;
use crate::provider::failure::Class;
use crate::provider::model::channel::{channel_id, channel_key};
use crate::provider::model::ids::{ChannelOwner, CustomerId};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

const LAG: i64 = 60;

fn owner() -> ChannelOwner {
    ChannelOwner::Customer(CustomerId::parse("c1").unwrap())
}

fn id(type_: &str, value: &str) -> String {
    channel_id(&owner(), type_, &channel_key(type_, value))
}

/// A resource and what is known of its owner's channels.
struct Case {
    type_: &'static str,
    /// The address of the spec; `None`: it is in a Secret that is missing.
    value: Option<&'static str>,
    status: Value,
    known_id: Option<String>,
    annotations: Annotations,
    inventory: Inventory,
    attempts: Attempts,
    /// Ids that an older resource claims, and ids that a younger one claims.
    claimed: [Vec<String>; 2],
}

impl Case {
    fn new(type_: &'static str, value: Option<&'static str>) -> Self {
        let mut inventory = Inventory::default();
        inventory.set_read_lag(SignedDuration::from_secs(LAG));
        let mut case = Self {
            type_,
            value,
            status: json!({}),
            known_id: None,
            annotations: Annotations::default(),
            inventory,
            attempts: Attempts::default(),
            claimed: [Vec::new(), Vec::new()],
        };
        case.record(Collection::Customer.call(), &json!({"customer_id": "c1"}), 0);
        case
    }

    fn record(&mut self, call: impl Into<Call>, body: &Value, second: i64) {
        let call = call.into();
        let answer = call.answer(200, body.to_string().as_bytes()).ok().unwrap();
        self.inventory.record(&call, &answer, at(second));
    }

    /// A list that was read at this second.
    fn listed(mut self, values: &[&str], second: i64) -> Self {
        let entry = |(value, priority): (&&str, i64)| json!({"type": self.type_, "value": value, "priority": priority});
        let list: Vec<_> = values.iter().zip(1..).map(entry).collect();
        self.record(Collection::Channels(owner()).call(), &json!(list), second);
        self
    }

    /// The create of this address was recorded at this second.
    fn asked_for(mut self, value: &str, second: i64) -> Self {
        let creation = Creation { ids: [].into(), name: id(self.type_, value), team: None };
        let tries = CreateTries { generation: 1, count: 1 };
        let intent: Intent = creation.record("n".to_owned(), at(second), tries, None);
        self.annotations.intent = Some(intent);
        self
    }

    fn recorded(mut self, value: &str, former: &[&str]) -> Self {
        let id_of = |value: &&str| id(self.type_, value);
        self.known_id = Some(id_of(&value));
        self.status["formerIds"] = former.iter().map(id_of).collect();
        self
    }

    fn claimed(mut self, wins: bool, value: &str) -> Self {
        self.claimed[usize::from(!wins)].push(id(self.type_, value));
        self
    }

    fn planned(&self, second: i64, is_deletion: bool) -> ChannelPlan {
        let mut status = self.status.clone();
        status["externalId"] = json!(self.known_id);
        let channel = json!({
            "apiVersion": "ping-operator.dev/v1alpha1", "kind": "NotificationChannel", "metadata": {"name": "a"},
            "spec": {"owner": {"customer": {}}, "type": self.type_, "value": self.value}, "status": status,
        });
        let channel: NotificationChannel = serde_json::from_value(channel).unwrap();
        let resolved = self.value.and_then(|_| channel.resolve(&ResolvedRefs::default()).ok());
        let claimed_by = |id: &str| {
            let wins = self.claimed.iter().position(|ids| ids.iter().any(|claimed| claimed == id))? == 0;
            Some(Claimant { name: "n/other".to_owned(), wins, is_living: true, is_heir: false })
        };
        let context = PlanContext {
            locked_at: Some(at(0)),
            read_lag: SignedDuration::from_secs(LAG),
            known_id: self.known_id.as_deref(),
            claimed_by: &claimed_by,
            ..PlanContext::alone(at(second), &self.annotations, &self.attempts, &self.inventory)
        };
        if is_deletion {
            channel.plan_deletion(resolved.as_ref(), &context).ok().unwrap()
        } else {
            channel.plan(&resolved.unwrap(), &context).ok().unwrap()
        }
    }

    fn operations(&self, second: i64, is_deletion: bool) -> Vec<&'static str> {
        self.planned(second, is_deletion).steps.iter().map(|step| step.call.operation()).collect()
    }
}

const A: &str = "https://x.org/a";
const B: &str = "https://x.org/b";

/// What is free is deleted, and what another resource claims is left, whether or not that one is older.
fn assert_left_to_others(case: impl Fn() -> Case) {
    assert_eq!(case().operations(200, true), ["delete notification channel"]);
    for wins in [true, false] {
        let plan = case().claimed(wins, A).planned(200, true);
        assert!(plan.steps.is_empty() && plan.state == State::Gone, "{wins} {:?}", plan.state);
    }
}

#[test]
fn a_deletion_leaves_a_former_address_that_another_channel_claims() {
    assert_left_to_others(|| Case::new("webhook", Some(B)).recorded(B, &[A]).listed(&[], 0).listed(&[A], 200));
}

#[test]
fn a_deletion_leaves_the_channel_of_its_lost_create_that_another_channel_claims() {
    assert_left_to_others(|| Case::new("webhook", Some(B)).asked_for(A, 10).listed(&[], 0).listed(&[A], 200));
}

#[test]
fn a_change_of_address_is_sent_once_until_lists_decide_what_came_of_it() {
    let case = || Case::new("webhook", Some(B)).listed(&[A], 0);
    let step = case().recorded(A, &[]).planned(20, false).steps.remove(0);
    assert!(step.call.answer(500, b"").is_err_and(|failure| failure.class == Class::Uncertain));
    let key = step.key.clone().unwrap();
    let written = || case().recorded(B, &[A]);
    // It was written ahead just now, and is not sent yet.
    let mut pending = written();
    pending.attempts.mark_pending([key.clone()], at(20));
    assert_eq!(pending.operations(20, false), ["update notification channel"]);
    // Its answer is lost.
    let mut lost = written();
    lost.attempts.record_try(&step, at(100), &TryResult::Unknown);
    lost.attempts.record_result(&key, CallResult::Unknown);
    let waits = lost.planned(101, false);
    assert!(
        waits.steps.is_empty() && matches!(waits.state, State::Waiting { until: Some(until), .. } if until == at(175))
    );
    assert_eq!(lost.listed(&[A], 176).operations(180, false), ["update notification channel"]);
    // A process before sent it, or did not: nothing of it is known but what was written ahead.
    assert!(written().planned(20, false).steps.is_empty());
    assert_eq!(written().listed(&[A], 100).operations(100, false), ["update notification channel"]);
    // One that was refused is sent again when that is due.
    let mut refused = written();
    refused.attempts.record_result(&key, CallResult::Refused);
    assert_eq!(refused.operations(20, false), ["update notification channel"]);
}

const NUMBER: &str = "+994551234567";

/// A create of the number that was accepted, and what lists showed before it and after the read lag.
fn created(before: &[&str], after: &[&str]) -> Case {
    let mut case = Case::new("sms", Some(NUMBER)).recorded(NUMBER, &[]).asked_for(NUMBER, 10).listed(before, 5);
    let call = PinghomeCall::CreateChannel { owner: owner(), value: Sensitive::new(NUMBER), type_: "sms".to_owned() };
    let creation = Creation { ids: [].into(), name: id("sms", NUMBER), team: None };
    let step = Step::new(call, Why::Create(creation));
    case.attempts.record_try(&step, at(11), &TryResult::Done);
    case.listed(after, 20).listed(after, 200)
}

fn is_held(plan: &ChannelPlan) -> bool {
    matches!(plan.state, State::DeletionBlocked { reason: Reason::NotConverging, .. }) && plan.steps.is_empty()
}

fn is_told(plan: &ChannelPlan) -> bool {
    plan.state == State::Gone && plan.kept == Some(Kept::ShownOtherwise) && plan.steps.is_empty()
}

fn is_gone(plan: &ChannelPlan) -> bool {
    plan.state == State::Gone && plan.kept.is_none() && plan.steps.is_empty()
}

#[test]
fn a_channel_that_is_shown_in_another_form_is_made_once_and_its_deletion_is_held_or_told() {
    for (form, is_known) in [
        ("994551234567", true),
        ("00994551234567", true),
        ("+99455123xxxx", true),
        ("...4567", true),
        ("[redacted]", false),
        ("********", false),
        // Nobody knows this form: it appeared after the create, and nothing else did.
        ("number 7", false),
    ] {
        let case = || created(&["+1"], &["+1", form]);
        let living = case().planned(300, false);
        assert!(living.steps.is_empty(), "{form}");
        let State::Stalled { reason: Reason::NotConverging, message } = living.state else { panic!("{form}") };
        assert!(message.contains("position 2") && message.contains("retry-create: n"), "{message}");
        assert_eq!(message.contains(form), is_known, "{message}");
        let deleted = case().planned(300, true);
        assert!(if is_known { is_held(&deleted) } else { is_told(&deleted) }, "{form} {:?}", deleted.state);
        // It belongs to another resource, or to a person who wants another channel all the same.
        let claimed = || case().claimed(false, form);
        assert_eq!(claimed().operations(300, false), ["create notification channel"], "{form}");
        assert!(is_gone(&claimed().planned(300, true)), "{form}");
        let mut again = case();
        again.annotations.retry_create = Some("n".to_owned());
        assert_eq!(again.operations(300, false), ["create notification channel"], "{form}");
    }
}

#[test]
fn a_channel_that_a_person_adds_is_not_taken_for_the_one_that_a_list_showed_or_refused() {
    let creates = ["create notification channel"];
    // Two appeared: which of them it may be, nobody knows. Or one was there before.
    assert_eq!(created(&[], &["+1", "+2"]).operations(300, false), creates);
    assert!(is_gone(&created(&["+1"], &["+1"]).planned(300, true)));
    // The create was not accepted, or a process before sent it.
    let mut lost = created(&[], &["+1"]);
    lost.attempts = Attempts::default();
    assert_eq!(lost.operations(300, false), creates);
    assert!(is_gone(&lost.planned(300, true)));
    // A call to delete it was sent: a list showed it.
    let mut deleted = created(&[], &["+1"]);
    deleted.attempts.record_failed_deletion();
    assert!(is_gone(&deleted.planned(300, true)));
    // Of hidden ones nobody knows which was there before.
    assert!(is_told(&created(&["[redacted]"], &["[redacted]"]).planned(300, true)));
}

#[test]
fn a_deletion_whose_address_is_not_known_any_more_tells_of_a_masked_channel_and_is_held_by_its_own() {
    // The Secret is gone, or has another address by now.
    for value in [None, Some("+15550002")] {
        let case = |form| Case::new("sms", value).recorded(NUMBER, &[]).listed(&[form], 0).listed(&[form], 200);
        for form in ["+99455123xxxx", "...4567", "[redacted]", "+99455123****"] {
            let deleted = case(form).planned(200, true);
            assert!(is_told(&deleted), "{form} {:?}", deleted.state);
            assert!(is_gone(&case(form).claimed(false, form).planned(200, true)), "{form}");
        }
        for form in ["994551234567", "00994 55 123 45 67"] {
            assert!(is_held(&case(form).planned(200, true)), "{form}");
        }
        assert!(is_gone(&case("+1").planned(200, true)));
    }
}
