//! The reading of NodePing's answers. No IO.

use serde_json::Value;

use crate::provider::answer::{Answer, Page};
use crate::provider::envelope::Envelope;
use crate::provider::failure::{Class, Failure};
use crate::provider::json::{count, cut, error_text, has_error, integer, is_same_name, name, short, text, truth, word};
use crate::provider::model::account::{AccountDetail, AccountEntry, NodePingStatus};
use crate::provider::model::ids::AccountId;
use crate::provider::model::list::List;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::proof::{Form, Proof, Repetition};
use crate::provider::request::Host;

/// The longest time zone or location that is kept, in characters.
const LONGEST_SETTING: usize = 64;

/// Reads one answer to a call, which may be a page of a list. The body is checked before the status: an error may come with status 200.
///
/// # Errors
/// An error in the body, every status but 2xx, an account other than the requested one, and a body in no known form.
pub(crate) fn read(call: &NodePingCall, status: u16, body: &[u8]) -> Result<Page, Failure> {
    let value = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let answer = answer(call, status, body, &value)?;
    let shown = matches!(answer, Answer::Accounts(_)).then(|| entries(&value).count());
    Ok(Page { answer, shown, envelope: Envelope::of(&value) })
}

fn answer(call: &NodePingCall, status: u16, body: &[u8], value: &Value) -> Result<Answer, Failure> {
    let is_unavailable = status == 429 || status >= 500;
    if has_error(value) && !is_unavailable {
        return refused(call, status, &error_text(value).to_lowercase());
    }
    let (repetition, form) = (Repetition::of(call.is_once(), call.request().method), Form::of(body));
    if Proof::of(repetition, status, form) != Proof::Done {
        let failure = Failure::of_answer(repetition, call.operation(), status, form);
        return Err(match call {
            NodePingCall::ListAccounts => failure.at_wrong_address(repetition, call.operation(), Host::NodePing),
            NodePingCall::ReadAccount { .. }
            | NodePingCall::UpdateAccount { .. }
            | NodePingCall::CreateAccount(_)
            | NodePingCall::DeleteAccount { .. }
            | NodePingCall::SuppressNotifications { .. } => failure,
        });
    }
    let unreadable = || Failure::unreadable(call.is_once(), call.operation());
    let is_empty = *value == serde_json::json!({});
    match call {
        NodePingCall::ReadAccount { .. } | NodePingCall::DeleteAccount { .. } if is_empty => not_there(call),
        NodePingCall::DeleteAccount { .. } if value.get("success").is_some() => Ok(Answer::Done),
        NodePingCall::DeleteAccount { .. } => Err(unreadable()),
        NodePingCall::ListAccounts => list(value).map(Answer::Accounts).ok_or_else(unreadable),
        NodePingCall::ReadAccount { .. }
        | NodePingCall::UpdateAccount { .. }
        | NodePingCall::SuppressNotifications { .. } => requested_account(call, detail(value).ok_or_else(unreadable)?),
        NodePingCall::CreateAccount(new) => Ok(created(&new.name, detail(value).ok_or_else(unreadable)?)),
    }
}

/// The account in the answer to a create. An account of another name than was asked for may be another one.
fn created(asked: &str, detail: AccountDetail) -> Answer {
    let is_asked_for = detail.name.as_deref().is_none_or(|shown| is_same_name(shown, asked));
    if is_asked_for { Answer::Account(Some(Box::new(detail))) } else { Answer::CreatedOtherwise(detail.id.to_string()) }
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

/// Whether an error that names a token may be about the token of the call. A request that is refused by its own status may have the word in
/// a text; the list of accounts has none.
fn may_be_of_token(call: &NodePingCall, status: u16) -> bool {
    matches!(call, NodePingCall::ListAccounts) || matches!(status, 200..=299 | 401 | 403)
}

/// The meaning of an error in the body.
fn refused(call: &NodePingCall, status: u16, error: &str) -> Result<Answer, Failure> {
    let repetition = Repetition::of(call.is_once(), call.request().method);
    if Proof::of(repetition, status, Form::of_error(error)) == Proof::Nothing {
        return Err(Failure::unreadable(call.is_once(), call.operation()));
    }
    if error.contains("permission") || error.contains("not exist") {
        return not_there(call);
    }
    if error.contains("token") && may_be_of_token(call, status) {
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

/// The accounts in a list, by their ids; what says that there are further pages is no account.
fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten().filter(|(id, _)| !Envelope::has_field(id))
}

fn list(value: &Value) -> Option<List<AccountEntry>> {
    value.as_object().filter(|entries| !entries.is_empty())?;
    let mut accounts = List::read(entries(value), |(id, entry)| self::entry(id, entry))?;
    let shown = entries(value).filter(|(_, entry)| is_primary(entry)).count();
    if accounts.items.iter().filter(|account| account.primary).count() != shown {
        // One that cannot be read is shown as primary, too.
        accounts.items.iter_mut().for_each(|account| account.primary = false);
    }
    Some(accounts)
}

/// What only the whole list shows.
pub(crate) fn complete(accounts: &mut List<AccountEntry>) {
    if let ([only], None) = (accounts.items.as_mut_slice(), accounts.unreadable) {
        // Without sub-accounts the primary account may have no `parent`.
        only.primary = true;
    }
    // A deleted account may be shown for a while.
    accounts.items.retain(|account| account.status != Some(NodePingStatus::Delete));
}

/// Whether the list shows an entry as the primary account: only that has a count of sub-accounts in `parent`. Elsewhere in the
/// API the field is the id of another account.
fn is_primary(entry: &Value) -> bool {
    match entry.get("parent") {
        Some(Value::Number(_)) => true,
        Some(Value::String(text)) => text.trim().parse::<u32>().is_ok(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

fn entry(id: &str, entry: &Value) -> Result<AccountEntry, &'static str> {
    Ok(AccountEntry {
        id: AccountId::parse(id).ok_or("_id")?,
        name: name(entry, &["name", "customer_name"]).ok_or("name")?,
        status: word(entry, &["status"]).map(|word| NodePingStatus::parse(&word)),
        checks: count(entry, &["count"]),
        primary: is_primary(entry),
        deleting: false,
    })
}

fn detail(value: &Value) -> Option<AccountDetail> {
    let location = value.get("defaultlocations").and_then(|locations| locations.get(0)).and_then(Value::as_str);
    let hours = || value.get("timezone")?.as_f64().map(|hours| cut(&hours.to_string(), LONGEST_SETTING));
    Some(AccountDetail {
        id: AccountId::parse(&text(value, &["_id"])?)?,
        name: name(value, &["customer_name", "name"]),
        created: integer(value, &["creation_date"]),
        status: word(value, &["status"]).map(|word| NodePingStatus::parse(&word)),
        timezone: short(value, &["timezone"], LONGEST_SETTING).or_else(hours),
        location: location.map(|location| cut(location, LONGEST_SETTING)),
        email_me: truth(value, &["emailme"]).unwrap_or(false),
        suppressed: truth(value, &["accountsuppressall"]).unwrap_or(false),
        auto_diag: truth(value, &["autodiagnotifications"]),
    })
}
