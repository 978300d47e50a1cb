//! The 34 calls of Pinghome's API, P1 to P34 (`docs/coverage.md`). No IO.

use crate::provider::model::ids::{ChannelOwner, CustomerId, ServiceId, TeamId};
use crate::provider::model::member::MemberRole;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::ServiceSettings;
use crate::provider::model::team::TeamSettings;

/// One call. Fields are named after the API's parameters. P6 to P12 and P24 to P30 are the same calls for the two kinds of
/// [`ChannelOwner`]. `priority` is a channel's position in the owner's list, from 1.
#[derive(Clone, PartialEq)]
pub(crate) enum PinghomeCall {
    /// P1: reads the token's own customer.
    ReadCustomer,
    /// P2: changes the names of the token's own customer.
    UpdateCustomer { name: String, surname: String },
    /// P3: closes the account of the token's own customer.
    CloseCustomer { reason: String },
    /// P4: starts a change of the username. The provider mails a code to the new e-mail.
    ChangeUsername { email: Sensitive },
    /// P5: finishes a change of the username. `email` is the e-mail to which the code belongs; it is not sent.
    ConfirmUsername { code: Sensitive, email: String },
    /// P6, P24: adds a channel at the end of the list.
    CreateChannel { owner: ChannelOwner, value: Sensitive, type_: String },
    /// P7, P25: lists the channels; those of some types only, if `include` or `exclude` is not empty.
    ListChannels { owner: ChannelOwner, include: Vec<String>, exclude: Vec<String> },
    /// P8, P26: gives the channel at this position another address.
    UpdateChannel { owner: ChannelOwner, value: Sensitive, priority: i64 },
    /// P9, P27: sends the code that proves the address of the channel at this position.
    VerifyChannel { owner: ChannelOwner, code: Sensitive, priority: i64 },
    /// P10, P28: deletes the channel at this position. Always one position a call.
    DeleteChannel { owner: ChannelOwner, priority: i64 },
    /// P11, P29: sends a test message to the address of the channel at this position.
    TestChannel { owner: ChannelOwner, priority: i64 },
    /// P12, P30: switches delivery on or off for the channel at this position.
    EnableChannel { owner: ChannelOwner, enabled: bool, priority: i64 },
    /// P13: creates a team.
    CreateTeam { settings: TeamSettings },
    /// P14: lists all teams.
    ListTeams,
    /// P15: replaces the settings of a team.
    RenameTeam { team: TeamId, settings: TeamSettings },
    /// P16: deletes a team.
    DeleteTeam { team: TeamId },
    /// P17: lists the invitations to a team.
    ListInvitations { team: TeamId },
    /// P18: invites a person by mail.
    Invite { team: TeamId, channel_value: Sensitive, channel_type: String },
    /// P19: withdraws an invitation.
    Uninvite { team: TeamId, channel_value: Sensitive },
    /// P20: lists the members of a team.
    ListMembers { team: TeamId },
    /// P21: removes a member from a team.
    RemoveMember { team: TeamId, member: CustomerId },
    /// P22: sets a member's role, or moves the member. `new_team` equals `team` unless the member is to be moved.
    UpdateMember { team: TeamId, member: CustomerId, role: MemberRole, new_team: TeamId },
    /// P23: reminds an invited person by mail.
    RemindInvited { team: TeamId, channel_value: Sensitive },
    /// P31: creates a service in a team.
    CreateService { team: TeamId, settings: ServiceSettings },
    /// P32: replaces the settings of a service.
    RenameService { service: ServiceId, settings: ServiceSettings },
    /// P33: deletes a service.
    DeleteService { service: ServiceId },
    /// P34 with the id of a team: lists the team's services.
    ListServices { team: TeamId },
    /// P34 with the id of a service: reads that service.
    ReadService { service: ServiceId },
}

impl PinghomeCall {
    /// The call's name in plans, logs and metrics: a fixed word without data.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::ReadCustomer => "read customer",
            Self::UpdateCustomer { .. } => "update customer",
            Self::CloseCustomer { .. } => "close customer account",
            Self::ChangeUsername { .. } => "change username",
            Self::ConfirmUsername { .. } => "confirm username",
            Self::CreateChannel { .. } => "create notification channel",
            Self::ListChannels { .. } => "list notification channels",
            Self::UpdateChannel { .. } => "update notification channel",
            Self::VerifyChannel { .. } => "verify notification channel",
            Self::DeleteChannel { .. } => "delete notification channel",
            Self::TestChannel { .. } => "test notification channel",
            Self::EnableChannel { enabled: true, .. } => "enable notification channel",
            Self::EnableChannel { enabled: false, .. } => "disable notification channel",
            Self::CreateTeam { .. } => "create team",
            Self::ListTeams => "list teams",
            Self::RenameTeam { .. } => "rename team",
            Self::DeleteTeam { .. } => "delete team",
            Self::ListInvitations { .. } => "list invitations",
            Self::Invite { .. } => "invite",
            Self::Uninvite { .. } => "withdraw invitation",
            Self::ListMembers { .. } => "list members",
            Self::RemoveMember { .. } => "remove member",
            Self::UpdateMember { .. } => "update member",
            Self::RemindInvited { .. } => "remind",
            Self::CreateService { .. } => "create service",
            Self::RenameService { .. } => "rename service",
            Self::DeleteService { .. } => "delete service",
            Self::ListServices { .. } => "list services",
            Self::ReadService { .. } => "read service",
        }
    }

    /// The owner whose channels an answer may name although the request does not: the call is about a position in the owner's list, or
    /// about the owner as a whole.
    pub(crate) fn channel_owner(&self) -> Option<ChannelOwner> {
        match self {
            Self::CreateChannel { owner, .. }
            | Self::ListChannels { owner, .. }
            | Self::UpdateChannel { owner, .. }
            | Self::VerifyChannel { owner, .. }
            | Self::DeleteChannel { owner, .. }
            | Self::TestChannel { owner, .. }
            | Self::EnableChannel { owner, .. } => Some(owner.clone()),
            Self::RenameTeam { team, .. }
            | Self::DeleteTeam { team }
            | Self::ListInvitations { team }
            | Self::Invite { team, .. }
            | Self::Uninvite { team, .. }
            | Self::ListMembers { team }
            | Self::RemoveMember { team, .. }
            | Self::UpdateMember { team, .. }
            | Self::RemindInvited { team, .. }
            | Self::CreateService { team, .. }
            | Self::ListServices { team } => Some(ChannelOwner::Team(team.clone())),
            Self::ReadCustomer
            | Self::UpdateCustomer { .. }
            | Self::CloseCustomer { .. }
            | Self::ChangeUsername { .. }
            | Self::ConfirmUsername { .. }
            | Self::CreateTeam { .. }
            | Self::ListTeams
            | Self::RenameService { .. }
            | Self::DeleteService { .. }
            | Self::ReadService { .. } => None,
        }
    }

    /// Whether the call must not be sent twice for one reason: it creates something, or it contacts a person.
    pub(crate) fn is_once(&self) -> bool {
        match self {
            Self::ChangeUsername { .. }
            | Self::ConfirmUsername { .. }
            | Self::CreateChannel { .. }
            // A code is sent to the new address.
            | Self::UpdateChannel { .. }
            | Self::VerifyChannel { .. }
            | Self::TestChannel { .. }
            | Self::CreateTeam { .. }
            | Self::Invite { .. }
            | Self::RemindInvited { .. }
            | Self::CreateService { .. } => true,
            Self::ReadCustomer
            | Self::UpdateCustomer { .. }
            | Self::CloseCustomer { .. }
            | Self::ListChannels { .. }
            | Self::DeleteChannel { .. }
            | Self::EnableChannel { .. }
            | Self::ListTeams
            | Self::RenameTeam { .. }
            | Self::DeleteTeam { .. }
            | Self::ListInvitations { .. }
            | Self::Uninvite { .. }
            | Self::ListMembers { .. }
            | Self::RemoveMember { .. }
            | Self::UpdateMember { .. }
            | Self::RenameService { .. }
            | Self::DeleteService { .. }
            | Self::ListServices { .. }
            | Self::ReadService { .. } => false,
        }
    }
}
