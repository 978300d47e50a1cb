//! Desired + inventory → plan: what to call, and why, as a value. No IO.
//!
//! One file a kind; [`identity`] decides which external object is meant, [`verdict`] turns what
//! came of a visit into conditions. A plan that needs a read says which ([`Need`]).

pub mod channel;
pub mod identity;
pub mod managed;
pub mod service;
pub mod sub_account;
pub mod team;
pub mod verdict;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::api::annotations::{AllowDeletion, Annotations};
pub use crate::inventory::Need;
use crate::wire::Call;

/// What one visit of one resource knows besides the desired state and the inventory.
#[derive(Clone)]
pub struct Visit<'a> {
    /// The one time of this visit.
    pub now: Timestamp,
    /// How old a list may be that is only looked at: lists from before are read again.
    pub since: Timestamp,
    /// When the lock was taken under which positions are read and written, if it was.
    pub locked_at: Option<Timestamp>,
    /// For how long a read may miss a write.
    pub read_lag: SignedDuration,
    /// When the resource was deleted, to the second, if it was.
    pub deleted_at: Option<Timestamp>,
    /// The resource's annotations.
    pub annotations: &'a Annotations,
    /// `status.externalId`.
    pub recorded: Option<&'a str>,
    /// The other resource that claims an external id, if there is one.
    pub claimed_by: &'a (dyn Fn(&str) -> Option<Claimant> + Send + Sync),
    /// The nonce of a create that was surely refused: there is nothing to resolve.
    pub void_intent: Option<&'a str>,
}

/// Another resource that claims the same external object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claimant {
    /// `namespace/name`.
    pub name: String,
    /// Whether it is older than this one, and so wins.
    pub wins: bool,
}

impl Visit<'_> {
    /// How old a list may be from which the absence of a name is concluded (design §3.2).
    pub fn before_create(&self) -> Timestamp {
        let age = SignedDuration::from_secs(30).min(self.read_lag / 4);
        self.since.max(self.now.saturating_sub(age).unwrap_or(self.now))
    }

    /// How old a list may be from which it is concluded that nothing hangs on what is to be deleted:
    /// it was read after the resource was deleted.
    pub fn before_delete(&self) -> Timestamp {
        let deleted = self.deleted_at.unwrap_or(self.now);
        // The API server writes the second that had begun.
        let surely_after = deleted.saturating_add(SignedDuration::from_secs(1)).unwrap_or(deleted);
        self.since.max(self.now.min(surely_after))
    }

    /// Whether a person lets deletion pass a guard.
    pub fn passes_guards(&self) -> bool {
        self.annotations.allow_deletion == Some(AllowDeletion::PastGuards)
    }
}

/// One field's difference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// The field of the spec.
    pub field: &'static str,
    /// What the provider has, fit to be seen.
    pub old: String,
    /// What is wanted, fit to be seen.
    pub new: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.field, self.old, self.new)
    }
}

/// Why a call is made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Why {
    /// There is no such object; these ids bear its name already and are not it.
    Create(BTreeSet<String>),
    /// The object differs.
    Update(Vec<Change>),
    /// The resource is deleted.
    Delete,
}

/// One call of a plan.
#[derive(Clone)]
pub struct Step {
    /// The call.
    pub call: Call,
    /// Why it is made.
    pub why: Why,
    /// What must be locked while it is planned and made: a name that is created, a list of positions.
    pub lock: Option<String>,
}

/// What is to be said of a resource when no step is left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum State {
    /// The provider equals the spec.
    Available,
    /// It differs, and the policies forbid to change that.
    Drifted(Vec<Change>),
    /// Something must happen first; looked at again at the time given, or when what is awaited changes.
    Waiting {
        /// One word.
        reason: &'static str,
        /// One sentence.
        message: String,
        /// When to look again, if time can bring it on.
        until: Option<Timestamp>,
    },
    /// Only a person can bring it on.
    Stalled {
        /// One word.
        reason: &'static str,
        /// One sentence that says what to do.
        message: String,
    },
    /// A guard holds a deletion.
    Held {
        /// One word.
        reason: &'static str,
        /// One sentence that says what releases it.
        message: String,
    },
    /// Nothing of this resource is left outside: it may go.
    Gone,
}

/// What to do for one resource, and what is known of it.
#[derive(Clone)]
pub struct Plan<F> {
    /// Calls in order.
    pub steps: Vec<Step>,
    /// What to say when no step is left.
    pub state: State,
    /// The external object, as far as it is known to be this resource's.
    pub external_id: Option<String>,
    /// What this kind reports of it.
    pub facts: F,
}

impl<F: Default> Plan<F> {
    /// A plan that ends in a state without a step.
    pub fn rest(state: State) -> Self {
        Self { steps: Vec::new(), state, external_id: None, facts: F::default() }
    }

    /// A plan to make the object.
    pub fn create(call: impl Into<Call>, ids: BTreeSet<String>, lock: String) -> Self {
        let step = Step { call: call.into(), why: Why::Create(ids), lock: Some(lock) };
        Self { steps: vec![step], ..Self::rest(State::Available) }
    }

    /// A plan to delete the object.
    pub fn delete(call: impl Into<Call>, lock: Option<String>) -> Self {
        let step = Step { call: call.into(), why: Why::Delete, lock };
        Self { steps: vec![step], ..Self::rest(State::Gone) }
    }

    /// Applies the policies: what may not be written is reported instead. `observes`: nothing may be
    /// written at all; `reports`: the spec was true before, and drift is only to be told.
    #[must_use]
    pub fn governed(self, observes: bool, reports: bool) -> Self {
        if self.steps.is_empty() || !(observes || reports) {
            return self;
        }
        let mut changes = Vec::new();
        for step in &self.steps {
            match &step.why {
                Why::Update(differences) => changes.extend(differences.iter().cloned()),
                Why::Create(_) | Why::Delete => {
                    let message = "there is no such object at the provider, and the policies of this resource forbid to make one: \
                                   set managementPolicy 'Manage' and driftPolicy 'Correct', or name an object by the external-id annotation";
                    let state = State::Stalled { reason: "ExternalNotFound", message: message.to_owned() };
                    return Self { steps: Vec::new(), state, ..self };
                }
            }
        }
        Self { steps: Vec::new(), state: State::Drifted(changes), ..self }
    }
}

impl<F> fmt::Display for Plan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let (sign, changes) = match &step.why {
                Why::Create(_) => ('+', &[][..]),
                Why::Update(changes) => ('~', changes.as_slice()),
                Why::Delete => ('-', &[][..]),
            };
            writeln!(f, "{sign} {}", step.call.operation())?;
            for change in changes {
                writeln!(f, "    {change}")?;
            }
        }
        Ok(())
    }
}
