//! What is reported of a change of the username: its condition, and the sentences. No IO.

use crate::api::conditions::{ConditionType, NewCondition};
use crate::api::customer::{CustomerFacts as Facts, UsernameCall};
use crate::api::reason::Reason;
use crate::plan::state::State;

/// Whether a code is awaited.
pub(crate) fn conditions(facts: &Facts) -> Vec<NewCondition> {
    let Some(email) = &facts.pending_username else { return Vec::new() };
    if facts.code_accepted_time.is_some() || facts.username_shown_time.is_some() {
        return Vec::new();
    }
    let seen = facts.username.as_deref().unwrap_or_default();
    let (reason, message) = match (&facts.submitted_code, facts.unconfirmed) {
        (None, None) => (Reason::CodeAwaited, code_awaited(email)),
        (_, Some(UsernameCall::Request)) => (Reason::Unknown, request_unconfirmed(email, seen)),
        (Some(_), None) => (Reason::CodeRejected, code_rejected(email, seen)),
        (_, Some(UsernameCall::Code)) => (Reason::Unknown, code_unconfirmed(email, seen)),
    };
    vec![NewCondition::new(ConditionType::UsernameVerificationPending, true, reason, message)]
}

fn code_awaited(email: &str) -> String {
    format!(
        "Pinghome mailed a code to '{email}': put it into the Secret that `usernameVerification` names; a code that was there before \
         is not submitted"
    )
}

fn code_rejected(email: &str, seen: &str) -> String {
    format!(
        "the code was submitted, and the username is '{seen}', not '{email}': put the code that Pinghome mailed last into the Secret"
    )
}

/// The request is not sent yet, because another code is in the Secret than when it was recorded.
pub(crate) fn code_changed(email: &str) -> String {
    format!("the Secret changed while the username '{email}' was to be asked for; it is asked for in a moment")
}

fn request_unconfirmed(email: &str, seen: &str) -> String {
    format!(
        "whether Pinghome mailed a code to '{email}' is not known: if it arrives, put it into the Secret that `usernameVerification` \
         names; otherwise set `username` to '{seen}', and then to '{email}' again"
    )
}

fn code_unconfirmed(email: &str, seen: &str) -> String {
    format!(
        "the code was sent, whether Pinghome got it is not known, and the username is '{seen}': if that stays so, set `username` to \
         '{seen}', and then to '{email}' again, for another code"
    )
}

/// The code was accepted a moment ago.
pub(crate) fn not_shown_yet(wanted: &str) -> String {
    format!("Pinghome accepted the code for the username '{wanted}', and reads do not show it yet")
}

/// The code was accepted, and reads show another username all the same.
pub(crate) fn shown_otherwise(wanted: &str, seen: &str) -> String {
    format!(
        "Pinghome accepted the code for the username '{wanted}' and shows '{seen}': write the username as Pinghome shows it, or another \
         one; no further code is asked for or submitted for '{wanted}'"
    )
}

/// There is no place for the code of the change.
pub(crate) fn unverifiable(wanted: &str, seen: &str) -> State {
    State::stalled(
        Reason::Invalid,
        format!(
            "the username is '{seen}', and changing it to '{wanted}' takes a code that Pinghome mails: set `usernameVerification`"
        ),
    )
}

/// The username was refused.
pub(crate) fn refused(wanted: &str) -> State {
    State::stalled(Reason::Invalid, format!("Pinghome refused '{wanted}' as a username: choose another e-mail"))
}
