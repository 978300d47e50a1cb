//! What all connections of a process share, and what they report of each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::api::provider_config::Provider;
use crate::connection::clock::Clock;
use crate::connection::http::Http;

/// One request, for metrics.
pub(crate) struct RequestSample {
    /// The provider.
    pub(crate) provider: Provider,
    /// The name of the call.
    pub(crate) operation: &'static str,
    /// The HTTP status; 0: no response.
    pub(crate) code: u16,
    /// The time from sending to the last byte.
    pub(crate) took: Duration,
    /// Whether it waited for a permit of the rate limiter.
    pub(crate) waited: bool,
}

/// Is called after each request.
pub(crate) type Observer = Arc<dyn Fn(&RequestSample) + Send + Sync>;

/// Whether this process is the leader for at least so long: no other can take over meanwhile.
pub(crate) type LeadershipCheck = Arc<dyn Fn(Duration) -> bool + Send + Sync>;

/// What all connections of a process share.
pub(crate) struct ConnectionOptions {
    /// The HTTP client.
    pub(crate) http: Http,
    /// The source of time.
    pub(crate) clock: Clock,
    /// Is called after each request.
    pub(crate) observer: Observer,
    /// How many calls to one account may be in progress at once.
    pub(crate) concurrency: usize,
    /// Whether this process is the leader.
    pub(crate) leadership: LeadershipCheck,
    /// Whether the process is ending: no new call begins.
    closing: AtomicBool,
}

impl ConnectionOptions {
    /// What all connections of a process share, from its start.
    pub(crate) fn new(
        http: Http,
        clock: Clock,
        observer: Observer,
        concurrency: usize,
        leadership: LeadershipCheck,
    ) -> Self {
        Self { http, clock, observer, concurrency, leadership, closing: AtomicBool::new(false) }
    }

    /// The process is ending.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Whether the process is ending: no new call begins.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }
}
