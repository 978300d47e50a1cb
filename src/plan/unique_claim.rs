//! What only one resource of an account may stand for: `validate` reports two that claim the same. No IO.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::annotations::EXTERNAL_ID;

/// Something that a resource claims for itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UniqueClaim {
    /// Equal for two resources of a kind, a config and a namespace that claim the same.
    pub(crate) key: String,
    /// The names of the field that claims it, from the root of the manifest.
    pub(crate) field: Vec<String>,
    /// Why there can be only one.
    pub(crate) why: &'static str,
    /// Whether the provider may accept two all the same.
    pub(crate) is_certain: bool,
}

impl UniqueClaim {
    /// A claim by a field, named by its path, such as `spec.value`.
    pub(crate) fn new(key: impl Into<String>, field: &str, why: &'static str) -> Self {
        let field = field.split(['.', '[', ']']).filter(|step| !step.is_empty()).map(str::to_owned).collect();
        Self { key: key.into(), field, why, is_certain: true }
    }

    /// The claim of the `external-id` annotation; `None` without it.
    pub(crate) fn adoption(metadata: &ObjectMeta) -> Option<Self> {
        let id = metadata.annotations.as_ref()?.get(EXTERNAL_ID)?;
        let field = ["metadata", "annotations", EXTERNAL_ID].map(str::to_owned).into();
        Some(Self { key: id.clone(), field, why: "an object is managed by one resource", is_certain: true })
    }

    /// The same claim, which is a warning only.
    #[must_use]
    pub(crate) fn uncertain(self) -> Self {
        Self { is_certain: false, ..self }
    }
}
