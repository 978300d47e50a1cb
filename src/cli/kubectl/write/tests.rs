//! What was shown is what is written to, against an API server that answers as told.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::http::{Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::*;
use crate::api::annotations::{ALLOW_DELETION, APPROVED_PLAN};
use crate::api::kinds::Kind;

/// Method and body of each request.
type Requests = Arc<Mutex<Vec<(String, Value)>>>;

/// A cluster that gives these answers in their order.
fn cluster(answers: Vec<(StatusCode, Value)>) -> (ClusterObjects, Requests) {
    let requests: Requests = Arc::default();
    let (seen, answers) = (Arc::clone(&requests), Arc::new(Mutex::new(VecDeque::from(answers))));
    let answer = move |request: Request<Body>| {
        let (seen, answers) = (Arc::clone(&seen), Arc::clone(&answers));
        async move {
            let method = request.method().to_string();
            let body = to_bytes(axum::body::Body::new(request.into_body()), usize::MAX).await.unwrap();
            seen.lock().push((method, serde_json::from_slice(&body).unwrap_or_default()));
            let (status, body) = answers.lock().pop_front().unwrap();
            let body = if status.is_success() {
                body
            } else {
                json!({ "kind": "Status", "status": "Failure", "code": status.as_u16(), "message": "m", "reason": "r" })
            };
            let response = Response::builder().status(status).body(Body::from(body.to_string().into_bytes()));
            Ok::<_, Infallible>(response.unwrap())
        }
    };
    let client = Client::new(tower::service_fn(answer), "n");
    let objects = ClusterObjects { client, cluster: "the cluster 'c'".to_owned(), namespace: "n".to_owned() };
    (objects, requests)
}

fn object(version: &str, annotation: &str) -> Value {
    let metadata = json!({
        "namespace": "n", "name": "t", "uid": "u", "resourceVersion": version, "annotations": { ALLOW_DELETION: annotation },
    });
    json!({ "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team", "metadata": metadata })
}

fn team(version: &str, annotation: &str) -> ClusterResource {
    ClusterResource::new(Kind::Team, object(version, annotation))
}

#[tokio::test]
async fn what_was_shown_is_what_is_approved() {
    let (cluster, requests) = cluster(vec![(StatusCode::OK, object("6", "")), (StatusCode::CONFLICT, json!({}))]);
    annotate_as_shown(&cluster, &team("5", ""), APPROVED_PLAN, "abc").await.unwrap();
    let patch = json!({ "metadata": { "resourceVersion": "5", "annotations": { APPROVED_PLAN: "abc" } } });
    assert_eq!(*requests.lock(), [("PATCH".to_owned(), patch)]);
    let told = annotate_as_shown(&cluster, &team("5", ""), APPROVED_PLAN, "abc").await.unwrap_err();
    assert_eq!(told, "Team n/t changed after it was shown: nothing is written; look at it again");
}

#[tokio::test]
async fn a_deletion_goes_on_while_others_write_and_ends_when_they_take_back_what_it_is_based_on() {
    let orphan = |resource: &ClusterResource| resource.annotation(ALLOW_DELETION) == Some("orphan");
    let overtaken = (StatusCode::CONFLICT, json!({}));
    let answers = |annotation| {
        let deleted = json!({ "kind": "Status", "status": "Success", "code": 200 });
        vec![overtaken.clone(), (StatusCode::OK, object("6", annotation)), (StatusCode::OK, deleted)]
    };
    let (kept, requests) = cluster(answers("orphan"));
    delete_while(&kept, &team("5", "orphan"), orphan).await.unwrap();
    let version = |at: usize| requests.lock()[at].1["preconditions"]["resourceVersion"].clone();
    assert_eq!((version(0), version(2)), (json!("5"), json!("6")));
    let (taken_back, requests) = cluster(answers(""));
    let told = delete_while(&taken_back, &team("5", "orphan"), orphan).await.unwrap_err();
    assert_eq!(told, "somebody changed Team n/t meanwhile: it is not deleted");
    assert_eq!(requests.lock().iter().filter(|(method, _)| method == "DELETE").count(), 1);
}
