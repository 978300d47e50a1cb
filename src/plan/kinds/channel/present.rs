//! A channel that is listed: verified, enabled, tested, in this order. No IO.
//!
//! Enabling an unverified channel may be refused (PU12), so a code goes first.

use jiff::SignedDuration;

use crate::api::notification_channel::{NotificationChannelFacts as Facts, TestResult};
use crate::api::reason::Reason;
use crate::inventory::collection::Need;
use crate::plan::attempts::CallResult;
use crate::plan::diff::Diff;
use crate::plan::kinds::channel::ChannelPlanner;
use crate::plan::kinds::channel::positions::{ChannelPlan, positional};
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
        let facts = Facts { priority, enabled: diff.enabled.old, verified, former_ids, ..known };
        let mut plan = Plan::known(self.id.to_string(), facts, State::Available);
        let steps =
            [self.verify(channel, &mut plan), self.switch(channel, &diff, &mut plan), self.test(channel, &mut plan)];
        for step in steps.into_iter().flatten().rev() {
            plan = plan.preceded_by(step, self.context, self.list)?;
        }
        Ok(plan)
    }

    /// Submits a code, once for each code.
    fn verify(&self, channel: &Channel, plan: &mut ChannelPlan) -> Option<Step> {
        let Self { resource: _, id, resolved, context, list: _ } = self;
        if channel.verified == Some(true) || !resolved.is_verifiable {
            return None;
        }
        plan.again = context.next_code_check();
        let code = resolved.code.clone()?;
        let print = fingerprint(&id.to_string(), code.expose());
        let key = format!("code/{print}");
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
        let Self { resource: _, id, resolved: _, context, list: _ } = self;
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
        let Self { resource: _, id, resolved: _, context, list: _ } = self;
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
