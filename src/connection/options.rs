//! What a connection is created from, and what it reports of each request.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::api::provider_config::Provider;
use crate::connection::clock::Clock;
use crate::connection::endpoints::ResolvedEndpoints;
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

/// What a connection is created from.
pub(crate) struct ConnectionOptions {
    /// The HTTP client that all connections share.
    pub(crate) http: Http,
    /// The source of time.
    pub(crate) clock: Clock,
    /// The provider's base URLs.
    pub(crate) endpoints: ResolvedEndpoints,
    /// The token.
    pub(crate) token: SecretString,
    /// Is called after each request.
    pub(crate) observer: Observer,
    /// How many calls may be in progress at once.
    pub(crate) concurrency: usize,
    /// Whether this process is the leader.
    pub(crate) leadership: LeadershipCheck,
}
