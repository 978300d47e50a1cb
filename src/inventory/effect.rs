//! The effects of successful writes on the collections, as values. No IO.
//!
//! Applying an effect says whether it changed anything. Right after the write it does. Applied to a later read it does
//! only if that read misses the write. So the same effects serve the simulation, and reads that lag behind writes.

use crate::inventory::collection::Collection;
use crate::provider::model::account::{AccountDetail, AccountEntry, AccountSettings, NodePingStatus};
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::{AccountId, ChannelOwner, CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{InvitationAnswer, MemberRole, ObservedMember};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::ServiceSettings;
use crate::provider::model::team::{ObservedTeam, TeamSettings};

/// One change of one collection. There is one variant for each kind of [`Collection`].
#[derive(Clone)]
pub(crate) enum Effect {
    /// Changes the token's own customer.
    Customer(CustomerEffect),
    /// Changes a team in the list of teams.
    Teams { id: TeamId, effect: TeamEffect },
    /// Changes a member in the list of a team's members.
    Members { team: TeamId, id: CustomerId, effect: MemberEffect },
    /// Changes an invitation in the list of a team's invitations.
    Invitations { team: TeamId, email: String, effect: InvitationEffect },
    /// Changes a service in the list of a team's services.
    Services { team: TeamId, id: ServiceId, effect: ServiceEffect },
    /// Changes a service that is read by its id.
    Service { id: ServiceId, effect: ServiceEffect },
    /// Changes the channel with this key in the list of an owner's channels.
    Channels { owner: ChannelOwner, key: String, effect: ChannelEffect },
    /// Changes an account in the list of accounts.
    Accounts { id: AccountId, effect: AccountEffect },
    /// Changes the settings of an account.
    Account { id: AccountId, effect: DetailEffect },
}

/// A change of the token's own customer.
#[derive(Clone)]
pub(crate) enum CustomerEffect {
    /// The names were changed.
    Renamed { name: String, surname: String },
    /// The username is this e-mail now.
    UsernameConfirmed { email: String },
}

/// A change of a team.
#[derive(Clone)]
pub(crate) enum TeamEffect {
    /// The team was created.
    Created(ObservedTeam),
    /// The settings were replaced.
    Updated(TeamSettings),
    /// The team was deleted.
    Deleted,
}

/// A change of a team's member.
#[derive(Clone)]
pub(crate) enum MemberEffect {
    /// The person was moved into the team.
    Joined(ObservedMember),
    /// The member has this role now.
    RoleGiven(MemberRole),
    /// The member was removed, or moved into another team.
    Left,
}

/// A change of an invitation.
#[derive(Clone)]
pub(crate) enum InvitationEffect {
    /// The person was invited under this address. `before` is the answer to an older invitation: a read that shows it misses this write.
    Invited { address: String, before: Option<InvitationAnswer> },
    /// The invitation was withdrawn.
    Uninvited,
    /// The person was reminded at this time (RFC 3339).
    Reminded { at: String },
}

/// A change of a service.
#[derive(Clone)]
pub(crate) enum ServiceEffect {
    /// The service was created with these settings.
    Created(ServiceSettings),
    /// The settings were replaced.
    Updated(ServiceSettings),
    /// The service was deleted.
    Deleted,
}

/// A change of a channel.
#[derive(Clone)]
pub(crate) enum ChannelEffect {
    /// The channel was created.
    Created(Channel),
    /// The channel has another address now, and so another key.
    AddressReplaced(Sensitive),
    /// Delivery was switched on or off.
    Enabled(bool),
    /// The address was verified.
    Verified,
    /// The channel was deleted: the channels behind it move up.
    Deleted,
}

/// A change of an account in the list of accounts.
#[derive(Clone)]
pub(crate) enum AccountEffect {
    /// The account was created.
    Created(AccountEntry),
    /// Settings that the list shows were changed; `None`: the setting was not sent.
    Updated { name: Option<String>, status: Option<NodePingStatus> },
    /// The deletion was requested.
    Deleting,
}

/// A change of an account's settings.
#[derive(Clone)]
pub(crate) enum DetailEffect {
    /// The account was created.
    Created(Box<AccountDetail>),
    /// Settings were changed.
    Updated(AccountSettings),
    /// `autodiagnotifications` was sent.
    AutoDiagSent(bool),
    /// All notifications were switched off (true) or on.
    Suppressed(bool),
    /// The answer to a write showed `emailme`.
    EmailMeShown(bool),
    /// The call may have changed other settings too: they must be read again.
    Forgotten,
}

impl Effect {
    /// The collection that shows the effect; `None`: no read does.
    pub(crate) fn collection(&self) -> Option<Collection> {
        Some(match self {
            Self::Customer(_) => Collection::Customer,
            Self::Teams { .. } => Collection::Teams,
            Self::Members { team, .. } => Collection::Members(team.clone()),
            Self::Invitations { team, .. } => Collection::Invitations(team.clone()),
            Self::Services { team, .. } => Collection::Services(team.clone()),
            Self::Service { id, .. } => Collection::Service(id.clone()),
            Self::Channels { owner, .. } => Collection::Channels(owner.clone()),
            Self::Accounts { .. } => Collection::Accounts,
            Self::Account { id, effect } => match effect {
                DetailEffect::Created(_)
                | DetailEffect::Updated(_)
                | DetailEffect::AutoDiagSent(_)
                | DetailEffect::Suppressed(_)
                | DetailEffect::EmailMeShown(_) => Collection::Account(id.clone()),
                DetailEffect::Forgotten => return None,
            },
        })
    }
}
