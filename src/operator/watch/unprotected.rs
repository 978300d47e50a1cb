//! A resource that went without its finalizer: its external object may still exist, and nothing manages it any more. It is
//! recorded in the orphans `ConfigMap` and published as an event.

use std::sync::Arc;
use std::time::Duration;

use kube::{Resource, ResourceExt};

use crate::api::annotations::CREATE_INTENT;
use crate::api::kinds::HasKind;
use crate::api::reason::EventReason;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Shared;
use crate::operator::kubernetes::orphans::Orphan;
use crate::operator::state::index::tables::IndexRow;

/// Why the external object is kept.
const WHY: &str = "somebody removed the finalizer, and the resource went without the operator";

/// How often the orphan is tried to be recorded.
const TRIES: u32 = 8;

/// Reports the orphan of a resource, if it may have an external object that the operator would have deleted or orphaned.
pub(crate) fn report<T: Resource<DynamicType = ()> + HasKind>(shared: &Arc<Shared>, last: &T, row: &IndexRow) {
    let external_id = row.referent.external_id.clone();
    let may_exist = external_id.is_some() || last.annotations().contains_key(CREATE_INTENT);
    if !row.is_managed || !may_exist {
        return;
    }
    shared.metrics.wrote(EventReason::OrphanedExternalResource);
    let note = format!("the external object is kept as it is: {WHY}");
    shared.events.normal(last, EventReason::OrphanedExternalResource, &note);
    let (shared, key, uid) = (Arc::clone(shared), ResourceKey::of(last), last.uid().unwrap_or_default());
    tokio::spawn(async move {
        let orphan = Orphan { key: &key, uid: &uid, external_id: external_id.as_deref(), why: WHY };
        for attempt in 0..TRIES {
            match shared.orphans.record(&orphan).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, %key, "an orphan could not be recorded; it is tried again"),
            }
            tokio::time::sleep(Duration::from_millis(100) * (1 << attempt)).await;
        }
        tracing::error!(%key, external_id, "an orphan is recorded in the log only");
    });
}
