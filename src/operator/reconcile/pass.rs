//! One visit of one resource: what is known when it begins, and what it did.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use crate::api::FINALIZER;
use crate::api::annotations::{Annotations, UnknownValue};
use crate::api::conditions::{Condition, find};
use crate::api::policies::{DriftPolicy, ManagementPolicy};
use crate::api::status::Status;
use crate::connection::error::Stop;
use crate::connection::rate_limiter::Lane;
use crate::inventory::Inventory;
use crate::inventory::collection::Need;
use crate::operator::context::{Context, key_of};
use crate::operator::reconcile::member_check::Listing;
use crate::operator::reconcile::resolve::Line;
use crate::operator::state::index::{Age, Key};
use crate::plan::attempts::Memory;
use crate::plan::context::Visit;
use crate::plan::managed::Managed;
use crate::plan::{Plan, State};
use crate::provider::failure::Failure;

/// Why a visit ends before its plan is empty.
pub(crate) enum Halt {
    /// There is something to be said.
    Rest(State),
    /// A call failed.
    Failed(Failure),
    /// The external object can never be dealt with; why.
    LetGo(&'static str),
    /// The operator is ending.
    Closing,
    /// Nothing can be done in this moment, and nothing is to be said of it: the next one tells.
    Later,
    /// The resource was changed or deleted meanwhile: the next visit begins with what it is now.
    Superseded,
    /// The API server did not do what was asked.
    Kubernetes(kube::Error),
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(failure) => Self::Failed(failure),
            Stop::Closing => Self::Closing,
            Stop::Unled => Self::Later,
        }
    }
}

impl From<State> for Halt {
    fn from(state: State) -> Self {
        Self::Rest(state)
    }
}

impl From<kube::Error> for Halt {
    fn from(error: kube::Error) -> Self {
        Self::Kubernetes(error)
    }
}

/// A real change of the provider, to be told as an event.
pub(crate) struct Happened {
    pub(crate) reason: &'static str,
    pub(crate) note: String,
}

/// When things of a visit happened.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// The time of the visit, or of its last write.
    pub(crate) now: Timestamp,
    /// Since when the lock is held.
    pub(crate) locked_at: Option<Timestamp>,
}

pub(crate) struct Round<'a, T: Managed> {
    pub(crate) context: &'a Context<T>,
    pub(crate) resource: Arc<T>,
    pub(crate) key: Key,
    pub(crate) age: Age,
    pub(crate) annotations: Annotations,
    /// `status.externalId`, or what this visit learnt.
    pub(crate) recorded: Option<String>,
    pub(crate) happened: Vec<Happened>,
    pub(crate) memory: Memory,
    /// Whom Teams list, by the API server itself; absent: it was not asked yet.
    pub(crate) listings: Option<Vec<Listing>>,
    /// The generation that this visit began with.
    generation: i64,
}

impl<'a, T: Managed> Round<'a, T> {
    pub(crate) fn new(context: &'a Context<T>, resource: Arc<T>) -> (Self, Result<(), UnknownValue>) {
        let parsed = Annotations::parse(resource.annotations());
        let age = age_of(resource.as_ref());
        let generation = resource.metadata().generation.unwrap_or(0);
        let memory = context.recall(&age.1);
        let mut round = Self {
            generation,
            key: key_of(resource.as_ref()),
            age,
            memory,
            recorded: resource.status().and_then(|status| status.common.external_id.clone()),
            annotations: parsed.as_ref().ok().cloned().unwrap_or_default(),
            happened: Vec::new(),
            listings: None,
            resource,
            context,
        };
        let is_settled = round.is_settled();
        round.memory.turn_to(generation, is_settled, context.shared.clock.now());
        if round.is_asked_to_look() {
            round.memory.forgive();
        }
        (round, parsed.map(drop))
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
    pub(crate) fn still_holds(&self) -> Result<(), Halt> {
        let generation = self.resource.metadata().generation.unwrap_or(0);
        if generation == self.generation { Ok(()) } else { Err(Halt::Superseded) }
    }

    pub(crate) fn is_held(&self) -> bool {
        self.resource.finalizers().iter().any(|finalizer| finalizer == FINALIZER)
    }

    /// Whether this very spec was made true before.
    pub(crate) fn is_settled(&self) -> bool {
        self.resource.is_settled()
    }

    /// Whether the provider may not be written to.
    pub(crate) fn only_observes(&self) -> bool {
        self.resource.policies().management_policy == ManagementPolicy::Observe || self.context.shared.dry_run
    }

    pub(crate) fn lane(&self) -> Lane {
        if self.is_deleted() {
            Lane::Deletion
        } else if self.context.retries.is_failing(self.uid()) {
            Lane::Retry
        } else if self.is_settled() && !self.is_asked_to_look() {
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
    pub(crate) fn plan(&mut self, line: &Line<T>, moment: Moment) -> Result<Plan<T::Facts>, Need> {
        let reader = line.writer.reader();
        let plan = reader.known(|inventory| self.planned(line, moment, inventory))?;
        let plan = plan.keeping(self.recorded.as_deref(), || self.resource.recorded_facts());
        if self.is_deleted() {
            return Ok(plan);
        }
        let reports = self.is_settled() && self.resource.policies().drift_policy == DriftPolicy::Report;
        let stalled = find(self.conditions(), "Synced").filter(|synced| {
            synced.reason == "NotConverging" && self.resource.metadata().generation == Some(synced.observed_generation)
        });
        let stalled = stalled.map(|synced| synced.message.clone());
        let has_seen = |at| reader.known(|inventory| inventory.has_seen(at));
        let plan = self.memory.judged(plan, has_seen, (moment.now, line.read_lag), stalled.as_deref());
        Ok(plan.governed(self.only_observes(), reports))
    }

    fn planned(&self, line: &Line<T>, moment: Moment, inventory: &Inventory) -> Result<Plan<T::Facts>, Need> {
        let index = &self.context.shared.index;
        let claimed_by = |id: &str| index.claimant(id, &self.key, &self.age);
        let neighbours = |email: &str| index.neighbours(email, &self.key, &line.config.key);
        let visit = Visit {
            now: moment.now,
            moment: self.context.shared.clock.now(),
            since: self.since(line, moment),
            locked_at: moment.locked_at,
            deleted_at: self.resource.metadata().deletion_timestamp.as_ref().map(|time| time.0),
            read_lag: line.read_lag,
            annotations: &self.annotations,
            recorded: self.recorded.as_deref(),
            claimed_by: &claimed_by,
            memory: &self.memory,
            neighbours: &neighbours,
        };
        match (self.is_deleted(), line.desired.as_ref()) {
            (true, desired) => self.resource.plan_deletion(desired, &visit, inventory),
            (false, Some(desired)) => self.resource.plan(desired, &visit, inventory),
            (false, None) => Ok(Plan::rest(State::Available)),
        }
    }

    /// How old a list may be that is only looked at.
    fn since(&self, line: &Line<T>, moment: Moment) -> Timestamp {
        if self.is_asked_to_look() {
            return moment.now;
        }
        let due = match line.interval {
            SignedDuration::ZERO => Timestamp::MIN,
            interval => moment.now.saturating_sub(interval).unwrap_or(Timestamp::MIN),
        };
        self.memory.looks_since(moment.now, line.read_lag).map_or(due, |repeated| repeated.max(due))
    }
}

/// The oldest of several claimants wins; the uid decides between equals.
pub(crate) fn age_of(resource: &impl kube::Resource) -> Age {
    let created = resource.creation_timestamp().map_or(Timestamp::MAX, |time| time.0);
    (created, resource.uid().unwrap_or_default())
}
