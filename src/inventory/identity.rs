//! Which account it is whose inventory this is, and whether an answer proves it. No IO.

use jiff::Timestamp;

use crate::api::provider_config::{AccountIdentity, Provider};
use crate::inventory::Inventory;
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};
use crate::provider::json::cut;
use crate::provider::model::account::AccountEntry;
use crate::provider::model::customer::ObservedCustomer;

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
        | Answer::CreatedOtherwise(_)
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

/// The answer, if it is no list of accounts, or one that shows exactly one primary account.
///
/// # Errors
/// A list that does not show the primary account: every account in it may be somebody else's.
pub(crate) fn proven(answer: Answer) -> Result<Answer, Failure> {
    let Answer::Accounts(list) = &answer else { return Ok(answer) };
    match list.items.iter().filter(|entry| entry.primary).count() {
        1 => Ok(answer),
        0 if list.unreadable.is_some() => Err(Failure::new(Class::Retry, UNREADABLE)),
        0 => Err(Failure::new(Class::Retry, NONE)),
        _ => Err(Failure::new(Class::Retry, SEVERAL)),
    }
}

const NONE: &str = "NodePing's list of accounts does not show which one is the primary account (the one with a number in `parent`), so \
                    nothing is written: check that the token belongs to a primary account";

const UNREADABLE: &str = "which account the token opens is not known: an account in NodePing's list cannot be read, and no other one is the \
                          primary account";

const SEVERAL: &str = "NodePing's list of accounts shows several primary accounts (with a number in `parent`), so it is not known which one \
                       the token belongs to, and nothing is written";

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

    fn read(list: &Value) -> Option<String> {
        let answer = Call::from(NodePingCall::ListAccounts).answer(200, list.to_string().as_bytes()).ok()?;
        shown_by(&proven(answer).ok()?).map(|identity| identity.id)
    }

    #[test]
    fn only_one_count_of_sub_accounts_makes_an_account_the_primary_one() {
        let list =
            |p: Value, s: Value| json!({"P1": {"name": "Main", "parent": p}, "S1": {"name": "Sub", "parent": s}});
        for parent in [json!(1), json!(0), json!("1"), json!(" 1 "), json!(1.0)] {
            assert_eq!(read(&list(parent.clone(), Value::Null)).as_deref(), Some("P1"), "{parent}");
            assert_eq!(read(&list(parent.clone(), json!("20120425194336LEV"))).as_deref(), Some("P1"), "{parent}");
        }
        for parent in [Value::Null, json!(true), json!("P1"), json!("201204251943360001"), json!([1]), json!("-1")] {
            assert_eq!(read(&list(parent.clone(), Value::Null)), None, "{parent}");
        }
        assert_eq!(read(&list(json!(1), json!(0))), None);
        let unreadable = json!({"P1": {"parent": 1}, "S1": {"name": "Sub", "parent": 0}});
        assert_eq!(read(&unreadable), None, "the one that cannot be read may be the primary one");
    }

    #[test]
    fn a_single_entry_is_the_primary_account() {
        assert_eq!(read(&json!({"P1": {"name": "Main"}})).as_deref(), Some("P1"));
        assert_eq!(read(&json!({"P1": {"name": "Main", "parent": 0}})).as_deref(), Some("P1"));
        assert_eq!(read(&json!({"P1": {"name": "Main"}, "S1": {"parent": 0}})), None);
    }
}
