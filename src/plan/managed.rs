//! What a kind must tell so that everything else can be generic over it. No IO.

use std::collections::BTreeMap;
use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::NamespaceResourceScope;
use kube::core::object::HasStatus;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::conditions::{ConditionStatus, ConditionType, NewCondition, find};
use crate::api::policies::Policies;
use crate::api::provider_config::Provider;
use crate::api::reason::Reason;
use crate::api::references::{SecretKeyRef, TeamRef};
use crate::api::status::Status;
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::mention::Mention;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::provider::model::ids::TeamId;
use crate::provider::model::sensitive::Sensitive;

/// What deleting the resource does outside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Deletion {
    /// The object is dealt with by [`Managed::plan_deletion`].
    Act,
    /// It is kept as it is.
    Orphan,
}

/// What a spec refers to, to be looked up before it can be understood.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Reference {
    /// A Team of the same namespace.
    Team(TeamRef),
    /// A key of a Secret of the same namespace.
    Secret(SecretKeyRef),
    /// The same, which need not be there: a code that somebody types later.
    Code(SecretKeyRef),
}

/// What the references led to.
#[derive(Default)]
pub(crate) struct ResolvedRefs {
    /// Ids of the Teams that have one.
    pub(crate) teams: BTreeMap<String, TeamId>,
    /// Values of Secrets.
    pub(crate) secrets: BTreeMap<SecretKeyRef, Sensitive>,
}

/// A kind that stands for an external object.
pub(crate) trait Managed:
    kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
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
    /// The spec, understood: nothing invalid can be expressed.
    type Resolved: Send + Sync;

    /// Whose API it is about.
    const PROVIDER: Provider;

    /// The common policies.
    fn policies(&self) -> &Policies;
    /// What deleting the resource does.
    fn deletion(&self) -> Deletion;
    /// What the spec refers to.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
    /// Understands the spec, given what the references led to.
    ///
    /// # Errors
    /// The state to report when a value makes no sense.
    fn resolve(&self, refs: &ResolvedRefs) -> Result<Self::Resolved, State>;
    /// What to do while the resource lives.
    ///
    /// # Errors
    /// A read that must come first.
    fn plan(
        &self,
        resolved: &Self::Resolved,
        context: &PlanContext,
        inventory: &Inventory,
    ) -> Result<Plan<Self::Facts>, Need>;
    /// What to do when the resource is deleted; `desired` is absent if its references are gone.
    ///
    /// # Errors
    /// A read that must come first.
    fn plan_deletion(
        &self,
        resolved: Option<&Self::Resolved>,
        context: &PlanContext,
        inventory: &Inventory,
    ) -> Result<Plan<Self::Facts>, Need>;
    /// Conditions that only this kind has.
    fn conditions(_facts: &Self::Facts) -> Vec<NewCondition> {
        Vec::new()
    }

    /// What the resource names, or named before, that other resources of the account may name, too.
    fn mentions(&self) -> Vec<Mention> {
        Vec::new()
    }

    /// The facts that `status` has; nothing is known of a resource without one.
    fn recorded_facts(&self) -> Self::Facts {
        self.status().map(|status| status.facts.clone()).unwrap_or_default()
    }

    /// Whether this very spec was made true before.
    fn is_ready_for_generation(&self) -> bool {
        let ready = self.status().and_then(|status| find(&status.common.conditions, ConditionType::Ready));
        let generation = self.meta().generation.unwrap_or(0);
        ready.is_some_and(|ready| ready.status == ConditionStatus::True && ready.observed_generation == generation)
    }

    /// The metadata, under a name that does not depend on imports.
    fn metadata(&self) -> &ObjectMeta {
        self.meta()
    }
}

/// What to do while a collection, last read at `read_at`, does not show what it must show: look
/// again after a pause, and wait meanwhile.
pub(crate) fn catching_up(context: &PlanContext, collection: Collection, read_at: Timestamp) -> Result<State, Need> {
    let pause = (context.read_lag / 8).clamp(SignedDuration::from_millis(500), SignedDuration::from_secs(10));
    let until = read_at.saturating_add(pause).unwrap_or(read_at);
    if context.as_of >= until {
        return Err(Need { collection, not_before: context.as_of });
    }
    Ok(State::Waiting {
        reason: Reason::Progressing,
        message: "the provider's list does not show the last write yet; the next one waits for it".to_owned(),
        until: Some(until),
    })
}
