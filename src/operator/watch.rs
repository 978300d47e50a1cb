//! One watch: objects are indexed and cached; only changes that are worth a reconcile go to the controller.

pub(crate) mod due;
pub(crate) mod lost;
pub(crate) mod protection;
pub(crate) mod restarting;
#[cfg(test)]
mod tests;
pub(crate) mod unprotected;
pub(crate) mod unreadable;
pub(crate) mod watched;

use std::sync::Arc;

use futures::stream::iter;
use futures::{Stream, StreamExt};
use kube::runtime::reflector::Store;
use kube::runtime::watcher::Event;
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Api, Resource, ResourceExt};

use crate::api::annotations::CREATE_INTENT;
use crate::api::lenient::{Lenient, UnreadableObject};
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::state::index::row::IndexRow;
use crate::operator::watch::due::due;
use crate::operator::watch::protection::Protection;
use crate::operator::watch::watched::{Watched, object_ref};

/// Watches a kind in a namespace; empty: in all.
pub(crate) fn watch<T: Watched>(
    api: Api<Lenient<T>>,
    config: watcher::Config,
    context: &Arc<Context<T>>,
    namespace: String,
    entry: fn(&T) -> IndexRow,
) -> (impl Stream<Item = Result<T, watcher::Error>> + use<T>, Store<T>) {
    let (store, writer) = reflector::store();
    let context = Arc::clone(context);
    let mut indexer =
        Indexer { context: Arc::clone(&context), namespace, entry, store: store.clone(), is_listed: false };
    let stream = restarting::restarting(api, config)
        .backoff(restarting::Pauses::default())
        .flat_map(move |event| iter(indexer.received(event)))
        .reflect(writer);
    (due(stream, store.clone(), context), store)
}

/// Keeps the index, and what is in memory of each resource, equal to what the watch delivers.
struct Indexer<T: Watched> {
    context: Arc<Context<T>>,
    namespace: String,
    entry: fn(&T) -> IndexRow,
    /// What the watch has delivered before the event at hand.
    store: Store<T>,
    /// Whether the first list is complete. What a later one shows goes on as changes of what is cached, page by page: the cache would else
    /// hold everything twice until the last page is there.
    is_listed: bool,
}

impl<T: Watched> Indexer<T> {
    /// Indexes what was received; returns what goes on to the cache and the controller.
    fn received(&mut self, event: watcher::Result<Event<Lenient<T>>>) -> Vec<watcher::Result<Event<T>>> {
        match event {
            Ok(event) => self.index(event).into_iter().map(Ok).collect(),
            // The watch is begun again by itself; nobody else has to know.
            Err(error) => {
                lost::report::<T>(&self.context.shared, &self.namespace, error);
                Vec::new()
            }
        }
    }

    fn index(&mut self, event: Event<Lenient<T>>) -> Vec<Event<T>> {
        let index = &self.context.shared.index;
        let next = match event {
            Event::Init => {
                index.list_started(T::KIND, &self.namespace);
                (!self.is_listed).then_some(Event::Init)
            }
            Event::InitDone => return self.list_completed(),
            Event::Apply(Lenient::Readable(resource)) => {
                self.indexed(&resource);
                Some(Event::Apply(resource))
            }
            Event::InitApply(Lenient::Readable(resource)) => self.listed(resource),
            Event::Apply(Lenient::Unreadable(unreadable)) | Event::InitApply(Lenient::Unreadable(unreadable)) => {
                self.unreadable(&unreadable).map(Event::Delete)
            }
            Event::Delete(resource) => {
                let key = ResourceKey::of_meta::<T>(resource.meta());
                let last = self.before(&key);
                index.forget(&key);
                self.gone(&key);
                if last.is_none() {
                    self.gone_unreadable(&key, &resource);
                }
                match resource {
                    Lenient::Readable(resource) => Some(Event::Delete(resource)),
                    Lenient::Unreadable(_) => last.map(|last| Event::Delete(last.as_ref().clone())),
                }
            }
        };
        next.into_iter().collect()
    }

    /// A list shows a resource.
    fn listed(&self, resource: T) -> Option<Event<T>> {
        let before = self.before(&ResourceKey::of(&resource));
        self.indexed(&resource);
        if !self.is_listed {
            return Some(Event::InitApply(resource));
        }
        let is_cached = before.is_some_and(|before| before.resource_version() == resource.resource_version());
        (!is_cached).then_some(Event::Apply(resource))
    }

    /// A list is complete: what it did not show is gone.
    fn list_completed(&mut self) -> Vec<Event<T>> {
        let mut gone = Vec::new();
        for key in self.context.shared.index.list_completed(T::KIND, &self.namespace) {
            gone.extend(self.before(&key).map(|last| Event::Delete(last.as_ref().clone())));
            self.gone(&key);
        }
        lost::found::<T>(&self.context.shared, &self.namespace);
        // The first list cannot have lost anything that is cached.
        if std::mem::replace(&mut self.is_listed, true) { gone } else { vec![Event::InitDone] }
    }

    /// The types cannot read a resource any more: what was read of it before is too old to go by, and is returned.
    fn unreadable(&self, unreadable: &UnreadableObject) -> Option<T> {
        let (shared, key) = (&self.context.shared, ResourceKey::of_meta::<T>(&unreadable.meta));
        shared.index.put(&key, unreadable::row(&key, unreadable));
        unreadable::report::<T>(shared, &key, unreadable);
        if unreadable.is_to_be_orphaned() && !shared.dry_run {
            unreadable::release::<T>(shared, &key, unreadable);
        }
        let last = self.before(&key)?;
        self.context.forget(&last.uid().unwrap_or_default());
        Some(last.as_ref().clone())
    }

    fn indexed(&self, resource: &T) {
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
            Protection::Ended { record } => self.unprotected(resource, record),
        }
    }

    /// A resource is gone; what was delivered of it last is still in the store.
    fn gone(&self, key: &ResourceKey) {
        self.context.shared.timetable.forget(key);
        if T::KIND.is_config() {
            self.context.shared.services.gone(key);
            self.context.shared.connections.forget(key);
        }
        // Of what the types could not read nothing is kept.
        let Some(last) = self.before(key) else { return };
        if let Protection::Ended { record } = Protection::between(last.as_ref(), None) {
            self.unprotected(&last, record);
        }
        self.context.forget(&last.uid().unwrap_or_default());
    }

    /// A resource went without its finalizer. `record`: the create record that its copies had.
    fn unprotected(&self, last: &T, record: Option<String>) {
        let uid = last.uid().unwrap_or_default();
        let is_ours = self.context.tombstones.of(&uid).is_some();
        if !is_ours && !self.context.shared.dry_run {
            let record = record.or_else(|| self.context.dropped_records.of(&uid));
            unprotected::report::<T>(&self.context.shared, last, &(self.entry)(last), record.as_deref());
        }
    }

    /// A resource is gone that the types could not read. If a person asked to orphan its external object, that was told.
    fn gone_unreadable(&self, key: &ResourceKey, last: &Lenient<T>) {
        let Lenient::Unreadable(unreadable) = last else { return };
        if !unreadable.is_to_be_orphaned() && !self.context.shared.dry_run {
            let row = unreadable::row(key, unreadable);
            unprotected::report::<T>(&self.context.shared, last, &row, unreadable.annotation(CREATE_INTENT));
        }
    }

    fn before(&self, key: &ResourceKey) -> Option<Arc<T>> {
        self.store.get(&object_ref(key))
    }
}
