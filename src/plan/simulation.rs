//! What the operator would do for one resource: its reconciles, with a predicted answer to each call. No IO.
//!
//! Planner and sequencer are the operator's own, so the calls are the operator's calls. An object that an earlier call
//! would create has a predicted id; the provider is never asked about it.

pub(crate) mod approvals;
pub(crate) mod moving;
pub(crate) mod predicted;

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use crate::api::annotations::origin::Origin;
use crate::api::annotations::{Annotations, InvalidAnnotation};
use crate::api::approval::{ApprovedPlan, ConfigApprovals};
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::attempts::Attempts;
use crate::plan::context::{Claimant, PlanContext, write_ahead_valid_since};
use crate::plan::decide::{DecisionInputs, decide};
use crate::plan::identity::NamedObject;
use crate::plan::managed::Managed;
use crate::plan::mention::OtherMention;
use crate::plan::resource_plan::Plan;
use crate::plan::scope::Scope;
use crate::plan::sequencer::{MAX_STEPS, Next, Sequencer, TOO_MANY_STEPS, on_accepted};
use crate::plan::simulation::approvals::SimulatedApprovals;
use crate::plan::simulation::predicted::{can_predict, predicted_answer, predicted_id};
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::account::AccountDetail;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

/// What a simulation knows besides the resource and the inventory.
pub(crate) struct SimulationContext<'a> {
    /// When the simulation began: lists that were read before are read again.
    pub(crate) not_before: Timestamp,
    /// The time of this reconcile.
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
    /// Whether the resource is deleted.
    is_deleted: bool,
    is_gone: bool,
    attempts: Attempts,
    sequencer: Sequencer,
    known_id: Option<String>,
    locked_at: Option<Timestamp>,
    steps: Vec<Step>,
    /// Makes the predicted ids of different resources different.
    serial: usize,
    /// The sub-account that it would have created.
    created_account: Option<AccountDetail>,
    /// What waits for an approval before its calls are made.
    approvals: SimulatedApprovals,
    /// The state in which it stays, if nothing is done for it.
    held: Option<State>,
}

impl<T: Managed> ResourceSimulation<T> {
    /// The simulation of a resource from a manifest, with its `status` if it has one.
    ///
    /// # Errors
    /// An annotation of ours has a value that the operator does not know.
    pub(crate) fn new(
        resource: T,
        is_deleted: bool,
        serial: usize,
        of_config: &ConfigApprovals,
    ) -> Result<Self, InvalidAnnotation> {
        let origin = Origin { resource: Some(ResourceKey::of(&resource).to_string()), ..Origin::default() };
        let mut annotations = Annotations::parse(resource.annotations())?.within(&origin);
        let approvals = SimulatedApprovals::new(&resource, is_deleted, of_config, annotations.approved_plan.take());
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
            created_account: None,
            approvals,
            held: None,
        })
    }

    /// What the operator would do outside the cluster at all.
    pub(crate) fn scope(&self) -> Scope {
        Scope::of(&self.resource, self.is_deleted, &self.annotations, self.known_id.as_deref())
    }

    /// The same, as if an external object were recorded.
    pub(crate) fn scope_of_object(&self) -> Scope {
        Scope::of(&self.resource, self.is_deleted, &self.annotations, Some(""))
    }

    /// The resource, with what the operator would have recorded of it.
    pub(crate) fn resource(&self) -> &T {
        &self.resource
    }

    /// The id of the external object, if it is known.
    pub(crate) fn external_id(&self) -> Option<&str> {
        self.annotations.external_id.as_deref().or(self.known_id.as_deref())
    }

    /// Whether the object that it claims is recorded as its own.
    pub(crate) fn has_object(&self) -> bool {
        self.known_id.is_some() && self.known_id.as_deref() == self.external_id()
    }

    /// What waits for an approval before its calls are made.
    pub(crate) fn approvals(&self) -> &SimulatedApprovals {
        &self.approvals
    }

    /// The calls so far, in order.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Simulates one reconcile; its calls take effect in the inventory.
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
        if let Some(held) = &self.held {
            return Ok(held.clone());
        }
        let generation = self.resource.metadata().generation.unwrap_or(1);
        self.attempts.on_generation(generation, self.resource.is_ready_for_generation(), world.now, &self.annotations);
        for _ in 0..MAX_STEPS {
            let planned = self.plan(resolved, world, inventory);
            let not_before = write_ahead_valid_since(world.now, world.read_lag);
            match self.sequencer.next(planned, &self.attempts, self.known_id.as_deref(), not_before) {
                Next::Read(need)
                    if can_predict(&need.collection, self.created_account.as_ref(), inventory, world.now) => {}
                Next::Read(need) => return Err(need),
                Next::Lock(_) => self.locked_at = Some(world.now),
                // `plan` counts for itself what the guard allows.
                Next::AcquirePermit | Next::Reserve(_) => {}
                Next::WriteAhead { external_id, facts, approved, keys } => {
                    self.known_id = external_id.or(self.known_id.take());
                    self.write(facts, approved);
                    self.attempts.mark_pending(keys, world.now);
                }
                Next::Execute(step, plan) => {
                    let is_last = self.is_deleted && step.why == Why::Delete;
                    self.execute(*step, plan.record().facts, world.now, inventory);
                    if is_last {
                        return Ok(self.finish(*plan));
                    }
                }
                // What follows an approval is planned, too.
                Next::Done(plan) if self.approvals.give(&plan.approval) => {}
                Next::Done(plan) => return Ok(self.finish(plan)),
            }
        }
        Ok(State::stalled(Reason::NotConverging, TOO_MANY_STEPS))
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
            is_dry_run: false,
            approvals: &self.approvals.of_config(),
        })
    }

    /// The only object that bears the name of a spec of which nothing is recorded.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn named_object(
        &self,
        resolved: &T::Resolved,
        world: &SimulationContext,
        inventory: &Inventory,
    ) -> Result<Option<NamedObject>, Need> {
        let SimulationContext { not_before, now, read_lag, claimed_by, other_mentions } = *world;
        let context = PlanContext {
            as_of: now,
            now,
            not_before,
            locked_at: None,
            read_lag,
            deleted_at: None,
            annotations: &self.annotations,
            known_id: None,
            claimed_by,
            attempts: &self.attempts,
            inventory,
            other_mentions,
        };
        self.resource.named_object(resolved, &context)
    }

    /// Whether the resource says itself which object it has: by its status, by the record of a create, or because a person says so.
    pub(crate) fn has_record(&self) -> bool {
        self.resource.status().is_some() || self.external_id().is_some() || self.annotations.has_record()
    }

    fn execute(&mut self, step: Step, facts: T::Facts, now: Timestamp, inventory: &mut Inventory) {
        self.approvals.note(&step, self.known_id.as_deref());
        let answer = predicted_answer(&step.call, predicted_id(self.serial, self.steps.len()));
        if let (Call::NodePing(NodePingCall::CreateAccount(_)), Answer::Account(account)) = (&step.call, &answer) {
            self.created_account = account.as_deref().cloned();
        }
        if let Why::Create(creation) = &step.why {
            let tries = self.attempts.next_create(&self.annotations, &creation.name);
            let nonce = format!("{}-{}", self.serial, self.steps.len());
            self.annotations.intent = Some(creation.record(nonce, now, tries, self.known_id.as_deref()));
            if let Some(id) = answer.created_id() {
                self.known_id = Some(id.to_owned());
                self.write(Some(facts), None);
            }
        }
        inventory.record(&step.call, &answer, now);
        if let Call::Pinghome(PinghomeCall::CreateChannel { owner, .. }) = &step.call {
            // The operator waits for a list that shows it.
            inventory.assume_current(&Collection::Channels(owner.clone()), now);
        }
        on_accepted(&step, &answer, now, None, &mut self.attempts);
        self.steps.push(step);
    }

    /// Ends a reconcile: the next one begins with what this one reported.
    fn finish(&mut self, plan: Plan<T::Facts>) -> State {
        (self.sequencer, self.locked_at) = (Sequencer::default(), None);
        self.is_gone = self.is_deleted && plan.state == State::Gone;
        self.known_id = plan.external_id;
        self.write(Some(plan.facts), plan.approval.approved);
        plan.state
    }

    fn write(&mut self, facts: Option<T::Facts>, approved: Option<Box<ApprovedPlan>>) {
        let status = self.resource.status_mut().get_or_insert_default();
        if let Some(facts) = facts {
            status.facts = facts;
        }
        status.common.approved_plan = approved.or(status.common.approved_plan.take());
        status.common.external_id.clone_from(&self.known_id);
    }
}
