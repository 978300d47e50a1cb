//! Work in progress, by the names of client-go's workqueue.
//!
//! `workqueue_depth`, `_adds`, `_retries` and `_queue_duration_seconds` are left out: what is due waits for a place with
//! others of its config, and not in a queue of its kind.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::api::kinds::Kind;
use crate::operator::telemetry::metrics::histogram::{Timed, timed};

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct QueueLabel {
    name: &'static str,
}

/// The work of all kinds.
pub(crate) struct Workqueue {
    work_seconds: Timed<QueueLabel>,
    in_progress: InProgress,
}

/// Makes one number of two.
type Fold = fn(f64, f64) -> f64;

/// The reconciles in progress.
#[derive(Clone, Debug, Default)]
struct InProgress(Arc<Mutex<Work>>);

#[derive(Debug, Default)]
struct Work {
    /// How many reconciles began.
    begun: u64,
    /// Those in progress, by the number in which they began.
    items: BTreeMap<u64, WorkItem>,
}

#[derive(Debug)]
struct WorkItem {
    name: &'static str,
    begun: Instant,
}

impl Workqueue {
    /// No work yet.
    pub(crate) fn new() -> Self {
        Self { work_seconds: timed(), in_progress: InProgress::default() }
    }

    /// Registers the metrics.
    pub(crate) fn register(&self, r: &mut Registry) {
        let help = "Duration of reconciles in seconds";
        r.register("workqueue_work_duration_seconds", help, self.work_seconds.clone());
        r.register_collector(Box::new(self.in_progress.clone()));
    }

    /// A reconcile begins; it is in progress until the guard is dropped.
    pub(crate) fn begin(&self, name: &'static str) -> WorkGuard {
        let mut work = self.in_progress.0.lock();
        work.begun += 1;
        let number = work.begun;
        work.items.insert(number, WorkItem { name, begun: Instant::now() });
        WorkGuard { in_progress: self.in_progress.clone(), number }
    }

    /// A reconcile ended.
    pub(crate) fn worked(&self, name: &'static str, took: Duration) {
        self.work_seconds.get_or_create(&QueueLabel { name }).observe(took.as_secs_f64());
    }
}

/// One reconcile in progress.
pub(crate) struct WorkGuard {
    in_progress: InProgress,
    number: u64,
}

impl Drop for WorkGuard {
    fn drop(&mut self) {
        self.in_progress.0.lock().items.remove(&self.number);
    }
}

impl InProgress {
    /// How long each reconcile of a kind has taken so far, in seconds.
    fn ages(&self, name: &str) -> Vec<f64> {
        let work = self.0.lock();
        let ours = work.items.values().filter(|item| item.name == name);
        ours.map(|item| item.begun.elapsed().as_secs_f64()).collect()
    }
}

impl Collector for InProgress {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let (sum, longest): (Fold, Fold) = (std::ops::Add::add, f64::max);
        for (metric, help, fold) in [
            (
                "workqueue_unfinished_work_seconds",
                "Sum of the seconds that the reconciles in progress have taken so far",
                sum,
            ),
            (
                "workqueue_longest_running_processor_seconds",
                "Seconds that the longest reconcile in progress has taken so far",
                longest,
            ),
        ] {
            let mut family = encoder.encode_descriptor(metric, help, None, MetricType::Gauge)?;
            for name in Kind::ALL.iter().map(|kind| kind.as_str()) {
                let value = self.ages(name).into_iter().fold(0.0, fold);
                ConstGauge::new(value).encode(family.encode_family(&QueueLabel { name })?)?;
            }
        }
        Ok(())
    }
}
