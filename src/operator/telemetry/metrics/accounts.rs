//! What is known of each account: when it was read last, and how long calls wait for the rate limiter. Read at each scrape.
//!
//! The same account at two addresses (a config with `endpoints`) is one here: the newest read and the longest wait count.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};

use crate::connection::account::Account;
use crate::connection::lane::Lane;
use crate::inventory::last_read::CollectionKind;
use crate::operator::telemetry::metrics::gauge;
use crate::operator::telemetry::metrics::gauge::Series;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, Ord, PartialEq, PartialOrd)]
struct ReadLabels {
    provider: &'static str,
    account: String,
    collection: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, Ord, PartialEq, PartialOrd)]
struct LaneLabels {
    provider: &'static str,
    account: String,
    lane: &'static str,
}

/// Writes when each kind of collection was read last. A kind that was never read has no series.
pub(crate) fn encode_reads(encoder: &mut DescriptorEncoder<'_>, accounts: &[Arc<Account>]) -> fmt::Result {
    let help = "When the newest successful read of a kind of collection began, in seconds since 1970";
    let mut newest = BTreeMap::<ReadLabels, Timestamp>::new();
    for account in accounts {
        let Some(key) = &account.key else { continue };
        for kind in CollectionKind::ALL {
            let Some(at) = account.last_read(kind) else { continue };
            let (provider, account) = (key.provider.name(), key.id.clone());
            let known = newest.entry(ReadLabels { provider, account, collection: kind.as_str() }).or_default();
            *known = at.max(*known);
        }
    }
    let series = newest.into_iter().map(|(labels, at)| Series { labels, value: at.as_duration().as_secs_f64() });
    gauge::encode(encoder, "ping_operator_last_successful_read_timestamp_seconds", help, series)
}

/// Writes how long the oldest call of each lane has waited.
pub(crate) fn encode_queues(encoder: &mut DescriptorEncoder<'_>, accounts: &[Arc<Account>]) -> fmt::Result {
    let help = "Seconds that the oldest call in a lane of the rate limiter has waited for its permit; 0: none waits";
    let mut longest = BTreeMap::<LaneLabels, f64>::new();
    for account in accounts {
        let Some(key) = &account.key else { continue };
        for lane in Lane::ALL {
            let (provider, id) = (key.provider.name(), key.id.clone());
            let known = longest.entry(LaneLabels { provider, account: id, lane: lane.as_str() }).or_default();
            *known = known.max(account.queue_age(lane).as_secs_f64());
        }
    }
    let series = longest.into_iter().map(|(labels, value)| Series { labels, value });
    gauge::encode(encoder, "ping_operator_rate_limit_queue_age_seconds", help, series)
}
