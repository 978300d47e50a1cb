//! The reading of NodePing's answers. No IO.

use serde_json::Value;

use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};
use crate::provider::json::{integer, text, truth};
use crate::provider::model::account::{AccountDetail, AccountEntry, NodePingStatus};
use crate::provider::model::ids::AccountId;
use crate::provider::nodeping::call::NodePingCall;

/// Reads the answer to a call. The body is checked before the status: an error may come with status 200.
///
/// # Errors
/// An error in the body, every status but 2xx, an account other than the requested one, and a body in no known form.
pub(crate) fn read(call: &NodePingCall, status: u16, body: &[u8]) -> Result<Answer, Failure> {
    let value = serde_json::from_slice::<Value>(body).unwrap_or_default();
    if let Some(error) = value.get("error") {
        return refused(call, status, &error.to_string().to_lowercase());
    }
    if !(200..300).contains(&status) {
        return Err(Failure::from_status(call.is_once(), call.operation(), status));
    }
    let unreadable = || Failure::unreadable(call.is_once(), call.operation());
    let is_empty = value == serde_json::json!({});
    match call {
        NodePingCall::ReadAccount { .. } | NodePingCall::DeleteAccount { .. } if is_empty => not_there(call),
        NodePingCall::DeleteAccount { .. } if value.get("success").is_some() => Ok(Answer::Done),
        NodePingCall::DeleteAccount { .. } => Err(unreadable()),
        NodePingCall::ListAccounts => list(&value).map(Answer::Accounts).ok_or_else(unreadable),
        NodePingCall::ReadAccount { .. }
        | NodePingCall::UpdateAccount { .. }
        | NodePingCall::CreateAccount(_)
        | NodePingCall::SuppressNotifications { .. } => requested_account(call, detail(&value).ok_or_else(unreadable)?),
    }
}

/// An account that does not exist looks like one that is not allowed, so neither proves anything.
fn not_there(call: &NodePingCall) -> Result<Answer, Failure> {
    match call {
        NodePingCall::ReadAccount { .. } => Ok(Answer::Account(None)),
        NodePingCall::ListAccounts
        | NodePingCall::UpdateAccount { .. }
        | NodePingCall::CreateAccount(_)
        | NodePingCall::DeleteAccount { .. }
        | NodePingCall::SuppressNotifications { .. } => Err(Failure::new(
            Class::Invalid,
            format!("NodePing does not let this token do '{}' on that account", call.operation()),
        )),
    }
}

/// The meaning of an error in the body.
fn refused(call: &NodePingCall, status: u16, error: &str) -> Result<Answer, Failure> {
    if error.contains("permission") || error.contains("not exist") {
        return not_there(call);
    }
    if error.contains("token") {
        return Err(Failure::refused_credential(call.operation(), status));
    }
    let status = if (200..300).contains(&status) { 400 } else { status };
    Err(Failure::from_status(call.is_once(), call.operation(), status))
}

/// A PUT without an id would change the primary account, so an answer about another account is an error.
fn requested_account(call: &NodePingCall, detail: AccountDetail) -> Result<Answer, Failure> {
    if call.account().is_some_and(|requested| *requested != detail.id) {
        let operation = call.operation();
        return Err(Failure::new(
            Class::Invalid,
            format!("NodePing answered '{operation}' with another account than was asked for: check both accounts"),
        ));
    }
    Ok(Answer::Account(Some(Box::new(detail))))
}

fn list(value: &Value) -> Option<Vec<AccountEntry>> {
    let entries = value.as_object().filter(|entries| !entries.is_empty())?;
    let mut accounts = entries.iter().map(|(id, entry)| self::entry(id, entry)).collect::<Option<Vec<_>>>()?;
    if let [only] = accounts.as_mut_slice() {
        // Without sub-accounts the primary account may have no `parent`.
        only.primary = true;
    }
    // A deleted account may be shown for a while.
    accounts.retain(|account| account.status != Some(NodePingStatus::Delete));
    Some(accounts)
}

fn entry(id: &str, entry: &Value) -> Option<AccountEntry> {
    Some(AccountEntry {
        id: AccountId::parse(id)?,
        name: text(entry, &["name", "customer_name"])?,
        status: text(entry, &["status"]).map(|word| NodePingStatus::parse(&word)),
        checks: integer(entry, &["count"]),
        primary: entry.get("parent").is_some_and(Value::is_number),
        deleting: false,
    })
}

fn detail(value: &Value) -> Option<AccountDetail> {
    let location = value.get("defaultlocations").and_then(|locations| locations.get(0)).and_then(Value::as_str);
    Some(AccountDetail {
        id: AccountId::parse(&text(value, &["_id"])?)?,
        name: text(value, &["customer_name", "name"]),
        created: integer(value, &["creation_date"]),
        status: text(value, &["status"]).map(|word| NodePingStatus::parse(&word)),
        timezone: text(value, &["timezone"]).or_else(|| value.get("timezone")?.as_f64().map(|hours| hours.to_string())),
        location: location.map(str::to_owned),
        email_me: truth(value, &["emailme"]).unwrap_or(false),
        suppressed: truth(value, &["accountsuppressall"]).unwrap_or(false),
        auto_diag: truth(value, &["autodiagnotifications"]),
    })
}
