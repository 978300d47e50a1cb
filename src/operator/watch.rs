//! One watch: objects are indexed and cached; only changes that are worth a reconcile go to the controller, which reads them in the cache.

pub(crate) mod lost;
pub(crate) mod protection;
pub(crate) mod restarting;
#[cfg(test)]
mod tests;
pub(crate) mod unprotected;
pub(crate) mod unreadable;
pub(crate) mod watched;

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::api::ApiResource;
use kube::runtime::watcher::Event;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, ResourceExt};

use crate::api::annotations::CREATE_INTENT;
use crate::api::lenient::{Lenient, UnreadableObject};
use crate::api::raw_object::RawObject;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::state::cache::marks::Marks;
use crate::operator::state::index::row::{IndexRow, Key};
use crate::operator::watch::protection::Protection;
use crate::operator::watch::restarting::WatchEvent;
use crate::operator::watch::watched::Watched;

/// The watch of one kind in a namespace.
pub(crate) struct Watch<T> {
    events: BoxStream<'static, WatchEvent>,
    indexer: Indexer<T>,
}

impl<T: Watched> Watch<T> {
    /// Watches a kind in a namespace; empty: in all.
    pub(crate) fn new(
        client: Client,
        config: watcher::Config,
        context: &Arc<Context<T>>,
        namespace: String,
        entry: fn(&T) -> IndexRow,
    ) -> Self {
        let events =
            restarting::restarting(api::<T>(client, &namespace), config).backoff(restarting::Pauses::default()).boxed();
        Self { events, indexer: Indexer { context: Arc::clone(context), namespace, entry, is_complete: false } }
    }

    /// Waits for what the watch delivers next, and keeps it. Returns what is to be reconciled because of it.
    pub(crate) async fn next(&mut self) -> Vec<Key> {
        match self.events.next().await {
            Some(Ok(event)) => self.indexer.received(event),
            // The watch is begun again by itself; nobody else has to know.
            Some(Err(error)) => {
                lost::report::<T>(&self.indexer.context.shared, &self.indexer.namespace, error);
                Vec::new()
            }
            None => std::future::pending().await,
        }
    }

    /// Whether a list was complete: from then on every resource is known.
    pub(crate) fn is_complete(&self) -> bool {
        self.indexer.is_complete
    }
}

/// The API of a kind in a namespace; empty: in all.
fn api<T: Watched>(client: Client, namespace: &str) -> Api<RawObject> {
    let kind = ApiResource::erase::<T>(&());
    if namespace.is_empty() { Api::all_with(client, &kind) } else { Api::namespaced_with(client, namespace, &kind) }
}

/// Keeps the index, and what is in memory of each resource, equal to what the watch delivers.
struct Indexer<T> {
    context: Arc<Context<T>>,
    namespace: String,
    entry: fn(&T) -> IndexRow,
    /// Whether a list was complete.
    is_complete: bool,
}

impl<T: Watched> Indexer<T> {
    /// Keeps what was received; returns what is to be reconciled because of it.
    fn received(&mut self, event: Event<RawObject>) -> Vec<Key> {
        let index = &self.context.shared.index;
        match event {
            Event::Init => index.list_started(T::KIND, &self.namespace),
            Event::InitDone => return self.list_completed(),
            Event::Apply(object) | Event::InitApply(object) => match Lenient::of(object) {
                Lenient::Readable(resource) => return self.shown(&resource).into_iter().collect(),
                Lenient::Unreadable(unreadable) => self.unreadable(&unreadable),
            },
            Event::Delete(object) => {
                let key = ResourceKey::of_meta::<T>(&object.meta);
                index.forget(&key);
                if !self.gone(&key) {
                    self.gone_unreadable(&key, &Lenient::of(object));
                }
            }
        }
        Vec::new()
    }

    /// A list or a change shows a resource. Returns it if it is to be reconciled: one that the first list shows is when that is complete.
    fn shown(&self, resource: &T) -> Option<Key> {
        let key = ResourceKey::of(resource);
        let (before, now) = (self.context.cache.marks(&key), Marks::of(resource));
        self.indexed(&key, resource, before.as_ref(), &now);
        if before.is_some_and(|before| before.is_same_copy(&now)) {
            return None;
        }
        let is_news = self.context.shared.inputs.is_news(resource);
        let key = self.context.shared.index.key(&key);
        self.context.cache.put(Key::clone(&key), resource);
        (is_news && self.is_complete).then_some(key)
    }

    /// Keeps what others must know of a resource. The list of a config may approve other plans than before: the resources that this concerns
    /// are reconciled.
    fn put(&self, key: &ResourceKey, resource: &T) {
        let shared = &self.context.shared;
        let approved = || shared.index.config(key).map(|config| config.approvals().plans).unwrap_or_default();
        let before = T::KIND.is_config().then(approved);
        shared.index.put(key, (self.entry)(resource));
        if let Some(before) = before {
            shared.index.trigger(shared.awaited_approvals.concerned(&before, &approved()));
        }
    }

    /// A list is complete: what it did not show is gone.
    fn list_completed(&mut self) -> Vec<Key> {
        for key in self.context.shared.index.list_completed(T::KIND, &self.namespace) {
            self.gone(&key);
        }
        lost::found::<T>(&self.context.shared, &self.namespace);
        if std::mem::replace(&mut self.is_complete, true) { Vec::new() } else { self.context.cache.keys() }
    }

    /// The types cannot read a resource any more: what was read of it before is too old to go by.
    fn unreadable(&self, unreadable: &UnreadableObject) {
        let (shared, key) = (&self.context.shared, ResourceKey::of_meta::<T>(&unreadable.meta));
        shared.index.put(&key, unreadable::row(&key, unreadable));
        unreadable::report::<T>(shared, &key, unreadable);
        if unreadable.is_to_be_orphaned() && !shared.dry_run {
            unreadable::release::<T>(shared, &key, unreadable);
        }
        if let Some(last) = self.context.cache.get(&key) {
            self.context.forget(&last.uid().unwrap_or_default());
            self.context.cache.remove(&key);
        }
    }

    fn indexed(&self, key: &ResourceKey, resource: &T, before: Option<&Marks>, now: &Marks) {
        let (context, uid) = (&self.context, resource.uid().unwrap_or_default());
        if before.is_some_and(|before| !before.is_same_resource(now)) {
            // The deletion of the resource that had the name before was missed.
            context.shared.index.forget(key);
            self.gone(key);
        }
        let before = before.filter(|before| before.is_same_resource(now));
        context.read_your_writes.delivered(resource);
        context.shared.inputs.seen(resource);
        self.put(key, resource);
        if now.record.is_some() {
            context.dropped_records.forget(&uid);
        }
        match before.map_or(Protection::Kept, |before| Protection::between(before, Some(now))) {
            Protection::Kept => {}
            Protection::Dropped { record } => {
                if let Some(record) = record {
                    context.dropped_records.keep(&uid, record);
                }
                context.shared.index.trigger([key.clone()]);
            }
            Protection::Ended { record } => self.unprotected(resource, record),
        }
    }

    /// A resource is gone. Whether the types could read what was delivered of it last; else nothing is kept of it.
    fn gone(&self, key: &ResourceKey) -> bool {
        self.context.shared.timetable.forget(key);
        if T::KIND.is_config() {
            self.context.shared.services.gone(key);
            self.context.shared.connections.forget(key);
        }
        let Some(last) = self.context.cache.get(key) else { return false };
        self.context.cache.remove(key);
        if let Protection::Ended { record } = Protection::between(&Marks::of(last.as_ref()), None) {
            self.unprotected(&last, record);
        }
        self.context.forget(&last.uid().unwrap_or_default());
        true
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
}
