//! A channel that a list shows in another form than the one in which it was sent. No IO.

use crate::inventory::channels::Channels;
use crate::plan::attempts::difference::{TriedDifference, TryResult};
use crate::plan::context::PlanContext;
use crate::plan::kinds::channel::identity::ChannelId;
use crate::provider::model::channel::forms::{Likeness, hides, likeness, sent_for};
use crate::provider::model::channel::{Channel, channel_key};
use crate::provider::model::sensitive::Sensitive;

/// A channel that was sent, and that no list shows under its address.
pub(crate) struct SentChannel<'a> {
    /// Its id.
    pub(crate) id: &'a ChannelId,
    /// The address that was sent; `None`: it is not known any more.
    pub(crate) value: Option<&'a Sensitive>,
}

impl SentChannel<'_> {
    /// The channel of the owner's list that is most likely this one in another form, and that no other resource claims.
    pub(crate) fn shown_otherwise<'a>(
        &self,
        list: &'a Channels,
        context: &PlanContext,
    ) -> Option<(&'a Channel, Likeness)> {
        let alike = self.others(list, context).filter_map(|channel| Some((channel, self.likeness(channel)?)));
        let alike = alike.min_by_key(|(channel, likeness)| (*likeness, channel.priority));
        alike.or_else(|| self.appeared_instead(list, context).map(|channel| (channel, Likeness::Possible)))
    }

    /// The channels of this one's type that are not shown under its address and that no other resource claims.
    fn others<'a>(&self, list: &'a Channels, context: &PlanContext) -> impl Iterator<Item = &'a Channel> {
        let is_claimed = |channel: &Channel| {
            let theirs = ChannelId::of(&self.id.owner, &channel.type_, &channel.value);
            (context.claimed_by)(&theirs.to_string()).is_some()
        };
        let is_other = |channel: &Channel| !self.id.is(channel) && self.id.is_of_type(channel);
        list.items().filter(move |channel| is_other(channel) && !is_claimed(channel))
    }

    /// How much a listed channel looks like this one. Of an address that is not known any more, any masked one may be a form.
    fn likeness(&self, channel: &Channel) -> Option<Likeness> {
        let (type_, shown) = (channel.type_.as_str(), channel.value.expose());
        match self.value {
            Some(value) => likeness(type_, value.expose(), shown),
            None if sent_for(type_, shown).is_some_and(|sent| self.id.has(&channel_key(type_, &sent))) => {
                Some(Likeness::Known)
            }
            None => hides(type_, shown).then_some(Likeness::Possible),
        }
    }

    /// The one channel that appeared in the list since this one was created, by a create that was accepted. It may be a person's.
    fn appeared_instead<'a>(&self, list: &'a Channels, context: &PlanContext) -> Option<&'a Channel> {
        let name = self.id.to_string();
        let record = context.annotations.intent.as_ref().filter(|record| record.name.as_ref() == Some(&name))?;
        let created = context.attempts.attempt(&TriedDifference::Missing(name))?;
        // A call to delete it was sent only because a list showed it.
        if created.result != TryResult::Done || context.attempts.has_failed_deletion() {
            return None;
        }
        let has_appeared = |channel: &&Channel| list.listing().has_appeared_since(&channel.key, record.time);
        let mut appeared = self.others(list, context).filter(has_appeared);
        appeared.next().filter(|_| appeared.next().is_none())
    }
}
