//! What a credential may be used for: endpoints, budget, intervals, guard. No IO.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What both kinds of config set.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    /// Base URLs in place of the provider's own. Only hosts that the operator's `--allow-endpoint` names. Mutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoints: Option<Endpoints>,
    /// How fast this credential may be used. Mutable.
    #[serde(default)]
    pub(crate) rate_limit: RateLimit,
    /// Seconds between two looks at what did not change here. Default 600; 0 = never. Mutable.
    #[serde(default = "default_resync")]
    #[schemars(range(min = 0, max = 604_800))]
    pub(crate) resync_interval_seconds: i32,
    /// Seconds for which a read may miss a write. Default 120. Mutable.
    #[serde(default = "default_read_lag")]
    #[schemars(range(min = 0, max = 3600))]
    pub(crate) read_lag_seconds: i32,
    /// How many external objects may be deleted for deleted resources in a while. More are held. Mutable.
    #[serde(default)]
    pub(crate) deletion_guard: DeletionGuard,
}

/// A bound on deletions, kept across restarts in `status.recentDeletions`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionGuard {
    /// Deletions in a window. Default 10; 0 holds every one.
    #[serde(default = "default_deletions")]
    #[schemars(range(min = 0, max = 10_000))]
    pub(crate) max_deletions: i32,
    /// Seconds that a deletion counts. Default 3600.
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

/// Base URLs, each optional; a path prefix is kept.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Endpoints {
    /// Pinghome: reads of customers and teams. Default `https://customer-query.api.pinghome.io`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) customer_query: Option<String>,
    /// Pinghome: writes of customers and teams. Default `https://customer-cmd.api.pinghome.io`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) customer_command: Option<String>,
    /// Pinghome: reads of services. Default `https://resource-query.api.pinghome.io`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) resource_query: Option<String>,
    /// Pinghome: writes of services. Default `https://resource-cmd.api.pinghome.io`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) resource_command: Option<String>,
    /// NodePing. Default `https://api.nodeping.com/api/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^https?://"))]
    pub(crate) api: Option<String>,
}

/// A token bucket.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateLimit {
    /// Calls a second in the long run. Default 5.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) requests_per_second: i32,
    /// Calls that may go at once after a pause. Default 10.
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
