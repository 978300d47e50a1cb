//! A service as the provider shows it. No IO.

use crate::provider::model::ids::ServiceId;

/// The settings of a service that a spec gives, and that the calls to create and to rename a service send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ServiceSettings {
    /// `name`; not unique.
    pub(crate) name: String,
}

/// A service (P34).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObservedService {
    /// `service_id`.
    pub(crate) id: ServiceId,
    /// The settings that a spec can change.
    pub(crate) settings: ServiceSettings,
    /// `resource_count`; `None` if the provider does not show it.
    pub(crate) resources: Option<i64>,
    /// `heartbeat_count`; `None` if the provider does not show it.
    pub(crate) heartbeats: Option<i64>,
    /// Whether only the answer to its create says that it is there: no read has shown it yet.
    pub(crate) is_assumed: bool,
}
