//! What the operator would do for one resource, as a value: the course of its visits, with an imagined answer to each call. No IO.
//!
//! It is the operator's own planner and course, so the calls are the operator's calls. What an earlier one
//! makes has an imagined id until then; what is imagined is never asked of the provider.

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use crate::api::annotations::{Annotations, UnknownValue};
use crate::api::reason::Reason;
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::attempts::Attempts;
use crate::plan::context::{Claimant, write_ahead_valid_since};
use crate::plan::decide::{DecisionInputs, decide};
use crate::plan::managed::Managed;
use crate::plan::mention::OtherMention;
use crate::plan::resource_plan::Plan;
use crate::plan::sequencer::{Next, Sequencer, created_id, on_accepted};
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::account::AccountDetail;
use crate::provider::model::ids::{AccountId, ChannelOwner, TeamId};
use crate::provider::model::team::ObservedTeam;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

/// More calls than any resource needs.
const ROUNDS: usize = 400;
/// What an imagined id begins with.
const PREDICTED: &str = "known-after-apply-";

/// Whether an id stands for something that an earlier call would make.
pub(crate) fn is_predicted(id: &str) -> bool {
    id.starts_with(PREDICTED)
}

/// What a rehearsal looks at besides the inventory.
pub(crate) struct SimulationContext<'a> {
    /// When the rehearsal began: reads are not older.
    pub(crate) not_before: Timestamp,
    /// The time of this visit.
    pub(crate) now: Timestamp,
    /// `spec.readLagSeconds` of the config.
    pub(crate) read_lag: SignedDuration,
    /// The other resource that claims an external id, if there is one.
    pub(crate) claimed_by: &'a (dyn Fn(&str) -> Option<Claimant> + Send + Sync),
    /// What other resources of the account say of a subject that this one mentions.
    pub(crate) other_mentions: &'a (dyn Fn(&str) -> Vec<OtherMention> + Send + Sync),
}

/// One resource, and what the operator would have done for it so far.
pub(crate) struct ResourceSimulation<T: Managed> {
    resource: T,
    annotations: Annotations,
    /// The resource goes: its object is dealt with by its policy.
    is_deleted: bool,
    is_gone: bool,
    attempts: Attempts,
    sequencer: Sequencer,
    known_id: Option<String>,
    locked_at: Option<Timestamp>,
    steps: Vec<Step>,
    /// Tells the imagined ids of different resources apart.
    serial: usize,
    /// The sub-account that it would have made.
    made: Option<AccountDetail>,
}

impl<T: Managed> ResourceSimulation<T> {
    /// The rehearsal of a resource as a manifest has it, with what its `status` records if it has one.
    ///
    /// # Errors
    /// An annotation of ours has a value that the operator does not know.
    pub(crate) fn new(resource: T, is_deleted: bool, serial: usize) -> Result<Self, UnknownValue> {
        let annotations = Annotations::parse(resource.annotations())?;
        let known_id = resource.status().and_then(|status| status.common.external_id.clone());
        Ok(Self {
            resource,
            annotations,
            is_deleted,
            is_gone: false,
            attempts: Attempts::default(),
            sequencer: Sequencer::default(),
            known_id,
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
        self.annotations.external_id.as_deref().or(self.known_id.as_deref())
    }

    /// The calls so far, in order.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Goes on until a visit ends; what it would do is done in the inventory.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn advance(
        &mut self,
        resolved: Option<&T::Resolved>,
        world: &SimulationContext,
        inventory: &mut Inventory,
    ) -> Result<State, Need> {
        if self.is_gone {
            return Ok(State::Gone);
        }
        let generation = self.resource.metadata().generation.unwrap_or(1);
        self.attempts.on_generation(generation, self.resource.is_ready_for_generation(), world.now);
        for _ in 0..ROUNDS {
            let planned = self.plan(resolved, world, inventory);
            let not_before = write_ahead_valid_since(world.now, world.read_lag);
            match self.sequencer.next(planned, &self.attempts, self.known_id.as_deref(), not_before) {
                Next::Read(need) if self.can_predict(&need.collection, inventory, world.now) => {}
                Next::Read(need) => return Err(need),
                Next::Lock(_) => self.locked_at = Some(world.now),
                Next::AcquirePermit => {}
                Next::WriteAhead { external_id, facts, keys } => {
                    self.known_id = external_id.or(self.known_id.take());
                    self.write(facts);
                    self.attempts.mark_pending(keys, world.now);
                }
                Next::Execute(step, plan) => {
                    let ends = self.is_deleted && step.why == Why::Delete;
                    self.execute(*step, plan.facts.clone(), world.now, inventory);
                    if ends {
                        return Ok(self.rest(*plan));
                    }
                }
                Next::Done(plan) => return Ok(self.rest(plan)),
            }
        }
        let message = "it would take more calls than any resource needs".to_owned();
        Ok(State::Stalled { reason: Reason::NotConverging, message })
    }

    fn plan(
        &mut self,
        resolved: Option<&T::Resolved>,
        world: &SimulationContext,
        inventory: &Inventory,
    ) -> Result<Plan<T::Facts>, Need> {
        let SimulationContext { not_before, now, read_lag, claimed_by, other_mentions } = *world;
        decide(DecisionInputs {
            resource: &self.resource,
            resolved,
            inventory,
            as_of: now,
            now,
            not_before,
            locked_at: self.locked_at,
            deleted_at: self.is_deleted.then_some(not_before),
            read_lag,
            annotations: &self.annotations,
            known_id: self.known_id.as_deref(),
            claimed_by,
            other_mentions,
            attempts: &mut self.attempts,
            not_converging: None,
            is_dry_run: false,
        })
    }

    /// Whether a read needs no provider: nobody else writes meanwhile, and what was only imagined is as it was made.
    fn can_predict(&self, collection: &Collection, inventory: &mut Inventory, now: Timestamp) -> bool {
        if inventory.assume_current(collection, now) {
            return true;
        }
        let answer = match collection {
            Collection::Members(team) if is_predicted(team.as_str()) => Answer::Members(Vec::new()),
            Collection::Invitations(team) if is_predicted(team.as_str()) => Answer::Invitations(Vec::new()),
            Collection::Services(team) if is_predicted(team.as_str()) => Answer::Services(Vec::new()),
            Collection::Channels(ChannelOwner::Team(team)) if is_predicted(team.as_str()) => {
                Answer::Channels(Vec::new())
            }
            Collection::Account(id) if is_predicted(id.as_str()) => Answer::Account(self.made.clone().map(Box::new)),
            _ => return false,
        };
        inventory.record(&collection.call(), &answer, now);
        true
    }

    fn execute(&mut self, step: Step, facts: T::Facts, now: Timestamp, inventory: &mut Inventory) {
        let answer = self.predicted(&step.call);
        if let Why::Create(creation) = &step.why {
            self.annotations.intent = Some(creation.record(format!("{}-{}", self.serial, self.steps.len()), now));
            if let Some(id) = created_id(&answer) {
                self.known_id = Some(id.to_owned());
                self.write(facts);
            }
        }
        inventory.record(&step.call, &answer, now);
        on_accepted(&step, now, &mut self.attempts);
        self.steps.push(step);
    }

    /// What the provider answers if it does as it is asked.
    fn predicted(&mut self, call: &Call) -> Answer {
        let id = format!("{PREDICTED}{}-{}", self.serial, self.steps.len());
        match call {
            Call::Pinghome(PinghomeCall::CreateTeam { name }) => {
                let team = |id| ObservedTeam { id, name: name.clone(), member_count: None, created: None };
                TeamId::parse(&id).map_or(Answer::Done, |id| Answer::CreatedTeam(team(id)))
            }
            Call::Pinghome(PinghomeCall::CreateService { .. }) => Answer::Created(Some(id)),
            Call::Pinghome(PinghomeCall::CreateChannel { .. }) => Answer::Created(None),
            Call::NodePing(NodePingCall::CreateAccount(new)) => {
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
        (self.sequencer, self.locked_at) = (Sequencer::default(), None);
        self.is_gone = self.is_deleted && plan.state == State::Gone;
        self.known_id = plan.external_id;
        self.write(plan.facts);
        plan.state
    }

    fn write(&mut self, facts: T::Facts) {
        let status = self.resource.status_mut().get_or_insert_default();
        status.facts = facts;
        status.common.external_id.clone_from(&self.known_id);
    }
}
