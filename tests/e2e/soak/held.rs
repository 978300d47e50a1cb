//! What a process of the operator holds.

use std::collections::BTreeMap;

use crate::harness::Operator;

/// What the operator's process holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Held {
    /// Open file descriptors.
    pub(crate) files: usize,
    pub(crate) threads: usize,
    /// All series that it shows, of whatever namespace.
    pub(crate) series: usize,
    /// Entries of what it shows: series of conditions, busy workers, waiting reconciles; by metric, those without any left out.
    pub(crate) shown: BTreeMap<String, u64>,
}

impl Held {
    /// What it holds now; the conditions are those of this namespace.
    pub(crate) async fn by(operator: &Operator, namespace: &str) -> Self {
        let entries = |what: &str| {
            std::fs::read_dir(format!("/proc/{}/{what}", operator.id())).map(Iterator::count).expect("its entries")
        };
        let (_, text) = operator.get("/metrics").await.expect("what the metrics are");
        let mut shown = BTreeMap::from([("conditions".to_owned(), 0)]);
        // The configs without a namespace are those of all tests.
        let own = format!("namespace=\"{namespace}\"");
        for line in text.lines().filter(|line| !line.contains("ClusterProviderConfig")) {
            if line.starts_with("ping_operator_resource_status_condition") && line.contains(&own) {
                *shown.entry("conditions".to_owned()).or_default() += 1;
            }
            let is_gauge = ["workqueue_depth", "controller_runtime_active_workers"];
            if let Some((name, value)) =
                line.rsplit_once(' ').filter(|_| is_gauge.iter().any(|it| line.starts_with(it)))
            {
                // A kind that was never busy has no series.
                shown.extend(value.parse().ok().filter(|value| *value > 0).map(|value| (name.to_owned(), value)));
            }
        }
        let series = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase())).count();
        Self { files: entries("fd"), threads: entries("task"), series, shown }
    }

    /// Whether the process shows what it showed when there was as little, and has no more open than when there was much. Series of what
    /// happened for the first time since then stay.
    pub(crate) fn is_within(&self, little: &Self, much: &Self) -> bool {
        self.files <= much.files && self.threads <= much.threads && self.shown == little.shown
    }
}

/// `RssAnon` of an operator in KiB.
pub(crate) fn anonymous(operator: &Operator) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", operator.id())).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("RssAnon");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
