//! A channel that is listed: verified, enabled, tested, in this order. No IO.
//!
//! Enabling an unverified channel may be refused (PU12), so a code goes first.

use jiff::SignedDuration;

use crate::api::notification_channel::{NotificationChannelFacts as Facts, TestResult};
use crate::api::reason::Reason;
use crate::inventory::collection::Need;
use crate::plan::attempts::CallResult;
use crate::plan::attempts::difference::{TriedDifference, TryResult};
use crate::plan::diff::Diff;
use crate::plan::kinds::channel::ChannelPlanner;
use crate::plan::kinds::channel::forms::SentChannel;
use crate::plan::kinds::channel::positions::{ChannelPlan, positional, unread};
use crate::plan::kinds::channel::resolved::ResolvedChannel;
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Change, Step, Why};
use crate::provider::model::channel::{Channel, fingerprint};
use crate::provider::pinghome::call::PinghomeCall;

/// How often the plan checks again whether a person verified the channel manually; the list itself is read at resyncs.
const UNVERIFIED: SignedDuration = SignedDuration::from_mins(1);

/// What can be changed of a channel by its position, wanted beside observed.
struct ChannelDiff {
    enabled: Diff<bool>,
}

impl ChannelDiff {
    /// `sent` is what was sent last, for a list that does not show it (PU5).
    fn new(resolved: &ResolvedChannel, observed: &Channel, sent: Option<bool>) -> Self {
        // Another type or address is another channel; a code is submitted once.
        let ResolvedChannel { team: _, type_: _, value: _, enabled, is_verifiable: _, code: _ } = resolved;
        let Channel { key: _, type_: _, value: _, priority: _, enabled: shown, verified: _ } = observed;
        Self { enabled: Diff::new("enabled", Some(shown.or(sent).unwrap_or(true)), Some(*enabled)) }
    }
}

impl ChannelPlanner<'_> {
    /// What to do for a channel that its owner's list shows. `former_ids` are its addresses that the list shows, too.
    pub(crate) fn present(&self, channel: &Channel, former_ids: Vec<String>) -> Result<ChannelPlan, Need> {
        let known = self.resource.recorded_facts();
        let diff = ChannelDiff::new(self.resolved, channel, known.enabled);
        let (priority, verified) = (Some(channel.priority), channel.verified);
        let previous_code = self.code_at_create().or_else(|| known.previous_code.clone());
        let facts = Facts { priority, enabled: diff.enabled.old, verified, previous_code, former_ids, ..known };
        let mut plan = Plan::known(self.id.to_string(), facts, State::Available);
        let steps =
            [self.verify(channel, &mut plan), self.switch(channel, &diff, &mut plan), self.test(channel, &mut plan)];
        if steps.iter().all(Option::is_none)
            && let Some(state) = self.unconfirmed(channel)?
        {
            // Where the create put it, only a list shows.
            let Facts { priority, enabled, verified, .. } = self.resource.recorded_facts();
            return Ok(Plan { state, facts: Facts { priority, enabled, verified, ..plan.facts }, ..plan });
        }
        for step in steps.into_iter().flatten().rev() {
            plan = plan.preceded_by(step, self.context, self.list)?;
        }
        Ok(plan)
    }

    /// What to report of a channel that was created and that no list has confirmed; else `None`.
    fn unconfirmed(&self, channel: &Channel) -> Result<Option<State>, Need> {
        let unread = unread(&self.id.owner, &channel.key, self.context, self.list)?;
        Ok(unread.or_else(|| self.seems_shown_otherwise()))
    }

    /// What to report of a created channel that no list has shown so far, while a list shows it in another form, as it seems; else `None`.
    /// It is not Ready: what the read lag leaves open is decided when it is over.
    fn seems_shown_otherwise(&self) -> Option<State> {
        let Self { resource, id, resolved: _, value, context, list } = self;
        let until = context.inventory.missed_until(&id.to_string()).filter(|until| *until > context.as_of)?;
        let is_new = resource.recorded_facts().priority.is_none();
        let sent = SentChannel { id, value: Some(value) };
        let (shown, _) = sent.shown_otherwise(list, context).filter(|_| is_new)?;
        let message = format!(
            "the channel was created, and its owner's list does not show the address that was sent; the channel at position {} may be it \
             in another form: that is decided when the read lag is over",
            shown.priority
        );
        Some(State::waiting(Reason::ResolvingCreate, message, Some(until)))
    }

    /// The fingerprint of the code that is in the Secret. It is the same for each address: a code that was sent to another one is known.
    pub(crate) fn code_print(&self) -> Option<String> {
        self.resolved.code.as_ref().map(|code| fingerprint(&self.id.owner.path(), code.expose()))
    }

    /// The fingerprint of the code that was in the Secret when this process created the channel a moment ago.
    fn code_at_create(&self) -> Option<String> {
        let name = self.id.to_string();
        let is_recorded = self.context.known_id == Some(name.as_str());
        let created = self.context.attempts.attempt(&TriedDifference::Missing(name)).filter(|_| !is_recorded)?;
        if created.result == TryResult::Done { self.code_print() } else { None }
    }

    /// Submits a code, once for each code. A code that was in the Secret before Pinghome sent one is not submitted.
    fn verify(&self, channel: &Channel, plan: &mut ChannelPlan) -> Option<Step> {
        let Self { resource: _, id, resolved, value: _, context, list: _ } = self;
        if channel.verified == Some(true) || !resolved.is_verifiable {
            return None;
        }
        plan.again = context.next_code_check();
        let (code, print) = (resolved.code.clone()?, self.code_print()?);
        if plan.facts.previous_code.as_ref() == Some(&print) {
            return None;
        }
        let key = format!("code/{id}/{print}");
        let is_recorded = plan.facts.submitted_code.as_ref() == Some(&print);
        if context.is_done(is_recorded, &key) {
            return None;
        }
        plan.recording(Some(&key), move |record| record.facts.submitted_code = Some(print.clone()));
        let call = PinghomeCall::VerifyChannel { owner: id.owner.clone(), code, priority: channel.priority };
        let change = Change::of("verification", "(not verified)", "(a code)");
        Some(Step::notify(call, key, change).under(id.owner.path()))
    }

    /// Enables or disables the channel.
    fn switch(&self, channel: &Channel, diff: &ChannelDiff, plan: &mut ChannelPlan) -> Option<Step> {
        let Self { resource: _, id, resolved: _, value: _, context, list: _ } = self;
        let change = diff.enabled.change()?;
        let wanted = diff.enabled.value()?;
        let key = format!("enable/{id}");
        if wanted && channel.verified == Some(false) && context.attempts.outcome(&key) == Some(CallResult::Refused) {
            let message = "Pinghome does not enable the channel before its address is verified: verify it, by hand or through \
                       `verification`";
            let until = plan.again.or_else(|| context.as_of.checked_add(UNVERIFIED).ok());
            plan.state = State::waiting(Reason::VerificationRequired, message, until);
            return None;
        }
        let call = PinghomeCall::EnableChannel { owner: id.owner.clone(), enabled: wanted, priority: channel.priority };
        let step = positional(&id.owner, call, Why::Update(vec![change]));
        // Only the refusal of an unverified channel has an explanation.
        Some(if channel.verified == Some(false) && wanted { step.remembered(key) } else { step })
    }

    /// Sends one test message for each new value of the annotation.
    fn test(&self, channel: &Channel, plan: &mut ChannelPlan) -> Option<Step> {
        let Self { resource: _, id, resolved: _, value: _, context, list: _ } = self;
        let asked = context.annotations.test_requested_at.clone()?;
        let key = format!("test/{asked}");
        let is_recorded = plan.facts.last_handled_test_at.as_ref() == Some(&asked);
        if context.is_done(is_recorded, &key) {
            plan.facts.last_test_result = match context.attempts.outcome(&key) {
                Some(CallResult::Done) => Some(TestResult::Sent),
                Some(CallResult::Refused) => Some(TestResult::Refused),
                Some(CallResult::Unknown) => Some(TestResult::Unknown),
                None => plan.facts.last_test_result,
            };
            return None;
        }
        let call = PinghomeCall::TestChannel { owner: id.owner.clone(), priority: channel.priority };
        let change = Change::of("test-requested-at", "(no message)", &asked);
        plan.recording(Some(&key), move |record| {
            let facts = &mut record.facts;
            (facts.last_handled_test_at, facts.last_test_result) = (Some(asked.clone()), Some(TestResult::Unknown));
        });
        Some(Step::notify(call, key, change).under(id.owner.path()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::annotations::Annotations;
    use crate::api::notification_channel::NotificationChannel;
    use crate::inventory::Inventory;
    use crate::inventory::collection::Collection;
    use crate::plan::attempts::Attempts;
    use crate::plan::context::PlanContext;
    use crate::plan::references::ResolvedRefs;
    use crate::plan::tests::at;
    use crate::provider::call::Call;
    use crate::provider::model::ids::{ChannelOwner, CustomerId};
    use crate::provider::model::sensitive::Sensitive;

    const NUMBER: &str = "+994551234567";

    fn record(inventory: &mut Inventory, call: impl Into<Call>, body: &serde_json::Value, second: i64) {
        let call = call.into();
        let answer = call.answer(200, body.to_string().as_bytes()).ok().unwrap();
        inventory.record(&call, &answer, at(second));
    }

    /// The plan for a channel that was created at 1, after the list of 5 showed these numbers.
    fn planned(shown: &[&str]) -> ChannelPlan {
        let (owner, mut inventory) = (ChannelOwner::Customer(CustomerId::parse("c1").unwrap()), Inventory::default());
        inventory.set_read_lag(SignedDuration::from_secs(60));
        let entry = |(value, priority): (&&str, i64)| json!({"type": "sms", "value": value, "priority": priority});
        let list = |shown: &[&str]| json!(shown.iter().zip(1..).map(entry).collect::<Vec<_>>());
        let read = Collection::Channels(owner.clone()).call();
        record(&mut inventory, Collection::Customer.call(), &json!({"customer_id": "c1"}), 0);
        record(&mut inventory, read.clone(), &list(&[]), 0);
        let value = Sensitive::new(NUMBER);
        record(&mut inventory, PinghomeCall::CreateChannel { owner, value, type_: "sms".to_owned() }, &json!({}), 1);
        record(&mut inventory, read, &list(shown), 5);
        let channel = json!({
            "apiVersion": "ping-operator.dev/v1alpha1", "kind": "NotificationChannel", "metadata": {"name": "a"},
            "spec": {"owner": {"customer": {}}, "type": "sms", "value": NUMBER},
        });
        let channel: NotificationChannel = serde_json::from_value(channel).unwrap();
        let resolved = channel.resolve(&ResolvedRefs::default()).ok().unwrap();
        let (annotations, attempts) = (Annotations::default(), Attempts::default());
        channel.plan(&resolved, &PlanContext::alone(at(5), &annotations, &attempts, &inventory)).ok().unwrap()
    }

    #[test]
    fn a_channel_that_seems_to_be_listed_in_another_form_is_not_ready() {
        let plan = planned(&["+99455123****"]);
        assert!(
            matches!(plan.state, State::Waiting { reason: Reason::ResolvingCreate, until: Some(until), .. } if until == at(61))
        );
        assert_eq!((plan.steps.len(), plan.facts.priority), (0, None));
        // One that the list shows as it was sent is, whatever else is listed; and so is one that a list may still miss.
        assert_eq!(planned(&["+99455123****", NUMBER]).state, State::Available);
        assert_eq!(planned(&["+994559999999"]).state, State::Available);
    }
}
