//! A channel whose address is in a Secret that was not read: `plan` meets it, the operator never does. No IO.

use crate::api::reason::Reason;
use crate::inventory::channels::Channels;
use crate::plan::context::PlanContext;
use crate::plan::kinds::channel::identity::ChannelId;
use crate::plan::kinds::channel::resolved::ResolvedChannel;
use crate::plan::state::State;
use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::sensitive::Sensitive;

/// The address of the recorded channel, as its owner's list shows it: as long as nobody changes the Secret, it is the one in there.
/// `None`: none is recorded of this owner and type, or the list does not show it.
pub(crate) fn recorded_address<'a>(
    resolved: &ResolvedChannel,
    owner: &ChannelOwner,
    list: &'a Channels,
    context: &PlanContext,
) -> Option<&'a Sensitive> {
    let id = ChannelId::parse(context.known_id?).filter(|id| id.owner == *owner)?;
    let channel = list.items().find(|channel| id.is(channel))?;
    (channel.type_ == resolved.type_).then_some(&channel.value)
}

/// What to report of a channel of which nothing can be said without its address.
pub(crate) fn address_unknown() -> State {
    State::waiting(
        Reason::SecretNotFound,
        "the channel's address is not known: it is in a Secret that was not read",
        None,
    )
}
