//! How many resources there are, by kind and by the reason of their condition `Ready`: counted in the index at each scrape.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};

use crate::api::conditions::ConditionStatus;
use crate::api::kinds::Kind;
use crate::api::reason::Reason;
use crate::operator::state::index::Index;
use crate::operator::state::index::shown::ResourceSummary;
use crate::operator::telemetry::metrics::gauge;
use crate::operator::telemetry::metrics::gauge::Series;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, Ord, PartialEq, PartialOrd)]
struct ResourceLabels {
    kind: &'static str,
    reason: &'static str,
    ready: &'static str,
}

/// The word of a reason; `None`: another version of the operator, or another writer, wrote one that is unknown.
pub(crate) fn reason_word(reason: Option<Reason>) -> &'static str {
    reason.map_or("Other", Reason::as_str)
}

/// Writes the numbers.
pub(crate) fn encode(encoder: &mut DescriptorEncoder<'_>, index: &Index) -> fmt::Result {
    let help = "Resources by the reason and the status of their condition Ready; NotReconciled: no condition yet";
    let series = counts(&index.summaries()).into_iter().map(|(labels, value)| Series { labels, value });
    gauge::encode(encoder, "ping_operator_resources", help, series)
}

/// The numbers. The number of those that are Ready is there for each kind, even if it is 0.
fn counts(resources: &[ResourceSummary]) -> BTreeMap<ResourceLabels, i64> {
    let labels = |kind: Kind, ready: ConditionStatus, reason| ResourceLabels {
        kind: kind.as_str(),
        reason,
        ready: ready.as_str(),
    };
    let available = Reason::Available.as_str();
    let none = Kind::ALL.iter().map(|kind| (labels(*kind, ConditionStatus::True, available), 0));
    let mut counts: BTreeMap<_, _> = none.collect();
    for ResourceSummary { kind, ready } in resources {
        let labels = match ready {
            Some(ready) => labels(*kind, ready.status, reason_word(ready.reason)),
            None => labels(*kind, ConditionStatus::Unknown, "NotReconciled"),
        };
        *counts.entry(labels).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::conditions::{ConditionSummary, ConditionType};

    #[test]
    fn resources_are_counted_by_kind_reason_and_status() {
        let ready = |status, reason| Some(ConditionSummary { type_: ConditionType::Ready, status, reason });
        let team = |ready| ResourceSummary { kind: Kind::Team, ready };
        let counts = counts(&[
            team(ready(ConditionStatus::True, Some(Reason::Available))),
            team(ready(ConditionStatus::False, Some(Reason::Invalid))),
            team(ready(ConditionStatus::False, Some(Reason::Invalid))),
            team(ready(ConditionStatus::False, None)),
            team(None),
        ]);
        let count = |kind, reason, ready| counts.get(&ResourceLabels { kind, reason, ready }).copied();
        for (kind, reason, ready, expected) in [
            ("Team", "Available", "True", Some(1)),
            ("Team", "Invalid", "False", Some(2)),
            ("Team", "Other", "False", Some(1)),
            ("Team", "NotReconciled", "Unknown", Some(1)),
            ("Service", "Available", "True", Some(0)),
            ("Service", "Invalid", "False", None),
        ] {
            assert_eq!(count(kind, reason, ready), expected, "{kind} {reason}");
        }
    }
}
