//! The 34 calls of apis.md §1, P1 to P34. No IO.

use crate::provider::model::ids::{ChannelOwner, CustomerId, ServiceId, TeamId};
use crate::provider::model::sensitive::Sensitive;

/// One call. P6–P12 and P24–P30 are the same calls for two kinds of [`ChannelOwner`].
#[derive(Clone, PartialEq)]
#[allow(missing_docs, reason = "fields are named after the parameters in apis.md §1")]
pub(crate) enum PinghomeCall {
    /// P1: the token's own customer.
    ReadCustomer,
    /// P2.
    UpdateCustomer { name: String, surname: String },
    /// P3: closes the token's own account.
    CloseCustomer { reason: String },
    /// P4: starts an e-mail change; a code is mailed.
    ChangeUsername { email: Sensitive },
    /// P5: finishes it. `email` is what the code is for; it is not sent.
    ConfirmUsername { code: Sensitive, email: String },
    /// P6, P24.
    CreateChannel { owner: ChannelOwner, value: Sensitive, type_: String },
    /// P7, P25.
    ListChannels { owner: ChannelOwner, include: Vec<String>, exclude: Vec<String> },
    /// P8, P26: another address for the channel at this position.
    UpdateChannel { owner: ChannelOwner, value: Sensitive, priority: i64 },
    /// P9, P27.
    VerifyChannel { owner: ChannelOwner, code: Sensitive, priority: i64 },
    /// P10, P28: always one position a call (PU8).
    DeleteChannel { owner: ChannelOwner, priority: i64 },
    /// P11, P29: sends a real message.
    TestChannel { owner: ChannelOwner, priority: i64 },
    /// P12, P30.
    EnableChannel { owner: ChannelOwner, enabled: bool, priority: i64 },
    /// P13.
    CreateTeam { name: String },
    /// P14.
    ListTeams,
    /// P15.
    RenameTeam { team: TeamId, name: String },
    /// P16.
    DeleteTeam { team: TeamId },
    /// P17.
    ListInvitations { team: TeamId },
    /// P18: mails a person.
    Invite { team: TeamId, channel_value: Sensitive, channel_type: String },
    /// P19.
    Uninvite { team: TeamId, channel_value: Sensitive },
    /// P20.
    ListMembers { team: TeamId },
    /// P21.
    RemoveMember { team: TeamId, member: CustomerId },
    /// P22: `new_team` is the present team unless the member is to be moved.
    UpdateMember { team: TeamId, member: CustomerId, role: String, new_team: TeamId },
    /// P23: mails a person.
    RemindInvited { team: TeamId, channel_value: Sensitive },
    /// P31.
    CreateService { name: String, team: TeamId },
    /// P32.
    RenameService { service: ServiceId, name: String },
    /// P33.
    DeleteService { service: ServiceId },
    /// P34, asked by team.
    ListServices { team: TeamId },
    /// P34, asked by service.
    ReadService { service: ServiceId },
}

impl PinghomeCall {
    /// The call's name in plans, logs and metrics.
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
            Self::EnableChannel { .. } => "enable notification channel",
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
}
