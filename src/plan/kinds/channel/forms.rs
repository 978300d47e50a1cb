//! A channel that a list shows in another form than the one in which it was sent. No IO.

use crate::inventory::channels::Channels;
use crate::plan::context::PlanContext;
use crate::plan::kinds::channel::identity::ChannelId;
use crate::provider::model::channel::{Channel, is_form_of};
use crate::provider::model::sensitive::Sensitive;

/// A channel of the owner's list that may be the one with this address, in another form, and that no other resource claims.
pub(crate) fn shown_otherwise<'a>(
    id: &ChannelId,
    value: &Sensitive,
    list: &'a Channels,
    context: &PlanContext,
) -> Option<&'a Channel> {
    let is_form = |channel: &&Channel| {
        !id.is(channel) && id.is_of_type(channel) && is_form_of(&channel.type_, value.expose(), channel.value.expose())
    };
    let is_claimed = |channel: &Channel| {
        let theirs = ChannelId::of(&id.owner, &channel.type_, &channel.value);
        (context.claimed_by)(&theirs.to_string()).is_some()
    };
    list.items().filter(is_form).find(|channel| !is_claimed(channel))
}
