//! A resource that went without its finalizer: its external object may still exist, and nothing manages it any more. It is
//! recorded in the orphans `ConfigMap` and published as an event.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::{ApiResource, DynamicObject, PartialObjectMeta};
use kube::{Api, Resource, ResourceExt};
use tracing::Instrument;

use crate::api::annotations::Intent;
use crate::api::finalizer::has_finalizer;
use crate::api::kinds::HasKind;
use crate::api::reason::EventReason;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Shared;
use crate::operator::kubernetes::orphans::Orphan;
use crate::operator::kubernetes::serving::ServedBy;
use crate::operator::state::index::row::IndexRow;
use crate::operator::telemetry::log::reconcile::{belonging, reconcile_span};
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};

/// Why the external object is kept.
const WHY: &str = "somebody removed the finalizer, and the resource went without the operator";

/// How often the orphan is tried to be recorded.
const TRIES: u32 = 8;

/// What is left of a resource that went.
struct Unprotected {
    key: ResourceKey,
    uid: String,
    /// What the event is about.
    about: ObjectReference,
    external_id: Option<String>,
    /// The account to which the last create was sent.
    account: Option<String>,
}

/// Reports the orphan of a resource, if it may have an external object that the operator would have deleted or orphaned. `last`: its last
/// copy, which the types may not be able to read; `record`: the create record that its copies had.
pub(crate) fn report<T>(
    shared: &Arc<Shared>,
    last: &impl Resource<DynamicType = ()>,
    row: &IndexRow,
    record: Option<&str>,
) where
    T: Resource<DynamicType = ()> + HasKind,
{
    let external_id = row.referent.external_id.as_deref().map(str::to_owned);
    let may_exist = external_id.is_some() || record.is_some();
    if !row.is_managed || !may_exist || !is_told_here(shared, row) {
        return;
    }
    let orphan = Unprotected {
        key: ResourceKey::of_meta::<T>(last.meta()),
        uid: last.meta().uid.clone().unwrap_or_default(),
        about: last.object_ref(&()),
        external_id,
        account: record.and_then(Intent::parse).and_then(|intent| intent.account),
    };
    let (shared, span) = (Arc::clone(shared), reconcile_span(&orphan.key));
    let recording = async move {
        for attempt in 0..TRIES {
            match record_orphan::<T>(&shared, &orphan).await {
                Ok(()) => return,
                Err(trouble) => {
                    shared.troubles.tell(&trouble, &"orphan", "an orphan could not be recorded; it is tried again");
                }
            }
            tokio::time::sleep(Duration::from_millis(100) * (1 << attempt)).await;
        }
        tracing::error!(externalId = orphan.external_id, "an orphan is recorded in the log only");
    };
    tokio::spawn(recording.instrument(span));
}

/// Whether this operator is the one that tells how a resource ended: not if another one reconciles it, which knows why.
fn is_told_here(shared: &Shared, row: &IndexRow) -> bool {
    let Some(key) = row.config_key() else { return true };
    let config = shared.index.config(key);
    match config.map_or_else(|| shared.services.of_missing(key), |config| shared.services.of(&config)) {
        ServedBy::Here | ServedBy::Undecided => true,
        ServedBy::OtherPart | ServedBy::Another { message: _ } => false,
    }
}

async fn record_orphan<T>(shared: &Shared, orphan: &Unprotected) -> Result<(), ApiTrouble>
where
    T: Resource<DynamicType = ()> + HasKind,
{
    let Unprotected { key, uid, about, external_id, account } = orphan;
    let resource = ApiResource::erase::<T>(&());
    let api = Api::<DynamicObject>::namespaced_with(shared.client.clone(), &key.namespace, &resource);
    // A watch may say so of one that is still there.
    let found = Asked::to::<T>(Verb::Get, &key.namespace).check(api.get_metadata_opt(&key.name).await)?;
    let is_same = |now: &PartialObjectMeta<DynamicObject>| now.uid().as_ref() == Some(uid);
    let is_kept =
        |now: &PartialObjectMeta<DynamicObject>| now.meta().deletion_timestamp.is_none() || has_finalizer(now);
    if found.is_some_and(|now| is_same(&now) && is_kept(&now)) {
        return Ok(());
    }
    let (external_id, account) = (external_id.as_deref(), account.as_deref());
    kept(shared, &Orphan { key, uid, external_id, account, why: WHY }, about.clone()).await
}

/// Records an orphan, and tells of it in the log, as a metric and as an event.
pub(super) async fn kept(shared: &Shared, orphan: &Orphan<'_>, about: ObjectReference) -> Result<(), ApiTrouble> {
    shared.orphans.record(orphan).await?;
    belonging(EventReason::OrphanedExternalResource, orphan.external_id, orphan.why);
    shared.metrics.wrote(EventReason::OrphanedExternalResource);
    let note = format!("the external object is kept as it is: {}", orphan.why);
    shared.events.change_about(about, EventReason::OrphanedExternalResource, &note);
    Ok(())
}
