//! What names a resource in the cluster, or among manifests. No IO.

use std::fmt;

use kube::ResourceExt;

use crate::api::kinds::{HasKind, Kind};

/// Kind, namespace and name of a resource.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct ResourceKey {
    /// The kind.
    pub(crate) kind: Kind,
    /// `metadata.namespace`; empty for a cluster-scoped kind.
    pub(crate) namespace: String,
    /// `metadata.name`.
    pub(crate) name: String,
}

impl ResourceKey {
    /// The key of a resource.
    pub(crate) fn of<T: ResourceExt + HasKind>(resource: &T) -> Self {
        Self { kind: T::KIND, namespace: resource.namespace().unwrap_or_default(), name: resource.name_any() }
    }
}

/// `namespace/name`, without the kind.
impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
