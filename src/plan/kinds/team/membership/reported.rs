//! What is told of the people of a team, from the facts in status. No IO.

use crate::api::conditions::{ConditionType, NewCondition};
use crate::api::reason::Reason;
use crate::api::team::TeamFacts;
use crate::api::team::members::Member;
use crate::api::team::members::{MemberState, MemberStatus};
use crate::plan::notice::Notice;
use crate::provider::model::member::email_key;

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
    let (expired, declined, left) =
        (of(members, MemberState::Expired), of(members, MemberState::Declined), of(members, MemberState::Left));
    let told = [
        (!expired.is_empty()).then(|| expired_message(&expired)),
        (!declined.is_empty()).then(|| format!("{} declined", named(&declined, ", "))),
        (!left.is_empty()).then(|| format!("{} left the team", named(&left, ", "))),
    ];
    let is_over = !declined.is_empty() || !left.is_empty();
    let how = is_over.then(|| NOT_AGAIN.to_owned());
    let (is_pending, reason) = match (pending.is_some(), expired.is_empty(), declined.is_empty(), left.is_empty()) {
        (_, false, _, _) => (true, Reason::Expired),
        (is_pending, true, false, _) => (is_pending, Reason::Declined),
        (is_pending, true, true, false) => (is_pending, Reason::Left),
        (true, true, true, true) => (true, Reason::AnswersAwaited),
        (false, true, true, true) => (false, Reason::AllAnswered),
    };
    let parts: Vec<_> = told.into_iter().flatten().chain(how).chain(pending).collect();
    let message = if parts.is_empty() { "no person has an open invitation".to_owned() } else { parts.join("; ") };
    vec![NewCondition::new(ConditionType::InvitationsPending, is_pending, reason, message)]
}

/// What is said of people who are not invited again.
const NOT_AGAIN: &str =
    "nobody of them is invited again until the entry is edited (its role, or remove it and add it again)";

/// The people in a state, as a message names them.
fn of(members: &[MemberStatus], state: MemberState) -> Vec<String> {
    members.iter().filter(|person| person.state == state).map(|person| format!("'{}'", person.email)).collect()
}

/// Who declined or left since `before` was reported.
pub(crate) fn news(before: &[MemberStatus], members: &[MemberStatus]) -> Vec<Notice> {
    let is_known =
        |person: &MemberStatus| before.iter().any(|known| known.email == person.email && known.state == person.state);
    let notice = |person: &MemberStatus| {
        let email = &person.email;
        let (reason, what) = match person.state {
            MemberState::Declined => (Reason::Declined, "declined the invitation"),
            MemberState::Left => (Reason::Left, "left the team"),
            MemberState::Invited | MemberState::Reminded | MemberState::Active | MemberState::Expired => return None,
        };
        let message = format!(
            "'{email}' {what}: the person is not invited again until the entry is edited (its role, or remove it and add it again)"
        );
        Some(Notice { reason, message })
    };
    members.iter().filter(|person| !is_known(person)).filter_map(notice).collect()
}

/// How many people are listed, and how many of them are in the team; of a team whose people nobody lists, how many are in it.
pub(crate) fn summary(listed: Option<&[Member]>, facts: &TeamFacts) -> Option<String> {
    let Some(listed) = listed else { return Some(format!("-/{}", facts.member_count?)) };
    let is_listed =
        |person: &MemberStatus| listed.iter().any(|wanted| email_key(&wanted.email) == email_key(&person.email));
    let active = facts.members.iter().filter(|person| person.state == MemberState::Active && is_listed(person));
    Some(format!("{}/{}", listed.len(), active.count()))
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
