//! Metrics under the names that controller-runtime's dashboards know, and our own for the provider side.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::connection::Observer;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Kind {
    controller: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Queue {
    name: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Visited {
    controller: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Request {
    operation: &'static str,
    code: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Operation {
    operation: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Action {
    action: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Build {
    version: &'static str,
}

type Timed<L> = Family<L, Histogram, fn() -> Histogram>;

/// All metrics of the operator.
pub(super) struct Metrics {
    registry: Registry,
    visits: Family<Visited, Counter>,
    errors: Family<Kind, Counter>,
    visit_seconds: Timed<Kind>,
    active: Family<Kind, Gauge>,
    depth: Family<Queue, Gauge>,
    adds: Family<Queue, Counter>,
    queue_seconds: Timed<Queue>,
    work_seconds: Timed<Queue>,
    requests: Family<Request, Counter>,
    request_seconds: Timed<Operation>,
    writes: Family<Action, Counter>,
}

/// From a millisecond to half a minute.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

impl Metrics {
    pub(super) fn new() -> Self {
        let timed = seconds as fn() -> Histogram;
        let mut metrics = Self {
            registry: Registry::default(),
            visits: Family::default(),
            errors: Family::default(),
            visit_seconds: Family::new_with_constructor(timed),
            active: Family::default(),
            depth: Family::default(),
            adds: Family::default(),
            queue_seconds: Family::new_with_constructor(timed),
            work_seconds: Family::new_with_constructor(timed),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(timed),
            writes: Family::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("controller_runtime_reconcile", "Visits, by how they ended", self.visits.clone());
        r.register("controller_runtime_reconcile_errors", "Visits that failed", self.errors.clone());
        r.register("controller_runtime_reconcile_time_seconds", "How long visits take", self.visit_seconds.clone());
        r.register("controller_runtime_active_workers", "Visits under way", self.active.clone());
        r.register("workqueue_depth", "Visits that have not begun yet", self.depth.clone());
        r.register("workqueue_adds", "Visits that became due", self.adds.clone());
        r.register("workqueue_queue_duration_seconds", "How long visits wait to begin", self.queue_seconds.clone());
        r.register("workqueue_work_duration_seconds", "How long visits take", self.work_seconds.clone());
        let help = "Requests to providers, by HTTP status; 0: no answer";
        r.register("ping_operator_provider_requests", help, self.requests.clone());
        let help = "How long requests to providers take";
        r.register("ping_operator_provider_request_duration_seconds", help, self.request_seconds.clone());
        r.register("ping_operator_external_writes", "Real changes of external objects", self.writes.clone());
        let build = Family::<Build, Gauge<i64, AtomicI64>>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        r.register("ping_operator_build_info", "The operator's version", build);
    }

    /// The text that Prometheus scrapes.
    pub(super) fn exposition(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    pub(super) fn observer(self: Arc<Self>) -> Observer {
        Arc::new(move |sample| {
            self.requests.get_or_create(&Request { operation: sample.operation, code: sample.code }).inc();
            let operation = Operation { operation: sample.operation };
            self.request_seconds.get_or_create(&operation).observe(sample.took.as_secs_f64());
        })
    }

    /// A visit waits to begin, until what is returned is dropped.
    pub(super) fn queued(&self, name: &'static str) -> impl Drop + use<> {
        self.adds.get_or_create(&Queue { name }).inc();
        let waited = self.queue_seconds.get_or_create_owned(&Queue { name });
        let begun = std::time::Instant::now();
        Raised::new(self.depth.get_or_create_owned(&Queue { name }), move || {
            waited.observe(begun.elapsed().as_secs_f64());
        })
    }

    /// A visit is under way, until what is returned is dropped.
    pub(super) fn working(&self, controller: &'static str) -> impl Drop + use<> {
        Raised::new(self.active.get_or_create_owned(&Kind { controller }), || {})
    }

    /// A visit ended.
    pub(super) fn visited(&self, controller: &'static str, is_due_again: bool, took: Duration) {
        let result = if is_due_again { "requeue_after" } else { "success" };
        self.visits.get_or_create(&Visited { controller, result }).inc();
        self.visit_seconds.get_or_create(&Kind { controller }).observe(took.as_secs_f64());
        self.work_seconds.get_or_create(&Queue { name: controller }).observe(took.as_secs_f64());
    }

    /// A visit failed.
    pub(super) fn failed(&self, controller: &'static str) {
        self.errors.get_or_create(&Kind { controller }).inc();
        self.visits.get_or_create(&Visited { controller, result: "error" }).inc();
    }

    /// An external object was really changed.
    pub(super) fn wrote(&self, action: &'static str) {
        self.writes.get_or_create(&Action { action }).inc();
    }
}

/// A gauge that is higher by one while this lives.
struct Raised<F: FnMut()> {
    gauge: Gauge,
    ended: F,
}

impl<F: FnMut()> Raised<F> {
    fn new(gauge: Gauge, ended: F) -> Self {
        gauge.inc();
        Self { gauge, ended }
    }
}

impl<F: FnMut()> Drop for Raised<F> {
    fn drop(&mut self) {
        self.gauge.dec();
        (self.ended)();
    }
}
