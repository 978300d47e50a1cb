//! One watch: objects are pruned, indexed and cached; only changes that are worth a reconcile go to the controller.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use futures::{Stream, StreamExt};
use kube::runtime::reflector::Store;
use kube::runtime::watcher::{self, Event, watcher as watch_of};
use kube::runtime::{WatchStreamExt, reflector};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use crate::api::annotations::CREATE_INTENT;
use crate::api::kinds::HasKind;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::state::index::tables::IndexRow;
use crate::operator::state::read_your_writes::prune;

/// What a kind must be to be watched.
pub(crate) trait Watched:
    Resource<DynamicType = ()> + HasKind + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}

impl<T: Resource<DynamicType = ()> + HasKind + Clone + Debug + DeserializeOwned + Send + Sync + 'static> Watched for T {}

/// Watches a kind in a namespace; empty: in all.
pub(crate) fn watch<T: Watched>(
    api: Api<T>,
    config: watcher::Config,
    context: &Arc<Context<T>>,
    namespace: String,
    entry: fn(&T) -> IndexRow,
) -> (impl Stream<Item = Result<T, watcher::Error>> + use<T>, Store<T>) {
    let (store, writer) = reflector::store();
    let context = Arc::clone(context);
    let stream = watch_of(api, config)
        .default_backoff()
        .modify(prune)
        .map(move |event| {
            if let Ok(event) = &event {
                index(&context, &namespace, event, entry);
            }
            event
        })
        .reflect(writer)
        .applied_objects()
        .predicate_filter(|resource: &T| Some(hash_of_input(resource)), kube::runtime::PredicateConfig::default());
    (stream, store)
}

fn index<T: Watched>(context: &Context<T>, namespace: &str, event: &Event<T>, entry: fn(&T) -> IndexRow) {
    let (kind, index) = (T::KIND, &context.shared.index);
    match event {
        Event::Init => index.list_started(kind, namespace),
        Event::InitDone => index.list_completed(kind, namespace),
        Event::Apply(resource) | Event::InitApply(resource) => {
            context.read_your_writes.delivered(resource);
            index.put(&ResourceKey::of(resource), entry(resource));
        }
        Event::Delete(resource) => {
            index.forget(&ResourceKey::of(resource));
            context.shared.connections.forget(&ResourceKey::of(resource));
        }
    }
}

/// A hash of what users change; the operator's own writes do not change it.
fn hash_of_input<T: Watched>(resource: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    resource.uid().hash(&mut hasher);
    resource.meta().generation.hash(&mut hasher);
    resource.annotations().iter().filter(|(name, _)| *name != CREATE_INTENT).for_each(|pair| pair.hash(&mut hasher));
    resource.meta().deletion_timestamp.is_some().hash(&mut hasher);
    hasher.finish()
}
