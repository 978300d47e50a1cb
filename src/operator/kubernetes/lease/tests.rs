//! A candidate against an API server that is slow, loses answers, is overtaken, or refuses.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{Method, Request, Response};
use futures::FutureExt;
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::service_fn;

use crate::operator::kubernetes::lease::hold::{LeaseHold, Moment};
use crate::operator::kubernetes::lease::identity::name_of_process;
use crate::operator::kubernetes::lease::renewal::NextRenewal;
use crate::operator::kubernetes::lease::{Candidate, Mode};

/// What the API server does.
#[derive(Default)]
struct Conduct {
    /// The Lease; null: there is none.
    lease: Value,
    /// How many requests there were.
    requests: u32,
    /// How often it was written.
    writes: u32,
    /// So many answers to writes are lost.
    loses: u32,
    /// So many writes are overtaken by the write of somebody else.
    overtaken: u32,
    /// What each request is refused with.
    refuses: Option<u16>,
    /// Whether each write is forbidden.
    forbids_writes: bool,
}

/// An API server with one Lease.
#[derive(Clone, Default)]
struct Api(Arc<Mutex<Conduct>>);

fn failure(code: u16) -> (u16, Value) {
    let reason = if code == 404 { "NotFound" } else { "Failure" };
    (
        code,
        json!({ "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": "" }),
    )
}

impl Api {
    fn client(&self, namespace: &str) -> Client {
        let api = self.clone();
        Client::new(service_fn(move |request| api.clone().answer(request).map(Ok::<_, Infallible>)), namespace)
    }

    fn candidate(&self, mode: Mode) -> Candidate {
        Candidate::new(self.client("home"), "home", "ping-operator", mode)
    }

    /// Somebody writes into the Lease.
    fn edit(&self, edit: impl FnOnce(&mut Value)) {
        let mut conduct = self.0.lock();
        edit(&mut conduct.lease["spec"]);
        conduct.lease["metadata"]["resourceVersion"] = json!(fastrand::u64(..).to_string());
    }

    /// There is a Lease with this holder.
    fn held_by(&self, holder: &str) {
        let metadata = json!({ "name": "ping-operator", "namespace": "home", "uid": "u", "resourceVersion": "1" });
        let spec = json!({ "holderIdentity": holder, "leaseDurationSeconds": 15 });
        self.0.lock().lease = json!({ "metadata": metadata, "spec": spec });
    }

    /// The requests and the writes since this was asked last.
    fn counts(&self) -> [u32; 2] {
        let mut conduct = self.0.lock();
        [std::mem::take(&mut conduct.requests), std::mem::take(&mut conduct.writes)]
    }

    fn spec(&self) -> Value {
        self.0.lock().lease["spec"].clone()
    }

    async fn answer(self, request: Request<Body>) -> Response<axum::body::Body> {
        let method = request.method().clone();
        let body = request.into_body().collect_bytes().await.unwrap();
        self.0.lock().requests += 1;
        let (code, answer) = self.answered(&method, &body);
        Response::builder().status(code).body(answer.to_string().into()).unwrap()
    }

    fn answered(&self, method: &Method, body: &[u8]) -> (u16, Value) {
        if let Some(code) = self.0.lock().refuses {
            return failure(code);
        }
        if method == Method::GET {
            let lease = self.0.lock().lease.clone();
            return if lease.is_null() { failure(404) } else { (200, lease) };
        }
        if self.0.lock().forbids_writes {
            return failure(403);
        }
        let written: Value = serde_json::from_slice(body).unwrap();
        if self.0.lock().overtaken > 0 {
            self.0.lock().overtaken -= 1;
            self.edit(|_| ());
        }
        let is_current = written["metadata"]["resourceVersion"] == self.0.lock().lease["metadata"]["resourceVersion"];
        if !is_current {
            return failure(409);
        }
        self.0.lock().lease = written;
        self.edit(|_| ());
        let mut conduct = self.0.lock();
        conduct.writes += 1;
        if conduct.loses > 0 {
            conduct.loses -= 1;
            return failure(504);
        }
        (200, conduct.lease.clone())
    }
}

/// Whether a candidate holds the Lease within five seconds.
async fn is_elected(candidate: &Candidate) -> bool {
    let (_close, mut closing) = watch::channel(false);
    tokio::time::timeout(Duration::from_secs(5), candidate.elected(&mut closing)).await == Ok(Ok(true))
}

/// Renews ten times without the pauses; the Lease is not lost. Returns how often others may have written.
async fn renews(candidate: &Candidate) -> usize {
    let lapses = AtomicUsize::new(0);
    for _ in 0..10 {
        let turn = candidate.renewal(&|_| _ = lapses.fetch_add(1, Ordering::Relaxed)).await;
        assert!(matches!(turn, NextRenewal::After(_)), "{turn:?}");
    }
    lapses.into_inner()
}

/// The last renewal was a minute ago.
fn lapse(candidate: &Candidate) {
    candidate.state.lock().lease = LeaseHold::Since(Moment::ago(Duration::from_mins(1)));
}

fn may_write(candidate: &Candidate) -> bool {
    candidate.fence().is_open(Duration::ZERO)
}

#[tokio::test]
async fn a_renewal_is_one_request_so_that_a_slow_api_server_answers_it_in_time() {
    let api = Api::default();
    let candidate = api.candidate(Mode::Elected);
    assert!(is_elected(&candidate).await);
    let _ = api.counts();
    renews(&candidate).await;
    assert_eq!(api.counts(), [10, 10]);
    // Somebody writes into it: it is read, and renewed again.
    api.edit(|_| ());
    renews(&candidate).await;
    assert_eq!(api.counts(), [10, 8]);
}

#[tokio::test]
async fn a_candidate_knows_the_lease_as_its_own_if_the_answer_was_lost() {
    for (is_there, mode) in [(false, Mode::Elected), (true, Mode::Elected), (true, Mode::Newest)] {
        let api = Api::default();
        if is_there {
            api.held_by("");
        }
        api.0.lock().loses = 1;
        assert!(is_elected(&api.candidate(mode)).await, "{mode:?}");
    }
}

#[tokio::test]
async fn a_release_that_a_late_renewal_overtakes_is_tried_again() {
    let api = Api::default();
    let candidate = api.candidate(Mode::Elected);
    assert!(is_elected(&candidate).await);
    api.0.lock().overtaken = 1;
    candidate.release().await;
    assert_eq!(api.spec()["holderIdentity"], "");
}

#[tokio::test]
async fn a_renewal_says_how_long_it_counts_whatever_a_person_wrote() {
    let api = Api::default();
    let candidate = api.candidate(Mode::Newest);
    assert!(is_elected(&candidate).await);
    api.edit(|spec| spec["leaseDurationSeconds"] = json!(1));
    renews(&candidate).await;
    assert_eq!(api.spec()["leaseDurationSeconds"], 15);
}

#[tokio::test]
async fn the_newest_process_writes_when_the_writes_of_the_one_before_it_have_ended() {
    let api = Api::default();
    api.held_by("another-pod_1");
    // The answer that tells of the takeover is lost.
    api.0.lock().loses = 1;
    let candidate = api.candidate(Mode::Newest);
    assert!(is_elected(&candidate).await);
    assert!(!may_write(&candidate), "the other one may still write");
    assert_eq!(renews(&candidate).await, 0);
    assert!(!may_write(&candidate), "the other one may still write");
    candidate.state.lock().taken_at = Some(Moment::ago(Duration::from_secs(15)));
    assert_eq!(renews(&candidate).await, 1);
    assert!(may_write(&candidate), "its writes have ended");
    // An earlier process of the same pod has ended for sure, and so has one that released the Lease.
    for holder in [format!("{}_1", candidate.identity.rsplit_once('_').unwrap().0), String::new()] {
        let api = Api::default();
        api.held_by(&holder);
        let candidate = api.candidate(Mode::Newest);
        assert!(is_elected(&candidate).await);
        assert!(may_write(&candidate), "{holder}");
    }
}

#[tokio::test]
async fn a_process_that_ends_while_it_awaits_the_writes_of_another_leaves_the_wait_to_the_next_one() {
    let api = Api::default();
    api.held_by("another-pod_1");
    let candidate = api.candidate(Mode::Newest);
    assert!(is_elected(&candidate).await);
    candidate.release().await;
    assert_ne!(api.spec()["holderIdentity"], "", "a Lease without a holder is awaited by nobody");
    candidate.state.lock().taken_at = None;
    candidate.release().await;
    assert_eq!(api.spec()["holderIdentity"], "");
}

#[test]
fn two_processes_without_the_name_of_a_pod_are_not_taken_for_one() {
    assert_ne!(name_of_process(None), name_of_process(None));
    assert_eq!(name_of_process(Some("pod".to_owned())), "pod");
}

#[tokio::test]
async fn a_process_from_which_the_right_to_leases_is_taken_goes_on_without() {
    for (code, is_without) in [(403, true), (401, false), (408, false), (500, false)] {
        let api = Api::default();
        let candidate = api.candidate(Mode::Newest);
        assert!(is_elected(&candidate).await);
        api.0.lock().refuses = Some(code);
        // Nobody else can have the Lease yet.
        assert_eq!(renews(&candidate).await, 0);
        assert!(candidate.lease().is_some() && may_write(&candidate), "{code}");
        lapse(&candidate);
        let lapses = renews(&candidate).await;
        assert_eq!((candidate.lease().is_none(), lapses), (is_without, usize::from(is_without)), "{code}");
        assert_eq!(may_write(&candidate), is_without, "{code}");
        // The right is given again.
        api.0.lock().refuses = None;
        assert_eq!(renews(&candidate).await, 1);
        assert!(candidate.lease().is_some() && may_write(&candidate), "{code}");
    }
}

#[tokio::test]
async fn a_process_that_may_only_read_leases_waits_for_nobody() {
    let api = Api::default();
    api.held_by("another-pod_1");
    api.0.lock().forbids_writes = true;
    let candidate = api.candidate(Mode::Newest);
    assert!(is_elected(&candidate).await);
    assert!(candidate.lease().is_none() && may_write(&candidate));
    assert_eq!(renews(&candidate).await, 0);
    assert!(may_write(&candidate));
    // It takes the Lease from somebody when it is given the right.
    api.0.lock().forbids_writes = false;
    assert_eq!(renews(&candidate).await, 1);
    assert!(candidate.lease().is_some() && !may_write(&candidate));
}
