//! Another address for a channel that is listed: sent once, until lists show what came of it. No IO.

use crate::api::notification_channel::NotificationChannelFacts as Facts;
use crate::api::reason::Reason;
use crate::inventory::collection::{Collection, Need};
use crate::plan::attempts::CallResult;
use crate::plan::attempts::difference::TriedDifference;
use crate::plan::identity::bound_id;
use crate::plan::kinds::channel::ChannelPlanner;
use crate::plan::kinds::channel::positions::{ChannelPlan, positional};
use crate::plan::managed::Managed;
use crate::plan::resource_plan::{Plan, Record};
use crate::plan::state::State;
use crate::plan::step::{Change, Why};
use crate::provider::model::channel::Channel;
use crate::provider::pinghome::call::PinghomeCall;

impl ChannelPlanner<'_> {
    /// Gives a listed channel another address, which is written ahead. Verification, code and switch were of the old address.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn replace(&self, old: &Channel) -> Result<ChannelPlan, Need> {
        let Self { resource, id, resolved: _, value, context, list } = self;
        let (owner, priority) = (id.owner.clone(), old.priority);
        let seen = Facts {
            priority: Some(priority),
            enabled: old.enabled,
            verified: old.verified,
            ..resource.recorded_facts()
        };
        let external_id = bound_id(context).map(str::to_owned);
        let key = format!("address/{id}");
        if let Some(state) = self.awaited_change(old, &key)? {
            return Ok(Plan { external_id, facts: seen, ..Plan::ending_in(state) });
        }
        let call = PinghomeCall::UpdateChannel { owner, value: (*value).clone(), priority };
        let previous_code = self.code_print().or(seen.submitted_code.clone()).or(seen.previous_code.clone());
        let facts = Facts { submitted_code: None, previous_code, former_ids: self.former_ids(), ..seen.clone() };
        let written = Record { external_id: Some(id.to_string()), facts };
        let mut plan = Plan { external_id, facts: seen, ..Plan::ending_in(State::Available) };
        plan.recording(Some(&key), move |record| *record = written.clone());
        plan.preceded_by(positional(&id.owner, call, Why::Update(vec![change()])).remembered(key), context, list)
    }

    /// What to report while no list can show yet what came of the change, which sends a code to the new address. A process before this
    /// one may have sent it, too.
    fn awaited_change(&self, old: &Channel, key: &str) -> Result<Option<State>, Need> {
        let Self { resource: _, id, resolved: _, value: _, context, list } = self;
        let is_recorded = context.known_id == Some(id.to_string().as_str());
        if !context.is_done(is_recorded, key) || context.attempts.outcome(key) == Some(CallResult::Refused) {
            return Ok(None);
        }
        let sent = context.attempts.attempt(&TriedDifference::Field { change: change(), mark: None });
        let sent_at = sent.map_or_else(|| list.listing().present_since(&old.key), |attempt| attempt.last);
        let collection = Collection::Channels(id.owner.clone());
        let absence = context.reads_span(context.resolvable_at(sent_at), list.read_at(), &collection)?;
        let message = "the change of the address was sent, or may have been, and the owner's list shows the old one; it is sent again if \
                       lists still do when the read lag is over";
        Ok(absence.awaited(Reason::WriteNotVisible, message))
    }
}

/// The difference that another address is. No address is shown.
fn change() -> Change {
    Change::of("value", "(address)", "(another address)")
}
