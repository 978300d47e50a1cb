//! What NodePing's answers say, in every form that apis.md §5 accepts. No IO.

use serde_json::Value;

use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};
use crate::provider::json::{integer, text, truth};
use crate::provider::model::account::{AccountDetail, AccountEntry};
use crate::provider::model::ids::AccountId;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::request::Method;

/// Reads the answer to a call. The body is judged first: an error may come with status 200 (NU1).
///
/// # Errors
/// An error body or status, an account other than the one that was asked for, and an unknown form.
pub(crate) fn read(call: &NodePingCall, status: u16, body: &[u8]) -> Result<Answer, Failure> {
    let (once, operation) = (call.request().method == Method::Post, call.operation());
    let value = serde_json::from_slice::<Value>(body).unwrap_or_default();
    if let Some(error) = value.get("error") {
        return refused(call, status, &error.to_string().to_lowercase());
    }
    if !(200..300).contains(&status) {
        return Err(Failure::from_status(once, operation, status));
    }
    let is_empty = value == serde_json::json!({});
    match call {
        NodePingCall::ListAccounts => list(&value).map(Answer::Accounts),
        NodePingCall::ReadAccount { .. } | NodePingCall::DeleteAccount { .. } if is_empty => return not_there(call),
        NodePingCall::DeleteAccount { .. } => value.get("success").is_some().then_some(Answer::Done),
        _ => detail(&value).map(|detail| Answer::Account(Some(Box::new(detail)))),
    }
    .ok_or_else(|| Failure::unreadable(once, operation))
    .and_then(|answer| about_the_right_account(call, answer))
}

/// "Does not exist" looks like "not allowed" (NU2), so neither proves anything.
fn not_there(call: &NodePingCall) -> Result<Answer, Failure> {
    match call {
        NodePingCall::ReadAccount { .. } => Ok(Answer::Account(None)),
        _ => Err(Failure::new(
            Class::Invalid,
            format!("NodePing does not let this token do '{}' on that account", call.operation()),
        )),
    }
}

/// An error body.
fn refused(call: &NodePingCall, status: u16, error: &str) -> Result<Answer, Failure> {
    let (once, operation) = (call.request().method == Method::Post, call.operation());
    if error.contains("permission") || error.contains("not exist") {
        return not_there(call);
    }
    if error.contains("token") {
        return Err(Failure::from_status(once, operation, 403));
    }
    let status = if (200..300).contains(&status) { 400 } else { status };
    Err(Failure::from_status(once, operation, status))
}

/// A PUT without an id changes the primary account: an answer about another account must be loud (NU13).
fn about_the_right_account(call: &NodePingCall, answer: Answer) -> Result<Answer, Failure> {
    match (call.account(), &answer) {
        (Some(asked), Answer::Account(Some(detail))) if detail.id != *asked => Err(Failure::new(
            Class::Invalid,
            format!(
                "NodePing answered '{}' with another account than was asked for: check both accounts",
                call.operation()
            ),
        )),
        _ => Ok(answer),
    }
}

fn list(value: &Value) -> Option<Vec<AccountEntry>> {
    let entries = value.as_object().filter(|entries| !entries.is_empty())?;
    let mut accounts = entries.iter().map(|(id, entry)| self::entry(id, entry)).collect::<Option<Vec<_>>>()?;
    if let [only] = accounts.as_mut_slice() {
        // With no sub-account the primary may come without its count (NU19).
        only.primary = true;
    }
    // A deleted account may be shown for a while (NU3, NU8).
    accounts.retain(|account| !account.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("delete")));
    Some(accounts)
}

fn entry(id: &str, entry: &Value) -> Option<AccountEntry> {
    Some(AccountEntry {
        id: AccountId::parse(id)?,
        name: text(entry, &["name", "customer_name"])?,
        status: text(entry, &["status"]),
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
        status: text(value, &["status"]),
        timezone: text(value, &["timezone"]).or_else(|| value.get("timezone")?.as_f64().map(|hours| hours.to_string())),
        location: location.map(str::to_owned),
        email_me: truth(value, &["emailme"]).unwrap_or(false),
        suppressed: truth(value, &["accountsuppressall"]).unwrap_or(false),
        auto_diag: truth(value, &["autodiagnotifications"]),
    })
}
