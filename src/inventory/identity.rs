//! Which account it is whose inventory this is, and whether an answer proves it. No IO.

use jiff::Timestamp;

use crate::api::provider_config::{AccountIdentity, Provider};
use crate::inventory::Inventory;
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};
use crate::provider::json::cut;
use crate::provider::model::account::AccountEntry;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::AccountId;

/// The longest name in a status, in characters.
const LONGEST_NAME: usize = 256;

impl Inventory {
    /// The account as the provider shows it to its token: Pinghome's customer, NodePing's primary account. `None`: it was not
    /// read, or the provider does not show it.
    pub(crate) fn identity(&self, provider: Provider) -> Option<AccountIdentity> {
        match provider {
            Provider::Pinghome => self.customer(Timestamp::MIN).ok().map(of_customer),
            Provider::NodePing => primary(self.accounts(Timestamp::MIN).ok()?.items()).map(of_primary),
        }
    }
}

/// The account that an answer shows as the token's own; `None`: the call does not show it.
pub(crate) fn shown_by(answer: &Answer) -> Option<AccountIdentity> {
    match answer {
        Answer::Customer(customer) => Some(of_customer(customer)),
        Answer::Accounts(list) => primary(list.items.iter()).map(of_primary),
        Answer::Done
        | Answer::Created(_)
        | Answer::CreatedTeam(_)
        | Answer::Teams(_)
        | Answer::Members(_)
        | Answer::Invitations(_)
        | Answer::Services(_)
        | Answer::Service(_)
        | Answer::NotListed
        | Answer::NotFound
        | Answer::Channels(_)
        | Answer::Account(_) => None,
    }
}

/// The primary account among the entries of a list; `None` unless exactly one is shown as such.
pub(crate) fn primary<'a>(entries: impl Iterator<Item = &'a AccountEntry>) -> Option<&'a AccountEntry> {
    let mut shown = entries.filter(|entry| entry.primary);
    shown.next().filter(|_| shown.next().is_none())
}

/// The answer, if it is no list of accounts, or one that shows exactly one primary account. A single entry without a sign is
/// that account only if it is the one that is `expected`: it may as well be the rest of a longer list.
///
/// # Errors
/// A list that does not show the primary account: every account in it may be somebody else's.
pub(crate) fn proven(answer: Answer, expected: Option<&str>) -> Result<Answer, Failure> {
    let Answer::Accounts(mut list) = answer else { return Ok(answer) };
    let shown = list.items.iter().filter(|entry| entry.primary).count();
    match (shown, list.items.as_mut_slice(), list.unreadable) {
        (1, _, _) => Ok(Answer::Accounts(list)),
        (0, [only], None) if expected == Some(only.id.as_str()) => {
            only.primary = true;
            Ok(Answer::Accounts(list))
        }
        (0, [only], None) => Err(Failure::new(Class::Retry, unconfirmed(&only.id))),
        (0, ..) => Err(Failure::new(Class::Retry, NONE)),
        _ => Err(Failure::new(Class::Retry, SEVERAL)),
    }
}

/// The failure of a read that shows another account than the connection was opened for.
pub(crate) fn other_account(found: &str, opened: &str) -> Failure {
    Failure::new(
        Class::Retry,
        format!(
            "the token opens the account '{found}' now, and it opened '{opened}' before: nothing is concluded, and the account is read again"
        ),
    )
}

const NONE: &str = "NodePing's list of accounts does not show which one is the primary account (the one with a number in `parent`), so \
                    nothing is written: check that the token belongs to a primary account";

const SEVERAL: &str = "NodePing's list of accounts shows several primary accounts (with a number in `parent`), so it is not known which one \
                       the token belongs to, and nothing is written";

fn unconfirmed(id: &AccountId) -> String {
    format!(
        "NodePing's list shows one account, '{id}', and does not say that it is the primary one, so nothing is written: if it is the \
         account that the token belongs to, set the annotation ping-operator.dev/external-id: '{id}' on the config"
    )
}

fn of_customer(customer: &ObservedCustomer) -> AccountIdentity {
    let name = customer.account_name.as_deref().map(|name| cut(name, LONGEST_NAME));
    AccountIdentity { id: customer.id.to_string(), name }
}

fn of_primary(primary: &AccountEntry) -> AccountIdentity {
    AccountIdentity { id: primary.id.to_string(), name: Some(cut(&primary.name, LONGEST_NAME)) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::call::Call;
    use crate::provider::nodeping::call::NodePingCall;

    fn read(list: &Value, expected: Option<&str>) -> Option<String> {
        let answer = Call::from(NodePingCall::ListAccounts).answer(200, list.to_string().as_bytes()).ok()?;
        shown_by(&proven(answer, expected).ok()?).map(|identity| identity.id)
    }

    #[test]
    fn only_one_count_of_sub_accounts_makes_an_account_the_primary_one() {
        let list =
            |p: Value, s: Value| json!({"P1": {"name": "Main", "parent": p}, "S1": {"name": "Sub", "parent": s}});
        for parent in [json!(1), json!(0), json!("1"), json!(" 1 "), json!(1.0)] {
            assert_eq!(read(&list(parent.clone(), Value::Null), None).as_deref(), Some("P1"), "{parent}");
            assert_eq!(
                read(&list(parent.clone(), json!("20120425194336LEV")), None).as_deref(),
                Some("P1"),
                "{parent}"
            );
        }
        for parent in [Value::Null, json!(true), json!("P1"), json!("201204251943360001"), json!([1]), json!("-1")] {
            // Not even the expected account is taken from among several.
            assert_eq!(read(&list(parent.clone(), Value::Null), Some("P1")), None, "{parent}");
        }
        assert_eq!(read(&list(json!(1), json!(0)), Some("P1")), None);
        let unreadable = json!({"P1": {"parent": 1}, "S1": {"name": "Sub", "parent": 0}});
        assert_eq!(read(&unreadable, Some("S1")), None, "the one that cannot be read may be the primary one");
    }

    #[test]
    fn a_single_entry_is_the_primary_account_by_its_sign_or_because_it_is_expected() {
        let only = json!({"P1": {"name": "Main"}});
        assert_eq!(read(&only, None), None);
        assert_eq!(read(&only, Some("P2")), None);
        assert_eq!(read(&only, Some("P1")).as_deref(), Some("P1"));
        assert_eq!(read(&json!({"P1": {"name": "Main", "parent": 0}}), None).as_deref(), Some("P1"));
        let going = json!({"P1": {"name": "Main", "status": "Delete"}});
        assert_eq!(read(&going, Some("P1")), None);
    }
}
