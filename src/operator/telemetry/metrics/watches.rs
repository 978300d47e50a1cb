//! Which kinds can be watched, and how many resources cannot be read, at each scrape.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::operator::state::caches::{CacheState, Caches};
use crate::operator::state::index::Index;

/// Reads the states of the watches, and the index.
pub(crate) struct Watches {
    /// The states of the watches.
    pub(crate) caches: Arc<Caches>,
    /// The resources.
    pub(crate) index: Arc<Index>,
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watches")
    }
}

impl Collector for Watches {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let (name, help) = (
            "ping_operator_watch_synced",
            "1 while all resources of a kind are known, by watched namespace; empty: all",
        );
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for ((kind, namespace), state) in self.caches.states() {
            let labels = [("kind", kind.as_str()), ("namespace", namespace.as_str())];
            let is_synced = state == CacheState::Synced;
            ConstGauge::new(i64::from(is_synced)).encode(family.encode_family(&labels)?)?;
        }
        let (name, help) =
            ("ping_operator_unreadable_resources", "Resources that this version cannot read: nothing is done for them");
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (kind, count) in self.index.unreadable_counts() {
            ConstGauge::new(count).encode(family.encode_family(&[("kind", kind.as_str())])?)?;
        }
        Ok(())
    }
}
