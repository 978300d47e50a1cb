//! The six account calls of NodePing's API, N1 to N6 (`docs/coverage.md`). No IO.
//!
//! A call without an account id would change the primary account: every call on an account takes an [`AccountId`],
//! which cannot be empty.

use crate::provider::model::account::{AccountSettings, NewAccount};
use crate::provider::model::ids::AccountId;

/// One call.
#[derive(Clone, PartialEq)]
pub(crate) enum NodePingCall {
    /// N1: reads the settings of one account.
    ReadAccount { account: AccountId },
    /// N2: lists all accounts.
    ListAccounts,
    /// N3: changes the settings of an account. All settings that are managed are sent each time.
    UpdateAccount { account: AccountId, settings: AccountSettings },
    /// N4: creates a sub-account.
    CreateAccount(Box<NewAccount>),
    /// N5: asks for the deletion of a sub-account.
    DeleteAccount { account: AccountId },
    /// N6: switches all notifications off or on. It is a PUT of its own.
    SuppressNotifications { account: AccountId, suppress: bool },
}

impl NodePingCall {
    /// The call's name in plans, logs and metrics: a fixed word without data.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::ReadAccount { .. } => "read account",
            Self::ListAccounts => "list accounts",
            Self::UpdateAccount { .. } => "update account",
            Self::CreateAccount(_) => "create sub-account",
            Self::DeleteAccount { .. } => "delete sub-account",
            Self::SuppressNotifications { .. } => "suppress notifications",
        }
    }

    /// The account that the answer must be about, if the call names one.
    pub(crate) fn account(&self) -> Option<&AccountId> {
        match self {
            Self::ReadAccount { account }
            | Self::UpdateAccount { account, .. }
            | Self::DeleteAccount { account }
            | Self::SuppressNotifications { account, .. } => Some(account),
            Self::ListAccounts | Self::CreateAccount(_) => None,
        }
    }

    /// Whether the call must not be sent twice for one reason: it creates something.
    pub(crate) fn is_once(&self) -> bool {
        match self {
            Self::CreateAccount(_) => true,
            Self::ReadAccount { .. }
            | Self::ListAccounts
            | Self::UpdateAccount { .. }
            | Self::DeleteAccount { .. }
            | Self::SuppressNotifications { .. } => false,
        }
    }
}
