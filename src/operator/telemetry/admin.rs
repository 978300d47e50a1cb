//! `/healthz`, `/readyz` and `/metrics`.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

use crate::operator::error::Error;
use crate::operator::state::caches::{CacheState, Caches, WatchedScope, name_of};
use crate::operator::state::last_answer::LastAnswer;
use crate::operator::telemetry::metrics::Metrics;
use crate::operator::telemetry::metrics::text_format::TextFormat;

/// A standby that got no answer about its Lease for so long is not ready: it would not notice that it must take over.
const LEASE_ANSWER: Duration = Duration::from_secs(30);

/// What readiness depends on.
#[derive(Clone)]
pub(crate) struct Signals {
    /// Which watches have delivered a complete list.
    pub(crate) caches: Arc<Caches>,
    /// Another operator is the leader.
    pub(crate) standby: signal::Receiver<bool>,
    /// When the API server answered about the Lease last; absent: there is no leader election.
    pub(crate) lease: Option<Arc<LastAnswer>>,
    /// The operator is shutting down.
    pub(crate) closing: signal::Receiver<bool>,
}

#[derive(Clone)]
struct Admin {
    metrics: Arc<Metrics>,
    signals: Signals,
}

/// All addresses, of IPv6 and of IPv4.
const DUAL_STACK: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), PORT);
/// All addresses of IPv4.
const IPV4: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT);
const PORT: u16 = 8080;

/// Listens; without an address on all, of IPv6 as well if this machine has it.
async fn listen(address: Option<SocketAddr>) -> Result<TcpListener, Error> {
    let bind = async |address| TcpListener::bind(address).await.map_err(|cause| Error::Admin { address, cause });
    match address {
        Some(address) => bind(address).await,
        None => match bind(DUAL_STACK).await {
            // In use: IPv4 would be, too, or it would be another program's.
            Err(Error::Admin { cause, .. }) if cause.kind() != ErrorKind::AddrInUse => bind(IPV4).await,
            result => result,
        },
    }
}

/// Serves `/healthz`, `/readyz` and `/metrics` until the task is aborted.
pub(crate) async fn serve(
    address: Option<SocketAddr>,
    metrics: Arc<Metrics>,
    signals: Signals,
) -> Result<JoinHandle<()>, Error> {
    let listener = listen(address).await?;
    let local = listener.local_addr().ok().map(|local| local.to_string());
    tracing::info!(address = local, "serving /healthz, /readyz and /metrics");
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(exposition))
        .with_state(Admin { metrics, signals });
    Ok(tokio::spawn(async move { drop(axum::serve(listener, router).await) }))
}

/// Whether the operator is ready, and why not. With `?verbose`, or if it is not ready, also the state of each watch.
async fn readyz(State(Admin { signals, .. }): State<Admin>, RawQuery(query): RawQuery) -> (StatusCode, String) {
    let (is_ready, summary) = signals.summary();
    let is_verbose = query.is_some_and(|query| query.contains("verbose"));
    let details = if is_verbose || !is_ready { signals.details() } else { String::new() };
    let code = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, format!("{summary}\n{details}"))
}

impl Signals {
    /// Ready while another operator holds the Lease, or every list is complete that can be, and the operator is not shutting down.
    fn summary(&self) -> (bool, &'static str) {
        let is_standby = *self.standby.borrow();
        let has_lease = self.lease.as_ref().is_none_or(|lease| lease.is_within(LEASE_ANSWER));
        match () {
            () if *self.closing.borrow() => (false, "shutting down"),
            () if is_standby && !has_lease => (false, "the Lease cannot be read: nobody knows who holds it"),
            () if is_standby => (true, "ok: standing by, another operator holds the Lease"),
            () if self.caches.has_started() => (true, "ok"),
            () => (false, "caches are not synced yet"),
        }
    }

    /// One line for each watch.
    fn details(&self) -> String {
        if *self.standby.borrow() {
            return String::new();
        }
        let line = |(place, state): (WatchedScope, CacheState)| {
            let (mark, what) = match state {
                CacheState::Synced => ("+", "synced".to_owned()),
                CacheState::Syncing { why: None, .. } => ("-", "not synced yet".to_owned()),
                CacheState::Syncing { why: Some(why), .. } => ("-", format!("not synced yet: {why}")),
                CacheState::Unknown(why) => ("-", format!("waits alone: {}", why.message)),
                CacheState::Undefined(why) => {
                    ("-", format!("the kind is not defined; it starts when its CRD is installed: {why}"))
                }
            };
            format!("[{mark}]{}: {what}\n", name_of(&place))
        };
        self.caches.states().into_iter().map(line).collect()
    }
}

/// The metrics, in the text format that the client prefers.
async fn exposition(State(admin): State<Admin>, asked: HeaderMap) -> (HeaderMap, String) {
    let format = TextFormat::asked_for(&asked);
    let content_type = HeaderValue::from_static(format.content_type());
    (HeaderMap::from_iter([(CONTENT_TYPE, content_type)]), format.of(admin.metrics.exposition()))
}
