//! The policies of the managed kinds. No IO.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::references::ProviderConfigRef;

/// Whether the operator may write to the provider.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum ManagementPolicy {
    /// Make the external object equal the spec.
    #[default]
    Manage,
    /// Only read.
    Observe,
}

/// What to do about drift: the external object differs although the spec did not change.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum DriftPolicy {
    /// Correct the drift.
    #[default]
    Correct,
    /// Report the drift in the `Drifted` condition.
    Report,
}

/// What happens to the external object when the resource is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum DeletionPolicy {
    /// Delete it.
    #[default]
    Delete,
    /// Keep it.
    Orphan,
}

/// What to do when an unclaimed external object with exactly the desired name exists already.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum AdoptionPolicy {
    /// Stop with `NameTaken`.
    #[default]
    Never,
    /// Adopt it if there is exactly one.
    IfUnique,
    /// Create another one.
    CreateAnyway,
}

/// The common fields of the managed kinds.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policies {
    /// The config with the credential to use. Default: the `ProviderConfig` named `default` in the same namespace.
    /// Immutable once an external id is recorded (`status.externalId`).
    #[serde(default)]
    #[schemars(default)]
    pub(crate) provider_config_ref: ProviderConfigRef,
    /// `Manage` (default) makes the external object equal this spec; `Observe` never writes to the provider. Mutable.
    #[serde(default)]
    pub(crate) management_policy: ManagementPolicy,
    /// What to do about drift, a difference without a change of this spec: `Correct` (default) corrects it, `Report` only reports it. Mutable.
    #[serde(default)]
    pub(crate) drift_policy: DriftPolicy,
    /// `true` stops reads and writes of the external object; deletion still works. Default false. Mutable.
    #[serde(default)]
    pub(crate) suspend: bool,
}
