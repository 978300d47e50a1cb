//! A channel that a list shows in another form than the one in which it was sent. No IO.

use jiff::Timestamp;

use crate::api::notification_channel::NotificationChannel;
use crate::inventory::channels::Channels;
use crate::plan::context::PlanContext;
use crate::plan::kinds::channel::identity::ChannelId;
use crate::plan::managed::Managed;
use crate::provider::model::channel::{Channel, is_form_of, is_masked};
use crate::provider::model::sensitive::Sensitive;

/// A channel that was sent, and that no list shows under its address.
pub(crate) struct SentChannel<'a> {
    /// Its id.
    pub(crate) id: &'a ChannelId,
    /// The address that was sent; `None`: it is not known any more.
    pub(crate) value: Option<&'a Sensitive>,
    /// When it was sent, if that was accepted and no list has shown it since.
    pub(crate) unconfirmed_since: Option<Timestamp>,
}

impl SentChannel<'_> {
    /// A channel of the owner's list that may be this one in another form, and that no other resource claims: one that no list before
    /// it was sent showed. The address is a hint, for one of which that is not known.
    pub(crate) fn shown_otherwise<'a>(&self, list: &'a Channels, context: &PlanContext) -> Option<&'a Channel> {
        let is_other = |channel: &&Channel| !self.id.is(channel) && self.id.is_of_type(channel);
        let mut others = list.items().filter(|channel| self.is_new(channel, list) || self.is_shown_by(channel));
        others.find(|channel| is_other(channel) && !self.is_claimed(channel, context))
    }

    /// Whether a listed channel looks like this one. Of an address that is not known any more, any masked one may be a form.
    pub(crate) fn is_shown_by(&self, channel: &Channel) -> bool {
        match self.value {
            Some(value) => is_form_of(&channel.type_, value.expose(), channel.value.expose()),
            None => is_masked(channel.value.expose()),
        }
    }

    /// Whether no list before this one was sent showed a channel. Of what the first list of this process showed that is not known.
    fn is_new(&self, channel: &Channel, list: &Channels) -> bool {
        let appeared = list.listing().appeared_at(&channel.key);
        self.unconfirmed_since.zip(appeared).is_some_and(|(sent, appeared)| sent <= appeared)
    }

    fn is_claimed(&self, channel: &Channel, context: &PlanContext) -> bool {
        let theirs = ChannelId::of(&self.id.owner, &channel.type_, &channel.value);
        (context.claimed_by)(&theirs.to_string()).is_some()
    }
}

/// The channel of a resource as it was sent. `value`: its address, if that is known.
pub(crate) fn sent<'a>(
    resource: &NotificationChannel,
    id: &'a ChannelId,
    value: Option<&'a Sensitive>,
    context: &PlanContext,
) -> SentChannel<'a> {
    let name = id.to_string();
    // A position is recorded when a list shows the channel.
    let is_unconfirmed = context.known_id == Some(&name) && resource.recorded_facts().priority.is_none();
    let intent = context.annotations.intent.as_ref().filter(|intent| intent.name == Some(name));
    // Without a create it was sent as another address of a channel.
    let sent_at = intent.map_or(Timestamp::MIN, |intent| intent.time);
    SentChannel { id, value, unconfirmed_since: is_unconfirmed.then_some(sent_at) }
}
