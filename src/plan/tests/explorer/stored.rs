//! A model of a resource in the cluster: its spec, its create record and its status.

use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt;

use crate::api::annotations::{Annotations, Intent};
use crate::api::approval::{ApprovedPlan, ConfigApprovals};
use crate::api::conditions::updated;
use crate::api::policies::DriftPolicy;
use crate::plan::approval::told::Approval;
use crate::plan::managed::Managed;
use crate::plan::outcome::Outcome;
use crate::plan::outcome::amendments::{keep_not_converging, limit_to_dry_run, mark_ready_once};
use crate::plan::references::{Reference, ResolvedRefs, SecretValue};
use crate::plan::resource_plan::Kept;
use crate::plan::scope::Scope;
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::at;
use crate::plan::tests::explorer::faults::{Crash, Faults};
use crate::plan::tests::explorer::mutants::Mutant;
use crate::provider::model::sensitive::Sensitive;

/// What becomes of that to which a resource refers.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Referents {
    /// It stays.
    Stay,
    /// It is gone once the resource is deleted.
    GoFirst,
}

/// Where a person approves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ApprovedIn {
    /// In the annotation of the resource, which has one hash.
    Annotation,
    /// In the list of the config, out of which nobody takes anything.
    Config,
}

/// A resource as the API server has it.
#[derive(Clone)]
pub(crate) struct Stored<T> {
    pub(crate) resource: T,
    pub(crate) intent: Option<Intent>,
    pub(crate) is_deleted: bool,
    pub(crate) is_gone: bool,
    /// Whether it went by a policy that keeps the external object.
    pub(crate) is_kept: bool,
    /// Why it went although the object stays.
    pub(crate) kept: Option<Kept>,
    /// What it refers to.
    pub(crate) referents: Referents,
    /// The code in the Secret that the spec names.
    pub(crate) code: Option<String>,
    /// What the config says of approvals.
    pub(crate) approvals: ConfigApprovals,
    /// Where a person approves.
    pub(crate) approved_in: ApprovedIn,
    /// What a person has approved since the resource was as it should be, in words.
    pub(crate) approved_calls: BTreeSet<String>,
    /// What each hash names that is given now and was not used, in words.
    pub(crate) given_calls: BTreeMap<String, BTreeSet<String>>,
}

impl<T: Managed> Stored<T> {
    pub(crate) fn new(resource: T) -> Self {
        Self {
            resource,
            intent: None,
            is_deleted: false,
            is_gone: false,
            is_kept: false,
            kept: None,
            referents: Referents::Stay,
            code: None,
            approvals: ConfigApprovals::default(),
            approved_in: ApprovedIn::Annotation,
            approved_calls: BTreeSet::new(),
            given_calls: BTreeMap::new(),
        }
    }

    /// The annotations of the resource.
    pub(crate) fn annotations(&self) -> Annotations {
        Annotations { intent: self.intent.clone(), ..Annotations::parse(self.resource.annotations()).unwrap() }
    }

    /// What the references of the spec lead to.
    pub(crate) fn refs(&self) -> ResolvedRefs {
        let secret = |reference| match reference {
            Reference::Team(_) => None,
            Reference::Secret(key) | Reference::Code(key) => {
                Some((key, SecretValue::Known(Sensitive::new(self.code.clone()?))))
            }
        };
        let secrets = self.resource.references().into_iter().filter_map(secret).collect();
        ResolvedRefs { secrets, ..ResolvedRefs::default() }
    }

    /// What a reconcile does outside the cluster at all.
    pub(crate) fn scope(&self) -> Scope {
        Scope::of(&self.resource, self.is_deleted, &self.annotations(), self.external_id())
    }

    /// A person changes the spec.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut T)) {
        change(&mut self.resource);
        let generation = &mut self.resource.meta_mut().generation;
        *generation = generation.map(|generation| generation + 1);
    }

    pub(crate) fn external_id(&self) -> Option<&str> {
        self.resource.status()?.common.external_id.as_deref()
    }

    /// Whether it is recorded what came of the last create.
    pub(crate) fn is_resolved(&self) -> bool {
        let replaced = |id: &&str| self.intent.as_ref().is_some_and(|intent| intent.replaces.as_deref() == Some(*id));
        self.external_id().is_some_and(|id| !replaced(&id))
    }

    /// Whether a reconcile of the present spec was reported, whatever its outcome.
    pub(crate) fn is_reported(&self) -> bool {
        let observed = self.resource.status().and_then(|status| status.common.observed_generation);
        observed == self.resource.metadata().generation
    }

    pub(crate) fn uid(&self) -> String {
        self.resource.metadata().uid.clone().unwrap_or_default()
    }

    /// What is written before a call; what was reported stays.
    pub(crate) fn record(
        &mut self,
        external_id: Option<String>,
        facts: Option<T::Facts>,
        approved: Option<Box<ApprovedPlan>>,
        faults: &mut Faults,
    ) -> Result<(), Crash> {
        faults.may_crash()?;
        if faults.mutant == Some(Mutant::NoRecord) {
            return Ok(());
        }
        let mut status = self.resource.status().cloned().unwrap_or_default();
        status.common.external_id = external_id;
        status.facts = facts.unwrap_or(status.facts);
        status.common.approved_plan = approved.or(status.common.approved_plan);
        self.given_calls.retain(|hash, _| status.common.approved_plan.as_ref().is_none_or(|used| used.hash != *hash));
        *self.resource.status_mut() = Some(status);
        faults.may_crash()
    }

    /// Writes the outcome of a reconcile to status.
    pub(crate) fn write(&mut self, external_id: Option<String>, facts: T::Facts, outcome: &Outcome, is_dry_run: bool) {
        let mut status = self.resource.status().cloned().unwrap_or_default();
        let (before, generation) = (status.common.conditions, self.resource.metadata().generation);
        status.common.external_id = external_id;
        let mut conditions = outcome.conditions(&before);
        keep_not_converging(&mut conditions, outcome, self.resource.not_converging());
        if self.resource.policies().drift_policy == DriftPolicy::Report {
            mark_ready_once(&mut conditions, self.resource.was_ready_for_generation());
        }
        if is_dry_run {
            limit_to_dry_run(&mut conditions, &self.resource);
        }
        status.common.conditions = updated(&before, conditions, generation.unwrap_or(0), at(0));
        status.common.observed_generation = generation;
        status.facts = facts;
        *self.resource.status_mut() = Some(status);
    }

    /// Writes what a plan without steps says of approvals. A resource that is as it should be has nothing left to be approved; but an
    /// approval that was not used stays valid as long as it is given, as the guide says.
    pub(crate) fn write_approval(&mut self, approval: Approval, state: &State) {
        if let Some(status) = self.resource.status_mut() {
            (status.common.pending_plan, status.common.approved_plan) = (approval.pending, approval.approved);
        }
        if *state == State::Available {
            self.approved_calls = self.given_calls.values().flatten().cloned().collect();
        }
    }
}
