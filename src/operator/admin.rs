//! `/healthz`, `/readyz` and `/metrics`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::task::JoinHandle;

use super::Error;
use super::metrics::Metrics;

#[derive(Clone)]
struct Admin {
    metrics: Arc<Metrics>,
    ready: signal::Receiver<bool>,
    closing: signal::Receiver<bool>,
}

/// Serves until the task is aborted.
pub(super) async fn serve(
    address: SocketAddr,
    metrics: Arc<Metrics>,
    ready: signal::Receiver<bool>,
    closing: signal::Receiver<bool>,
) -> Result<JoinHandle<()>, Error> {
    let listener = TcpListener::bind(address).await.map_err(|cause| Error::Admin { address, cause })?;
    let local = listener.local_addr().map_err(|cause| Error::Admin { address, cause })?;
    tracing::info!(address = %local, "serving /healthz, /readyz and /metrics");
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(exposition))
        .with_state(Admin { metrics, ready, closing });
    Ok(tokio::spawn(async move { drop(axum::serve(listener, router).await) }))
}

/// Ready while every store is complete and the operator is not ending.
async fn readyz(State(admin): State<Admin>) -> (StatusCode, &'static str) {
    match (*admin.ready.borrow(), *admin.closing.borrow()) {
        (true, false) => (StatusCode::OK, "ok\n"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "the stores are not complete yet\n"),
        (_, true) => (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n"),
    }
}

async fn exposition(State(admin): State<Admin>) -> (HeaderMap, String) {
    const OPEN_METRICS: HeaderValue =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    (HeaderMap::from_iter([(CONTENT_TYPE, OPEN_METRICS)]), admin.metrics.exposition())
}
