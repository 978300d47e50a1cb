//! Which namespaces may use a `ClusterProviderConfig`: a Kubernetes label selector with bounds. No IO.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use kube::core::{Selector, SelectorExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Chooses namespaces by their labels; all of it must hold (Kubernetes label selector).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NamespaceSelector {
    /// Labels that a namespace must have with these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 32))]
    pub(crate) match_labels: BTreeMap<String, LabelValue>,
    /// Requirements on labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub(crate) match_expressions: Vec<Requirement>,
}

/// The value of a label, at most 63 characters.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct LabelValue(#[schemars(length(max = 63))] pub String);

/// A requirement on one label.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Requirement {
    /// The label's key.
    #[schemars(length(min = 1, max = 317))]
    pub(crate) key: String,
    /// How the label's value stands to `values`.
    pub(crate) operator: Operator,
    /// The values of `In` and `NotIn`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub(crate) values: Vec<LabelValue>,
}

/// A selector's operator.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum Operator {
    /// The value is one of `values`.
    In,
    /// The value is none of `values`, or the label is absent.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
}

impl NamespaceSelector {
    /// Whether a namespace with these labels is chosen. A selector that makes no sense chooses none.
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
