//! What came of a visit → conditions: the truth table that kubectl, Flux and Argo CD read (docs/conditions.md). No IO.

use crate::api::conditions::{Condition, ConditionStatus, NewCondition, find};
use crate::plan::State;
use crate::plan::step::Change;
use crate::provider::failure::{Class, Failure};

/// What came of a visit.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// No step is left.
    State(State),
    /// A call failed. `still_good`: nothing was to be changed, and the last look is young enough.
    Failed {
        /// How.
        failure: Failure,
        /// Whether what was observed last may still be relied on.
        still_good: bool,
    },
    /// `spec.suspend` is set.
    Suspended,
}

/// The four conditions that are always there: (Ready, Synced, Reconciling, Stalled).
type Four = (ConditionStatus, ConditionStatus, bool, bool);

const WAITING: Four = (ConditionStatus::False, ConditionStatus::False, true, false);
const STALLED: Four = (ConditionStatus::False, ConditionStatus::False, false, true);

impl Outcome {
    /// The conditions to report, given those reported `before`.
    pub(crate) fn claims(&self, before: &[Condition]) -> Vec<NewCondition> {
        match self {
            Self::State(state) => of_state(state, before),
            Self::Failed { failure, still_good } => of_failure(failure, *still_good),
            Self::Suspended => suspended(before),
        }
    }

    /// The word that condition, event and metric share.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::State(State::Available) => "Available",
            Self::State(State::Drifted(_)) => "Drifted",
            Self::State(State::Gone) => "Gone",
            Self::State(
                State::Waiting { reason, .. } | State::Stalled { reason, .. } | State::DeletionBlocked { reason, .. },
            ) => reason,
            Self::Failed { failure, .. } => failure.reason(),
            Self::Suspended => "Suspended",
        }
    }

    /// The sentence that condition and event share.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::State(
                State::Waiting { message, .. }
                | State::Stalled { message, .. }
                | State::DeletionBlocked { message, .. },
            ) => message,
            Self::Failed { failure, .. } => &failure.message,
            _ => "",
        }
    }

    /// Whether it is worth a warning: something is wrong, not merely unfinished.
    pub(crate) fn is_bad(&self) -> bool {
        matches!(self, Self::State(State::Stalled { .. } | State::DeletionBlocked { .. }) | Self::Failed { .. })
    }
}

fn of_state(state: &State, before: &[Condition]) -> Vec<NewCondition> {
    match state {
        State::Available | State::Gone => four(
            (ConditionStatus::True, ConditionStatus::True, false, false),
            "Available",
            "the provider equals the spec",
        ),
        State::Drifted(changes) => drifted(changes),
        State::Waiting { reason, message, .. } => waiting(reason, message, before),
        State::Stalled { reason, message } => four(STALLED, reason, message),
        State::DeletionBlocked { reason, message } => {
            let mut claims = four(STALLED, reason, message);
            claims.push(NewCondition::new("DeletionHeld", true, reason, message.clone()));
            claims
        }
    }
}

fn waiting(reason: &'static str, message: &str, before: &[Condition]) -> Vec<NewCondition> {
    let last = |type_| find(before, type_).map_or(ConditionStatus::Unknown, |condition| condition.status);
    let (ready, synced) = match reason {
        "Progressing" => (ConditionStatus::Unknown, ConditionStatus::Unknown),
        "ResolvingCreate" => (ConditionStatus::False, ConditionStatus::Unknown),
        "AwaitingRemoval" | "HasDependents" => (last("Ready"), last("Synced")),
        _ => (ConditionStatus::False, ConditionStatus::False),
    };
    four((ready, synced, true, false), reason, message)
}

fn drifted(changes: &[Change]) -> Vec<NewCondition> {
    let differences: Vec<_> = changes.iter().map(ToString::to_string).collect();
    let message = format!("the provider differs and the policies forbid to change it: {}", differences.join("; "));
    let mut claims = four((ConditionStatus::True, ConditionStatus::False, false, false), "Drifted", &message);
    if let Some(ready) = claims.first_mut() {
        ready.reason = "Available";
    }
    claims.push(NewCondition::new("Drifted", true, "Drifted", message));
    claims
}

fn of_failure(failure: &Failure, still_good: bool) -> Vec<NewCondition> {
    let (reason, message) = (failure.reason(), failure.message.as_str());
    match failure.class {
        Class::Credential | Class::Invalid => four(STALLED, reason, message),
        Class::Uncertain => four((ConditionStatus::False, ConditionStatus::Unknown, true, false), reason, message),
        Class::Retry | Class::Wait | Class::Gone if still_good => {
            let mut claims = four((ConditionStatus::True, ConditionStatus::False, false, false), reason, message);
            if let Some(ready) = claims.first_mut() {
                ready.reason = "Available";
                "the provider equalled the spec when it was last seen".clone_into(&mut ready.message);
            }
            claims
        }
        Class::Retry | Class::Wait | Class::Gone => four(WAITING, reason, message),
    }
}

/// `Ready` and `Synced` stay as they were; nothing is going on.
fn suspended(before: &[Condition]) -> Vec<NewCondition> {
    let message = "`suspend` is true: the provider is neither read nor written";
    let kept = |type_: &'static str| match find(before, type_) {
        Some(condition) => {
            NewCondition::new(type_, condition.status, known(&condition.reason), condition.message.clone())
        }
        None => NewCondition::new(type_, ConditionStatus::Unknown, "Suspended", message),
    };
    vec![
        kept("Ready"),
        kept("Synced"),
        NewCondition::new("Reconciling", false, "Suspended", message),
        NewCondition::new("Stalled", false, "Suspended", message),
        NewCondition::new("Suspended", true, "Suspended", message),
    ]
}

/// The reasons that a suspended resource may go on to show.
fn known(reason: &str) -> &'static str {
    REASONS.iter().find(|known| **known == reason).copied().unwrap_or("Suspended")
}

/// Every reason there is, each with a section in docs/conditions.md.
pub(crate) const REASONS: [&str; 40] = [
    "AccountChanged",
    "AllAnswered",
    "AmbiguousCreate",
    "AnswersAwaited",
    "Available",
    "AwaitingRemoval",
    "CodeAwaited",
    "CodeRejected",
    "Conflict",
    "CredentialsMissing",
    "CredentialsRejected",
    "Drifted",
    "EndpointNotAllowed",
    "ExternalNotFound",
    "Gone",
    "GuardExceeded",
    "HasDependents",
    "Invalid",
    "InvalidPolicy",
    "LastManager",
    "NameTaken",
    "NamespaceNotAllowed",
    "NotConverging",
    "NotEmpty",
    "OwnTeam",
    "Progressing",
    "ProviderUnavailable",
    "RateLimited",
    "Recreating",
    "ReferenceNotFound",
    "ReferenceNotReady",
    "RemovalRefused",
    "ResolvingCreate",
    "SecretNotFound",
    "Suspended",
    "Unknown",
    "VerificationRequired",
    "Verified",
    "WriteNotVisible",
    "WrongProvider",
];

fn four((ready, synced, reconciling, stalled): Four, reason: &'static str, message: &str) -> Vec<NewCondition> {
    vec![
        NewCondition::new("Ready", ready, reason, message),
        NewCondition::new("Synced", synced, reason, message),
        NewCondition::new("Reconciling", reconciling, reason, message),
        NewCondition::new("Stalled", stalled, reason, message),
    ]
}
