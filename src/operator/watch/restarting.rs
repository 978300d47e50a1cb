//! A watch that begins anew with a list when the API server refused it: only a list tells that it works again.

use std::time::{Duration, Instant};

use futures::stream::{BoxStream, unfold};
use futures::{Stream, StreamExt};
use kube::Api;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher;
use kube::runtime::watcher::{Event, watcher as watch_of};

use crate::api::raw_object::RawObject;
use crate::operator::state::backoff::jittered;
use crate::operator::watch::lost::is_refused;

/// The pause after the first failure.
const FIRST: Duration = Duration::from_millis(800);
/// The longest pause: a right that is given, or a CRD that is installed, is noticed so soon.
const LONGEST: Duration = Duration::from_secs(10);
/// So long without a failure, and the pauses begin anew.
const RESET: Duration = Duration::from_mins(2);

/// The pauses between two tries.
#[derive(Default)]
pub(crate) struct Pauses {
    /// When the last failure was, and the pause after it.
    last: Option<(Instant, Duration)>,
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let last = self.last.filter(|(at, _)| at.elapsed() < RESET);
        let pause = last.map_or(FIRST, |(_, pause)| pause.saturating_mul(2).min(LONGEST));
        self.last = Some((Instant::now(), pause));
        Some(jittered(pause))
    }
}

impl Backoff for Pauses {
    // An event is no sign that the next list succeeds: time alone resets.
    fn reset(&mut self) {}
}

/// What a watch delivers.
pub(crate) type WatchEvent = watcher::Result<Event<RawObject>>;

/// The events of a watch.
pub(crate) fn restarting(api: Api<RawObject>, config: watcher::Config) -> impl Stream<Item = WatchEvent> + Send {
    unfold(None::<BoxStream<'static, WatchEvent>>, move |running| {
        let mut running = running.unwrap_or_else(|| watch_of(api.clone(), config.clone()).boxed());
        async move {
            let received = running.next().await?;
            let is_over = received.as_ref().is_err_and(is_refused);
            Some((received, (!is_over).then_some(running)))
        }
    })
}
