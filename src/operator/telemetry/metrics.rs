//! Metrics under the names that controller-runtime's dashboards know, and our own for the provider side.

pub(crate) mod conditions;
pub(crate) mod kubernetes;
pub(crate) mod process;
pub(crate) mod queue;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::api::reason::EventReason;
use crate::connection::options::Observer;
use crate::operator::controllers::KINDS;
use crate::operator::state::index::Index;
use crate::operator::telemetry::metrics::queue::Queues;
use crate::plan::outcome::Outcome;
use crate::plan::state::State;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ControllerLabel {
    controller: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ReconcileLabels {
    controller: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    provider: &'static str,
    operation: &'static str,
    code: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OperationLabels {
    provider: &'static str,
    operation: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ProviderLabel {
    provider: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct WriteLabel {
    action: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct LeaderLabel {
    name: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct BuildLabel {
    version: &'static str,
}

type Timed<L> = Family<L, Histogram, fn() -> Histogram>;

/// All metrics of the operator.
pub(crate) struct Metrics {
    registry: Registry,
    visits: Family<ReconcileLabels, Counter>,
    errors: Family<ControllerLabel, Counter>,
    terminal: Family<ControllerLabel, Counter>,
    visit_seconds: Timed<ControllerLabel>,
    active: Family<ControllerLabel, Gauge>,
    queues: Queues,
    kubernetes: kubernetes::Requests,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Timed<OperationLabels>,
    waits: Family<ProviderLabel, Counter>,
    writes: Family<WriteLabel, Counter>,
    drift: Family<ControllerLabel, Counter>,
    leads: Family<LeaderLabel, Gauge>,
}

/// From a millisecond to half a minute.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

impl Metrics {
    /// `concurrency`: how many calls of one credential may be under way at once.
    pub(crate) fn new(concurrency: usize) -> Self {
        let timed = seconds as fn() -> Histogram;
        let mut metrics = Self {
            registry: Registry::default(),
            visits: Family::default(),
            errors: Family::default(),
            terminal: Family::default(),
            visit_seconds: Family::new_with_constructor(timed),
            active: Family::default(),
            queues: Queues::new(),
            kubernetes: kubernetes::Requests::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(timed),
            waits: Family::default(),
            writes: Family::default(),
            drift: Family::default(),
            leads: Family::default(),
        };
        metrics.register_visits(concurrency);
        metrics.register_provider();
        metrics
    }

    fn register_visits(&mut self, concurrency: usize) {
        let r = &mut self.registry;
        let (most, panics, timeouts) = (
            Family::<ControllerLabel, Gauge>::default(),
            Family::<ControllerLabel, Counter>::default(),
            Family::<ControllerLabel, Counter>::default(),
        );
        for controller in KINDS {
            let kind = ControllerLabel { controller };
            most.get_or_create(&kind).set(i64::try_from(concurrency).unwrap_or(i64::MAX));
            for family in [&panics, &timeouts, &self.errors, &self.terminal, &self.drift] {
                drop(family.get_or_create(&kind));
            }
            for result in ["success", "error", "requeue", "requeue_after"] {
                drop(self.visits.get_or_create(&ReconcileLabels { controller, result }));
            }
        }
        r.register("controller_runtime_reconcile", "Visits, by how they ended", self.visits.clone());
        r.register("controller_runtime_reconcile_errors", "Visits that failed", self.errors.clone());
        let help = "Visits that ended with what only a person's change brings on";
        r.register("controller_runtime_terminal_reconcile_errors", help, self.terminal.clone());
        let help = "Visits that panicked; a panic ends the process, so it stays 0";
        r.register("controller_runtime_reconcile_panics", help, panics);
        let help = "Visits that were cut off; calls have time limits of their own, so it stays 0";
        r.register("controller_runtime_reconcile_timeouts", help, timeouts);
        r.register("controller_runtime_reconcile_time_seconds", "How long visits take", self.visit_seconds.clone());
        r.register("controller_runtime_active_workers", "Visits under way", self.active.clone());
        let help = "Calls of one credential that may be under way at once";
        r.register("controller_runtime_max_concurrent_reconciles", help, most);
        let help = "1 while this operator leads; there is no such series without --leader-elect";
        r.register("leader_election_master_status", help, self.leads.clone());
        self.queues.register(r);
        self.kubernetes.register(r);
        r.register_collector(Box::new(process::ProcessMetrics));
    }

    fn register_provider(&mut self) {
        let r = &mut self.registry;
        let help = "Requests to providers, by HTTP status; 0: no answer";
        r.register("ping_operator_provider_requests", help, self.requests.clone());
        let help = "How long requests to providers take";
        r.register("ping_operator_provider_request_duration_seconds", help, self.request_seconds.clone());
        let help = "Calls that had to wait for their turn in a credential's budget";
        r.register("ping_operator_rate_limit_waits", help, self.waits.clone());
        r.register("ping_operator_external_writes", "Real changes of external objects", self.writes.clone());
        let help = "Visits that found the provider changed although the spec did not";
        r.register("ping_operator_drift_detected", help, self.drift.clone());
        let build = Family::<BuildLabel, Gauge>::default();
        build.get_or_create(&BuildLabel { version: env!("CARGO_PKG_VERSION") }).set(1);
        r.register("ping_operator_build_info", "The operator's version", build);
    }

    /// Shows every condition of every resource as well: four series and more each.
    pub(crate) fn show_conditions(&mut self, index: Arc<Index>) {
        self.registry.register_collector(Box::new(conditions::Conditions(index)));
    }

    /// The text that Prometheus scrapes.
    pub(crate) fn exposition(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// What counts requests to the API server.
    pub(crate) fn counting(&self, host: String) -> kubernetes::Counting {
        self.kubernetes.counting(host)
    }

    /// What counts requests to a provider.
    pub(crate) fn observer(&self) -> Observer {
        let (requests, request_seconds) = (self.requests.clone(), self.request_seconds.clone());
        let waits = self.waits.clone();
        Arc::new(move |sample| {
            let (provider, operation) = (sample.provider.name(), sample.operation);
            requests.get_or_create(&RequestLabels { provider, operation, code: sample.code }).inc();
            request_seconds.get_or_create(&OperationLabels { provider, operation }).observe(sample.took.as_secs_f64());
            if sample.waited {
                waits.get_or_create(&ProviderLabel { provider }).inc();
            }
        })
    }

    /// A visit waits to begin, until what is returned is dropped.
    pub(crate) fn queued(&self, name: &'static str) -> impl Drop + use<> {
        self.queues.queued(name)
    }

    /// A visit is under way, until what is returned is dropped.
    pub(crate) fn working(&self, controller: &'static str) -> impl Drop + use<> {
        let gauge = self.active.get_or_create_owned(&ControllerLabel { controller });
        let working = self.queues.working(controller);
        gauge.inc();
        queue::Ended::new(move || {
            gauge.dec();
            drop(working);
        })
    }

    /// A visit ended.
    pub(crate) fn visited(&self, controller: &'static str, is_due_again: bool, took: Duration) {
        let result = if is_due_again { "requeue_after" } else { "success" };
        self.visits.get_or_create(&ReconcileLabels { controller, result }).inc();
        self.visit_seconds.get_or_create(&ControllerLabel { controller }).observe(took.as_secs_f64());
        self.queues.worked(controller, took);
    }

    /// What a visit came to.
    pub(crate) fn concluded(&self, controller: &'static str, outcome: &Outcome) {
        match outcome {
            Outcome::Failed { .. } => self.failed(controller),
            Outcome::State(State::Stalled { .. } | State::DeletionBlocked { .. }) => {
                self.terminal.get_or_create(&ControllerLabel { controller }).inc();
            }
            _ => {}
        }
    }

    /// A visit failed, and the next one tries again.
    pub(crate) fn failed(&self, controller: &'static str) {
        self.errors.get_or_create(&ControllerLabel { controller }).inc();
        self.visits.get_or_create(&ReconcileLabels { controller, result: "error" }).inc();
        self.queues.retried(controller);
    }

    /// This operator leads, or leads no more.
    pub(crate) fn leads(&self, leads: bool) {
        self.leads.get_or_create(&LeaderLabel { name: "ping-operator" }).set(i64::from(leads));
    }

    /// The provider was changed although the spec was not.
    pub(crate) fn drifted(&self, controller: &'static str) {
        self.drift.get_or_create(&ControllerLabel { controller }).inc();
    }

    /// An external object was really changed.
    pub(crate) fn wrote(&self, action: EventReason) {
        self.writes.get_or_create(&WriteLabel { action: action.as_str() }).inc();
    }
}
