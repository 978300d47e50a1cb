//! Calls that name a channel by its position: they are planned only from a list that is surely right. No IO.

use jiff::SignedDuration;

use crate::api::notification_channel::NotificationChannelFacts as Facts;
use crate::api::reason::Reason;
use crate::inventory::channels::Channels;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::kinds::channel::resolved::ResolvedChannel;
use crate::plan::managed::catching_up;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::provider::model::ids::ChannelOwner;
use crate::provider::pinghome::call::PinghomeCall;

/// How long after a list with an ambiguous position the next one is read.
const AMBIGUITY_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// The plan of a channel.
pub(crate) type ChannelPlan = Plan<Facts>;

impl ChannelPlan {
    /// Puts a positional step before the others, once the list may be trusted for positions.
    pub(crate) fn preceded_by(mut self, step: Step, context: &PlanContext, list: &Channels) -> Result<Self, Need> {
        let Some(owner) = step.lock.as_deref().and_then(ChannelOwner::parse) else { return Ok(self) };
        let since = context.locked_at.unwrap_or(list.written_at()).max(list.written_at());
        if list.read_at() < since {
            return Err(Need { collection: Collection::Channels(owner), not_before: since });
        }
        if let Some(position) = list.ambiguous_position() {
            let collection = Collection::Channels(owner);
            let until = context.next_read(&collection, AMBIGUITY_PAUSE)?;
            self = self.limited_to(Vec::new());
            self.state = State::waiting(Reason::ProviderUnavailable, ambiguous(position), until);
        } else if list.positions_trusted() {
            self.steps.insert(0, step);
        } else {
            self = self.limited_to(Vec::new());
            self.state = catching_up(context, Collection::Channels(owner), list.read_at())?;
        }
        Ok(self)
    }
}

/// What to report while a position of the list does not say which channel it is.
fn ambiguous(position: i64) -> String {
    let found = if position < 1 { "a channel" } else { "more than one channel" };
    format!(
        "the owner's list shows {found} at position {position}; a call names a channel by its position only, and might reach another \
         one, so none is made: the list is read again"
    )
}

/// The owner of a channel.
///
/// # Errors
/// The customer that the token belongs to must be read first.
pub(crate) fn owner(resolved: &ResolvedChannel, context: &PlanContext) -> Result<ChannelOwner, Need> {
    Ok(match &resolved.team {
        Some(team) => ChannelOwner::Team(team.clone()),
        None => ChannelOwner::Customer(context.inventory.customer(jiff::Timestamp::MIN)?.id.clone()),
    })
}

/// The owner's list, read after our last write to it.
pub(crate) fn read_back<'a>(owner: &ChannelOwner, context: &PlanContext<'a>) -> Result<Option<&'a Channels>, Need> {
    match context.inventory.channels(owner, context.not_before)? {
        Some(list) if list.read_at() < list.written_at() => {
            Err(Need { collection: Collection::Channels(owner.clone()), not_before: list.written_at() })
        }
        list => Ok(list),
    }
}

/// A call that names a channel by its position: only under the owner's lock.
pub(crate) fn positional(owner: &ChannelOwner, call: PinghomeCall, why: Why) -> Step {
    Step::new(call, why).under(owner.path())
}

/// The deletion of the channel at a position.
pub(crate) fn delete_step(owner: &ChannelOwner, priority: i64) -> Step {
    positional(owner, PinghomeCall::DeleteChannel { owner: owner.clone(), priority }, Why::Delete)
}
