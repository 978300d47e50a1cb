//! Between the operator and the API server: passes everything on with the operator's rights, through a [`Fuse`].

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};
use axum::response::IntoResponse;
use futures::StreamExt;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use ping_emulator::Trouble;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::fuse::{Fuse, Side, plain};

/// What a gateway lets through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Line {
    /// Everything.
    Open,
    /// Nothing: each request is refused, and watches have ended.
    Down,
    /// Nothing, and nobody says so: each request waits for ever, even when the line is open again.
    Hanging,
    /// Requests, but no more of the watches that run: they stay open and silent.
    Silent,
    /// Everything but the watches that run in this namespace: they stay open and silent.
    SilentIn(String),
}

impl Line {
    /// What it means for a watch at this path.
    fn watch(&self, path: &str) -> Watch {
        match self {
            Self::Open | Self::Down | Self::Hanging => Watch::Ends,
            Self::Silent => Watch::IsSilent,
            Self::SilentIn(namespace) if path.contains(&format!("/namespaces/{namespace}/")) => Watch::IsSilent,
            Self::SilentIn(_) => Watch::GoesOn,
        }
    }
}

/// What becomes of a watch when the line changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Watch {
    GoesOn,
    Ends,
    IsSilent,
}

/// Says what is let through.
#[derive(Clone)]
pub(crate) struct Lines(watch::Sender<Line>);

impl Lines {
    /// From now on. Watches that run end, unless they are to be silent.
    pub(crate) fn set(&self, line: Line) {
        self.0.send_replace(line);
    }
}

/// A running gateway. It ends when this is dropped.
pub(crate) struct Gateway {
    task: JoinHandle<()>,
    lines: Lines,
    hanging: Arc<AtomicUsize>,
    kubeconfig: PathBuf,
}

#[derive(Clone)]
struct Shared {
    client: Client,
    fuse: Fuse,
    hanging: Arc<AtomicUsize>,
    line: watch::Receiver<Line>,
}

impl Gateway {
    /// Serves on a free loopback port what the kubeconfig leads to.
    pub(crate) async fn start(operator: &std::path::Path, fuse: Fuse) -> Self {
        let kubeconfig = Kubeconfig::read_from(operator).expect("a kubeconfig");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.expect("a config");
        let client = Client::try_from(config).expect("a client");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (line, receiver) = watch::channel(Line::Open);
        let hanging = Arc::<AtomicUsize>::default();
        let router = Router::new().fallback(pass).with_state(Shared {
            client,
            fuse,
            hanging: Arc::clone(&hanging),
            line: receiver,
        });
        let task = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        let text = format!(
            "{{apiVersion: v1, kind: Config, clusters: [{{name: x, cluster: {{server: 'http://{address}'}}}}], users: [], \
             contexts: [{{name: x, context: {{cluster: x, user: '', namespace: ping-operator}}}}], current-context: x}}"
        );
        let kubeconfig =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("gateway-{}.kubeconfig", address.port()));
        std::fs::write(&kubeconfig, text).expect("a kubeconfig");
        Self { task, lines: Lines(line), hanging, kubeconfig }
    }

    /// Leads here.
    pub(crate) fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    /// How many requests have been left without an answer.
    pub(crate) fn hanging(&self) -> usize {
        self.hanging.load(Ordering::Relaxed)
    }

    /// Says what is let through.
    pub(crate) fn lines(&self) -> Lines {
        self.lines.clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.kubeconfig);
    }
}

async fn pass(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let line = shared.line.borrow().clone();
    match line {
        Line::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Line::Hanging => {
            shared.hanging.fetch_add(1, Ordering::Relaxed);
            std::future::pending::<()>().await;
        }
        Line::Open | Line::Silent | Line::SilentIn(_) => {}
    }
    let name = name(&request);
    let is_watch = name.starts_with("WATCH");
    let (trouble, then) = shared.fuse.arrives(&name, Side::Kubernetes).unzip();
    match trouble {
        Some(Trouble::DropBefore) => return cut(),
        Some(Trouble::Before { status }) => return refused(status),
        _ => {}
    }
    let response = forwarded(&shared, request, is_watch).await;
    if let Some(then) = then {
        then();
    }
    match trouble {
        Some(Trouble::DropAfter) => cut(),
        Some(Trouble::After { status }) => refused(status),
        _ => response,
    }
}

async fn forwarded(shared: &Shared, request: Request, is_watch: bool) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let (mut parts, body) = request.into_parts();
    parts.headers.remove(header::HOST);
    parts.headers.remove(header::AUTHORIZATION);
    let Ok(body) = to_bytes(body, 16 << 20).await else { return cut() };
    let request = Request::from_parts(parts, kube::client::Body::from(body));
    let Ok(mut response) = shared.client.send(request).await else { return cut() };
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    if is_watch {
        response.map(|body| watched(Body::new(body), path, shared.line.clone()))
    } else {
        response.map(Body::new)
    }
}

/// A watch, until a change of the line concerns it; then it ends, or says nothing while the line is silent.
fn watched(body: Body, path: String, mut line: watch::Receiver<Line>) -> Body {
    line.mark_unchanged();
    let (mut later, watch) = (line.clone(), path.clone());
    let concerned =
        async move { while line.changed().await.is_ok() && line.borrow_and_update().watch(&path) == Watch::GoesOn {} };
    let silence = async move {
        drop(later.wait_for(|line| line.watch(&watch) != Watch::IsSilent).await);
        Ok(axum::body::Bytes::new())
    };
    let events = body.into_data_stream().take_until(Box::pin(concerned));
    Body::from_stream(events.chain(futures::stream::once(silence)))
}

/// Verb, resource, subresource and name.
fn name(request: &Request) -> String {
    let query = request.uri().query().unwrap_or_default();
    let verb = if query.contains("watch=") { "WATCH" } else { request.method().as_str() };
    let path = request.uri().path();
    let path = path
        .split_once("/namespaces/")
        .map_or(path, |(_, rest)| rest.split_once('/').map_or("namespace", |(_, rest)| rest));
    format!("{verb} {}", plain(path.trim_start_matches('/')))
}

fn refused(status: u16) -> Response<Body> {
    let reason = if status == 409 { "Conflict" } else { "InternalError" };
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "on demand", "reason": reason, "code": status});
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// A connection that breaks off before the answer.
fn cut() -> Response<Body> {
    let broken = futures::stream::once(async { Err::<axum::body::Bytes, _>(std::io::Error::other("cut on demand")) });
    Response::new(Body::from_stream(broken))
}
