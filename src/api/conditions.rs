//! Conditions in the metav1 format, and the function that updates a list of conditions. No IO.
//!
//! `lastTransitionTime` changes only when a status changes, so a reconcile without changes keeps the list equal.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::api::quotation::without_quotations;
use crate::api::reason::Reason;
use crate::api::words::words;

/// What `Ready` says of a resource that equals its spec.
pub(crate) const EQUAL: &str = "the provider equals the spec";
/// The message of a condition that says nothing of its own.
pub(crate) const SEE_READY: &str = "see Ready";

/// One observation of a resource's state (Kubernetes API conventions, `metav1.Condition`).
// Each resource has some of them in memory: what the operator usually says in one is borrowed.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Condition {
    /// The type of the condition, such as `Ready`.
    #[serde(rename = "type", deserialize_with = "usual")]
    #[schemars(length(min = 1, max = 316), regex(pattern = r"^[A-Za-z][A-Za-z0-9]*$"))]
    pub(crate) type_: Cow<'static, str>,
    /// The status of the condition: `True`, `False` or `Unknown`.
    pub(crate) status: ConditionStatus,
    /// The `metadata.generation` that the condition was observed for.
    #[schemars(range(min = 0))]
    pub(crate) observed_generation: i64,
    /// When `status` last changed (RFC 3339).
    #[schemars(with = "String", extend("format" = "date-time"), length(max = 64))]
    pub(crate) last_transition_time: Timestamp,
    /// The reason for the status, as one word for programs.
    #[serde(deserialize_with = "usual")]
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"))]
    pub(crate) reason: Cow<'static, str>,
    /// A message for people: what happened, and what to do.
    #[serde(deserialize_with = "usual")]
    #[schemars(length(max = 32768))]
    pub(crate) message: Cow<'static, str>,
}

/// A text of a condition.
fn usual<'de, D: Deserializer<'de>>(text: D) -> Result<Cow<'static, str>, D::Error> {
    String::deserialize(text).map(shared)
}

/// A text of a condition, borrowed if the operator usually says it.
fn shared(text: String) -> Cow<'static, str> {
    let type_ = ConditionType::parse(&text).map(ConditionType::as_str);
    let word = type_.or_else(|| Reason::parse(&text).map(Reason::as_str));
    let usual = word.or_else(|| [EQUAL, SEE_READY].into_iter().find(|usual| *usual == text));
    usual.map_or(Cow::Owned(text), Cow::Borrowed)
}

impl Condition {
    /// The parsed reason. `None`: another writer or another version wrote an unknown reason.
    pub(crate) fn reason(&self) -> Option<Reason> {
        Reason::parse(&self.reason)
    }

    /// Whether it says this already: the same message, or, of the same generation, one with other words of somebody else in it.
    pub(crate) fn says(&self, message: &str, generation: i64) -> bool {
        self.message == message
            || (self.observed_generation == generation
                && without_quotations(&self.message) == without_quotations(message))
    }
}

/// The status of a condition.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum ConditionStatus {
    /// The condition is true.
    True,
    /// The condition is false.
    False,
    /// The operator does not know yet.
    Unknown,
}

impl ConditionStatus {
    /// The text in a manifest.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

words! { parsed
    /// The condition types.
    ConditionType {
        /// The summary: the external object equals the spec.
        Ready,
        /// Whether the last attempt made the external object equal the spec.
        Synced,
        /// The operator still works or waits, and continues by itself.
        Reconciling,
        /// The operator cannot continue until a person changes something.
        Stalled,
        /// Whether the address of a channel is verified.
        Verified,
        /// Whether people have not answered their invitations.
        InvitationsPending,
        /// Whether the new username of a customer waits for its code.
        UsernameVerificationPending,
        /// The external object differs from the spec, and the policies forbid a correction.
        Drifted,
        /// A guard blocks a deletion.
        DeletionHeld,
        /// `spec.suspend` is set.
        Suspended,
    }
}

/// What metrics tell of a condition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ConditionSummary {
    /// The type of the condition.
    pub(crate) type_: ConditionType,
    /// Its status.
    pub(crate) status: ConditionStatus,
    /// Its reason; `None`: another writer or another version wrote an unknown one.
    pub(crate) reason: Option<Reason>,
}

/// The conditions of known types.
pub(crate) fn summaries(conditions: &[Condition]) -> Vec<ConditionSummary> {
    let summary = |condition: &Condition| {
        let type_ = ConditionType::parse(&condition.type_)?;
        Some(ConditionSummary { type_, status: condition.status, reason: condition.reason() })
    };
    conditions.iter().filter_map(summary).collect()
}

impl From<bool> for ConditionStatus {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// The longest message that the API server accepts, in characters.
const LONGEST_MESSAGE: usize = 32_768;

/// A desired condition, before it is merged with the existing list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NewCondition {
    /// The type of the condition.
    pub(crate) type_: ConditionType,
    /// The status of the condition.
    pub(crate) status: ConditionStatus,
    /// The reason.
    pub(crate) reason: Reason,
    /// The message.
    pub(crate) message: String,
    /// The generation that it was observed for; `None`: the present one.
    pub(crate) generation: Option<i64>,
}

impl NewCondition {
    /// Creates a desired condition.
    pub(crate) fn new(
        type_: ConditionType,
        status: impl Into<ConditionStatus>,
        reason: Reason,
        message: impl Into<String>,
    ) -> Self {
        Self { type_, status: status.into(), reason, message: message.into(), generation: None }
    }

    /// A condition as it was reported, of the generation that it was observed for. `None`: its type or reason is not known.
    pub(crate) fn kept(before: &Condition) -> Option<Self> {
        let (type_, reason) = (ConditionType::parse(&before.type_)?, before.reason()?);
        let generation = Some(before.observed_generation);
        Some(Self { type_, status: before.status, reason, message: before.message.to_string(), generation })
    }
}

/// Finds a condition by type.
pub(crate) fn find(conditions: &[Condition], type_: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.type_ == type_.as_str())
}

/// The conditions of `claims`. Each keeps the transition time of the condition in `old` if the status is the same, and its message if that
/// [says](Condition::says) the same.
pub(crate) fn updated(old: &[Condition], claims: Vec<NewCondition>, generation: i64, now: Timestamp) -> Vec<Condition> {
    claims
        .into_iter()
        .map(|claim| (find(old, claim.type_), claim))
        .map(|(before, claim)| Condition {
            last_transition_time: before
                .filter(|before| before.status == claim.status)
                .map_or(now, |before| before.last_transition_time),
            type_: Cow::Borrowed(claim.type_.as_str()),
            status: claim.status,
            observed_generation: claim.generation.unwrap_or(generation),
            reason: Cow::Borrowed(claim.reason.as_str()),
            message: before
                .filter(|before| before.reason() == Some(claim.reason) && before.says(&claim.message, generation))
                .map_or_else(
                    || shared(claim.message.chars().take(LONGEST_MESSAGE).collect()),
                    |before| before.message.clone(),
                ),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transition_time_moves_only_when_the_status_flips() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = updated(&[], vec![NewCondition::new(ConditionType::Ready, false, Reason::Invalid, "x")], 1, at(1));
        let same =
            updated(&first, vec![NewCondition::new(ConditionType::Ready, false, Reason::Conflict, "y")], 2, at(2));
        let flipped =
            updated(&same, vec![NewCondition::new(ConditionType::Ready, true, Reason::Available, "")], 2, at(3));
        let times: Vec<_> = [&first, &same, &flipped].map(|c| c[0].last_transition_time).into();
        assert_eq!(times, [at(1), at(1), at(3)]);
    }

    #[test]
    fn what_the_operator_usually_says_in_a_condition_costs_no_memory_of_its_own() {
        let condition = |type_: &str, reason: &str, message: &str| -> Condition {
            let time = "2026-01-01T00:00:00Z";
            let condition = serde_json::json!({
                "type": type_, "status": "True", "observedGeneration": 1, "lastTransitionTime": time, "reason": reason, "message": message,
            });
            serde_json::from_value(condition).unwrap()
        };
        let is_borrowed = |condition: &Condition| {
            [&condition.type_, &condition.reason, &condition.message].map(|text| matches!(text, Cow::Borrowed(_)))
        };
        let usual = condition("Ready", "Available", EQUAL);
        let other = condition("Other", "Elsewhere", "refused (HTTP 422)");
        assert_eq!((is_borrowed(&usual), is_borrowed(&other)), ([true; 3], [false; 3]));
        let claim = NewCondition::new(ConditionType::Synced, true, Reason::Available, SEE_READY);
        let made = updated(&[], vec![claim], 1, Timestamp::UNIX_EPOCH);
        assert!(made.iter().all(|made| is_borrowed(made) == [true; 3]));
    }

    #[test]
    fn other_words_of_the_provider_are_no_other_message_of_the_same_generation() {
        let claim = |quote: &str, generation, status| {
            let message = format!("refused (HTTP {status}); the provider says: \"{quote}\"; see Secret 'a'");
            let claims = vec![NewCondition::new(ConditionType::Ready, false, Reason::Invalid, message)];
            move |old: &[Condition]| updated(old, claims.clone(), generation, Timestamp::UNIX_EPOCH)
        };
        let first = claim("request r-1 failed", 1, 400)(&[]);
        assert_eq!(claim("request r-2 failed", 1, 400)(&first), first);
        for other in [claim("request r-2 failed", 2, 400)(&first), claim("request r-2 failed", 1, 422)(&first)] {
            assert!(other[0].message.contains("r-2"), "{other:?}");
        }
    }
}
