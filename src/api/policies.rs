//! The policies that every managed kind shares (contract.md §2). No IO.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::references::ProviderConfigRef;

/// Whether the operator may write to the provider.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum ManagementPolicy {
    /// Make the provider equal the spec.
    #[default]
    Manage,
    /// Only look.
    Observe,
}

/// What to do when the provider differs although the spec did not change.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum DriftPolicy {
    /// Put it back.
    #[default]
    Correct,
    /// Say so in the `Drifted` condition.
    Report,
}

/// What deleting the resource does to the external object.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum DeletionPolicy {
    /// Delete it.
    #[default]
    Delete,
    /// Keep it.
    Orphan,
}

/// What to do when an unclaimed object of exactly the wanted name exists already.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum AdoptionPolicy {
    /// Stop with `NameTaken`.
    #[default]
    Never,
    /// Take it over if there is exactly one.
    IfUnique,
    /// Make another one.
    CreateAnyway,
}

/// The fields common to the managed kinds.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policies {
    /// The credential to use. Default: the `ProviderConfig` named `default` of the same namespace.
    /// Must not change once an external id is recorded.
    #[serde(default)]
    #[schemars(default)]
    pub(crate) provider_config_ref: ProviderConfigRef,
    /// `Manage` (default) makes the provider equal this spec; `Observe` never writes to the provider. Mutable.
    #[serde(default)]
    pub(crate) management_policy: ManagementPolicy,
    /// What to do when the provider differs without a change of this spec: `Correct` (default) puts it back, `Report` only says so. Mutable.
    #[serde(default)]
    pub(crate) drift_policy: DriftPolicy,
    /// `true` stops reads and writes of the external object; deletion still works. Default false. Mutable.
    #[serde(default)]
    pub(crate) suspend: bool,
}
