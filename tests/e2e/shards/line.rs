//! A line of one replica to the provider: a proxy that notes what it passes on, and can be cut.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};
use axum::response::IntoResponse;
use tokio::task::JoinHandle;

/// A call that a replica sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: Instant,
    /// The name of the pod that sent it.
    pub(super) pod: String,
    /// What it was sent with.
    pub(super) authorization: String,
    /// Method and path.
    pub(super) what: String,
}

/// The calls of all replicas, in the order in which they came.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Mutex<Vec<Sent>>>);

impl Calls {
    pub(super) fn all(&self) -> Vec<Sent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A running line. It ends when this is dropped.
pub(super) struct ProviderLine {
    task: JoinHandle<()>,
    url: String,
    is_cut: Arc<AtomicBool>,
}

#[derive(Clone)]
struct Passing {
    calls: Calls,
    pod: String,
    is_cut: Arc<AtomicBool>,
    client: reqwest::Client,
}

impl ProviderLine {
    pub(super) async fn start(pod: &str, calls: &Calls) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let is_cut = Arc::<AtomicBool>::default();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let passing = Passing { calls: calls.clone(), pod: pod.to_owned(), is_cut: Arc::clone(&is_cut), client };
        let router = Router::new().fallback(pass).with_state(passing);
        let task = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { task, url, is_cut }
    }

    /// What `--proxy` is to say.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Cuts the line, or mends it.
    pub(super) fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::Relaxed);
    }
}

impl Drop for ProviderLine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(passing): State<Passing>, request: Request) -> Response<Body> {
    if passing.is_cut.load(Ordering::Relaxed) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let (mut parts, body) = request.into_parts();
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let authorization = text(header::AUTHORIZATION);
    let what = format!("{} {}", parts.method, parts.uri.path());
    let sent = Sent { at: Instant::now(), pod: passing.pod.clone(), authorization, what };
    passing.calls.0.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
    parts.headers.remove(header::HOST);
    let body = to_bytes(body, 16 << 20).await.unwrap_or_default();
    let forwarded = passing.client.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
    let Ok(answer) = forwarded.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from(answer.bytes().await.unwrap_or_default()));
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    response
}
