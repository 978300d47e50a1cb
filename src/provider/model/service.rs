//! A service as the provider shows it. No IO.

use crate::provider::model::ids::ServiceId;

/// A service (P34).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObservedService {
    /// `service_id`.
    pub(crate) id: ServiceId,
    /// `name`.
    pub(crate) name: String,
    /// `resource_count`.
    pub(crate) resources: Option<i64>,
    /// `heartbeat_count`.
    pub(crate) heartbeats: Option<i64>,
}
