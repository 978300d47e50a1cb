//! The HTTP request of each NodePing call. No IO.
//!
//! Every field of every call is named here: a field that is not sent does not compile, unless it is ignored by name.

use crate::provider::model::account::{AccountSettings, NewAccount};
use crate::provider::model::ids::AccountId;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::request::{Host, Method, Request};

type Query = Vec<(&'static str, String)>;

impl NodePingCall {
    /// The HTTP request, without the credential.
    pub(crate) fn request(&self) -> Request {
        match self {
            Self::ReadAccount { account } => request(Method::Get, format!("/accounts/{account}"), Vec::new()),
            Self::ListAccounts => request(Method::Get, "/accounts", Vec::new()),
            Self::UpdateAccount { account, settings } => {
                request(Method::Put, "/accounts", update_query(account, settings))
            }
            Self::CreateAccount(new) => request(Method::Post, "/accounts", create_query(new)),
            Self::DeleteAccount { account } => {
                request(Method::Delete, "/accounts", vec![("customerid", account.to_string())])
            }
            Self::SuppressNotifications { account, suppress } => {
                let query = vec![("accountsuppressall", suppress.to_string()), ("customerid", account.to_string())];
                request(Method::Put, "/accounts", query)
            }
        }
    }
}

fn request(method: Method, path: impl Into<String>, query: Query) -> Request {
    Request { method, host: Host::NodePing, path: path.into(), query, json: false, body: None }
}

fn update_query(account: &AccountId, settings: &AccountSettings) -> Query {
    let AccountSettings { name, timezone, location, auto_diag, email_me, status } = settings;
    let given = [
        ("name", name.clone()),
        ("timezone", timezone.clone()),
        ("location", location.clone()),
        ("autodiagnotifications", auto_diag.map(|diag| diag.to_string())),
        ("emailme", email_me.map(yes_or_no)),
        ("status", status.as_ref().map(ToString::to_string)),
    ];
    let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
    [("customerid", account.to_string())].into_iter().chain(given).collect()
}

fn create_query(new: &NewAccount) -> Query {
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
