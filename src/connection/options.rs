//! What a connection is made of, and what it tells of each request.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::api::provider_config::Provider;
use crate::connection::clock::Clock;
use crate::connection::endpoints::ResolvedEndpoints;
use crate::connection::http::Http;

/// What is told of each request, for metrics.
pub(crate) struct RequestSample {
    /// Whose API.
    pub(crate) provider: Provider,
    /// Which call.
    pub(crate) operation: &'static str,
    /// HTTP status; 0: no answer.
    pub(crate) code: u16,
    /// From sending to the last byte.
    pub(crate) took: Duration,
    /// Whether it had to wait for its turn.
    pub(crate) waited: bool,
}

/// Hears of each request.
pub(crate) type Observer = Arc<dyn Fn(&RequestSample) + Send + Sync>;

/// Tells whether this process alone may write for at least so long: no other has taken over.
pub(crate) type LeadershipCheck = Arc<dyn Fn(Duration) -> bool + Send + Sync>;

/// What a connection is made of.
pub(crate) struct ConnectionOptions {
    /// Shared by all connections.
    pub(crate) http: Http,
    /// The time.
    pub(crate) clock: Clock,
    /// Where the provider is.
    pub(crate) endpoints: ResolvedEndpoints,
    /// How to present the token.
    pub(crate) token: SecretString,
    /// Hears of each request.
    pub(crate) observer: Observer,
    /// How many calls may be under way at once.
    pub(crate) concurrency: usize,
    /// Whether this process may write.
    pub(crate) leadership: LeadershipCheck,
}
