//! When each kind of collection was read last. No IO.

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::channels::Channels;
use crate::inventory::listing::Listing;

/// A kind of collections: all of one kind are read by the same call, for one owner each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CollectionKind {
    /// The token's own customer.
    Customer,
    /// All teams.
    Teams,
    /// The members of teams.
    Members,
    /// The invitations to teams.
    Invitations,
    /// Services, listed or read one by one.
    Services,
    /// The channels of owners.
    Channels,
    /// All accounts, without most of their settings.
    Accounts,
    /// The settings of accounts.
    AccountSettings,
}

impl CollectionKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 8] = [
        Self::Customer,
        Self::Teams,
        Self::Members,
        Self::Invitations,
        Self::Services,
        Self::Channels,
        Self::Accounts,
        Self::AccountSettings,
    ];

    /// The word for metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Teams => "teams",
            Self::Members => "members",
            Self::Invitations => "invitations",
            Self::Services => "services",
            Self::Channels => "notification_channels",
            Self::Accounts => "accounts",
            Self::AccountSettings => "account_settings",
        }
    }
}

impl Inventory {
    /// When the last successful read began of a collection of this kind; `None`: there was none. It is the newest read of the kind:
    /// the oldest may be of an owner that no resource needs any more, and says nothing.
    pub(crate) fn last_read(&self, kind: CollectionKind) -> Option<Timestamp> {
        match kind {
            CollectionKind::Customer => self.customer.as_ref().map(|observed| observed.read_at),
            CollectionKind::Teams => self.teams.as_ref().map(Listing::read_at),
            CollectionKind::Members => self.members.values().map(Listing::read_at).max(),
            CollectionKind::Invitations => self.invitations.values().map(Listing::read_at).max(),
            CollectionKind::Services => {
                let single = self.service.values().map(|observed| observed.read_at);
                self.services.values().map(Listing::read_at).chain(single).max()
            }
            CollectionKind::Channels => self.channels.values().map(Channels::read_at).max(),
            CollectionKind::Accounts => self.accounts.as_ref().map(Listing::read_at),
            CollectionKind::AccountSettings => self.account.values().map(|observed| observed.read_at).max(),
        }
    }
}
