//! What is told of the people of a team, from the facts in status. No IO.

use crate::api::conditions::{ConditionType, NewCondition};
use crate::api::reason::Reason;
use crate::api::team::members::{MemberState, MemberStatus};
use crate::plan::notice::Notice;

/// So many people are named in one message.
const MOST_NAMED: usize = 5;

/// Whether people have not answered, and whose invitation expired.
pub(crate) fn conditions(members: &[MemberStatus]) -> Vec<NewCondition> {
    if members.is_empty() {
        return Vec::new();
    }
    let waits = |state| matches!(state, MemberState::Invited | MemberState::Reminded);
    let pending = match members.iter().filter(|person| waits(person.state)).count() {
        0 => None,
        1 => Some("one person has not answered yet".to_owned()),
        n => Some(format!("{n} people have not answered yet")),
    };
    let expired = members.iter().filter(|person| person.state == MemberState::Expired);
    let expired: Vec<_> = expired.map(|person| format!("'{}'", person.email)).collect();
    let (is_pending, reason, message) = match (expired.is_empty(), pending) {
        (true, None) => (false, Reason::AllAnswered, "no person has an open invitation".to_owned()),
        (true, Some(pending)) => (true, Reason::AnswersAwaited, pending),
        (false, None) => (true, Reason::Expired, expired_message(&expired)),
        (false, Some(pending)) => (true, Reason::Expired, format!("{}; {pending}", expired_message(&expired))),
    };
    vec![NewCondition::new(ConditionType::InvitationsPending, is_pending, reason, message)]
}

/// Whose address changed.
pub(crate) fn notice(members: &[MemberStatus]) -> Option<Notice> {
    let changed: Vec<_> = members.iter().filter_map(changed_address).collect();
    let message = format!("{}: {}", Reason::MemberChanged.as_str(), named(&changed, "; "));
    (!changed.is_empty()).then_some(Notice { reason: Reason::MemberChanged, message })
}

fn changed_address(person: &MemberStatus) -> Option<String> {
    let (old, new) = (&person.email, person.current_email.as_ref()?);
    Some(if person.customer_id.is_some() {
        format!("'{old}' is now '{new}': list the new address instead")
    } else {
        format!(
            "the invitation to '{old}' is gone, and '{new}', whom nobody lists, joined: if this is the same person, list '{new}' instead of \
             '{old}', else remove '{old}' or edit the entry; until then the operator removes nobody whom it does not list"
        )
    })
}

fn expired_message(emails: &[String]) -> String {
    format!(
        "the invitation to {} is gone or in an unknown status, and nobody saw an answer: ask the person; to invite again, edit the entry \
         (its role, or remove it and add it again), or set `invitations.onExpiry` to 'InviteAgain'",
        named(emails, ", ")
    )
}

/// The first of the people, and how many more there are.
pub(crate) fn named(people: &[String], separator: &str) -> String {
    let text = people.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(separator);
    match people.len().saturating_sub(MOST_NAMED) {
        0 => text,
        more => format!("{text}{separator}and {more} more"),
    }
}
