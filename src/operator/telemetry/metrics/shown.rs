//! What is not counted as it happens, but read from the operator's state at each scrape.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use crate::connection::clock::Clock;
use crate::operator::state::connections::Connections;
use crate::operator::state::index::Index;
use crate::operator::telemetry::metrics::{accounts, configs, resources};

/// The state that is read at each scrape. The number of its series grows with configs and accounts, not with resources.
pub(crate) struct Shown {
    /// The source of time.
    pub(crate) clock: Clock,
    /// The index of all resources.
    pub(crate) index: Arc<Index>,
    /// The connections of all configs.
    pub(crate) connections: Arc<Connections>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let Self { clock, index, connections } = self;
        let accounts = connections.accounts_in_use();
        resources::encode(&mut encoder, index)?;
        configs::encode_pauses(&mut encoder, connections)?;
        configs::encode_guards(&mut encoder, index, clock.now())?;
        accounts::encode_reads(&mut encoder, &accounts)?;
        accounts::encode_queues(&mut encoder, &accounts)
    }
}
