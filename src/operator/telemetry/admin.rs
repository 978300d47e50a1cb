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

/// What readiness is told from.
#[derive(Clone)]
pub(crate) struct Signals {
    /// Every store is complete.
    pub(crate) ready: signal::Receiver<bool>,
    /// Another operator leads.
    pub(crate) stands_by: signal::Receiver<bool>,
    /// The operator is ending.
    pub(crate) closing: signal::Receiver<bool>,
}

#[derive(Clone)]
struct Admin {
    metrics: Arc<Metrics>,
    signals: Signals,
}

/// Serves until the task is aborted.
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

/// Ready while every store is complete, or while another operator leads, and this one is not ending.
async fn readyz(State(Admin { signals, .. }): State<Admin>) -> (StatusCode, &'static str) {
    if *signals.closing.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n")
    } else if *signals.stands_by.borrow() {
        (StatusCode::OK, "ok: standing by, another operator leads\n")
    } else if *signals.ready.borrow() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the stores are not complete yet\n")
    }
}

async fn exposition(State(admin): State<Admin>) -> (HeaderMap, String) {
    const OPEN_METRICS: HeaderValue =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    (HeaderMap::from_iter([(CONTENT_TYPE, OPEN_METRICS)]), admin.metrics.exposition())
}
