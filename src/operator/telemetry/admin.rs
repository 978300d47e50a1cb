//! `/healthz`, `/readyz` and `/metrics`.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

use crate::operator::error::Error;
use crate::operator::telemetry::metrics::Metrics;

/// What readiness depends on.
#[derive(Clone)]
pub(crate) struct Signals {
    /// All caches are synced.
    pub(crate) ready: signal::Receiver<bool>,
    /// Another operator is the leader.
    pub(crate) standby: signal::Receiver<bool>,
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

/// Ready while all caches are synced or another operator is the leader, and this one is not shutting down.
async fn readyz(State(Admin { signals, .. }): State<Admin>) -> (StatusCode, &'static str) {
    if *signals.closing.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n")
    } else if *signals.standby.borrow() {
        (StatusCode::OK, "ok: standing by, another operator is the leader\n")
    } else if *signals.ready.borrow() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "caches are not synced yet\n")
    }
}

async fn exposition(State(admin): State<Admin>) -> (HeaderMap, String) {
    const OPEN_METRICS: HeaderValue =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    (HeaderMap::from_iter([(CONTENT_TYPE, OPEN_METRICS)]), admin.metrics.exposition())
}
