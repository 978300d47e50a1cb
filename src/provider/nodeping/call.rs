//! The six calls of apis.md §1, N1 to N6. No IO.
//!
//! Every call on a sub-account takes an [`AccountId`], which cannot be empty: a missing id would
//! mean the primary account (NU13).

use crate::provider::model::account::{AccountSettings, NewAccount};
use crate::provider::model::ids::AccountId;
use crate::provider::request::{Host, Method, Request};

/// One call.
#[derive(Clone, PartialEq)]
#[allow(missing_docs, reason = "fields are named after the parameters in apis.md §1")]
pub(crate) enum NodePingCall {
    /// N1.
    ReadAccount { account: AccountId },
    /// N2.
    ListAccounts,
    /// N3, always with the whole managed set (NU4).
    UpdateAccount { account: AccountId, settings: AccountSettings },
    /// N4.
    CreateAccount(Box<NewAccount>),
    /// N5.
    DeleteAccount { account: AccountId },
    /// N6, always in a PUT of its own.
    SuppressNotifications { account: AccountId, suppress: bool },
}

impl NodePingCall {
    /// The call's name in plans, logs and metrics.
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

    /// The account that the answer must be about (NU13).
    pub(crate) fn account(&self) -> Option<&AccountId> {
        match self {
            Self::ReadAccount { account }
            | Self::UpdateAccount { account, .. }
            | Self::DeleteAccount { account }
            | Self::SuppressNotifications { account, .. } => Some(account),
            Self::ListAccounts | Self::CreateAccount(_) => None,
        }
    }

    /// The HTTP request, the credential aside.
    pub(crate) fn request(&self) -> Request {
        let at = |method, path: String, query| Request {
            method,
            host: Host::NodePing,
            path,
            query,
            json: false,
            body: None,
        };
        let accounts = |method, query| at(method, "/accounts".to_owned(), query);
        match self {
            Self::ReadAccount { account } => at(Method::Get, format!("/accounts/{account}"), Vec::new()),
            Self::ListAccounts => accounts(Method::Get, Vec::new()),
            Self::UpdateAccount { account, settings } => accounts(Method::Put, update_query(account, settings)),
            Self::CreateAccount(new) => accounts(Method::Post, create_query(new)),
            Self::DeleteAccount { account } => accounts(Method::Delete, vec![("customerid", account.to_string())]),
            Self::SuppressNotifications { account, suppress } => accounts(
                Method::Put,
                vec![("accountsuppressall", suppress.to_string()), ("customerid", account.to_string())],
            ),
        }
    }
}

fn update_query(account: &AccountId, settings: &AccountSettings) -> Vec<(&'static str, String)> {
    let AccountSettings { name, timezone, location, auto_diag, email_me, status } = settings;
    let given = [
        ("name", name.clone()),
        ("timezone", timezone.clone()),
        ("location", location.clone()),
        ("autodiagnotifications", auto_diag.map(|diag| diag.to_string())),
        ("emailme", email_me.map(yes_or_no)),
        ("status", status.clone()),
    ];
    let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
    [("customerid", account.to_string())].into_iter().chain(given).collect()
}

fn create_query(new: &NewAccount) -> Vec<(&'static str, String)> {
    let NewAccount { name, contact_name, email, timezone, location, email_me } = new;
    vec![
        ("timezone", timezone.clone()),
        ("name", name.clone()),
        ("contactname", contact_name.expose().to_owned()),
        ("email", email.expose().to_owned()),
        ("location", location.clone()),
        ("emailme", yes_or_no(*email_me)),
    ]
}

fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
