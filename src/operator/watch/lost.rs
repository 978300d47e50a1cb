//! A list or a watch that failed is told in the log, in `/readyz?verbose` and in metrics; all other watches go on.

use kube::runtime::watcher;

use crate::operator::context::Shared;
use crate::operator::state::caches::name_of;
use crate::operator::telemetry::log;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::{ApiTrouble, rejection};
use crate::operator::watch::watched::Watched;

/// A list or a watch failed.
pub(crate) fn report<T: Watched>(shared: &Shared, namespace: &str, error: watcher::Error) {
    let Some(trouble) = trouble_of::<T>(namespace, error) else { return };
    shared.caches.failed(T::KIND, namespace, &trouble);
    let what = name_of(&(T::KIND, namespace.to_owned()));
    let until = if trouble.is_not_found() { " until its CRD is installed" } else { "" };
    // When the API server is down, one line for each kind is enough.
    let place = trouble.is_refused().then_some(namespace);
    shared.troubles.tell(
        &trouble,
        &("watch", T::KIND, place),
        &format!("{what} cannot be watched{until}; everything else goes on"),
    );
}

/// A list is complete.
pub(crate) fn found<T: Watched>(shared: &Shared, namespace: &str) {
    if shared.caches.synced(T::KIND, namespace) {
        log::cache_synced(T::KIND, namespace, shared.index.count(T::KIND, namespace));
    }
}

/// Whether the API server refuses the kind, so that nothing is known of it until a list succeeds.
pub(crate) fn is_refused(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => matches!(rejection(error), Some(403 | 404)),
        watcher::Error::WatchError(status) => matches!(status.code, 403 | 404),
        watcher::Error::NoResourceVersion => false,
    }
}

/// What failed; `None`: the version that the watch went on from is too old, which is usual.
fn trouble_of<T: Watched>(namespace: &str, error: watcher::Error) -> Option<ApiTrouble> {
    let (verb, error) = match error {
        watcher::Error::InitialListFailed(error) => (Verb::List, error),
        watcher::Error::WatchStartFailed(error) | watcher::Error::WatchFailed(error) => (Verb::Watch, error),
        watcher::Error::WatchError(status) => (Verb::Watch, kube::Error::Api(status)),
        watcher::Error::NoResourceVersion => return None,
    };
    let is_expired = rejection(&error) == Some(410);
    (!is_expired).then(|| ApiTrouble::new(Asked::to::<T>(verb, namespace), error))
}
