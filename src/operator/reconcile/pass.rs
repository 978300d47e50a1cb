//! One visit of one resource: what is known when it begins, and what it did.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use crate::api::FINALIZER;
use crate::api::annotations::{Annotations, UnknownValue};
use crate::api::conditions::{Condition, ConditionType, find};
use crate::api::policies::ManagementPolicy;
use crate::api::reason::{EventReason, Reason};
use crate::api::status::Status;
use crate::connection::error::CallError;
use crate::connection::rate_limiter::Lane;
use crate::inventory::collection::Need;
use crate::operator::context::{Context, key_of};
use crate::operator::reconcile::member_check::TeamListing;
use crate::operator::reconcile::resolve::Target;
use crate::operator::state::index::{Age, ResourceKey};
use crate::plan::attempts::Attempts;
use crate::plan::decide::{DecisionInputs, decide};
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::provider::failure::Failure;

/// Why a visit ends before its plan is empty.
pub(crate) enum Interrupt {
    /// There is something to be said.
    State(State),
    /// A call failed.
    Failed(Failure),
    /// The external object can never be dealt with; why.
    Orphan(&'static str),
    /// The operator is ending.
    Closing,
    /// Nothing can be done in this moment, and nothing is to be said of it: the next one tells.
    Later,
    /// The resource was changed or deleted meanwhile: the next visit begins with what it is now.
    Superseded,
    /// The API server did not do what was asked.
    Kubernetes(kube::Error),
}

impl From<CallError> for Interrupt {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Failed(failure) => Self::Failed(failure),
            CallError::Closing => Self::Closing,
            CallError::NotLeader => Self::Later,
        }
    }
}

impl From<State> for Interrupt {
    fn from(state: State) -> Self {
        Self::State(state)
    }
}

impl From<kube::Error> for Interrupt {
    fn from(error: kube::Error) -> Self {
        Self::Kubernetes(error)
    }
}

/// A real change of the provider, to be told as an event.
pub(crate) struct Occurrence {
    pub(crate) reason: EventReason,
    pub(crate) note: String,
}

pub(crate) struct Pass<'a, T: Managed> {
    pub(crate) context: &'a Context<T>,
    pub(crate) resource: Arc<T>,
    pub(crate) key: ResourceKey,
    pub(crate) age: Age,
    pub(crate) annotations: Annotations,
    /// `status.externalId`, or what this visit learnt.
    pub(crate) known_id: Option<String>,
    pub(crate) occurrences: Vec<Occurrence>,
    pub(crate) attempts: Attempts,
    /// Whom Teams list, by the API server itself; absent: it was not asked yet.
    pub(crate) listings: Option<Vec<TeamListing>>,
    /// The time of this reconcile, or of its last write.
    pub(crate) as_of: Timestamp,
    /// Since when the lock is held under which positions are read and written.
    pub(crate) locked_at: Option<Timestamp>,
    /// The generation that this visit began with.
    generation: i64,
}

impl<'a, T: Managed> Pass<'a, T> {
    pub(crate) fn new(context: &'a Context<T>, resource: Arc<T>) -> (Self, Result<(), UnknownValue>) {
        let parsed = Annotations::parse(resource.annotations());
        let age = age_of(resource.as_ref());
        let generation = resource.metadata().generation.unwrap_or(0);
        let attempts = context.recall(&age.1);
        let mut pass = Self {
            generation,
            key: key_of(resource.as_ref()),
            age,
            attempts,
            known_id: resource.status().and_then(|status| status.common.external_id.clone()),
            annotations: parsed.as_ref().ok().cloned().unwrap_or_default(),
            occurrences: Vec::new(),
            listings: None,
            as_of: context.shared.clock.now(),
            locked_at: None,
            resource,
            context,
        };
        let is_ready_for_generation = pass.is_ready_for_generation();
        pass.attempts.on_generation(generation, is_ready_for_generation, context.shared.clock.now());
        if pass.is_asked_to_look() {
            pass.attempts.retry_refused();
        }
        (pass, parsed.map(drop))
    }

    pub(crate) fn uid(&self) -> &str {
        self.age.1.as_str()
    }

    pub(crate) fn status(&self) -> Option<&Status<T::Facts>> {
        self.resource.status()
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        self.status().map(|status| status.common.conditions.as_slice()).unwrap_or_default()
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.resource.metadata().deletion_timestamp.is_some()
    }

    /// Ends the visit if its last write brought back another spec than it began with, or that the resource is to go:
    /// references, policies and what holds a deletion were looked at for the one of before.
    pub(crate) fn still_holds(&self) -> Result<(), Interrupt> {
        let generation = self.resource.metadata().generation.unwrap_or(0);
        if generation == self.generation { Ok(()) } else { Err(Interrupt::Superseded) }
    }

    pub(crate) fn has_finalizer(&self) -> bool {
        self.resource.finalizers().iter().any(|finalizer| finalizer == FINALIZER)
    }

    /// Whether this very spec was made true before.
    pub(crate) fn is_ready_for_generation(&self) -> bool {
        self.resource.is_ready_for_generation()
    }

    /// Whether the provider may not be written to.
    pub(crate) fn only_observes(&self) -> bool {
        self.resource.policies().management_policy == ManagementPolicy::Observe || self.context.shared.dry_run
    }

    pub(crate) fn lane(&self) -> Lane {
        if self.is_deleted() {
            Lane::Deletion
        } else if self.context.backoff.is_failing(self.uid()) {
            Lane::Retry
        } else if self.is_ready_for_generation() && !self.is_asked_to_look() {
            Lane::Resync
        } else {
            Lane::Change
        }
    }

    /// Whether a person asked for a fresh look that no visit has had yet.
    fn is_asked_to_look(&self) -> bool {
        let handled = self.status().and_then(|status| status.common.last_handled_reconcile_at.as_ref());
        self.annotations.reconcile_requested_at.as_ref().is_some_and(|asked| handled != Some(asked))
    }

    /// Plans from what is known now, within the policies and what was tried before.
    pub(crate) fn plan(&mut self, target: &Target<T>) -> Result<Plan<T::Facts>, Need> {
        let shared = &self.context.shared;
        let (not_before, not_converging) = (self.not_before(target), self.not_converging());
        let claimed_by = |id: &str| shared.index.claimant(id, &self.key, &self.age);
        let other_mentions = |subject: &str| shared.index.other_teams(subject, &self.key, &target.config.key);
        target.writer.reader().known(|inventory| {
            decide(DecisionInputs {
                resource: self.resource.as_ref(),
                resolved: target.resolved.as_ref(),
                inventory,
                as_of: self.as_of,
                now: shared.clock.now(),
                not_before,
                locked_at: self.locked_at,
                deleted_at: self.resource.metadata().deletion_timestamp.as_ref().map(|time| time.0),
                read_lag: target.read_lag,
                annotations: &self.annotations,
                known_id: self.known_id.as_deref(),
                claimed_by: &claimed_by,
                other_mentions: &other_mentions,
                attempts: &mut self.attempts,
                not_converging: not_converging.as_deref(),
                is_dry_run: shared.dry_run,
            })
        })
    }

    /// What `status` says of this very spec if it does not converge.
    fn not_converging(&self) -> Option<String> {
        let synced = find(self.conditions(), ConditionType::Synced)?;
        let is_of_this_spec = self.resource.metadata().generation == Some(synced.observed_generation);
        (synced.reason() == Some(Reason::NotConverging) && is_of_this_spec).then(|| synced.message.clone())
    }

    /// How old a list may be that is only looked at.
    fn not_before(&self, target: &Target<T>) -> Timestamp {
        if self.is_asked_to_look() {
            return self.as_of;
        }
        let due = match target.interval {
            SignedDuration::ZERO => Timestamp::MIN,
            interval => self.as_of.saturating_sub(interval).unwrap_or(Timestamp::MIN),
        };
        self.attempts.reread_after(self.as_of, target.read_lag).map_or(due, |repeated| repeated.max(due))
    }
}

/// The oldest of several claimants wins; the uid decides between equals.
pub(crate) fn age_of(resource: &impl kube::Resource) -> Age {
    let created = resource.creation_timestamp().map_or(Timestamp::MAX, |time| time.0);
    (created, resource.uid().unwrap_or_default())
}
