//! What is told of the people of a team, from the facts in status. No IO.

use crate::api::conditions::{ConditionType, NewCondition};
use crate::api::reason::Reason;
use crate::api::team::TeamFacts;
use crate::api::team::members::{Member, MemberState, MemberStatus};
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
    let how = (!declined.is_empty() || !left.is_empty()).then(|| NOT_AGAIN.to_owned());
    let is_pending = pending.is_some() || !expired.is_empty();
    let reason = if !expired.is_empty() {
        Reason::Expired
    } else if !declined.is_empty() {
        Reason::Declined
    } else if !left.is_empty() {
        Reason::Left
    } else if is_pending {
        Reason::AnswersAwaited
    } else {
        Reason::AllAnswered
    };
    let parts: Vec<_> = told.into_iter().flatten().chain(how).chain(pending).collect();
    let message = if parts.is_empty() { "no person has an open invitation".to_owned() } else { parts.join("; ") };
    vec![NewCondition::new(ConditionType::InvitationsPending, is_pending, reason, message)]
}

/// What is said of people who are not invited again.
const NOT_AGAIN: &str =
    "whoever declined or left is invited again only after the entry is edited (its role, or removed and added again)";

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
            "'{email}' {what}: the person is invited again only after the entry is edited (its role, or removed and added again)"
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

#[cfg(test)]
mod tests {
    use super::*;

    fn person(email: &str, state: MemberState) -> MemberStatus {
        MemberStatus {
            email: email.to_owned(),
            customer_id: None,
            current_email: None,
            state,
            role: None,
            reminders: 0,
            invited_time: None,
            reminded_time: None,
            leaving_time: None,
            asked_role: None,
            unconfirmed: false,
            earlier_invitation: false,
        }
    }

    #[test]
    fn who_declines_or_leaves_is_told_once_and_named_as_long_as_it_is_so() {
        use MemberState::{Active, Declined, Invited, Left};
        let (before, now) = ([Invited, Active, Invited], [Declined, Left, Invited]);
        let people = |states: [MemberState; 3]| {
            let named = ["a@x.org", "b@x.org", "c@x.org"].into_iter().zip(states);
            named.map(|(email, state)| person(email, state)).collect::<Vec<_>>()
        };
        let told = news(&people(before), &people(now));
        assert_eq!(told.iter().map(|notice| notice.reason).collect::<Vec<_>>(), [Reason::Declined, Reason::Left]);
        assert!(news(&people(now), &people(now)).is_empty());
        let [condition] = conditions(&people(now)).try_into().ok().unwrap();
        assert_eq!((condition.reason, condition.status), (Reason::Declined, true.into()));
        for part in ["'a@x.org' declined", "'b@x.org' left", "one person has not answered"] {
            assert!(condition.message.contains(part), "{}", condition.message);
        }
    }

    #[test]
    fn the_column_counts_who_is_listed_and_who_of_them_is_in_the_team() {
        let members = vec![person("a@x.org", MemberState::Active), person("b@x.org", MemberState::Active)];
        let facts = TeamFacts { member_count: Some(5), members, ..TeamFacts::default() };
        let listed = |email: &str| Member { email: email.to_owned(), role: None };
        assert_eq!(summary(Some(&[listed("A@x.org"), listed("c@x.org")]), &facts).as_deref(), Some("2/1"));
        assert_eq!(summary(None, &facts).as_deref(), Some("-/5"));
    }
}
