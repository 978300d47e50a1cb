//! A watch against an API server that gives the answers of a script.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::stream::pending;
use kube::Client;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch as signal;

use super::*;
use crate::api::team::Team;
use crate::operator::context::Shared;
use crate::operator::controllers::row_of;
use crate::operator::tests::options;

/// What the API server answers, one after another; then its watch tells nothing more.
type Answers = Arc<Mutex<VecDeque<(StatusCode, Value)>>>;

async fn answer(State(answers): State<Answers>) -> Response {
    match answers.lock().pop_front() {
        Some((code, body)) => (code, format!("{body}\n")).into_response(),
        None => Body::from_stream(pending::<Result<Bytes, std::io::Error>>()).into_response(),
    }
}

/// A client of an API server that gives these answers.
async fn client(answers: impl IntoIterator<Item = (StatusCode, Value)>) -> kube::Config {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(Arc::new(Mutex::new(answers.into_iter().collect())));
    tokio::spawn(async move { axum::serve(listener, router).await });
    kube::Config::new(address.parse().unwrap())
}

/// A Team; `edits`: its generation and resourceVersion.
fn team(name: &str, uid: &str, edits: u32) -> Value {
    json!({
        "metadata": { "name": name, "namespace": "n", "uid": uid, "generation": edits, "resourceVersion": edits.to_string() },
        "spec": { "name": "T" },
    })
}

/// One page of a list.
fn page(items: &[Value], next: Option<&str>) -> (StatusCode, Value) {
    let metadata = json!({ "resourceVersion": "100", "continue": next });
    let list =
        json!({ "apiVersion": "ping-operator.dev/v1alpha1", "kind": "TeamList", "metadata": metadata, "items": items });
    (StatusCode::OK, list)
}

fn expired() -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "old", "reason": "Expired", "code": 410 })
}

/// A watch that cannot go on: what happened since is only in a list.
fn gap() -> (StatusCode, Value) {
    (StatusCode::OK, json!({ "type": "ERROR", "object": expired() }))
}

/// What goes to the controller, as name, uid and edits, until it is so much. The cache has each copy by then: a reconcile reads it there.
async fn triggered(answers: impl IntoIterator<Item = (StatusCode, Value)>, count: usize) -> Vec<String> {
    watched(answers, count).await.0
}

/// The same, and the names of what is cached in the end.
async fn watched(
    answers: impl IntoIterator<Item = (StatusCode, Value)>,
    count: usize,
) -> (Vec<String>, BTreeSet<String>) {
    let config = client(answers).await;
    let (_close, closing) = signal::channel(false);
    let (shared, _receivers) = Shared::new(config.clone(), &options(), closing).unwrap();
    let context = Arc::new(Context::new(shared));
    let client = Client::try_from(config).unwrap();
    let config = watcher::Config::default().page_size(2);
    let mut watch = Watch::new(client, config, &context, String::new(), row_of::<Team>);
    let mut seen = Vec::new();
    while seen.len() < count {
        let next = tokio::time::timeout(Duration::from_mins(1), watch.next()).await;
        for key in next.unwrap_or_else(|_| panic!("only {seen:?}")) {
            let cached = context.cache.get(&key).unwrap_or_else(|| panic!("{key} is triggered before it is cached"));
            seen.push(format!("{}/{}/{}", key.name, cached.uid().unwrap(), cached.resource_version().unwrap()));
        }
    }
    seen.sort();
    (seen, context.cache.keys().iter().map(|key| key.name.clone()).collect())
}

#[tokio::test]
async fn what_changed_while_a_watch_was_interrupted_is_reconciled_when_it_is_cached() {
    let first = page(&[team("a", "1", 1), team("same", "2", 1)], None);
    let answers = [
        first,
        gap(),
        page(&[team("a", "1", 2), team("new", "3", 1)], Some("2")),
        page(&[team("same", "2", 1)], None),
        // A change afterwards shows that nothing more of the list is to come.
        (StatusCode::OK, json!({ "type": "MODIFIED", "object": team("same", "2", 2) })),
    ];
    assert_eq!(triggered(answers, 5).await, ["a/1/1", "a/1/2", "new/3/1", "same/2/1", "same/2/2"]);
}

#[tokio::test]
async fn a_later_list_is_cached_page_by_page_and_what_it_did_not_show_goes_at_its_end() {
    let interrupted = || [page(&[team("a", "1", 1), team("gone", "2", 1)], None), gap()];
    let rest_is_awaited = interrupted().into_iter().chain([page(&[team("a", "1", 2)], Some("2"))]);
    let (seen, cached) = watched(rest_is_awaited, 3).await;
    assert_eq!(seen, ["a/1/1", "a/1/2", "gone/2/1"]);
    assert_eq!(cached, ["a", "gone"].map(str::to_owned).into());
    let change = (StatusCode::OK, json!({ "type": "MODIFIED", "object": team("a", "1", 3) }));
    let complete = interrupted().into_iter().chain([page(&[team("a", "1", 2)], None), change]);
    assert_eq!(watched(complete, 4).await.1, ["a".to_owned()].into());
}

#[tokio::test]
async fn a_list_that_breaks_between_two_pages_loses_no_change() {
    let changed = [team("a", "1", 2), team("again", "4", 2)];
    let answers = [
        page(&[team("a", "1", 1), team("again", "2", 1)], None),
        gap(),
        page(&changed, Some("2")),
        (StatusCode::GONE, expired()),
        page(&changed, Some("2")),
        page(&[team("new", "3", 1)], None),
    ];
    assert_eq!(triggered(answers, 5).await, ["a/1/1", "a/1/2", "again/2/1", "again/4/2", "new/3/1"]);
}
