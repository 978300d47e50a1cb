//! What names a resource in the cluster, or among manifests. No IO.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;

use crate::api::kinds::{HasKind, Kind};
use crate::api::references::{ConfigKind, ProviderConfigRef};

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

    /// The key of the config that a resource of this namespace refers to.
    pub(crate) fn of_config(reference: &ProviderConfigRef, namespace: &str) -> Self {
        let ProviderConfigRef { name, kind } = reference;
        let namespace = match kind {
            ConfigKind::ProviderConfig => namespace,
            ConfigKind::ClusterProviderConfig => "",
        };
        Self { kind: (*kind).into(), namespace: namespace.to_owned(), name: name.clone() }
    }

    /// The key of a resource of which only the metadata can be read.
    pub(crate) fn of_meta<T: HasKind>(meta: &ObjectMeta) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self { kind: T::KIND, namespace: text(&meta.namespace), name: text(&meta.name) }
    }
}

/// `namespace/name`, without the kind.
impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
