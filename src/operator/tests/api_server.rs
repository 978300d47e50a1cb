//! An API server that only stores: it lists, merges patches, and its watches never tell of anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Resources by plural, namespace and name: `probes/monitoring/p`.
type Objects = BTreeMap<String, Value>;

/// The API server; it ends with the test's runtime.
pub(crate) struct ApiServer {
    objects: Arc<watch::Sender<Objects>>,
    address: String,
}

impl ApiServer {
    /// Serves these objects, and a Secret of any name whose key `token` is `token-a`; the one named `forbidden` may not be read.
    pub(crate) fn start<const N: usize>(objects: [(&str, Value); N]) -> Self {
        let objects = objects.into_iter().map(|(key, object)| (key.to_owned(), object)).collect();
        let objects = Arc::new(watch::Sender::new(objects));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&objects));
        tokio::spawn(async move { axum::serve(TcpListener::from_std(listener).unwrap(), router).await });
        Self { objects, address }
    }

    /// How a client reaches it.
    pub(crate) fn config(&self) -> kube::Config {
        kube::Config::new(self.address.parse().unwrap())
    }

    /// A stored object.
    pub(crate) fn get(&self, key: &str) -> Value {
        self.objects.borrow().get(key).cloned().unwrap_or_default()
    }

    /// Waits until an object is as it should be.
    pub(crate) async fn until(&self, key: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut changes = self.objects.subscribe();
        let objects = changes.wait_for(|objects| objects.get(key).is_some_and(&holds)).await.unwrap();
        objects[key].clone()
    }
}

async fn answer(State(objects): State<Arc<watch::Sender<Objects>>>, method: Method, uri: Uri, body: Bytes) -> Response {
    let parts: Vec<_> = uri.path().trim_matches('/').split('/').collect();
    let is_watch = uri.query().is_some_and(|query| query.contains("watch=true"));
    match (method, parts.as_slice()) {
        (Method::GET, ["apis", "ping-operator.dev", _, _]) if is_watch => {
            Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>()).into_response()
        }
        (Method::GET, ["apis", "ping-operator.dev", version, plural]) => {
            let items: Vec<_> = objects
                .borrow()
                .range(format!("{plural}/")..format!("{plural}0"))
                .map(|(_, object)| object.clone())
                .collect();
            let api_version = format!("ping-operator.dev/{version}");
            json(
                &json!({ "apiVersion": api_version, "kind": "List", "metadata": { "resourceVersion": "1" }, "items": items }),
            )
        }
        (Method::GET, ["apis", "ping-operator.dev", _, "namespaces", namespace, plural, name]) => {
            match objects.borrow().get(&format!("{plural}/{namespace}/{name}")) {
                Some(object) => json(object),
                None => StatusCode::NOT_FOUND.into_response(),
            }
        }
        (Method::PATCH, ["apis", "ping-operator.dev", _, "namespaces", namespace, plural, name, ..]) => {
            patched(&objects, &format!("{plural}/{namespace}/{name}"), &serde_json::from_slice(&body).unwrap())
        }
        (Method::GET, ["api", "v1", "namespaces", _, "secrets", "forbidden"]) => StatusCode::FORBIDDEN.into_response(),
        // "token-a", as the API server encodes it.
        (Method::GET, ["api", "v1", "namespaces", _, "secrets", name]) => json(&json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "data": { "token": "dG9rZW4tYQ==" },
        })),
        (Method::POST, _) => (StatusCode::CREATED, body).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Merges a patch; whoever waits is told.
fn patched(objects: &watch::Sender<Objects>, key: &str, patch: &Value) -> Response {
    let mut answer = Value::Null;
    objects.send_modify(|objects| {
        let object = objects.entry(key.to_owned()).or_default();
        merge(object, patch);
        let version = object["metadata"]["resourceVersion"].as_str().and_then(|version| version.parse::<u64>().ok());
        object["metadata"]["resourceVersion"] = json!((version.unwrap_or(1) + 1).to_string());
        answer = object.clone();
    });
    json(&answer)
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in fields {
        merge(&mut target[name], value);
    }
}

fn json(value: &Value) -> Response {
    ([("content-type", "application/json")], value.to_string()).into_response()
}
