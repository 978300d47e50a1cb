//! A resource that went without its finalizer: its external object may still exist, and nothing manages it any more. It is
//! recorded in the orphans `ConfigMap` and published as an event.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use kube::api::{ApiResource, DynamicObject, PartialObjectMeta};
use kube::{Api, Resource, ResourceExt};
use tracing::Instrument;

use crate::api::annotations::{Annotations, CREATE_INTENT};
use crate::api::kinds::HasKind;
use crate::api::reason::EventReason;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Shared;
use crate::operator::kubernetes::orphans::Orphan;
use crate::operator::kubernetes::patch::has_finalizer;
use crate::operator::kubernetes::serving::ServedBy;
use crate::operator::state::index::tables::IndexRow;
use crate::operator::telemetry::log::reconcile::{belonging, reconcile_span};
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};

/// Why the external object is kept.
const WHY: &str = "somebody removed the finalizer, and the resource went without the operator";

/// How often the orphan is tried to be recorded.
const TRIES: u32 = 8;

/// Reports the orphan of a resource, if it may have an external object that the operator would have deleted or orphaned.
pub(crate) fn report<T>(shared: &Arc<Shared>, last: &T, row: &IndexRow)
where
    T: Resource<DynamicType = ()> + HasKind + Clone + Debug + Send + Sync + 'static,
{
    let external_id = row.referent.external_id.clone();
    let may_exist = external_id.is_some() || last.annotations().contains_key(CREATE_INTENT);
    if !row.is_managed || !may_exist || !is_told_here(shared, row) {
        return;
    }
    let (shared, last) = (Arc::clone(shared), last.clone());
    let span = reconcile_span(&ResourceKey::of(&last));
    let recording = async move {
        for attempt in 0..TRIES {
            match record(&shared, &last, external_id.as_deref()).await {
                Ok(()) => return,
                Err(trouble) => {
                    shared.troubles.tell(&trouble, &"orphan", "an orphan could not be recorded; it is tried again");
                }
            }
            tokio::time::sleep(Duration::from_millis(100) * (1 << attempt)).await;
        }
        tracing::error!(externalId = external_id, "an orphan is recorded in the log only");
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

async fn record<T>(shared: &Shared, last: &T, external_id: Option<&str>) -> Result<(), ApiTrouble>
where
    T: Resource<DynamicType = ()> + HasKind,
{
    let (key, uid) = (ResourceKey::of(last), last.uid().unwrap_or_default());
    let resource = ApiResource::erase::<T>(&());
    let api = Api::<DynamicObject>::namespaced_with(shared.client.clone(), &key.namespace, &resource);
    // A watch may say so of one that is still there.
    let found = Asked::to::<T>(Verb::Get, &key.namespace).check(api.get_metadata_opt(&key.name).await)?;
    let is_same = |now: &PartialObjectMeta<DynamicObject>| now.uid().as_ref() == Some(&uid);
    let is_kept =
        |now: &PartialObjectMeta<DynamicObject>| now.meta().deletion_timestamp.is_none() || has_finalizer(now);
    if found.is_some_and(|now| is_same(&now) && is_kept(&now)) {
        return Ok(());
    }
    let annotations = Annotations::parse(last.annotations()).unwrap_or_default();
    let orphan = Orphan { key: &key, uid: &uid, external_id, account: annotations.created_in(), why: WHY };
    shared.orphans.record(&orphan).await?;
    belonging(EventReason::OrphanedExternalResource, external_id, WHY);
    shared.metrics.wrote(EventReason::OrphanedExternalResource);
    let note = format!("the external object is kept as it is: {WHY}");
    shared.events.change(last, EventReason::OrphanedExternalResource, &note);
    Ok(())
}
