//! `/healthz`, `/readyz` and `/metrics`.

use std::net::SocketAddr;
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
use crate::operator::telemetry::metrics::text_format::TextFormat;

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

/// Serves `/healthz`, `/readyz` and `/metrics` until the task is aborted.
pub(crate) async fn serve(
    address: SocketAddr,
    metrics: Arc<Metrics>,
    signals: Signals,
) -> Result<JoinHandle<()>, Error> {
    let listener = TcpListener::bind(address).await.map_err(|cause| Error::Admin { address, cause })?;
    let local = listener.local_addr().map_err(|cause| Error::Admin { address, cause })?;
    tracing::info!(address = %local, "serving /healthz, /readyz and /metrics");
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

/// The metrics, in the text format that the client prefers.
async fn exposition(State(admin): State<Admin>, asked: HeaderMap) -> (HeaderMap, String) {
    let format = TextFormat::asked_for(&asked);
    let content_type = HeaderValue::from_static(format.content_type());
    (HeaderMap::from_iter([(CONTENT_TYPE, content_type)]), format.of(admin.metrics.exposition()))
}
