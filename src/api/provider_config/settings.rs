//! The settings of a credential: endpoints, rate limit, intervals, deletion guard. No IO.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::approval::ApprovalPolicy;

/// The common settings of both kinds of config.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    /// Base URLs that replace the URLs of the provider. An `--allow-endpoint` flag of the operator must name each host. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoints: Option<Endpoints>,
    /// The rate limit for calls with this credential. Mutable.
    #[serde(default)]
    pub(crate) rate_limit: RateLimit,
    /// Seconds between two resyncs of an unchanged resource. Default 600; 0 = never. Mutable.
    #[serde(default = "default_resync")]
    #[schemars(range(min = 0, max = 604_800))]
    pub(crate) resync_interval_seconds: i32,
    /// The read lag: seconds for which a read may miss a write. Default 120. Mutable.
    #[serde(default = "default_read_lag")]
    #[schemars(range(min = 0, max = 3600))]
    pub(crate) read_lag_seconds: i32,
    /// The limit for deletions of external objects and removals of people in a time window. The operator blocks more deletions. Mutable.
    #[serde(default)]
    pub(crate) deletion_guard: DeletionGuard,
    /// `Required`: calls that delete, remove people, create something again, or reach people wait until the annotation
    /// `ping-operator.dev/approved-plan` of the resource has the hash of its plan, or that of this config has it in its list. `None`
    /// (default): no call waits. Mutable.
    #[serde(default)]
    pub(crate) approval: ApprovalPolicy,
}

impl Settings {
    /// The time between two resyncs that the config asks for; zero: never.
    pub(crate) fn resync_interval(&self) -> SignedDuration {
        SignedDuration::from_secs(self.resync_interval_seconds.into())
    }
}

/// The limit for deletions and removals of people. It is kept across restarts in `status.recentDeletions`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionGuard {
    /// The maximum number of deletions in a window. Default 10; 0 blocks every deletion. Mutable.
    #[serde(default = "default_deletions")]
    #[schemars(range(min = 0, max = 10_000))]
    pub(crate) max_deletions: i32,
    /// The length of the window in seconds. Default 3600. Mutable.
    #[serde(default = "default_window")]
    #[schemars(range(min = 1, max = 604_800))]
    pub(crate) window_seconds: i32,
}

fn default_deletions() -> i32 {
    10
}

fn default_window() -> i32 {
    3600
}

impl Default for DeletionGuard {
    fn default() -> Self {
        Self { max_deletions: default_deletions(), window_seconds: default_window() }
    }
}

/// Base URLs. Each is optional. A path prefix is kept.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Endpoints {
    /// The base URL of Pinghome for reads of customers and teams. Default `https://customer-query.api.pinghome.io`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) customer_query: Option<String>,
    /// The base URL of Pinghome for writes of customers and teams. Default `https://customer-cmd.api.pinghome.io`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) customer_command: Option<String>,
    /// The base URL of Pinghome for reads of services. Default `https://resource-query.api.pinghome.io`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) resource_query: Option<String>,
    /// The base URL of Pinghome for writes of services. Default `https://resource-cmd.api.pinghome.io`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) resource_command: Option<String>,
    /// The base URL of NodePing. Default `https://api.nodeping.com/api/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) api: Option<String>,
}

/// A rate limit by a token bucket.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateLimit {
    /// The average number of calls per second. Default 5. Mutable.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) requests_per_second: i32,
    /// The maximum number of calls at once after a pause. Default 10. Mutable.
    #[serde(default = "default_burst")]
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) burst: i32,
}

fn default_rate() -> i32 {
    5
}

fn default_burst() -> i32 {
    10
}

fn default_resync() -> i32 {
    600
}

fn default_read_lag() -> i32 {
    120
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { requests_per_second: default_rate(), burst: default_burst() }
    }
}
