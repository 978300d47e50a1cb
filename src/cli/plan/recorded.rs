//! What the operator has recorded of a resource that was applied before. No IO.

use jiff::Timestamp;
use serde_json::Value;

/// What the operator has recorded of a resource that was applied before.
pub(crate) struct Previous {
    /// The spec as it was applied; null if it is not known.
    pub(crate) spec: Value,
    /// The status that the operator has written, or would have.
    pub(crate) status: Value,
    /// The record of its last create.
    pub(crate) create_record: Option<String>,
    /// When it was created in the cluster, if that is known.
    pub(crate) created: Option<Timestamp>,
    /// Whether it was Ready with that spec.
    pub(crate) was_ready: bool,
}
