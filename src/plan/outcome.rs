//! From the outcome of a reconcile to conditions: the truth table that kubectl, Flux and Argo CD read (docs/conditions.md). No IO.

pub(crate) mod amendments;

use std::borrow::Cow;

use crate::api::conditions::{Condition, ConditionStatus, ConditionType, EQUAL, NewCondition, SEE_READY, find};
use crate::api::reason::Reason;
use crate::plan::state::State;
use crate::plan::step::Change;
use crate::plan::write_mode::Drift;
use crate::provider::failure::{Class, Failure};

/// The same while the resource is suspended.
const SEE_SUSPENDED: &str = "see Suspended";

/// The outcome of a reconcile.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// No step is left.
    State(State),
    /// A call failed.
    Failed {
        /// How it failed.
        failure: Failure,
        /// Whether the last observation is still valid: nothing was to be changed, and it is fresh enough.
        still_good: bool,
    },
    /// The API server refused a request, or did not answer it.
    ApiServer {
        /// The request, what came of it, and what to do.
        trouble: ApiServerTrouble,
        /// Whether the last observation is still valid: nothing was to be changed, and it is fresh enough.
        still_good: bool,
    },
    /// `spec.suspend` is set.
    Suspended,
}

/// What a person should know of a failed request to the API server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ApiServerTrouble {
    /// `Forbidden` or `KubernetesUnavailable`.
    pub(crate) reason: Reason,
    /// One sentence: the request, what the API server said, and what to do.
    pub(crate) message: String,
}

/// The statuses of the four conditions that every resource has.
#[derive(Clone, Copy)]
struct Summary {
    ready: ConditionStatus,
    synced: ConditionStatus,
    reconciling: bool,
    stalled: bool,
}

impl Summary {
    const AVAILABLE: Self = Self::new(ConditionStatus::True, ConditionStatus::True);
    const DRIFTED: Self = Self::new(ConditionStatus::True, ConditionStatus::False);
    const STALLED: Self = Self { stalled: true, ..Self::new(ConditionStatus::False, ConditionStatus::False) };

    const fn new(ready: ConditionStatus, synced: ConditionStatus) -> Self {
        Self { ready, synced, reconciling: false, stalled: false }
    }

    const fn reconciling(ready: ConditionStatus, synced: ConditionStatus) -> Self {
        Self { reconciling: true, ..Self::new(ready, synced) }
    }

    /// The row of the truth table for a resource that waits for something.
    fn waiting(reason: Reason, before: &[Condition]) -> Self {
        use Reason::{
            AccountChanged, AllAnswered, AmbiguousCreate, AnswersAwaited, ApprovalRequired, Available, AwaitingRemoval,
            CodeAwaited, CodeRejected, Conflict, CredentialsMissing, CredentialsRejected, Declined, Drifted,
            EndpointNotAllowed, Expired, ExternalNotFound, Forbidden, Gone, GuardExceeded, HasDependents, Invalid,
            InvalidPolicy, KubernetesUnavailable as ApiServerDown, LastManager, Left, MemberChanged, NameTaken,
            NamespaceNotAllowed, NotConverging, NotEmpty, OwnTeam, Progressing, ProviderUnavailable, RateLimited,
            Recreating, ReferenceNotFound, ReferenceNotReady, RemovalRefused, ResolvingCreate, ResyncStretched,
            SecretNotFound, ServedElsewhere, Suspended, Throttled, Unknown, VerificationRequired, Verified,
            WriteNotVisible, WrongProvider,
        };
        let (no, unknown) = (ConditionStatus::False, ConditionStatus::Unknown);
        let last = |type_| find(before, type_).map_or(unknown, |condition| condition.status);
        match reason {
            Progressing => Self::reconciling(unknown, unknown),
            ResolvingCreate => Self::reconciling(no, unknown),
            AwaitingRemoval | HasDependents => {
                Self::reconciling(last(ConditionType::Ready), last(ConditionType::Synced))
            }
            AccountChanged | AllAnswered | AmbiguousCreate | AnswersAwaited | ApiServerDown | ApprovalRequired
            | Available | CodeAwaited | CodeRejected | Conflict | CredentialsMissing | CredentialsRejected
            | Declined | Drifted | EndpointNotAllowed | Expired | ExternalNotFound | Forbidden | Gone
            | GuardExceeded | Invalid | InvalidPolicy | LastManager | Left | MemberChanged | NameTaken
            | NamespaceNotAllowed | NotConverging | NotEmpty | OwnTeam | ProviderUnavailable | RateLimited
            | Recreating | ReferenceNotFound | ReferenceNotReady | RemovalRefused | ResyncStretched
            | SecretNotFound | ServedElsewhere | Suspended | Throttled | Unknown | VerificationRequired | Verified
            | WriteNotVisible | WrongProvider => Self::reconciling(no, no),
        }
    }

    /// The conditions; `Ready` alone has the message, so that it stands once in `kubectl describe`.
    fn conditions(self, reason: Reason, message: &str) -> Vec<NewCondition> {
        let Self { ready, synced, reconciling, stalled } = self;
        vec![
            NewCondition::new(ConditionType::Ready, ready, reason, message),
            NewCondition::new(ConditionType::Synced, synced, reason, SEE_READY),
            NewCondition::new(ConditionType::Reconciling, reconciling, reason, SEE_READY),
            NewCondition::new(ConditionType::Stalled, stalled, reason, SEE_READY),
        ]
    }
}

impl Outcome {
    /// The conditions to report, given those reported `before`.
    pub(crate) fn conditions(&self, before: &[Condition]) -> Vec<NewCondition> {
        match self {
            Self::State(state) => of_state(state, before),
            Self::Failed { failure, still_good } => of_failure(failure, *still_good),
            Self::ApiServer { trouble: ApiServerTrouble { reason, message }, still_good } => {
                of_passing_trouble(*reason, message, *still_good)
            }
            Self::Suspended => suspended(before),
        }
    }

    /// The reason that condition, event and metric share.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::State(State::Available) => Reason::Available,
            Self::State(State::Drifted(_)) => Reason::Drifted,
            Self::State(State::Gone) => Reason::Gone,
            Self::State(
                State::Waiting { reason, .. } | State::Stalled { reason, .. } | State::DeletionBlocked { reason, .. },
            ) => *reason,
            Self::Failed { failure, .. } => failure.reason(),
            Self::ApiServer { trouble, .. } => trouble.reason,
            Self::Suspended => Reason::Suspended,
        }
    }

    /// The message that condition and event share.
    pub(crate) fn message(&self) -> Cow<'_, str> {
        match self {
            Self::State(
                State::Waiting { message, .. }
                | State::Stalled { message, .. }
                | State::DeletionBlocked { message, .. },
            ) => Cow::Borrowed(message),
            Self::State(State::Drifted(drift)) => Cow::Owned(drift.message()),
            Self::Failed { failure, .. } => Cow::Borrowed(&failure.message),
            Self::ApiServer { trouble, .. } => Cow::Borrowed(&trouble.message),
            Self::State(State::Available | State::Gone) | Self::Suspended => Cow::Borrowed(""),
        }
    }

    /// Whether the provider was read, and nothing is awaited or failed.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self, Self::State(State::Available | State::Drifted(_)))
    }

    /// Whether an event tells it once it is new.
    pub(crate) fn announcement(&self) -> Announcement {
        match self {
            Self::State(State::Stalled { .. } | State::DeletionBlocked { .. } | State::Drifted(_))
            | Self::Failed { .. }
            | Self::ApiServer { .. } => Announcement::Warning,
            Self::State(State::Waiting { reason, .. }) => announcement_of_waiting(*reason),
            Self::State(State::Available | State::Gone) | Self::Suspended => Announcement::None,
        }
    }

    /// Whether these conditions, reported before, tell it already of this generation.
    pub(crate) fn is_told_by(&self, before: &[Condition], generation: i64) -> bool {
        let (reason, message) = (Some(self.reason()), self.message());
        before.iter().any(|known| known.reason() == reason)
            && before.iter().any(|known| known.says(&message, generation))
    }
}

/// How an event tells that something is awaited.
fn announcement_of_waiting(reason: Reason) -> Announcement {
    if matches!(reason, Reason::Forbidden | Reason::KubernetesUnavailable) {
        Announcement::Warning
    } else if reason == Reason::Progressing {
        // A part of every change: the list has not caught up with the last write.
        Announcement::None
    } else {
        Announcement::Normal
    }
}

/// How an event tells an outcome.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Announcement {
    /// Not at all.
    None,
    /// As something that goes on by itself.
    Normal,
    /// As something that is wrong, or differs.
    Warning,
}

fn of_state(state: &State, before: &[Condition]) -> Vec<NewCondition> {
    match state {
        State::Available | State::Gone => Summary::AVAILABLE.conditions(Reason::Available, EQUAL),
        State::Drifted(drift) => drifted(drift),
        State::Waiting { reason, message, .. } => Summary::waiting(*reason, before).conditions(*reason, message),
        State::Stalled { reason, message } => Summary::STALLED.conditions(*reason, message),
        State::DeletionBlocked { reason, message } => {
            let mut conditions = Summary::STALLED.conditions(*reason, message);
            conditions.push(NewCondition::new(ConditionType::DeletionHeld, true, *reason, SEE_READY));
            conditions
        }
    }
}

fn drifted(drift: &Drift) -> Vec<NewCondition> {
    let message = drift.message();
    let is_missing = drift.changes.contains(&Change::missing());
    let summary = if is_missing { Summary::STALLED } else { Summary::DRIFTED };
    let mut conditions = summary.conditions(Reason::Drifted, &message);
    if let Some(ready) = conditions.first_mut().filter(|_| !is_missing) {
        ready.reason = Reason::Available;
    }
    conditions.push(NewCondition::new(ConditionType::Drifted, true, Reason::Drifted, SEE_READY));
    conditions
}

fn of_failure(failure: &Failure, still_good: bool) -> Vec<NewCondition> {
    let (reason, message) = (failure.reason(), failure.message.as_str());
    match failure.class {
        Class::Credential | Class::Denied | Class::Invalid => Summary::STALLED.conditions(reason, message),
        Class::Uncertain => {
            Summary::reconciling(ConditionStatus::False, ConditionStatus::Unknown).conditions(reason, message)
        }
        Class::Retry | Class::Wait | Class::Gone => of_passing_trouble(reason, message, still_good),
    }
}

/// Trouble that is expected to pass without a change of the resource.
fn of_passing_trouble(reason: Reason, message: &str, still_good: bool) -> Vec<NewCondition> {
    if !still_good {
        return Summary::reconciling(ConditionStatus::False, ConditionStatus::False).conditions(reason, message);
    }
    let mut conditions = Summary::DRIFTED.conditions(reason, message);
    if let [ready, synced, ..] = conditions.as_mut_slice() {
        ready.reason = Reason::Available;
        "the provider equalled the spec when it was last seen".clone_into(&mut synced.message);
        std::mem::swap(&mut ready.message, &mut synced.message);
    }
    conditions
}

/// What was reported stays, of the generation that it was reported for: nothing is known of another one. Nothing is going on.
fn suspended(before: &[Condition]) -> Vec<NewCondition> {
    use ConditionType::{DeletionHeld, Ready, Reconciling, Stalled, Suspended, Synced};
    let message = "`suspend` is true: the provider is neither read nor written";
    let is_kept = |claim: &NewCondition| !matches!(claim.type_, Reconciling | Stalled | Suspended | DeletionHeld);
    let mut conditions: Vec<_> = before.iter().filter_map(NewCondition::kept).filter(is_kept).collect();
    for type_ in [Ready, Synced] {
        if conditions.iter().all(|claim| claim.type_ != type_) {
            conditions.push(NewCondition::new(type_, ConditionStatus::Unknown, Reason::Suspended, SEE_SUSPENDED));
        }
    }
    for type_ in [Reconciling, Stalled] {
        conditions.push(NewCondition::new(type_, false, Reason::Suspended, SEE_SUSPENDED));
    }
    conditions.push(NewCondition::new(Suspended, true, Reason::Suspended, message));
    conditions
}
