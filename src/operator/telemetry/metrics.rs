//! The metrics: by the names of controller-runtime and client-go where dashboards know them, and own ones for the provider side.

pub(crate) mod conditions;
pub(crate) mod histogram;
pub(crate) mod kubernetes;
#[cfg(target_os = "linux")]
pub(crate) mod process;
pub(crate) mod workqueue;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::api::kinds::Kind;
use crate::api::reason::EventReason;
use crate::connection::options::Observer;
use crate::operator::reconcile_result::{Ending, ReconcileResult};
use crate::operator::state::index::Index;
use crate::operator::telemetry::metrics::histogram::{Timed, timed};
use crate::operator::telemetry::metrics::workqueue::{WorkGuard, Workqueue};

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

/// All metrics of the operator.
pub(crate) struct Metrics {
    registry: Registry,
    reconciles: Family<ReconcileLabels, Counter>,
    errors: Family<ControllerLabel, Counter>,
    terminal: Family<ControllerLabel, Counter>,
    reconcile_seconds: Timed<ControllerLabel>,
    active: Family<ControllerLabel, Gauge>,
    max_concurrent: Family<ControllerLabel, Gauge>,
    workqueue: Workqueue,
    kubernetes: kubernetes::Requests,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Timed<OperationLabels>,
    waits: Family<ProviderLabel, Counter>,
    writes: Family<WriteLabel, Counter>,
    drift: Family<ControllerLabel, Counter>,
    leader: Family<LeaderLabel, Gauge>,
}

impl Metrics {
    /// All metrics, registered; most at 0.
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            reconciles: Family::default(),
            errors: Family::default(),
            terminal: Family::default(),
            reconcile_seconds: timed(),
            active: Family::default(),
            max_concurrent: Family::default(),
            workqueue: Workqueue::new(),
            kubernetes: kubernetes::Requests::default(),
            requests: Family::default(),
            request_seconds: timed(),
            waits: Family::default(),
            writes: Family::default(),
            drift: Family::default(),
            leader: Family::default(),
        };
        metrics.register_reconciles();
        metrics.register_provider();
        metrics
    }

    fn register_reconciles(&mut self) {
        let r = &mut self.registry;
        let (panics, timeouts) =
            (Family::<ControllerLabel, Counter>::default(), Family::<ControllerLabel, Counter>::default());
        for controller in Kind::ALL.iter().map(|kind| kind.as_str()) {
            let kind = ControllerLabel { controller };
            for family in [&panics, &timeouts, &self.errors, &self.terminal, &self.drift] {
                drop(family.get_or_create(&kind));
            }
            for result in ["success", "error", "requeue_after"] {
                drop(self.reconciles.get_or_create(&ReconcileLabels { controller, result }));
            }
        }
        r.register("controller_runtime_reconcile", "Reconciles by result", self.reconciles.clone());
        let help = "Reconciles with a failed call to the provider or to the API server";
        r.register("controller_runtime_reconcile_errors", help, self.errors.clone());
        let help = "Reconciles that ended Stalled or with a blocked deletion: a person must change something";
        r.register("controller_runtime_terminal_reconcile_errors", help, self.terminal.clone());
        let help = "Reconciles that panicked; always 0, because a panic ends the process";
        r.register("controller_runtime_reconcile_panics", help, panics);
        let help = "Reconciles that timed out; always 0, because each call has its own timeout";
        r.register("controller_runtime_reconcile_timeouts", help, timeouts);
        let help = "Duration of reconciles in seconds";
        r.register("controller_runtime_reconcile_time_seconds", help, self.reconcile_seconds.clone());
        let help = "Reconciles in progress, including those that wait until all caches are synced";
        r.register("controller_runtime_active_workers", help, self.active.clone());
        let help = "Maximum number of reconciles in progress, all watched namespaces together";
        r.register("controller_runtime_max_concurrent_reconciles", help, self.max_concurrent.clone());
        let help = "1 while this operator is the leader; absent without --leader-elect";
        r.register("leader_election_master_status", help, self.leader.clone());
        self.workqueue.register(r);
        self.kubernetes.register(r);
        #[cfg(target_os = "linux")]
        r.register_collector(Box::new(process::ProcessMetrics));
    }

    fn register_provider(&mut self) {
        let r = &mut self.registry;
        let help = "Requests to providers, by HTTP status; 0: no response";
        r.register("ping_operator_provider_requests", help, self.requests.clone());
        let help = "Duration of requests to providers in seconds";
        r.register("ping_operator_provider_request_duration_seconds", help, self.request_seconds.clone());
        let help = "Calls that waited for a permit of the rate limiter";
        r.register("ping_operator_rate_limit_waits", help, self.waits.clone());
        r.register("ping_operator_external_writes", "Changes of external objects", self.writes.clone());
        let help = "Reconciles that found a difference at the provider although the spec did not change";
        r.register("ping_operator_drift_detected", help, self.drift.clone());
        let build = Family::<BuildLabel, Gauge>::default();
        build.get_or_create(&BuildLabel { version: env!("CARGO_PKG_VERSION") }).set(1);
        r.register("ping_operator_build_info", "The operator's version", build);
    }

    /// Adds every condition of every resource: four series and more for each resource.
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

    /// The layer that counts requests to the API server.
    pub(crate) fn counting(&self, host: String) -> kubernetes::Counting {
        self.kubernetes.counting(host)
    }

    /// The observer that counts requests to providers.
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

    /// A controller starts, which runs at most so many reconciles at once.
    pub(crate) fn controller_started(&self, controller: &'static str, max_concurrent: u16) {
        self.max_concurrent.get_or_create(&ControllerLabel { controller }).inc_by(max_concurrent.into());
    }

    /// A controller runs a reconcile, which may still wait for the caches; it is active until the guard is dropped.
    pub(crate) fn active(&self, controller: &'static str) -> ActiveGuard {
        let gauge = self.active.get_or_create_owned(&ControllerLabel { controller });
        gauge.inc();
        ActiveGuard(gauge)
    }

    /// A reconcile begins; it is in progress until the guard is dropped.
    pub(crate) fn begin(&self, controller: &'static str) -> WorkGuard {
        self.workqueue.begin(controller)
    }

    /// A reconcile ended: the one place where it is counted.
    pub(crate) fn reconciled(&self, controller: &'static str, result: &ReconcileResult, took: Duration) {
        let kind = ControllerLabel { controller };
        self.reconciles.get_or_create(&ReconcileLabels { controller, result: result.as_str() }).inc();
        match result.ending {
            Ending::Success => {}
            Ending::Stalled => drop(self.terminal.get_or_create(&kind).inc()),
            Ending::Error => drop(self.errors.get_or_create(&kind).inc()),
        }
        self.reconcile_seconds.get_or_create(&kind).observe(took.as_secs_f64());
        self.workqueue.worked(controller, took);
    }

    /// Whether this operator is the leader.
    pub(crate) fn set_leader(&self, is_leader: bool) {
        self.leader.get_or_create(&LeaderLabel { name: "ping-operator" }).set(i64::from(is_leader));
    }

    /// Drift: the provider differs although the spec did not change.
    pub(crate) fn drifted(&self, controller: &'static str) {
        self.drift.get_or_create(&ControllerLabel { controller }).inc();
    }

    /// An external object was changed.
    pub(crate) fn wrote(&self, action: EventReason) {
        self.writes.get_or_create(&WriteLabel { action: action.as_str() }).inc();
    }
}

/// A reconcile that a controller runs.
pub(crate) struct ActiveGuard(Gauge);

impl Drop for ActiveGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use kube::runtime::controller::Action;

    use super::*;
    use crate::api::reason::Reason;
    use crate::plan::outcome::Outcome;
    use crate::plan::state::State;

    #[test]
    fn a_reconcile_is_counted_once_whatever_it_came_to() {
        let (metrics, again) = (Metrics::new(), || Action::requeue(Duration::from_secs(1)));
        let stalled = State::Stalled { reason: Reason::Invalid, message: String::new() };
        for result in [
            ReconcileResult::error(again()),
            ReconcileResult::success(again()),
            ReconcileResult::success(Action::await_change()),
            ReconcileResult::of(&Outcome::State(stalled), Action::await_change()),
        ] {
            metrics.reconciled("ProviderConfig", &result, Duration::ZERO);
        }
        let text = metrics.exposition();
        for (result, count) in [("error", 1), ("requeue_after", 1), ("success", 2)] {
            let line = "controller_runtime_reconcile_total{controller=\"ProviderConfig\",result=";
            assert!(text.contains(&format!("{line}\"{result}\"}} {count}\n")), "{result}");
        }
        for name in ["controller_runtime_reconcile_errors", "controller_runtime_terminal_reconcile_errors"] {
            assert!(text.contains(&format!("{name}_total{{controller=\"ProviderConfig\"}} 1\n")), "{name}");
        }
    }
}
