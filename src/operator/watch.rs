//! One watch: objects are pruned, indexed and cached; only changes that are worth a reconcile go to the controller.

pub(crate) mod protection;
pub(crate) mod unprotected;

use std::fmt::Debug;
use std::future::ready;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher::{Event, watcher as watch_of};
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use crate::api::annotations::CREATE_INTENT;
use crate::api::kinds::{HasKind, Kind};
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::state::index::tables::IndexRow;
use crate::operator::state::read_your_writes::prune;
use crate::operator::watch::protection::Protection;

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
    let indexer = Indexer { context: Arc::clone(&context), namespace, entry, store: store.clone() };
    let stream = watch_of(api, config)
        .default_backoff()
        .modify(prune)
        .map(move |event| {
            if let Ok(event) = &event {
                indexer.index(event);
            }
            event
        })
        .reflect(writer)
        .applied_objects()
        .filter(move |resource| ready(resource.as_ref().map_or(true, |resource| context.delivered.is_news(resource))));
    (stream, store)
}

/// Keeps the index, and what is in memory of each resource, equal to what the watch delivers.
struct Indexer<T: Watched> {
    context: Arc<Context<T>>,
    namespace: String,
    entry: fn(&T) -> IndexRow,
    /// What the watch has delivered before the event at hand.
    store: Store<T>,
}

impl<T: Watched> Indexer<T> {
    fn index(&self, event: &Event<T>) {
        let index = &self.context.shared.index;
        match event {
            Event::Init => index.list_started(T::KIND, &self.namespace),
            Event::InitDone => {
                for key in index.list_completed(T::KIND, &self.namespace) {
                    self.gone(&key);
                }
            }
            Event::Apply(resource) | Event::InitApply(resource) => self.applied(resource),
            Event::Delete(resource) => {
                let key = ResourceKey::of(resource);
                index.forget(&key);
                self.gone(&key);
            }
        }
    }

    fn applied(&self, resource: &T) {
        let (context, key) = (&self.context, ResourceKey::of(resource));
        let (before, uid) = (self.before(&key), resource.uid().unwrap_or_default());
        if before.as_ref().is_some_and(|before| before.uid() != resource.uid()) {
            // The deletion of the resource that had the name before was missed.
            context.shared.index.forget(&key);
            self.gone(&key);
        }
        let before = before.filter(|before| before.uid() == resource.uid());
        context.read_your_writes.delivered(resource);
        context.inputs.seen(resource);
        context.shared.index.put(&key, (self.entry)(resource));
        if resource.annotations().contains_key(CREATE_INTENT) {
            context.dropped_records.forget(&uid);
        }
        match before.map_or(Protection::Kept, |before| Protection::between(before.as_ref(), Some(resource))) {
            Protection::Kept => {}
            Protection::Dropped { record } => {
                if let Some(record) = record {
                    context.dropped_records.keep(&uid, record);
                }
                context.shared.index.trigger([key]);
            }
            Protection::Ended => self.unprotected(resource),
        }
    }

    /// A resource is gone; what was delivered of it last is still in the store.
    fn gone(&self, key: &ResourceKey) {
        let Some(last) = self.before(key) else { return };
        if Protection::between(last.as_ref(), None) == Protection::Ended {
            self.unprotected(&last);
        }
        self.context.forget(&last.uid().unwrap_or_default());
        if matches!(T::KIND, Kind::ProviderConfig | Kind::ClusterProviderConfig) {
            self.context.shared.connections.forget(key);
        }
    }

    fn unprotected(&self, last: &T) {
        let is_ours = self.context.tombstones.of(&last.uid().unwrap_or_default()).is_some();
        if !is_ours && !self.context.shared.dry_run {
            unprotected::report(&self.context.shared, last, &(self.entry)(last));
        }
    }

    fn before(&self, key: &ResourceKey) -> Option<Arc<T>> {
        let object = ObjectRef::new(&key.name);
        self.store.get(&if key.namespace.is_empty() { object } else { object.within(&key.namespace) })
    }
}
