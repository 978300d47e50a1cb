//! What came of a visit → conditions: the truth table that kubectl, Flux and Argo CD read (docs/conditions.md). No IO.

use crate::api::conditions::{Claim, Condition, Truth, find};
use crate::plan::State;
use crate::plan::step::Change;
use crate::provider::failure::{Class, Failure};

/// What came of a visit.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// No step is left.
    Rest(State),
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
type Four = (Truth, Truth, bool, bool);

const WAITING: Four = (Truth::False, Truth::False, true, false);
const STALLED: Four = (Truth::False, Truth::False, false, true);

impl Verdict {
    /// The conditions to report, given those reported `before`.
    pub(crate) fn claims(&self, before: &[Condition]) -> Vec<Claim> {
        match self {
            Self::Rest(state) => of_state(state, before),
            Self::Failed { failure, still_good } => of_failure(failure, *still_good),
            Self::Suspended => suspended(before),
        }
    }

    /// The word that condition, event and metric share.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Rest(State::Available) => "Available",
            Self::Rest(State::Drifted(_)) => "Drifted",
            Self::Rest(State::Gone) => "Gone",
            Self::Rest(State::Waiting { reason, .. } | State::Stalled { reason, .. } | State::Held { reason, .. }) => {
                reason
            }
            Self::Failed { failure, .. } => failure.reason(),
            Self::Suspended => "Suspended",
        }
    }

    /// The sentence that condition and event share.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Rest(
                State::Waiting { message, .. } | State::Stalled { message, .. } | State::Held { message, .. },
            ) => message,
            Self::Failed { failure, .. } => &failure.message,
            _ => "",
        }
    }

    /// Whether it is worth a warning: something is wrong, not merely unfinished.
    pub(crate) fn is_bad(&self) -> bool {
        matches!(self, Self::Rest(State::Stalled { .. } | State::Held { .. }) | Self::Failed { .. })
    }
}

fn of_state(state: &State, before: &[Condition]) -> Vec<Claim> {
    match state {
        State::Available | State::Gone => {
            four((Truth::True, Truth::True, false, false), "Available", "the provider equals the spec")
        }
        State::Drifted(changes) => drifted(changes),
        State::Waiting { reason, message, .. } => waiting(reason, message, before),
        State::Stalled { reason, message } => four(STALLED, reason, message),
        State::Held { reason, message } => {
            let mut claims = four(STALLED, reason, message);
            claims.push(Claim::new("DeletionHeld", true, reason, message.clone()));
            claims
        }
    }
}

fn waiting(reason: &'static str, message: &str, before: &[Condition]) -> Vec<Claim> {
    let last = |type_| find(before, type_).map_or(Truth::Unknown, |condition| condition.status);
    let (ready, synced) = match reason {
        "Progressing" => (Truth::Unknown, Truth::Unknown),
        "ResolvingCreate" => (Truth::False, Truth::Unknown),
        "AwaitingRemoval" | "HasDependents" => (last("Ready"), last("Synced")),
        _ => (Truth::False, Truth::False),
    };
    four((ready, synced, true, false), reason, message)
}

fn drifted(changes: &[Change]) -> Vec<Claim> {
    let differences: Vec<_> = changes.iter().map(ToString::to_string).collect();
    let message = format!("the provider differs and the policies forbid to change it: {}", differences.join("; "));
    let mut claims = four((Truth::True, Truth::False, false, false), "Drifted", &message);
    if let Some(ready) = claims.first_mut() {
        ready.reason = "Available";
    }
    claims.push(Claim::new("Drifted", true, "Drifted", message));
    claims
}

fn of_failure(failure: &Failure, still_good: bool) -> Vec<Claim> {
    let (reason, message) = (failure.reason(), failure.message.as_str());
    match failure.class {
        Class::Credential | Class::Invalid => four(STALLED, reason, message),
        Class::Uncertain => four((Truth::False, Truth::Unknown, true, false), reason, message),
        Class::Retry | Class::Wait | Class::Gone if still_good => {
            let mut claims = four((Truth::True, Truth::False, false, false), reason, message);
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
fn suspended(before: &[Condition]) -> Vec<Claim> {
    let message = "`suspend` is true: the provider is neither read nor written";
    let kept = |type_: &'static str| match find(before, type_) {
        Some(condition) => Claim::new(type_, condition.status, known(&condition.reason), condition.message.clone()),
        None => Claim::new(type_, Truth::Unknown, "Suspended", message),
    };
    vec![
        kept("Ready"),
        kept("Synced"),
        Claim::new("Reconciling", false, "Suspended", message),
        Claim::new("Stalled", false, "Suspended", message),
        Claim::new("Suspended", true, "Suspended", message),
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

fn four((ready, synced, reconciling, stalled): Four, reason: &'static str, message: &str) -> Vec<Claim> {
    vec![
        Claim::new("Ready", ready, reason, message),
        Claim::new("Synced", synced, reason, message),
        Claim::new("Reconciling", reconciling, reason, message),
        Claim::new("Stalled", stalled, reason, message),
    ]
}
