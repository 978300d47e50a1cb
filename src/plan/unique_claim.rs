//! What only one resource of an account may stand for: `validate` reports two that claim the same. No IO.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::annotations::{EXTERNAL_ID, MOVED_FROM};

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

    /// The claims of the annotations `external-id` and `moved-from`, as far as they are there.
    pub(crate) fn adoptions(metadata: &ObjectMeta) -> impl Iterator<Item = Self> {
        [(EXTERNAL_ID, "an object is managed by one resource"), (MOVED_FROM, "one resource takes an object over")]
            .into_iter()
            .filter_map(|(annotation, why)| {
                let key = metadata.annotations.as_ref()?.get(annotation)?.clone();
                let field = ["metadata", "annotations", annotation].map(str::to_owned).into();
                Some(Self { key, field, why, is_certain: true })
            })
    }

    /// The same claim, which is a warning only.
    #[must_use]
    pub(crate) fn uncertain(self) -> Self {
        Self { is_certain: false, ..self }
    }
}
