//! The operator's finalizer on a resource. No IO.

use kube::{Resource, ResourceExt};

use crate::api::FINALIZER;

/// Whether the operator's finalizer is on the resource.
pub(crate) fn has_finalizer(resource: &impl Resource) -> bool {
    resource.finalizers().iter().any(|name| name == FINALIZER)
}
