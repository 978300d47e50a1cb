//! Every condition of every resource as a series, read from the index at each scrape.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::operator::state::index::Index;

/// Four series and more a resource.
pub(crate) struct Conditions(pub(crate) Arc<Index>);

impl fmt::Debug for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Conditions")
    }
}

impl Collector for Conditions {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let (name, help) = ("ping_operator_resource_status_condition", "1 for the status that a condition has");
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (key, condition, status) in self.0.conditions() {
            let labels = [
                ("kind", key.kind.as_str()),
                ("namespace", key.namespace.as_str()),
                ("name", key.name.as_str()),
                ("condition", condition.as_str()),
                ("status", status.as_str()),
            ];
            ConstGauge::new(1_i64).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
