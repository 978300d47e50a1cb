//! Laying the recent writes over a collection that was just read. No IO.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::inventory::effect::{ChannelEffect, Effect};
use crate::inventory::listing::Listing;
use crate::inventory::recent_writes::RecentWrite;
use crate::provider::model::ids::{ServiceId, TeamId};

impl Inventory {
    /// Applies the recent writes to a collection that was just read, and forgets those that the read shows. An object whose write a
    /// later read did not show is remembered: it must be looked at again when the read lag is over.
    pub(super) fn overlay(&mut self, read: &Collection, at: Timestamp) {
        self.take_over_moved(read);
        let mut writes = self.recent_writes.take(read);
        for write in &writes {
            let object = self.object(&write.effect);
            self.missed.remove(&object);
        }
        writes.retain_mut(|write| self.lay_over(write, at));
        let is_behind = writes.iter().any(|write| !write.is_shown);
        self.recent_writes.put_back(read, writes);
        if let Collection::Channels(owner) = read
            && let Some(channels) = self.channels.get_mut(owner)
        {
            channels.set_positions_uncertain(is_behind || at < self.positions_trusted_from);
        }
    }

    /// Applies one write to what was read. Says whether later reads may still miss it.
    fn lay_over(&mut self, write: &mut RecentWrite, at: Timestamp) -> bool {
        if at.duration_since(write.at) >= self.read_lag {
            return false;
        }
        write.is_shown = !self.apply(&write.effect, write.at);
        if !write.is_shown && write.at <= at {
            let until = write.at.saturating_add(self.read_lag).unwrap_or(at);
            self.missed.insert(self.object(&write.effect), until);
        }
        !write.is_shown || may_be_missed_again(&write.effect)
    }

    /// A list shows services that it did not show when they were written: it was not read then, or somebody moved them. Their writes
    /// count for it, too.
    fn take_over_moved(&mut self, read: &Collection) {
        let Collection::Services(team) = read else { return };
        let own: HashSet<_> = self.recent_writes.of(read).iter().filter_map(written).collect();
        let is_other = |write: &&RecentWrite| written(write).is_some_and(|written| !own.contains(&written));
        let listed = self.services.get(team).into_iter().flat_map(Listing::items);
        let writes = listed.flat_map(|service| self.recent_writes.of(&Collection::Service(service.id.clone())));
        let moved: Vec<_> = writes.filter(is_other).filter_map(|write| shown_by(team, write)).collect();
        for RecentWrite { effect, at, is_shown: _ } in moved {
            self.recent_writes.push(effect, at);
        }
    }
}

/// A later read may be older. Of channels it may show the old positions after an earlier one showed the new ones. Of a service, the list
/// of a team may show the old state.
fn may_be_missed_again(effect: &Effect) -> bool {
    match effect {
        Effect::Service { .. } => true,
        Effect::Channels { effect, .. } => matches!(effect, ChannelEffect::Deleted),
        Effect::Customer(_)
        | Effect::Teams { .. }
        | Effect::Members { .. }
        | Effect::Invitations { .. }
        | Effect::Services { .. }
        | Effect::Accounts { .. }
        | Effect::Account { .. } => false,
    }
}

/// Which service a write changed, and when.
fn written(write: &RecentWrite) -> Option<(&ServiceId, Timestamp)> {
    let (Effect::Services { id, .. } | Effect::Service { id, .. }) = &write.effect else { return None };
    Some((id, write.at))
}

/// The write to a service, as the list of a team shows it.
fn shown_by(team: &TeamId, write: &RecentWrite) -> Option<RecentWrite> {
    let Effect::Service { id, effect } = &write.effect else { return None };
    let effect = Effect::Services { team: team.clone(), id: id.clone(), effect: effect.clone() };
    Some(RecentWrite { effect, at: write.at, is_shown: false })
}
