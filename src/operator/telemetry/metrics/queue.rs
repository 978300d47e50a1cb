//! What client-go's workqueue tells of itself, by the same names.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use crate::api::kinds::Kind;
use crate::operator::telemetry::metrics::{Timed, seconds};

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct QueueLabel {
    name: &'static str,
}

/// The queues of all kinds.
pub(crate) struct Queues {
    depth: Family<QueueLabel, Gauge>,
    adds: Family<QueueLabel, Counter>,
    retries: Family<QueueLabel, Counter>,
    queue_seconds: Timed<QueueLabel>,
    work_seconds: Timed<QueueLabel>,
    running: Running,
}

/// When each visit under way began.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<Visits>>);

/// Visits under way, numbered in the order in which they began.
#[derive(Default)]
struct Visits {
    begun: u64,
    under_way: BTreeMap<u64, (&'static str, Instant)>,
}

impl Queues {
    pub(crate) fn new() -> Self {
        let timed = seconds as fn() -> prometheus_client::metrics::histogram::Histogram;
        let queues = Self {
            depth: Family::default(),
            adds: Family::default(),
            retries: Family::default(),
            queue_seconds: Family::new_with_constructor(timed),
            work_seconds: Family::new_with_constructor(timed),
            running: Running::default(),
        };
        for name in Kind::ALL.iter().map(|kind| kind.as_str()) {
            drop(queues.depth.get_or_create(&QueueLabel { name }));
            drop(queues.adds.get_or_create(&QueueLabel { name }));
            drop(queues.retries.get_or_create(&QueueLabel { name }));
        }
        queues
    }

    pub(crate) fn register(&self, r: &mut Registry) {
        r.register("workqueue_depth", "Visits that have not begun yet", self.depth.clone());
        r.register("workqueue_adds", "Visits that became due", self.adds.clone());
        r.register("workqueue_retries", "Visits that are due because the last one failed", self.retries.clone());
        r.register("workqueue_queue_duration_seconds", "How long visits wait to begin", self.queue_seconds.clone());
        r.register("workqueue_work_duration_seconds", "How long visits take", self.work_seconds.clone());
        r.register_collector(Box::new(self.running.clone()));
    }

    pub(crate) fn queued(&self, name: &'static str) -> impl Drop + use<> {
        self.adds.get_or_create(&QueueLabel { name }).inc();
        let waited = self.queue_seconds.get_or_create_owned(&QueueLabel { name });
        let depth = self.depth.get_or_create_owned(&QueueLabel { name });
        let begun = Instant::now();
        depth.inc();
        Ended::new(move || {
            depth.dec();
            waited.observe(begun.elapsed().as_secs_f64());
        })
    }

    pub(crate) fn working(&self, name: &'static str) -> impl Drop + use<> {
        let running = self.running.clone();
        let number = {
            let mut visits = running.state();
            visits.begun += 1;
            let number = visits.begun;
            visits.under_way.insert(number, (name, Instant::now()));
            number
        };
        Ended::new(move || {
            running.state().under_way.remove(&number);
        })
    }

    pub(crate) fn worked(&self, name: &'static str, took: Duration) {
        self.work_seconds.get_or_create(&QueueLabel { name }).observe(took.as_secs_f64());
    }

    pub(crate) fn retried(&self, name: &'static str) {
        self.retries.get_or_create(&QueueLabel { name }).inc();
    }
}

impl Running {
    fn state(&self) -> MutexGuard<'_, Visits> {
        self.0.lock()
    }

    /// The ages of a kind's visits under way, in seconds.
    fn ages(&self, name: &str) -> Vec<f64> {
        let visits = self.state();
        let ours = visits.under_way.values().filter(|(kind, _)| *kind == name);
        ours.map(|(_, at)| at.elapsed().as_secs_f64()).collect()
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Running")
    }
}

impl Collector for Running {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let (unfinished, longest) =
            ("workqueue_unfinished_work_seconds", "workqueue_longest_running_processor_seconds");
        for (metric, help, fold) in [
            (
                unfinished,
                "Seconds that visits under way have taken so far, all together",
                <f64 as std::ops::Add>::add as fn(f64, f64) -> f64,
            ),
            (longest, "Seconds that the longest visit under way has taken so far", f64::max),
        ] {
            let mut family = encoder.encode_descriptor(metric, help, None, MetricType::Gauge)?;
            for name in Kind::ALL.iter().map(|kind| kind.as_str()) {
                let ages = self.ages(name);
                let value = ages.into_iter().fold(0.0, fold);
                ConstGauge::new(value).encode(family.encode_family(&QueueLabel { name })?)?;
            }
        }
        Ok(())
    }
}

/// Does something when it is dropped.
pub(crate) struct Ended<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Ended<F> {
    pub(crate) fn new(ended: F) -> Self {
        Self(Some(ended))
    }
}

impl<F: FnOnce()> Drop for Ended<F> {
    fn drop(&mut self) {
        if let Some(ended) = self.0.take() {
            ended();
        }
    }
}
