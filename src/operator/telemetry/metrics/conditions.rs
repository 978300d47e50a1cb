//! Every condition of every resource as a series, read from the index at each scrape.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};

use crate::operator::state::index::Index;
use crate::operator::state::index::shown::ResourceCondition;
use crate::operator::telemetry::metrics::gauge;
use crate::operator::telemetry::metrics::gauge::Series;
use crate::operator::telemetry::metrics::resources::reason_word;

/// With more resources than these their conditions are no metrics, unless `--resource-metrics true` asks for it.
const MOST_RESOURCES: usize = 2_000;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ConditionLabels {
    kind: &'static str,
    namespace: String,
    name: String,
    condition: &'static str,
    status: &'static str,
    reason: &'static str,
}

/// Reads the conditions from the index: four series and more for each resource.
pub(crate) struct Conditions {
    index: Arc<Index>,
    /// What the flag says; `None`: it is not given.
    wanted: Option<bool>,
    /// Whether the log tells already that there are too many resources.
    is_told: AtomicBool,
}

impl Conditions {
    /// The conditions of an index. `wanted`: what the flag says.
    pub(crate) fn new(index: Arc<Index>, wanted: Option<bool>) -> Self {
        Self { index, wanted, is_told: AtomicBool::new(false) }
    }

    /// Whether they are shown now. The first time that they are not because there are too many resources, the log says so.
    fn are_shown(&self) -> bool {
        let resources = self.index.resource_count();
        let are_shown = self.wanted.unwrap_or(resources <= MOST_RESOURCES);
        if !are_shown && self.wanted.is_none() && !self.is_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                resources,
                limit = MOST_RESOURCES,
                "too many resources to export the conditions of each as metrics: to export them all the same, start with --resource-metrics true"
            );
        }
        are_shown
    }
}

impl fmt::Debug for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Conditions")
    }
}

impl Collector for Conditions {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let are_shown = self.are_shown();
        let conditions = if are_shown { self.index.conditions() } else { Vec::new() };
        let series = conditions.into_iter().map(|ResourceCondition { key, condition }| Series {
            labels: ConditionLabels {
                kind: key.kind.as_str(),
                namespace: key.namespace,
                name: key.name,
                condition: condition.type_.as_str(),
                status: condition.status.as_str(),
                reason: reason_word(condition.reason),
            },
            value: 1_i64,
        });
        let help = "1 for the status and the reason that a condition of a resource has";
        gauge::encode(&mut encoder, "ping_operator_resource_status_condition", help, series)?;
        let help = "1 while ping_operator_resource_status_condition has the resources; 0: --resource-metrics is false, \
                    or not given and there are more than 2,000 resources";
        gauge::encode_one(&mut encoder, "ping_operator_resource_metrics_enabled", help, i64::from(are_shown))
    }
}
