//! What the operator would do for one resource, as a value: the course of its visits, with an imagined answer to each call. No IO.
//!
//! It is the operator's own planner and course, so the calls are the operator's calls. What an earlier one
//! makes has an imagined id until then; what is imagined is never asked of the provider.

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use crate::api::annotations::{Annotations, UnknownValue};
use crate::api::policies::{DriftPolicy, ManagementPolicy};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::attempts::Memory;
use crate::plan::context::{Claimant, Neighbour, Visit, promised_since};
use crate::plan::managed::Managed;
use crate::plan::sequencer::{Course, Move, accepted, created_id};
use crate::plan::step::{Step, Why};
use crate::plan::{Plan, State};
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::account::AccountDetail;
use crate::provider::model::ids::{AccountId, Owner, TeamId};
use crate::provider::model::team::Team;

/// More calls than any resource needs.
const ROUNDS: usize = 400;
/// What an imagined id begins with.
const IMAGINED: &str = "known-after-apply-";

/// Whether an id stands for something that an earlier call would make.
pub(crate) fn is_imagined(id: &str) -> bool {
    id.starts_with(IMAGINED)
}

/// What a rehearsal looks at besides the inventory.
pub(crate) struct Around<'a> {
    /// When the rehearsal began: reads are not older.
    pub(crate) since: Timestamp,
    /// The time of this visit.
    pub(crate) now: Timestamp,
    /// `spec.readLagSeconds` of the config.
    pub(crate) read_lag: SignedDuration,
    /// The other resource that claims an external id, if there is one.
    pub(crate) claimed_by: &'a (dyn Fn(&str) -> Option<Claimant> + Send + Sync),
    /// Other Team resources of the account that list a person, or listed one.
    pub(crate) neighbours: &'a (dyn Fn(&str) -> Vec<Neighbour> + Send + Sync),
}

/// One resource, and what the operator would have done for it so far.
pub(crate) struct Rehearsal<T: Managed> {
    resource: T,
    annotations: Annotations,
    /// The resource goes: its object is dealt with by its policy.
    is_deleted: bool,
    is_gone: bool,
    memory: Memory,
    course: Course,
    recorded: Option<String>,
    locked_at: Option<Timestamp>,
    steps: Vec<Step>,
    /// Tells the imagined ids of different resources apart.
    serial: usize,
    /// The sub-account that it would have made.
    made: Option<AccountDetail>,
}

impl<T: Managed> Rehearsal<T> {
    /// The rehearsal of a resource as a manifest has it, with what its `status` records if it has one.
    ///
    /// # Errors
    /// An annotation of ours has a value that the operator does not know.
    pub(crate) fn new(resource: T, is_deleted: bool, serial: usize) -> Result<Self, UnknownValue> {
        let annotations = Annotations::parse(resource.annotations())?;
        let recorded = resource.status().and_then(|status| status.common.external_id.clone());
        Ok(Self {
            resource,
            annotations,
            is_deleted,
            is_gone: false,
            memory: Memory::default(),
            course: Course::default(),
            recorded,
            locked_at: None,
            steps: Vec::new(),
            serial,
            made: None,
        })
    }

    /// The resource, with what the operator would have recorded of it.
    pub(crate) fn resource(&self) -> &T {
        &self.resource
    }

    /// The external object, as far as it is known.
    pub(crate) fn external_id(&self) -> Option<&str> {
        self.annotations.external_id.as_deref().or(self.recorded.as_deref())
    }

    /// The calls so far, in order.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Goes on until a visit ends; what it would do is done in the inventory.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn go_on(
        &mut self,
        desired: Option<&T::Desired>,
        around: &Around,
        inventory: &mut Inventory,
    ) -> Result<State, Need> {
        if self.is_gone {
            return Ok(State::Gone);
        }
        let generation = self.resource.metadata().generation.unwrap_or(1);
        self.memory.turn_to(generation, self.resource.is_settled(), around.now);
        for _ in 0..ROUNDS {
            let planned = self.plan(desired, around, inventory);
            let since = promised_since(around.now, around.read_lag);
            match self.course.next(planned, &self.memory, self.recorded.as_deref(), since) {
                Move::Read(need) if self.imagines(&need.collection, inventory, around.now) => {}
                Move::Read(need) => return Err(need),
                Move::Lock(_) => self.locked_at = Some(around.now),
                Move::Turn => {}
                Move::Record { external_id, facts, keys } => {
                    self.recorded = external_id.or(self.recorded.take());
                    self.write(facts);
                    self.memory.promise(keys, around.now);
                }
                Move::Take(step, plan) => {
                    let ends = self.is_deleted && step.why == Why::Delete;
                    self.take(*step, plan.facts.clone(), around.now, inventory);
                    if ends {
                        return Ok(self.rest(*plan));
                    }
                }
                Move::Rest(plan) => return Ok(self.rest(plan)),
            }
        }
        let message = "it would take more calls than any resource needs".to_owned();
        Ok(State::Stalled { reason: "NotConverging", message })
    }

    fn plan(
        &self,
        desired: Option<&T::Desired>,
        around: &Around,
        inventory: &Inventory,
    ) -> Result<Plan<T::Facts>, Need> {
        let Around { since, now, read_lag, claimed_by, neighbours } = *around;
        let visit = Visit {
            now,
            moment: now,
            since,
            locked_at: self.locked_at,
            deleted_at: self.is_deleted.then_some(since),
            read_lag,
            annotations: &self.annotations,
            recorded: self.recorded.as_deref(),
            claimed_by,
            memory: &self.memory,
            neighbours,
        };
        let kept = |plan: Plan<T::Facts>| plan.keeping(self.recorded.as_deref(), || self.resource.recorded_facts());
        let policies = self.resource.policies();
        match (self.is_deleted, desired) {
            (true, desired) => self.resource.plan_deletion(desired, &visit, inventory).map(kept),
            (false, None) => Ok(Plan::rest(State::Available)),
            (false, Some(desired)) => {
                let observes = policies.management_policy == ManagementPolicy::Observe;
                let reports = self.resource.is_settled() && policies.drift_policy == DriftPolicy::Report;
                Ok(kept(self.resource.plan(desired, &visit, inventory)?).governed(observes, reports))
            }
        }
    }

    /// Whether a read needs no provider: nobody else writes meanwhile, and what was only imagined is as it was made.
    fn imagines(&self, collection: &Collection, inventory: &mut Inventory, now: Timestamp) -> bool {
        if inventory.confirm(collection, now) {
            return true;
        }
        let answer = match collection {
            Collection::Members(team) if is_imagined(team.as_str()) => Answer::Members(Vec::new()),
            Collection::Invitations(team) if is_imagined(team.as_str()) => Answer::Invitations(Vec::new()),
            Collection::Services(team) if is_imagined(team.as_str()) => Answer::Services(Vec::new()),
            Collection::Channels(Owner::Team(team)) if is_imagined(team.as_str()) => Answer::Channels(Vec::new()),
            Collection::Account(id) if is_imagined(id.as_str()) => Answer::Account(self.made.clone().map(Box::new)),
            _ => return false,
        };
        inventory.record(&collection.call(), &answer, now);
        true
    }

    fn take(&mut self, step: Step, facts: T::Facts, now: Timestamp, inventory: &mut Inventory) {
        let answer = self.imagined(&step.call);
        if let Why::Create(creation) = &step.why {
            self.annotations.intent = Some(creation.record(format!("{}-{}", self.serial, self.steps.len()), now));
            if let Some(id) = created_id(&answer) {
                self.recorded = Some(id.to_owned());
                self.write(facts);
            }
        }
        inventory.record(&step.call, &answer, now);
        accepted(&step, now, &mut self.memory);
        self.steps.push(step);
    }

    /// What the provider answers if it does as it is asked.
    fn imagined(&mut self, call: &Call) -> Answer {
        let id = format!("{IMAGINED}{}-{}", self.serial, self.steps.len());
        match call {
            Call::Pinghome(crate::provider::pinghome::call::Call::CreateTeam { name }) => {
                let team = |id| Team { id, name: name.clone(), member_count: None, created: None };
                TeamId::parse(&id).map_or(Answer::Done, |id| Answer::CreatedTeam(team(id)))
            }
            Call::Pinghome(crate::provider::pinghome::call::Call::CreateService { .. }) => Answer::Created(Some(id)),
            Call::Pinghome(crate::provider::pinghome::call::Call::CreateChannel { .. }) => Answer::Created(None),
            Call::NodePing(crate::provider::nodeping::call::Call::CreateAccount(new)) => {
                self.made = AccountId::parse(&id).map(|id| AccountDetail {
                    id,
                    name: Some(new.name.clone()),
                    created: None,
                    status: Some("Active".to_owned()),
                    timezone: Some(new.timezone.clone()),
                    location: Some(new.location.clone()),
                    email_me: new.email_me,
                    suppressed: false,
                    auto_diag: None,
                });
                Answer::Account(self.made.clone().map(Box::new))
            }
            _ => Answer::Done,
        }
    }

    /// A visit ends: the next one begins with what it reported.
    fn rest(&mut self, plan: Plan<T::Facts>) -> State {
        (self.course, self.locked_at) = (Course::default(), None);
        self.is_gone = self.is_deleted && plan.state == State::Gone;
        self.recorded = plan.external_id;
        self.write(plan.facts);
        plan.state
    }

    fn write(&mut self, facts: T::Facts) {
        let status = self.resource.status_mut().get_or_insert_default();
        status.facts = facts;
        status.common.external_id.clone_from(&self.recorded);
    }
}
