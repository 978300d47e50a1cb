//! Which resources a watch triggers, and when: a reconcile reads the cache, so a resource is triggered once the cache has it. A list comes in
//! pages, and the cache takes it over as a whole when its last page is there.

use std::sync::Arc;

use futures::stream::iter;
use futures::{Stream, StreamExt};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher;
use kube::runtime::watcher::Event;

use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::watch::watched::{Watched, object_ref};

/// The resources to reconcile. `events`: what the cache has taken over, or, while a list is under way, keeps for its end.
pub(crate) fn due<T: Watched>(
    events: impl Stream<Item = watcher::Result<Event<T>>>,
    store: Store<T>,
    context: Arc<Context<T>>,
) -> impl Stream<Item = watcher::Result<T>> {
    let mut due = Due { context, store: store.clone(), listed: Vec::new() };
    events.flat_map(move |event| {
        let (objects, failed) = match event {
            Ok(event) => (due.after(&event), None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        let store = store.clone();
        let cached = objects.into_iter().filter_map(move |object| Some(Ok(store.get(&object)?.as_ref().clone())));
        iter(cached.chain(failed))
    })
}

struct Due<T: Watched> {
    context: Arc<Context<T>>,
    store: Store<T>,
    /// What the list under way has shown that the cache has another copy of, or none.
    listed: Vec<ObjectRef<T>>,
}

impl<T: Watched> Due<T> {
    /// What is due after an event.
    fn after(&mut self, event: &Event<T>) -> Vec<ObjectRef<T>> {
        match event {
            // A list that broke off is forgotten: the cache took nothing over.
            Event::Init => self.listed.clear(),
            Event::InitApply(resource) => {
                self.context.delivered.is_news(resource);
                let object = object_ref(&ResourceKey::of(resource));
                let cached = self.store.get(&object);
                // Also what users did not change is due: what triggered it meanwhile found the old copy, or none.
                if cached.is_none_or(|cached| cached.meta().resource_version != resource.meta().resource_version) {
                    self.listed.push(object);
                }
            }
            Event::InitDone => return std::mem::take(&mut self.listed),
            Event::Apply(resource) if self.context.delivered.is_news(resource) => {
                return vec![object_ref(&ResourceKey::of(resource))];
            }
            Event::Apply(_) | Event::Delete(_) => {}
        }
        Vec::new()
    }
}
