//! What a reconcile does outside the cluster at all, by policies and annotations: decided before anything is read. No IO.

use crate::api::annotations::{AllowDeletion, Annotations};
use crate::api::policies::{DeletionPolicy, ManagementPolicy};
use crate::plan::managed::Managed;

/// What a reconcile does outside the cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scope {
    /// It reads the provider and, within the policies, writes to it.
    Provider,
    /// Nothing: `spec.suspend` is set. A deletion still works.
    Suspended,
    /// Nothing: the resource is deleted, and has no external object that it may delete.
    Nothing,
    /// The resource is deleted and its external object is kept, for this reason.
    Kept(&'static str),
}

impl Scope {
    /// The scope of a reconcile. `known_id`: the id of the external object, if it is recorded.
    pub(crate) fn of<T: Managed>(
        resource: &T,
        is_deleted: bool,
        annotations: &Annotations,
        known_id: Option<&str>,
    ) -> Self {
        let policies = resource.policies();
        if !is_deleted {
            return if policies.suspend { Self::Suspended } else { Self::Provider };
        }
        let exists = known_id.is_some() || annotations.has_record();
        if !exists || policies.management_policy == ManagementPolicy::Observe {
            Self::Nothing
        } else if annotations.allow_deletion == Some(AllowDeletion::Orphan) {
            Self::Kept("the annotation allow-deletion says so")
        } else if resource.deletion() == DeletionPolicy::Orphan {
            Self::Kept("its deletionPolicy says so")
        } else {
            Self::Provider
        }
    }
}
