//! Objects from which a controller makes a Secret in the cluster: Sealed Secrets, External Secrets. No IO.

use serde_json::Value;

use crate::cli::diagnostic::ObjectName;
use crate::cli::manifests::Manifest;

/// Where a value comes from that the manifests do not show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SecretOrigin {
    /// No manifest tells: somebody makes the Secret by hand, or something else makes it.
    Elsewhere,
    /// It is in the manifest, encrypted with SOPS.
    Encrypted,
    /// It stands in for a value that another tool fills in.
    Placeholder,
    /// A controller makes the Secret from this object.
    Made {
        /// The kind of the object.
        kind: String,
        /// Its name.
        name: String,
    },
}

impl SecretOrigin {
    /// One clause about a value of a Secret.
    pub(crate) fn of(&self, secret: &str) -> String {
        match self {
            Self::Elsewhere => format!("the Secret '{secret}' is not among the manifests"),
            Self::Encrypted => format!("the value in the Secret '{secret}' is encrypted with SOPS"),
            Self::Placeholder => {
                format!("the value in the Secret '{secret}' is a placeholder that another tool fills in")
            }
            Self::Made { kind, name } => format!("the Secret '{secret}' is made by the {kind} '{name}'"),
        }
    }
}

/// A kind of which each object makes a Secret.
struct SourceKind {
    group: &'static str,
    kind: &'static str,
    /// Where the name of the Secret may be written, in the order in which they count. Otherwise it is the object's own.
    name: &'static [&'static str],
    /// Whether it makes a Secret in many namespaces.
    is_cluster_scoped: bool,
}

const KINDS: [SourceKind; 3] = [
    SourceKind {
        group: "bitnami.com",
        kind: "SealedSecret",
        name: &["/spec/template/metadata/name"],
        is_cluster_scoped: false,
    },
    SourceKind {
        group: "external-secrets.io",
        kind: "ExternalSecret",
        name: &["/spec/target/name"],
        is_cluster_scoped: false,
    },
    SourceKind {
        group: "external-secrets.io",
        kind: "ClusterExternalSecret",
        name: &["/spec/externalSecretSpec/target/name", "/spec/externalSecretName"],
        is_cluster_scoped: true,
    },
];

/// An object from which a Secret is made.
#[derive(Clone)]
pub(crate) struct SourceOfSecret {
    /// `None`: in many.
    namespace: Option<String>,
    secret: String,
    /// The object.
    pub(crate) origin: SecretOrigin,
    /// Its spec: as long as it is the same, it says nothing new of the values.
    pub(crate) form: Value,
}

impl SourceOfSecret {
    /// The source that a manifest is, if it is one; `namespace` is the default namespace.
    pub(crate) fn of(manifest: &Manifest, namespace: &str) -> Option<Self> {
        let group = manifest.api_version().split('/').next()?;
        let source = KINDS.iter().find(|source| source.group == group && source.kind == manifest.kind())?;
        let ObjectName { kind, namespace, name } = manifest.object_name(namespace);
        let text = |pointer: &&str| manifest.value.pointer(pointer).and_then(Value::as_str);
        let secret = source.name.iter().find_map(text).map_or_else(|| name.clone(), str::to_owned);
        let namespace = (!source.is_cluster_scoped).then_some(namespace);
        let form = manifest.value.get("spec").cloned().unwrap_or_default();
        Some(Self { namespace, secret, origin: SecretOrigin::Made { kind, name }, form })
    }

    /// Whether this Secret is made from it.
    pub(crate) fn makes(&self, namespace: &str, name: &str) -> bool {
        self.secret == name && self.namespace.as_deref().is_none_or(|own| own == namespace)
    }
}
