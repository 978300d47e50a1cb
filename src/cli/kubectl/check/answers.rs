//! An API server for tests that answers by method and path.

use std::convert::Infallible;
use std::sync::Arc;

use axum::http::{Request, Response};
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::cli::cluster::objects::ClusterObjects;

/// Method and path of each request.
pub(crate) type AskedPaths = Arc<Mutex<Vec<String>>>;

/// A cluster that has what `answer` gives for `METHOD PATH`, and nothing else.
pub(crate) fn cluster(answer: impl Fn(&str) -> Option<Value> + Send + Sync + 'static) -> (ClusterObjects, AskedPaths) {
    let requests: AskedPaths = Arc::default();
    let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
    let service = move |request: Request<Body>| {
        let asked = format!("{} {}", request.method(), request.uri().path());
        let (status, body) = match answer(&asked) {
            Some(body) => (200, body),
            None => (
                404,
                json!({ "kind": "Status", "status": "Failure", "code": 404, "message": "m", "reason": "NotFound" }),
            ),
        };
        seen.lock().push(asked);
        let response = Response::builder().status(status).body(Body::from(body.to_string().into_bytes()));
        async move { Ok::<_, Infallible>(response.unwrap()) }
    };
    let client = Client::new(tower::service_fn(service), "n");
    (ClusterObjects { client, cluster: "the cluster 'c'".to_owned(), namespace: "n".to_owned() }, requests)
}
