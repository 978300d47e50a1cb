//! One watch: pruned, indexed, stored, and narrowed to the changes that are worth a visit.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use futures::{Stream, StreamExt};
use kube::runtime::reflector::Store;
use kube::runtime::watcher::Event;
use kube::runtime::{WatchStreamExt, reflector, watcher, watcher as watch_of};
use kube::{Api, ResourceExt};

use crate::api::annotations::CREATE_INTENT;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::controllers::Watched;
use crate::operator::state::index::IndexRow;
use crate::operator::state::read_your_writes::prune;

/// Watches a kind in a namespace (empty: in all).
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
        .predicate_filter(|resource: &T| Some(relevant(resource)), kube::runtime::PredicateConfig::default());
    (stream, store)
}

fn index<T: Watched>(context: &Context<T>, namespace: &str, event: &Event<T>, entry: fn(&T) -> IndexRow) {
    let (kind, index) = (T::KIND, &context.shared.index);
    match event {
        Event::Init => index.begin(kind, namespace),
        Event::InitDone => index.complete(kind, namespace),
        Event::Apply(resource) | Event::InitApply(resource) => {
            context.read_your_writes.delivered(resource);
            index.put(&ResourceKey::of(resource), entry(resource));
        }
        Event::Delete(resource) => index.forget(&ResourceKey::of(resource)),
    }
}

/// What a person changed, and nothing that we wrote ourselves.
fn relevant<T: Watched>(resource: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    resource.uid().hash(&mut hasher);
    resource.meta().generation.hash(&mut hasher);
    resource.annotations().iter().filter(|(name, _)| *name != CREATE_INTENT).for_each(|pair| pair.hash(&mut hasher));
    resource.meta().deletion_timestamp.is_some().hash(&mut hasher);
    hasher.finish()
}
