//! The end of an installation. Whoever deletes CRDs and rights in one go (`kubectl delete -k`) would take the operator's rights away before
//! its resources are released, and they would never go. So the operator holds its rights back by a finalizer, where the manifests bring the
//! right to do so: when they are being deleted, it releases the resources of all kinds that are being deleted, and then lets the rights go.
//! Nothing is deleted outside. Where no operator has run, nothing is held back.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::stream::iter;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{Config, Event};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::api::GROUP;
use crate::api::finalizer::has_finalizer;
use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::api::team::Team;
use crate::operator::context::Shared;
use crate::operator::kubernetes::orphans::{Orphan, REFUGE};
use crate::operator::kubernetes::patch::{MetadataPatch, is_conflict, is_not_found, merge_params};
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::{ApiTrouble, rejection};

/// The finalizer on what is held back.
const HOLD: &str = "ping-operator.dev/uninstall";
/// The binding that is watched, its role, and the role and binding for the list of orphans.
const NAME: &str = "ping-operator-uninstall";
/// The other role and binding, and the service account.
const OPERATOR: &str = "ping-operator";
/// How long is waited between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the API server may take to say whether anything is held back.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a process that ends waits for the deletion of the rights when its namespace is being deleted.
const NOTICE: Duration = Duration::from_secs(5);
/// How long resources are released: the pod of a process that ends has 45 s.
const LIMIT: Duration = Duration::from_secs(35);
/// How many resources are released at once.
const AT_ONCE: usize = 8;
/// Why objects are kept.
const WHY: &str = "the operator is being uninstalled";

/// The API server did not say whether there is a binding.
struct Unknown;

/// Releases everything when the installation is being deleted.
pub(crate) struct Uninstallation {
    shared: Arc<Shared>,
    /// Whether the rights are held back. Helm's manifests do not ask for it: it keeps the CRDs.
    is_held: AtomicBool,
}

impl Uninstallation {
    /// Nothing is known yet.
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self { shared: Arc::clone(shared), is_held: AtomicBool::default() }
    }

    /// Holds the rights back, waits until they are being deleted, and ends the installation.
    pub(crate) async fn watch(&self) {
        if !self.shared.reads_cluster_scope {
            return;
        }
        loop {
            match self.binding().await {
                Ok(Some(_)) => break,
                Ok(None) => return,
                Err(Unknown) => sleep(PAUSE).await,
            }
        }
        self.hold_back().await;
        self.is_held.store(true, Ordering::Relaxed);
        let config = Config::default().fields(&format!("metadata.name={NAME}"));
        let bindings = Api::<PartialObjectMeta<ClusterRoleBinding>>::all(self.shared.client.clone());
        let events = watcher(bindings, config).default_backoff();
        let is_ending = |event: Result<Event<_>, _>| match event {
            Ok(Event::Apply(binding) | Event::InitApply(binding)) => is_ending(&binding),
            Ok(Event::Delete(_) | Event::Init | Event::InitDone) | Err(_) => false,
        };
        if pin!(events).any(async |event| is_ending(event)).await {
            self.end().await;
        }
    }

    /// The last act of a process: it may be asked to end because its namespace or Deployment is being deleted with everything else.
    pub(crate) async fn finish(&self) {
        if !self.is_held.load(Ordering::Relaxed) || !matches!(timeout(NOTICE, self.is_noticed()).await, Ok(true)) {
            return;
        }
        self.end().await;
    }

    /// Releases what can be released in time: the token of an account that is being deleted is good for a minute.
    async fn end(&self) {
        if timeout(LIMIT, self.release()).await.is_err() {
            tracing::warn!("not everything could be released in time");
        }
        self.let_go().await;
    }

    /// Whether the rights are being deleted. A namespace is deleted first, and they follow.
    async fn is_noticed(&self) -> bool {
        loop {
            match self.binding().await {
                Ok(Some(binding)) if is_ending(&binding) => return true,
                Ok(Some(_)) if self.shared.orphans.is_home_ending().await => sleep(PAUSE).await,
                Ok(None | Some(_)) => return false,
                Err(Unknown) => sleep(PAUSE).await,
            }
        }
    }

    fn bindings(&self) -> Api<ClusterRoleBinding> {
        Api::all(self.shared.client.clone())
    }

    /// The binding that brings the right to hold rights back; none, too, where it may not be read.
    async fn binding(&self) -> Result<Option<PartialObjectMeta<ClusterRoleBinding>>, Unknown> {
        match timeout(PATIENCE, self.bindings().get_metadata_opt(NAME)).await {
            Ok(Ok(binding)) => Ok(binding),
            Ok(Err(error)) if rejection(&error).is_some() => Ok(None),
            Ok(Err(_)) | Err(_) => Err(Unknown),
        }
    }

    /// Holds the rights back. The last binding needs its role for letting itself go, so the role must go after it: the binding belongs to it.
    async fn hold_back(&self) {
        let held = json!({ "finalizers": [HOLD] });
        self.mark_all(&held).await;
        let Some(role) = mark(self.roles(), NAME, &held).await else { return };
        let owner = json!({
            "apiVersion": ClusterRole::api_version(&()), "kind": ClusterRole::kind(&()),
            "name": NAME, "uid": role.uid(), "blockOwnerDeletion": true,
        });
        mark(self.bindings(), NAME, &json!({ "finalizers": [HOLD], "ownerReferences": [owner] })).await;
    }

    /// Lets the rights go; last the binding that allows it. From now on the garbage collector holds its role back, until it is gone.
    async fn let_go(&self) {
        let freed = json!({ "$deleteFromPrimitiveList/finalizers": [HOLD] });
        if let Err(error) = self.roles().delete(NAME, &DeleteParams::foreground()).await {
            tracing::warn!(%error, "the last role may go before its binding");
        }
        mark(self.roles(), NAME, &freed).await;
        self.mark_all(&freed).await;
        mark(self.bindings(), NAME, &freed).await;
        tracing::info!("the operator is uninstalled: nothing holds its manifests back any more");
    }

    fn roles(&self) -> Api<ClusterRole> {
        Api::all(self.shared.client.clone())
    }

    /// Changes the metadata of all that is held back, but the last role and binding. Of the rest the account goes last: its token is
    /// good for some seconds after it.
    async fn mark_all(&self, metadata: &Value) {
        let client = || self.shared.client.clone();
        mark::<RoleBinding>(Api::namespaced(client(), REFUGE), NAME, metadata).await;
        mark::<Role>(Api::namespaced(client(), REFUGE), NAME, metadata).await;
        mark(self.bindings(), OPERATOR, metadata).await;
        mark(self.roles(), OPERATOR, metadata).await;
        let home = self.shared.orphans.namespace();
        mark::<ServiceAccount>(Api::namespaced(client(), home), OPERATOR, metadata).await;
    }

    /// Releases the resources of all kinds that are being deleted, until these kinds are gone.
    async fn release(&self) {
        tracing::info!("the operator is being uninstalled: resources are released, and their external objects kept");
        loop {
            let mut is_done = true;
            for kind in Kind::ALL {
                match self.release_kind(*kind).await {
                    Ok(is_released) => is_done &= is_released,
                    Err(trouble) => {
                        self.shared.troubles.tell(&trouble, kind, "the resources of a kind are not released yet");
                        is_done = false;
                    }
                }
            }
            if is_done {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    /// Releases the resources of a kind that are being deleted with it; whether the kind is gone, or stays.
    async fn release_kind(&self, kind: Kind) -> Result<bool, ApiTrouble> {
        let client = self.shared.client.clone();
        let definitions = Api::<CustomResourceDefinition>::all(client.clone());
        let found = definitions.get_metadata_opt(&format!("{}.{GROUP}", kind.plural())).await;
        let found = Asked::to::<CustomResourceDefinition>(Verb::Get, "").check(found)?;
        if found.is_none_or(|definition| definition.meta().deletion_timestamp.is_none()) {
            return Ok(true);
        }
        let resource = resource(kind);
        let listed = Api::<DynamicObject>::all_with(client, &resource).list(&ListParams::default()).await;
        let listed = asked(Verb::List, &resource).check(listed)?;
        let deleted = listed.items.iter().filter(|object| is_ending(*object) && has_finalizer(*object));
        let released = iter(deleted).map(Ok);
        released.try_for_each_concurrent(AT_ONCE, |object| self.release_one(kind, &resource, object)).await?;
        Ok(false)
    }

    /// Notes that the external object is kept, and removes the finalizer.
    async fn release_one(&self, kind: Kind, of: &ApiResource, object: &DynamicObject) -> Result<(), ApiTrouble> {
        let (client, namespace) = (self.shared.client.clone(), object.namespace());
        if !kind.is_config() {
            let key = ResourceKey { kind, namespace: namespace.clone().unwrap_or_default(), name: object.name_any() };
            let status = |field: &str| object.data.pointer(&format!("/status/{field}")).and_then(Value::as_str);
            let (uid, external_id, account) =
                (object.uid().unwrap_or_default(), status("externalId"), status("accountId"));
            let orphan = Orphan { key: &key, uid: &uid, external_id, account, why: WHY };
            self.shared.orphans.record(&orphan).await?;
        }
        let api = match &namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, of),
            None => Api::all_with(client, of),
        };
        match MetadataPatch::new(object).finalizer(false).send(&api).await {
            // The next look shows it as it is by then.
            Err(error) if is_not_found(&error) || is_conflict(&error) => Ok(()),
            sent => asked(Verb::Patch, of).check(sent).map(drop),
        }
    }
}

fn is_ending(object: &impl Resource) -> bool {
    object.meta().deletion_timestamp.is_some()
}

/// A kind, for requests by its name.
fn resource(kind: Kind) -> ApiResource {
    let of_team = ApiResource::erase::<Team>(&());
    ApiResource { kind: kind.as_str().to_owned(), plural: kind.plural(), ..of_team }
}

fn asked(verb: Verb, of: &ApiResource) -> Asked {
    Asked { verb, group: of.group.clone(), resource: of.plural.clone(), namespace: String::new() }
}

/// Changes the metadata of a right; returns it as it is then.
async fn mark<K>(api: Api<K>, name: &str, metadata: &Value) -> Option<PartialObjectMeta<K>>
where
    K: Resource + Clone + std::fmt::Debug + DeserializeOwned,
{
    let patch = Patch::Strategic(json!({ "metadata": metadata }));
    match api.patch_metadata(name, &merge_params(), &patch).await {
        Ok(marked) => Some(marked),
        // Somebody has taken it out of the manifests, or it is gone.
        Err(error) if is_not_found(&error) => None,
        Err(error) => {
            tracing::warn!(%error, "a right cannot be held back, or let go, for the end of the installation");
            None
        }
    }
}
