//! `Probe`: a kind for tests, registered by its one line in the list of kinds. It stands for a NodePing sub-account of a name. No IO.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::policies::{AdoptionPolicy, Policies};
use crate::api::status::Status;

/// The desired sub-account.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[kube(
    group = "ping-operator.dev",
    version = "v1alpha1",
    kind = "Probe",
    plural = "probes",
    shortname = "pingprobe",
    category = "ping",
    namespaced,
    status = "ProbeStatus",
    derive = "PartialEq",
    doc = "A sub-account for tests."
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProbeSpec {
    /// The policies that every managed kind has.
    #[serde(flatten)]
    pub(crate) policies: Policies,
    /// The name of the sub-account, 1 to 16 characters. Mutable.
    #[schemars(length(min = 1, max = 16))]
    pub(crate) name: String,
    /// Whether an existing sub-account of the name is adopted. Default `Never`. Mutable.
    #[serde(default)]
    pub(crate) adoption_policy: AdoptionPolicy,
}

/// What this kind's status has besides the common part: nothing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub(crate) struct ProbeFacts {}

/// The status of this kind.
pub(crate) type ProbeStatus = Status<ProbeFacts>;
