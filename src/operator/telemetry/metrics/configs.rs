//! What a config may do now: whether its calls pause, and how many deletions its guard still allows. Read at each scrape.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};

use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::operator::state::connections::Connections;
use crate::operator::state::connections::shown::ConfigPauses;
use crate::operator::state::index::Index;
use crate::operator::telemetry::metrics::gauge;
use crate::operator::telemetry::metrics::gauge::Series;
use crate::plan::guard;

/// The pauses that are there for each config, with 0 or 1. Others are there while they last.
const PAUSES: [Reason; 3] = [Reason::CredentialsRejected, Reason::ProviderUnavailable, Reason::RateLimited];

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ConfigLabels {
    kind: &'static str,
    namespace: String,
    name: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct PauseLabels {
    kind: &'static str,
    namespace: String,
    name: String,
    reason: &'static str,
}

/// Writes the pauses.
pub(crate) fn encode_pauses(encoder: &mut DescriptorEncoder<'_>, connections: &Connections) -> fmt::Result {
    let help = "1 from the failure on that made the calls of a config pause until a call has succeeded, by reason: \
                a refused token, a token whose account cannot be read, a 429";
    let series = connections.pauses().into_iter().flat_map(pauses);
    gauge::encode(encoder, "ping_operator_credential_paused", help, series)
}

fn pauses(ConfigPauses { config, reasons }: ConfigPauses) -> impl Iterator<Item = Series<PauseLabels, i64>> {
    let shown: BTreeSet<_> = PAUSES.into_iter().chain(reasons.iter().copied()).collect();
    shown.into_iter().map(move |reason| {
        let ResourceKey { kind, namespace, name } = config.clone();
        let labels = PauseLabels { kind: kind.as_str(), namespace, name, reason: reason.as_str() };
        Series { labels, value: i64::from(reasons.contains(&reason)) }
    })
}

/// Writes what the deletion guards allow.
pub(crate) fn encode_guards(encoder: &mut DescriptorEncoder<'_>, index: &Index, now: Timestamp) -> fmt::Result {
    let help = "Deletions that the deletion guard of a config still allows in its window";
    let series = index.configs().into_iter().map(|config| {
        let ResourceKey { kind, namespace, name } = config.key.clone();
        let labels = ConfigLabels { kind: kind.as_str(), namespace, name };
        Series { labels, value: guard::remaining(&config.deletions, config.settings.deletion_guard, now) }
    });
    gauge::encode(encoder, "ping_operator_deletion_guard_remaining", help, series)
}
