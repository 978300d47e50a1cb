//! Which resources a watch triggers, and when: a reconcile reads the cache, so a resource is triggered once the cache has it. The first list
//! comes in pages, and the cache takes it over as a whole when its last page is there.

use std::sync::Arc;

use futures::stream::iter;
use futures::{Stream, StreamExt};
use kube::runtime::reflector::Store;
use kube::runtime::watcher;
use kube::runtime::watcher::Event;

use crate::operator::context::Context;
use crate::operator::watch::watched::Watched;

/// The resources to reconcile. `events`: what the cache has taken over, or, while the first list is under way, keeps for its end.
pub(crate) fn due<T: Watched>(
    events: impl Stream<Item = watcher::Result<Event<T>>>,
    store: Store<T>,
    context: Arc<Context<T>>,
) -> impl Stream<Item = watcher::Result<T>> {
    let is_news = move |resource: &T| context.delivered.is_news(resource);
    events.flat_map(move |event| {
        let (first, changed) = match event {
            Ok(Event::InitDone) => (store.state(), None),
            Ok(Event::Apply(resource)) => (Vec::new(), is_news(&resource).then_some(Ok(resource))),
            Ok(Event::InitApply(resource)) => {
                is_news(&resource);
                (Vec::new(), None)
            }
            Ok(Event::Init | Event::Delete(_)) => (Vec::new(), None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        iter(first.into_iter().map(|resource| Ok(resource.as_ref().clone())).chain(changed))
    })
}
