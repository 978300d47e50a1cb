//! One controller: what its watch or others trigger is reconciled. kube-runtime's would keep each name eight times, and all tables at their
//! largest size.

use std::sync::Arc;

use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::BoxFuture;
use kube::ResourceExt;
use tokio::task::{JoinError, JoinSet, yield_now};

use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::state::index::row::Key;
use crate::operator::state::worklist::Worklist;
use crate::operator::watch::Watch;
use crate::operator::watch::watched::Watched;

/// So many reconciles begin between two looks at the watch.
const AT_ONCE: usize = 32;

/// A reconcile that runs.
pub(crate) type Run = BoxFuture<'static, ()>;

/// Begins a reconcile; `None`: the resource is not reconciled now.
pub(crate) type Begin<T> = fn(Arc<T>, Arc<Context<T>>) -> Option<Run>;

/// What triggers the controller besides its watch.
pub(crate) type Triggered = UnboundedReceiver<ResourceKey>;

/// Runs until the operator shuts down, and what is begun by then is over. `most`: how many reconciles run at once.
pub(crate) async fn control<T: Watched>(
    context: Arc<Context<T>>,
    mut watch: Watch<T>,
    mut triggered: Triggered,
    most: u16,
    begin: Begin<T>,
) {
    let (mut work, mut running) = (Worklist::new(most.into()), JoinSet::new());
    let mut closing = context.shared.closing.clone();
    let mut closed = std::pin::pin!(closing.wait_for(|closing| *closing));
    loop {
        tokio::select! {
            _ = &mut closed => break,
            due = watch.next() => due.into_iter().for_each(|key| work.add(key)),
            Some(key) = triggered.next() => work.add(context.shared.index.key(&key)),
            Some(ended) = running.join_next() => work.done(&key_of(ended)),
            // Others have their turn between: after a start there are as many to begin as there are resources.
            () = yield_now(), if watch.is_complete() && work.is_ready() => {}
        }
        // Before, it is not known what there is.
        for key in std::iter::from_fn(|| watch.is_complete().then(|| work.next())?).take(AT_ONCE).collect::<Vec<_>>() {
            let resource = context.cache.get(&key).filter(|resource| is_known(resource.as_ref(), &context));
            match resource.and_then(|resource| begin(resource, Arc::clone(&context))) {
                Some(run) => drop(running.spawn(async move {
                    run.await;
                    key
                })),
                None => work.done(&key),
            }
        }
    }
    while running.join_next().await.map(key_of).is_some() {}
}

/// What a task reconciled that is over. Its panic goes on here.
fn key_of(ended: Result<Key, JoinError>) -> Key {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Whether a resource is still there, and the types can read it: the index knows it a moment before the cache, from which the resource is.
pub(crate) fn is_known<T: Watched>(resource: &T, context: &Context<T>) -> bool {
    let uid = resource.uid().unwrap_or_default();
    let is_known = context.shared.index.has_readable(&ResourceKey::of(resource), &uid);
    if !is_known {
        context.shared.admission.forget(&uid);
    }
    is_known
}
