//! A channel that is there: its code, its switch, its test message, in this order. No IO.
//!
//! Enabling an unverified channel may be refused (PU12), so a code goes first.

use jiff::SignedDuration;

use crate::api::notification_channel::{NotificationChannel, NotificationChannelFacts as Facts, TestResult};
use crate::inventory::channels::Channels;
use crate::inventory::collection::Need;
use crate::plan::attempts::Outcome;
use crate::plan::context::Visit;
use crate::plan::kinds::channel::identity::ChannelId;
use crate::plan::kinds::channel::{ChannelPlan, Desired, positional};
use crate::plan::managed::Managed;
use crate::plan::step::{Change, Step, Why};
use crate::plan::{Plan, State};
use crate::provider::model::channel::{Channel, fingerprint};
use crate::provider::pinghome::call::Call;

/// How often it is looked whether somebody verified the channel by hand; the list itself is read at resyncs.
const UNVERIFIED: SignedDuration = SignedDuration::from_mins(1);

impl NotificationChannel {
    /// What to do for a channel that its owner's list shows.
    pub(crate) fn present(
        &self,
        id: &ChannelId,
        channel: &Channel,
        desired: &Desired,
        visit: &Visit,
        list: &Channels,
    ) -> Result<ChannelPlan, Need> {
        let known = self.recorded_facts();
        // A list that does not say (PU5) leaves what we did last.
        let enabled = channel.enabled.or(known.enabled).unwrap_or(true);
        let (priority, verified) = (Some(channel.priority), channel.verified);
        let facts = Facts { priority, enabled: Some(enabled), verified, former_ids: Vec::new(), ..known };
        let mut plan = Plan { external_id: Some(id.to_string()), facts, ..Plan::rest(State::Available) };
        let mut steps = Vec::new();
        steps.extend(self.verify(id, channel, desired, visit, &mut plan));
        steps.extend(self.switch(id, channel, enabled, visit, &mut plan));
        steps.extend(test(id, channel, visit, &mut plan));
        for step in steps.into_iter().rev() {
            plan = plan.preceded_by(step, visit, list)?;
        }
        Ok(plan)
    }

    /// A code is submitted once, whatever comes of it.
    fn verify(
        &self,
        id: &ChannelId,
        channel: &Channel,
        desired: &Desired,
        visit: &Visit,
        plan: &mut ChannelPlan,
    ) -> Option<Step> {
        if channel.verified == Some(true) || self.spec.verification.is_none() {
            return None;
        }
        plan.again = visit.next_look_for_code();
        let code = desired.code.clone()?;
        let print = fingerprint(&id.to_string(), code.expose());
        let key = format!("code/{print}");
        let is_recorded = plan.facts.submitted_code.as_ref() == Some(&print);
        if visit.is_spent(is_recorded, &key) {
            return None;
        }
        plan.facts.submitted_code = Some(print);
        let call = Call::VerifyChannel { owner: id.owner.clone(), code, priority: channel.priority };
        let change = Change::of("verification", "(not verified)", "(a code)");
        Some(Step::reach(call, key, change).under(id.owner.path()))
    }

    fn switch(
        &self,
        id: &ChannelId,
        channel: &Channel,
        enabled: bool,
        visit: &Visit,
        plan: &mut ChannelPlan,
    ) -> Option<Step> {
        let wanted = self.spec.enabled;
        if enabled == wanted {
            return None;
        }
        let key = format!("enable/{id}");
        if wanted && channel.verified == Some(false) && visit.memory.outcome(&key) == Some(Outcome::Refused) {
            let message = "Pinghome does not enable the channel before its address is verified: verify it, by hand or through \
                           `verification`";
            let until = plan.again.or_else(|| visit.now.checked_add(UNVERIFIED).ok());
            plan.state = State::Waiting { reason: "VerificationRequired", message: message.to_owned(), until };
            return None;
        }
        let call = Call::EnableChannel { owner: id.owner.clone(), enabled: wanted, priority: channel.priority };
        let change = Change::of("enabled", &enabled, &wanted);
        let step = positional(&id.owner, call, Why::Update(vec![change]));
        // Only the refusal of an unverified channel has an explanation.
        Some(if channel.verified == Some(false) && wanted { step.remembered(key) } else { step })
    }
}

/// One message for each new value of the annotation.
fn test(id: &ChannelId, channel: &Channel, visit: &Visit, plan: &mut ChannelPlan) -> Option<Step> {
    let asked = visit.annotations.test_requested_at.clone()?;
    let key = format!("test/{asked}");
    let is_recorded = plan.facts.last_handled_test_at.as_ref() == Some(&asked);
    if visit.is_spent(is_recorded, &key) {
        plan.facts.last_test_result = match visit.memory.outcome(&key) {
            Some(Outcome::Done) => Some(TestResult::Sent),
            Some(Outcome::Refused) => Some(TestResult::Refused),
            Some(Outcome::Unknown) => Some(TestResult::Unknown),
            None => plan.facts.last_test_result,
        };
        return None;
    }
    plan.facts.last_handled_test_at = Some(asked.clone());
    plan.facts.last_test_result = Some(TestResult::Unknown);
    let call = Call::TestChannel { owner: id.owner.clone(), priority: channel.priority };
    let change = Change::of("test-requested-at", "(no message)", &asked);
    Some(Step::reach(call, key, change).under(id.owner.path()))
}
