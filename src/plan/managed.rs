//! The trait of every kind that stands for an external object; everything else is generic over it. No IO.

use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::NamespaceResourceScope;
use kube::core::object::HasStatus;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::conditions::{Condition, ConditionStatus, ConditionType, NewCondition, find};
use crate::api::kinds::ManagedKind;
use crate::api::policies::{DeletionPolicy, DriftPolicy, ManagementPolicy};
use crate::api::reason::Reason;
use crate::api::references::SecretKeyRef;
use crate::api::resource_key::ResourceKey;
use crate::api::status::Status;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::identity::NamedObject;
use crate::plan::mention::Mention;
use crate::plan::notice::Notice;
use crate::plan::references::{Reference, ResolvedRefs};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::unique_claim::UniqueClaim;
use crate::provider::failure::Failure;
use crate::provider::model::sensitive::Sensitive;

/// A kind that stands for an external object.
pub(crate) trait Managed:
    kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + ManagedKind
    + HasStatus<Status = Status<Self::Facts>>
    + Clone
    + Debug
    + DeserializeOwned
    + Send
    + Serialize
    + Sync
    + 'static
{
    /// What this kind's status has besides the common part.
    type Facts: Clone + Debug + Default + DeserializeOwned + PartialEq + Send + Serialize + Sync + 'static;
    /// The parsed spec, its references resolved: it cannot contain an invalid value.
    type Resolved: Send + Sync;

    /// What deleting the resource does: [`Managed::plan_deletion`] decides, or the object is orphaned.
    fn deletion(&self) -> DeletionPolicy;
    /// What the spec refers to.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
    /// Understands the spec, given what the references led to.
    ///
    /// # Errors
    /// The state to report when a value makes no sense.
    fn resolve(&self, refs: &ResolvedRefs) -> Result<Self::Resolved, State>;
    /// What to do for a resource that is not deleted.
    ///
    /// # Errors
    /// A read that must come first.
    fn plan(&self, resolved: &Self::Resolved, context: &PlanContext) -> Result<Plan<Self::Facts>, Need>;
    /// What to do for a deleted resource; `resolved` is absent if its references are gone.
    ///
    /// # Errors
    /// A read that must come first.
    fn plan_deletion(
        &self,
        resolved: Option<&Self::Resolved>,
        context: &PlanContext,
    ) -> Result<Plan<Self::Facts>, Need>;
    /// The only object that bears the name of the spec, if the kind is found by name and no other resource claims such an object.
    ///
    /// # Errors
    /// A read that must come first.
    fn named_object(&self, _resolved: &Self::Resolved, _context: &PlanContext) -> Result<Option<NamedObject>, Need> {
        Ok(None)
    }
    /// Whether this failure of a call, after what the resource has recorded, proves that the object of a deleted resource is gone.
    fn is_ended_by(&self, _failure: &Failure) -> bool {
        false
    }
    /// Conditions that only this kind has.
    fn conditions(_facts: &Self::Facts) -> Vec<NewCondition> {
        Vec::new()
    }

    /// What a person should know of the resource although nothing is wrong with it.
    fn notice(_facts: &Self::Facts) -> Option<Notice> {
        None
    }

    /// What a person should be told of once, between the facts that were reported before and these.
    fn news(_before: &Self::Facts, _facts: &Self::Facts) -> Vec<Notice> {
        Vec::new()
    }

    /// What an approval of this resource's calls names of its spec, because no call says it: such as the Secret that has an address.
    fn approval_subject(&self) -> String {
        String::new()
    }

    /// The facts with what only the column view needs.
    fn summarised(&self, facts: Self::Facts) -> Self::Facts {
        facts
    }

    /// What the resource names, or named before, that other resources of the account may name, too.
    fn mentions(&self) -> Vec<Mention> {
        Vec::new()
    }

    /// What only one resource can stand for; `secret` is the value of a key of a Secret, if it is known.
    fn unique_claims(&self, _secret: &dyn Fn(&SecretKeyRef) -> Option<Sensitive>) -> Vec<UniqueClaim> {
        UniqueClaim::adoptions(self.meta()).collect()
    }

    /// The facts in `status`; the default ones without a status.
    fn recorded_facts(&self) -> Self::Facts {
        self.status().map(|status| status.facts.clone()).unwrap_or_default()
    }

    /// The facts in `status`, if they were recorded of the object with this id. The config may open another account by now, or the object
    /// was created again.
    fn recorded_facts_of(&self, id: &str, context: &PlanContext) -> Self::Facts {
        if context.known_id == Some(id) { self.recorded_facts() } else { Self::Facts::default() }
    }

    /// Whether the resource is Ready at its present generation.
    fn is_ready_for_generation(&self) -> bool {
        let ready = self.status().and_then(|status| find(&status.common.conditions, ConditionType::Ready));
        let generation = self.meta().generation.unwrap_or(0);
        ready.is_some_and(|ready| ready.status == ConditionStatus::True && ready.observed_generation == generation)
    }

    /// What `status` says of this very spec if it does not converge.
    fn not_converging(&self) -> Option<&str> {
        let says_so = |condition: &&Condition| {
            let is_of_this_spec = self.meta().generation == Some(condition.observed_generation);
            condition.reason() == Some(Reason::NotConverging) && is_of_this_spec
        };
        let conditions = &self.status()?.common.conditions;
        // `Synced` has the sentence while `Ready` tells something else.
        let told = [ConditionType::Ready, ConditionType::Synced].map(|type_| find(conditions, type_).filter(says_so));
        told.into_iter().flatten().next().map(|condition| condition.message.as_ref())
    }

    /// Whether nothing of it is written now, however it differs from the provider. `--dry-run` is not asked for: it is for all resources.
    fn is_passive(&self) -> bool {
        let policies = self.policies();
        let only_reports = policies.drift_policy == DriftPolicy::Report && self.was_ready_for_generation();
        policies.suspend || policies.management_policy == ManagementPolicy::Observe || only_reports
    }

    /// Whether the resource was Ready at its present generation once, whatever it is now. Status keeps that where drift is only reported:
    /// by the condition `Drifted`, also with the status False, see `plan::outcome::mark_ready_once`.
    fn was_ready_for_generation(&self) -> bool {
        let drifted = self.status().and_then(|status| find(&status.common.conditions, ConditionType::Drifted));
        let generation = self.meta().generation.unwrap_or(0);
        self.is_ready_for_generation() || drifted.is_some_and(|drifted| drifted.observed_generation == generation)
    }

    /// The metadata, under a name that does not depend on imports.
    fn metadata(&self) -> &ObjectMeta {
        self.meta()
    }
}

/// What to do while a collection, last read at `read_at`, does not show the last write: wait, and read again after a pause.
///
/// # Errors
/// The pause is over, or the list of what the collection belongs to is older than the read lag: the read that must come first.
pub(crate) fn catching_up(context: &PlanContext, collection: Collection, read_at: Timestamp) -> Result<State, Need> {
    let pause = (context.read_lag / 8).clamp(SignedDuration::from_millis(500), SignedDuration::from_secs(10));
    let until = read_at.saturating_add(pause).unwrap_or(read_at);
    if context.as_of >= until {
        return Err(Need { collection, not_before: context.as_of });
    }
    // What it belongs to may be gone: then it never shows the last write.
    if let Some(parent) = collection.parent() {
        let not_before = read_at.saturating_sub(context.read_lag).unwrap_or(read_at);
        if context.inventory.read_at(&parent).is_none_or(|at| at < not_before) {
            return Err(Need { collection: parent, not_before });
        }
    }
    Ok(State::waiting(
        Reason::Progressing,
        "the provider's list does not show the last write yet; the next one waits for it",
        Some(until),
    ))
}

/// The key of the config that a resource of a namespace uses.
pub(crate) fn config_key(resource: &impl Managed, namespace: &str) -> ResourceKey {
    ResourceKey::of_config(&resource.policies().provider_config_ref, namespace)
}
