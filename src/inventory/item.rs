//! The items of a listing. No IO.

use jiff::Timestamp;

use crate::provider::model::account::AccountEntry;
use crate::provider::model::channel::Channel;
use crate::provider::model::member::{Invitation, ObservedMember};
use crate::provider::model::service::ObservedService;
use crate::provider::model::team::ObservedTeam;

/// An object that a [`Listing`](crate::inventory::listing::Listing) can contain.
pub(crate) trait Item {
    /// The key of the item, unique in its list.
    fn id(&self) -> &str;
    /// The name, not unique.
    fn name(&self) -> &str;
    /// Whether one read counts this item, and not an earlier one of the same key.
    fn takes_place_of(&self, _earlier: &Self) -> bool {
        true
    }
    /// Whether a read that shows this item tells something else than the read before it, which showed `earlier`; `was_known`: reads before
    /// that one showed an item of the same key.
    fn is_news(&self, earlier: Option<&Self>, was_known: bool) -> bool {
        earlier.is_none() && !was_known
    }
    /// When it was created by the provider's clock, if the list shows that.
    fn created(&self) -> Option<Timestamp> {
        None
    }
}

impl Item for Channel {
    fn id(&self) -> &str {
        &self.key
    }
    fn name(&self) -> &str {
        &self.type_
    }
}

impl Item for ObservedTeam {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &str {
        &self.settings.name
    }
    fn created(&self) -> Option<Timestamp> {
        self.created.as_ref()?.parse().ok()
    }
}

impl Item for ObservedService {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &str {
        &self.settings.name
    }
}

impl Item for AccountEntry {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    /// The primary account must never be found by its name.
    fn name(&self) -> &str {
        if self.primary { "" } else { &self.name }
    }
}

impl Item for ObservedMember {
    fn id(&self) -> &str {
        &self.email
    }
    fn name(&self) -> &str {
        self.id.as_str()
    }
}

impl Item for Invitation {
    fn id(&self) -> &str {
        &self.email
    }
    fn name(&self) -> &'static str {
        ""
    }
    /// The list may keep old invitations: one that can still be answered counts more than one that was.
    fn takes_place_of(&self, earlier: &Self) -> bool {
        self.answer.rank() >= earlier.answer.rank()
    }
    /// An answer is news, too: who is not yet in the list of members may have accepted just now.
    fn is_news(&self, earlier: Option<&Self>, _was_known: bool) -> bool {
        earlier.is_none_or(|earlier| earlier.answer != self.answer)
    }
}
