//! The metrics: by the names of controller-runtime and client-go where dashboards know them, and own ones for the provider side.

pub(crate) mod accounts;
pub(crate) mod conditions;
pub(crate) mod configs;
pub(crate) mod gauge;
pub(crate) mod histogram;
pub(crate) mod kubernetes;
#[cfg(target_os = "linux")]
pub(crate) mod process;
pub(crate) mod resources;
pub(crate) mod shown;
#[cfg(test)]
mod tests;
pub(crate) mod text_format;
pub(crate) mod watches;
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
use crate::connection::options::{Observation, Observer, WriteResult};
use crate::operator::reconcile_result::{Ending, ReconcileResult};
use crate::operator::state::caches::Caches;
use crate::operator::state::index::Index;
use crate::operator::telemetry::metrics::conditions::Conditions;
use crate::operator::telemetry::metrics::histogram::{Timed, timed};
use crate::operator::telemetry::metrics::shown::Shown;
use crate::operator::telemetry::metrics::workqueue::Workqueue;
use crate::operator::trouble::log::Count;

/// Declares sets of labels.
macro_rules! labels {
    ($($name:ident { $($label:ident: $type:ty),* })*) => {$(
        #[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
        struct $name {
            $($label: $type,)*
        }
    )*};
}

labels! {
    ControllerLabel { controller: &'static str }
    ReconcileLabels { controller: &'static str, result: &'static str }
    RequestLabels { provider: &'static str, operation: &'static str, code: u16 }
    OperationLabels { provider: &'static str, operation: &'static str }
    ProviderLabel { provider: &'static str }
    WriteLabels { provider: &'static str, operation: &'static str, result: &'static str }
    ActionLabel { action: &'static str }
    ApiErrorLabels { verb: &'static str, resource: String, reason: &'static str }
    LeaderLabel { name: String }
    BuildLabel { version: &'static str }
}

/// Declares the metrics, each with its type, its first value, its name and its help text.
macro_rules! metrics {
    ($($field:ident: $type:ty = $new:expr, $name:literal, $help:literal;)*) => {
        /// All metrics of the operator.
        pub(crate) struct Metrics {
            registry: Registry,
            /// Reconciles in progress.
            pub(crate) workqueue: Workqueue,
            /// Requests to the API server.
            pub(crate) kubernetes: kubernetes::Requests,
            $($field: $type,)*
        }

        impl Metrics {
            /// The names of the metrics that are declared here, without the ending of counters.
            #[cfg(test)]
            const NAMES: &[&str] = &[$($name),*];

            /// All metrics, registered and without a series.
            fn registered() -> Self {
                let (mut registry, workqueue) = (Registry::default(), Workqueue::new());
                let kubernetes = kubernetes::Requests::default();
                $(
                    let $field: $type = $new;
                    registry.register($name, $help, $field.clone());
                )*
                workqueue.register(&mut registry);
                kubernetes.register(&mut registry);
                Self { registry, workqueue, kubernetes, $($field,)* }
            }
        }
    };
}

metrics! {
    reconciles: Family<ReconcileLabels, Counter> = Family::default(),
        "controller_runtime_reconcile", "Reconciles by result";
    errors: Family<ControllerLabel, Counter> = Family::default(), "controller_runtime_reconcile_errors",
        "Reconciles with a failed call to the provider or to the API server";
    terminal: Family<ControllerLabel, Counter> = Family::default(), "controller_runtime_terminal_reconcile_errors",
        "Reconciles that ended Stalled or with a blocked deletion: a person must change something";
    panics: Family<ControllerLabel, Counter> = Family::default(), "controller_runtime_reconcile_panics",
        "Reconciles that panicked; always 0, because a panic ends the process";
    timeouts: Family<ControllerLabel, Counter> = Family::default(), "controller_runtime_reconcile_timeouts",
        "Reconciles that timed out; always 0, because each call has its own timeout";
    reconcile_seconds: Timed<ControllerLabel> = timed(),
        "controller_runtime_reconcile_time_seconds", "Duration of reconciles in seconds";
    active: Family<ControllerLabel, Gauge> = Family::default(), "controller_runtime_active_workers",
        "Reconciles in progress, including those that wait until all caches are synced";
    max_concurrent: Family<ControllerLabel, Gauge> = Family::default(), "controller_runtime_max_concurrent_reconciles",
        "Maximum number of reconciles in progress, all watched namespaces together";
    leader: Family<LeaderLabel, Gauge> = Family::default(), "leader_election_master_status",
        "1 while this operator is the leader; absent without --leader-elect";
    requests: Family<RequestLabels, Counter> = Family::default(),
        "ping_operator_provider_requests", "Requests to providers, by HTTP status; 0: no response";
    request_seconds: Timed<OperationLabels> = timed(),
        "ping_operator_provider_request_duration_seconds", "Duration of requests to providers in seconds";
    waits: Family<ProviderLabel, Counter> = Family::default(),
        "ping_operator_rate_limit_waits", "Calls that waited for a permit of the rate limiter";
    writes: Family<WriteLabels, Counter> = Family::default(), "ping_operator_external_writes",
        "Writes sent to providers, by what is known of them: done, refused, or unknown because the answer is lost or proves nothing";
    actions: Family<ActionLabel, Counter> = Family::default(), "ping_operator_external_actions",
        "External objects created, updated, deleted, adopted or orphaned, and calls that contacted a person";
    drift: Family<ControllerLabel, Counter> = Family::default(), "ping_operator_drift_detected",
        "Reconciles that found a difference at the provider although the spec did not change";
    api_server_errors: Family<ApiErrorLabels, Counter> = Family::default(), "ping_operator_api_server_errors",
        "Requests to the API server that it refused or did not answer, by what was asked";
    build: Family<BuildLabel, Gauge> = Family::default(),
        "ping_operator_build_info", "The operator's version";
}

impl Metrics {
    /// All metrics, registered; counters of reconciles begin at 0. `requeue` stays 0: each repetition has a time.
    pub(crate) fn new() -> Self {
        let mut metrics = Self::registered();
        for controller in Kind::ALL.iter().map(|kind| kind.as_str()) {
            let kind = ControllerLabel { controller };
            let Self { panics, timeouts, errors, terminal, drift, .. } = &metrics;
            for family in [panics, timeouts, errors, terminal, drift] {
                drop(family.get_or_create(&kind));
            }
            for result in ["success", "error", "requeue", "requeue_after"] {
                drop(metrics.reconciles.get_or_create(&ReconcileLabels { controller, result }));
            }
        }
        metrics.build.get_or_create(&BuildLabel { version: env!("CARGO_PKG_VERSION") }).set(1);
        #[cfg(target_os = "linux")]
        metrics.registry.register_collector(Box::new(process::ProcessMetrics));
        metrics
    }

    /// Adds what is read from the state at each scrape. `conditions`: whether those of each resource are shown; `None`: while there
    /// are not too many.
    pub(crate) fn show(&mut self, state: Shown, conditions: Option<bool>) {
        let conditions = Conditions::new(Arc::clone(&state.index), conditions);
        self.registry.register_collector(Box::new(conditions));
        self.registry.register_collector(Box::new(state));
    }

    /// Adds which kinds can be watched, and how many resources cannot be read.
    pub(crate) fn show_watches(&mut self, caches: Arc<Caches>, index: Arc<Index>) {
        self.registry.register_collector(Box::new(watches::Watches { caches, index }));
    }

    /// Counts failed requests to the API server.
    pub(crate) fn api_errors(&self) -> Count {
        let errors = self.api_server_errors.clone();
        Box::new(move |trouble| {
            let (verb, resource) = (trouble.asked.verb.as_str(), trouble.asked.resource.clone());
            let reason = trouble.report().reason.as_str();
            errors.get_or_create(&ApiErrorLabels { verb, resource, reason }).inc();
        })
    }

    /// The text that Prometheus scrapes, as `OpenMetrics`.
    pub(crate) fn exposition(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// The observer that counts requests to providers.
    pub(crate) fn observer(&self) -> Observer {
        let (requests, request_seconds) = (self.requests.clone(), self.request_seconds.clone());
        let (waits, writes) = (self.waits.clone(), self.writes.clone());
        Arc::new(move |observation| {
            let Observation::Request(sample) = observation else { return };
            let (provider, operation) = (sample.provider.name(), sample.operation);
            requests.get_or_create(&RequestLabels { provider, operation, code: sample.code }).inc();
            request_seconds.get_or_create(&OperationLabels { provider, operation }).observe(sample.took.as_secs_f64());
            if sample.waited {
                waits.get_or_create(&ProviderLabel { provider }).inc();
            }
            // All results of an operation are there from its first call on: a counter that begins at 1 shows no increase.
            for result in WriteResult::ALL.into_iter().filter(|_| sample.write.is_some()) {
                let counter = writes.get_or_create(&WriteLabels { provider, operation, result: result.as_str() });
                counter.inc_by(u64::from(sample.write == Some(result)));
            }
        })
    }

    /// A controller starts, which runs at most so many reconciles at once.
    pub(crate) fn controller_started(&self, controller: &'static str, max_concurrent: u16) {
        self.max_concurrent.get_or_create(&ControllerLabel { controller }).inc_by(max_concurrent.into());
    }

    /// A controller runs a reconcile; that of a config may still wait for the caches. It is active until the guard is dropped.
    pub(crate) fn active(&self, controller: &'static str) -> ActiveGuard {
        let gauge = self.active.get_or_create_owned(&ControllerLabel { controller });
        gauge.inc();
        ActiveGuard(gauge)
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

    /// Whether this operator is the leader, by the name of the Lease.
    pub(crate) fn set_leader(&self, lease: &str, is_leader: bool) {
        self.leader.get_or_create(&LeaderLabel { name: lease.to_owned() }).set(i64::from(is_leader));
    }

    /// Drift: the provider differs although the spec did not change.
    pub(crate) fn drifted(&self, controller: &'static str) {
        self.drift.get_or_create(&ControllerLabel { controller }).inc();
    }

    /// An external object was changed, adopted or orphaned.
    pub(crate) fn wrote(&self, action: EventReason) {
        self.actions.get_or_create(&ActionLabel { action: action.as_str() }).inc();
    }
}

/// A reconcile that a controller runs.
pub(crate) struct ActiveGuard(Gauge);

impl Drop for ActiveGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}
