//! The namespaces that may use a `ClusterProviderConfig`: a Kubernetes label selector with bounds. No IO.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use kube::core::{Selector, SelectorExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Selects namespaces by their labels (Kubernetes label selector). All requirements must be met.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NamespaceSelector {
    /// Labels and their values that a namespace must have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32))]
    pub(crate) match_labels: BTreeMap<String, LabelValue>,
    /// Requirements for labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub(crate) match_expressions: Vec<Requirement>,
}

/// The value of a label, at most 63 characters.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct LabelValue(#[schemars(length(max = 63))] pub String);

/// A requirement for one label.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Requirement {
    /// The key of the label.
    #[schemars(length(min = 1, max = 317))]
    pub(crate) key: String,
    /// The relation of the label to `values`: `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub(crate) operator: Operator,
    /// The values for `In` and `NotIn`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub(crate) values: Vec<LabelValue>,
}

/// The operator of a requirement.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum Operator {
    /// The value is one of `values`.
    In,
    /// The value is none of `values`, or the label does not exist.
    NotIn,
    /// The label exists.
    Exists,
    /// The label does not exist.
    DoesNotExist,
}

impl NamespaceSelector {
    /// Whether the selector selects a namespace with these labels. An invalid selector selects none.
    pub(crate) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let expressions = self.match_expressions.iter().map(|requirement| LabelSelectorRequirement {
            key: requirement.key.clone(),
            operator: format!("{:?}", requirement.operator),
            values: Some(requirement.values.iter().map(|value| value.0.clone()).collect()),
        });
        let selector = LabelSelector {
            match_labels: Some(self.match_labels.iter().map(|(key, value)| (key.clone(), value.0.clone())).collect()),
            match_expressions: Some(expressions.collect()),
        };
        Selector::try_from(selector).is_ok_and(|selector| selector.matches(labels))
    }
}
