//! Deletions that wait at the same time are reserved by one write, and never more than the guard allows.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::{Method, Request, Response};
use futures::FutureExt;
use futures::future::join_all;
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinHandle, yield_now};
use tower::service_fn;

use crate::api::provider_config::ProviderConfig;
use crate::api::provider_config::view::{ConfigResource, ConfigView};
use crate::connection::clock::Clock;
use crate::operator::kubernetes::deletion_guard::DeletionReservations;

/// An API server with one config of each name; its first write is answered when that is allowed.
#[derive(Clone)]
struct Api {
    configs: Arc<Mutex<Vec<Value>>>,
    /// The writes that were asked for, by the name of the config.
    writes: Arc<Mutex<Vec<String>>>,
    goes_on: Arc<watch::Sender<bool>>,
    /// Whether each write fails.
    fails: Arc<AtomicBool>,
}

fn config(name: &str, most: u32) -> Value {
    json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "ProviderConfig",
        "metadata": { "name": name, "namespace": "monitoring", "uid": name, "resourceVersion": "1" },
        "spec": {
            "provider": "Pinghome", "credentials": { "secretRef": { "name": "s", "key": "k" } },
            "deletionGuard": { "maxDeletions": most },
        },
    })
}

fn view(name: &str) -> ConfigView {
    serde_json::from_value::<ProviderConfig>(config(name, 0)).unwrap().view()
}

impl Api {
    fn client(&self, namespace: &str) -> Client {
        let api = self.clone();
        Client::new(service_fn(move |request| api.clone().answer(request).map(Ok::<_, Infallible>)), namespace)
    }

    fn with(most: u32) -> Self {
        let configs = Arc::new(Mutex::new(["a", "b"].map(|name| config(name, most)).into()));
        Self { configs, writes: Arc::default(), goes_on: Arc::new(watch::Sender::new(false)), fails: Arc::default() }
    }

    fn reservations(&self) -> Arc<DeletionReservations> {
        Arc::new(DeletionReservations::new(self.client("monitoring"), Clock::start()))
    }

    /// Another replica, or somebody, writes these deletions.
    fn store(&self, name: &str, deletions: &Value) {
        let mut configs = self.configs.lock();
        let config = configs.iter_mut().find(|config| config["metadata"]["name"] == name).unwrap();
        let version: u32 = config["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
        config["metadata"]["resourceVersion"] = json!((version + 1).to_string());
        config["status"] = json!({ "recentDeletions": deletions });
    }

    fn get(&self, name: &str) -> Value {
        self.configs.lock().iter().find(|config| config["metadata"]["name"] == name).unwrap().clone()
    }

    fn stored(&self, name: &str) -> usize {
        self.get(name)["status"]["recentDeletions"].as_array().map_or(0, Vec::len)
    }

    async fn until_written(&self, times: usize) {
        while self.writes.lock().len() < times {
            yield_now().await;
        }
    }

    async fn answer(self, request: Request<Body>) -> Response<axum::body::Body> {
        let name = request.uri().path().split('/').nth(7).unwrap().to_owned();
        let is_write = request.method() == Method::PATCH;
        let body = request.into_body().collect_bytes().await.unwrap();
        if is_write {
            let patch: Value = serde_json::from_slice(&body).unwrap();
            let is_first = {
                let mut writes = self.writes.lock();
                writes.push(name.clone());
                writes.len() == 1
            };
            if is_first {
                self.goes_on.subscribe().wait_for(|goes_on| *goes_on).await.unwrap();
            }
            if self.fails.load(Ordering::Relaxed) {
                return Response::builder().status(500).body(axum::body::Body::empty()).unwrap();
            }
            if self.get(&name)["metadata"]["resourceVersion"] != patch["metadata"]["resourceVersion"] {
                let status = json!({
                    "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": 409, "reason": "Conflict", "message": "",
                });
                return Response::builder().status(409).body(status.to_string().into()).unwrap();
            }
            self.store(&name, &patch["status"]["recentDeletions"]);
        }
        Response::new(self.get(&name).to_string().into())
    }
}

/// Reserves deletions at the same time; says of each whether it is admitted.
fn reserve(reservations: &Arc<DeletionReservations>, name: &str, marks: usize) -> Vec<JoinHandle<bool>> {
    let one = |mark: usize| {
        let (reservations, view) = (Arc::clone(reservations), view(name));
        tokio::spawn(async move {
            let reserved = reservations.reserve(&view, &format!("uid-{mark}"), true).await;
            reserved.is_ok_and(|reserved| reserved.is_ok())
        })
    };
    (0..marks).map(one).collect()
}

async fn admitted(tasks: Vec<JoinHandle<bool>>) -> usize {
    join_all(tasks).await.into_iter().filter(|answer| answer.as_ref().is_ok_and(|is_admitted| *is_admitted)).count()
}

#[tokio::test]
async fn deletions_that_wait_for_a_write_are_reserved_by_the_next_one() {
    let api = Api::with(100);
    let tasks = reserve(&api.reservations(), "a", 30);
    api.until_written(1).await;
    api.goes_on.send_replace(true);
    assert_eq!(admitted(tasks).await, 30);
    assert_eq!((api.writes.lock().len(), api.stored("a")), (2, 30));
}

#[tokio::test]
async fn a_batch_admits_no_more_than_the_guard_allows_whoever_else_deletes_meanwhile() {
    let api = Api::with(10);
    let tasks = reserve(&api.reservations(), "a", 30);
    api.until_written(1).await;
    let of_others = ["x", "y", "z"].map(|uid| json!({ "uid": uid, "time": jiff::Timestamp::now() }));
    api.store("a", &json!(of_others));
    api.goes_on.send_replace(true);
    assert_eq!(admitted(tasks).await, 7);
    // The first met a conflict and is repeated; the second is that of all who waited.
    assert_eq!((api.writes.lock().len(), api.stored("a")), (3, 10));
}

#[tokio::test]
async fn a_deletion_that_is_given_up_during_its_write_holds_up_no_other() {
    let api = Api::with(100);
    let tasks = reserve(&api.reservations(), "a", 30);
    api.until_written(1).await;
    let writer = tasks.iter().position(|task| !task.is_finished()).unwrap();
    tasks[writer].abort();
    api.until_written(2).await;
    assert_eq!(admitted(tasks).await, 29);
    assert_eq!((api.writes.lock().len(), api.stored("a")), (2, 29));
}

#[tokio::test]
async fn the_deletions_of_one_config_wait_for_no_other_config() {
    let api = Api::with(100);
    let reservations = api.reservations();
    let held = reserve(&reservations, "a", 1);
    api.until_written(1).await;
    let other = tokio::time::timeout(Duration::from_secs(10), admitted(reserve(&reservations, "b", 1))).await;
    assert_eq!(other.ok(), Some(1));
    api.goes_on.send_replace(true);
    assert_eq!(admitted(held).await, 1);
}

#[tokio::test]
async fn a_write_that_fails_fails_for_all_whose_deletions_it_was_to_reserve() {
    let api = Api::with(100);
    api.fails.store(true, Ordering::Relaxed);
    let reservations = api.reservations();
    let tasks = reserve(&reservations, "a", 30);
    api.until_written(1).await;
    api.goes_on.send_replace(true);
    assert_eq!(admitted(tasks).await, 0);
    // The first alone, and then all who waited for it.
    assert_eq!(api.writes.lock().len(), 2);
    api.fails.store(false, Ordering::Relaxed);
    assert_eq!(admitted(reserve(&reservations, "a", 30)).await, 30);
}
