//! A resource that the types cannot read is named in the log and in its own status. What can be read of it counts for the others: its
//! claims, what it refers to, whom it lists.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{ApiResource, DynamicObject, Patch};
use kube::{Api, Resource};
use serde_json::{Value, json};

use crate::api::annotations::{CREATE_INTENT, EXTERNAL_ID, Intent};
use crate::api::conditions::{ConditionType, find, summaries, updated};
use crate::api::finalizer::has_finalizer;
use crate::api::kinds::{HasKind, Kind};
use crate::api::lenient::UnreadableObject;
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Shared;
use crate::operator::kubernetes::orphans::Orphan;
use crate::operator::kubernetes::patch::{MetadataPatch, merge_status_params};
use crate::operator::kubernetes::serving::ServedBy;
use crate::operator::state::index::claim::Claim;
use crate::operator::state::index::moved::Moved;
use crate::operator::state::index::row::{Age, IndexRow, Key, RefSummary};
use crate::operator::state::index::tables::each_once;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::{ApiTrouble, quoted};
use crate::operator::watch::unprotected::kept;
use crate::plan::mention::Mention;
use crate::plan::outcome::Outcome;
use crate::plan::state::State;
use crate::provider::model::member::email_key;

/// How often, and how many times, it is looked whether it is decided who serves its config.
const LOOK: Duration = Duration::from_secs(1);
const MOST_LOOKS: u32 = 60;

/// Why its external object is kept, if a person asked for it.
const ASKED: &str = "the annotation ping-operator.dev/allow-deletion says 'orphan'";

/// What the others must know of it.
pub(crate) fn row(key: &ResourceKey, unreadable: &UnreadableObject) -> IndexRow {
    let external_id = unreadable.external_id().map(Arc::from);
    let conditions = unreadable.conditions();
    IndexRow {
        uses: uses(key, unreadable),
        claims: Claim::all(unreadable.annotation(EXTERNAL_ID), external_id.as_ref()),
        awaits_claim: false,
        is_managed: !unreadable.only_observes(),
        is_deleted: unreadable.meta.deletion_timestamp.is_some(),
        age: Age::of_meta(&unreadable.meta),
        referent: RefSummary { external_id, ..RefSummary::default() },
        config: None,
        unreadable: Some(sentence(unreadable)),
        conditions: summaries(&conditions),
        mentions: if key.kind == Kind::Team { mentions(unreadable) } else { Vec::new() },
        moved: Moved::of(key.kind, |name| unreadable.annotation(name)),
    }
}

/// What it refers to.
fn uses(key: &ResourceKey, unreadable: &UnreadableObject) -> Vec<Key> {
    let team = |name: &str| ResourceKey { kind: Kind::Team, namespace: key.namespace.clone(), name: name.to_owned() };
    let config = uses_config(key, unreadable);
    let teams = unreadable.teams().into_iter().map(team).filter(|_| config.is_some());
    each_once(teams.chain(config.clone()))
}

/// The config that it uses; `None`: it is one itself.
fn uses_config(key: &ResourceKey, unreadable: &UnreadableObject) -> Option<ResourceKey> {
    if key.kind.is_config() {
        return None;
    }
    Some(ResourceKey::of_config(&unreadable.config(), &key.namespace))
}

/// Whom it lists, as one that writes nothing now: nobody is moved out of its team, or into it.
fn mentions(unreadable: &UnreadableObject) -> Vec<Mention> {
    let subjects: BTreeSet<_> = unreadable.people().into_iter().map(email_key).collect();
    let mention = |subject| Mention { subject, is_wanted: true, role: None, customer_id: None, is_passive: true };
    subjects.into_iter().map(mention).collect()
}

fn sentence(unreadable: &UnreadableObject) -> String {
    format!(
        "this version of the operator cannot read the resource: {}; correct it, or install the version that the CRD belongs to",
        quoted(&unreadable.error)
    )
}

/// Names it in the log and in its status.
pub(crate) fn report<T>(shared: &Arc<Shared>, key: &ResourceKey, unreadable: &UnreadableObject)
where
    T: Resource<DynamicType = ()> + HasKind + Clone + Debug + Send + Sync + 'static,
{
    let message = sentence(unreadable);
    if let Some(times) = shared.troubles.warnings.due(&(key, &message)) {
        let (kind, namespace, name) = (key.kind.as_str(), &key.namespace, &key.name);
        tracing::warn!(controllerKind = kind, namespace, name, times, reason = %Reason::InvalidPolicy, "{message}");
    }
    let before = unreadable.conditions();
    let generation = unreadable.meta.generation.unwrap_or(0);
    let is_told = find(&before, ConditionType::Ready)
        .is_some_and(|ready| ready.message == message && ready.observed_generation == generation);
    if is_told {
        return;
    }
    let outcome = Outcome::State(State::stalled(Reason::InvalidPolicy, message.clone()));
    let conditions = updated(&before, outcome.conditions(&before), generation, shared.clock.now());
    let status = json!({ "conditions": conditions, "observedGeneration": generation });
    let (shared, key, unreadable) = (Arc::clone(shared), key.clone(), unreadable.clone());
    tokio::spawn(async move {
        shared.caches.until_started().await;
        if !is_told_here(&shared, &key, &unreadable).await {
            return;
        }
        let about = object::<T>(&key, &unreadable).object_ref(&ApiResource::erase::<T>(&()));
        shared.events.warning_about(about, Reason::InvalidPolicy, &message);
        if let Err(trouble) = write::<T>(&shared, &key, &unreadable.meta, status).await {
            shared.troubles.tell(
                &trouble,
                &("unreadable", &key),
                &format!("the status of {} '{key}' cannot be written", key.kind),
            );
        }
    });
}

/// Whether this operator is the one that tells of it: it serves its config, or there is none that another one could serve.
async fn is_told_here(shared: &Shared, key: &ResourceKey, unreadable: &UnreadableObject) -> bool {
    let Some(config) = uses_config(key, unreadable) else {
        let labels = unreadable.meta.labels.clone().unwrap_or_default();
        let served_by = unreadable.served_by();
        return shared.services.chooses_labels(key, &labels)
            && (served_by.is_none() || shared.services.is_own(served_by.as_deref()));
    };
    for _ in 0..MOST_LOOKS {
        let known = shared.index.config(&config);
        let served_by = known.map_or_else(|| shared.services.of_missing(&config), |known| shared.services.of(&known));
        match served_by {
            ServedBy::Here => return true,
            ServedBy::OtherPart | ServedBy::Another { message: _ } => return false,
            ServedBy::Undecided => tokio::time::sleep(LOOK).await,
        }
    }
    false
}

/// What can be read of it, as an object.
fn object<T: Resource<DynamicType = ()>>(key: &ResourceKey, unreadable: &UnreadableObject) -> DynamicObject {
    let metadata = unreadable.meta.clone();
    DynamicObject { metadata, ..DynamicObject::new(&key.name, &ApiResource::erase::<T>(&())) }
}

/// Orphans its external object, as a person asked, and takes the finalizer off.
pub(crate) fn release<T>(shared: &Arc<Shared>, key: &ResourceKey, unreadable: &UnreadableObject)
where
    T: Resource<DynamicType = ()> + HasKind + 'static,
{
    let (shared, key, unreadable) = (Arc::clone(shared), key.clone(), unreadable.clone());
    tokio::spawn(async move {
        shared.caches.until_started().await;
        let object = object::<T>(&key, &unreadable);
        if !has_finalizer(&object) || !is_told_here(&shared, &key, &unreadable).await {
            return;
        }
        if let Err(trouble) = orphan::<T>(&shared, &key, &unreadable, &object).await {
            let what = format!("the external object of {} '{key}' cannot be orphaned", key.kind);
            shared.troubles.tell(&trouble, &("unreadable orphan", &key), &what);
        }
    });
}

async fn orphan<T>(
    shared: &Shared,
    key: &ResourceKey,
    unreadable: &UnreadableObject,
    object: &DynamicObject,
) -> Result<(), ApiTrouble>
where
    T: Resource<DynamicType = ()> + HasKind,
{
    let (external_id, uid) = (unreadable.external_id(), object.metadata.uid.as_deref().unwrap_or_default());
    let intent = unreadable.annotation(CREATE_INTENT).and_then(Intent::parse);
    if external_id.is_some() || intent.is_some() {
        let account = intent.as_ref().and_then(|intent| intent.account.as_deref());
        let orphan = Orphan { key, uid, external_id, account, why: ASKED };
        kept(shared, &orphan, object.object_ref(&ApiResource::erase::<T>(&()))).await?;
    }
    let released = MetadataPatch::new(object).finalizer(false).send(&api::<T>(shared, key)).await;
    Asked::to::<T>(Verb::Patch, &key.namespace).check(released).map(drop)
}

fn api<T: Resource<DynamicType = ()>>(shared: &Shared, key: &ResourceKey) -> Api<DynamicObject> {
    let (client, resource) = (shared.client.clone(), ApiResource::erase::<T>(&()));
    match key.namespace.as_str() {
        "" => Api::all_with(client, &resource),
        namespace => Api::namespaced_with(client, namespace, &resource),
    }
}

async fn write<T>(shared: &Shared, key: &ResourceKey, meta: &ObjectMeta, status: Value) -> Result<(), ApiTrouble>
where
    T: Resource<DynamicType = ()>,
{
    let patch = json!({ "metadata": { "uid": meta.uid, "resourceVersion": meta.resource_version }, "status": status });
    let _permit = shared.write_permit().await;
    let written = api::<T>(shared, key).patch_status(&key.name, &merge_status_params(), &Patch::Merge(patch)).await;
    Asked::to::<T>(Verb::Patch, &key.namespace).status().check(written).map(drop)
}
