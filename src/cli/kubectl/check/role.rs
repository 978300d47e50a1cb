//! The rights that the shipped roles give, as questions about single rights. No IO.

use std::str::FromStr;

use serde::Deserialize;

use crate::cli::manifests::read::parse;
use crate::cli::values::namespace;

/// The roles as they are shipped.
const CLUSTER: &str = include_str!("../../../../deploy/kustomize/base/rbac.yaml");
const NAMESPACED: &str = include_str!("../../../../deploy/kustomize/namespaced/role.yaml");

/// Which of the shipped forms of rights.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RoleForm {
    /// In all namespaces.
    Cluster,
    /// In one namespace.
    Namespaced,
}

/// A `ServiceAccount`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ServiceAccountName {
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
}

impl FromStr for ServiceAccountName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (place, name) =
            text.split_once('/').filter(|(_, name)| !name.is_empty() && !name.contains('/')).ok_or_else(|| {
                format!("'{text}' is no ServiceAccount: it must be NS/NAME, such as ping-operator/ping-operator")
            })?;
        Ok(Self { namespace: namespace(place)?, name: name.to_owned() })
    }
}

/// One right.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RightQuestion {
    /// The verb.
    pub(crate) verb: String,
    /// The API group; empty: the core group.
    pub(crate) group: String,
    /// The plural.
    pub(crate) resource: String,
    /// The subresource; empty: the object itself.
    pub(crate) subresource: String,
    /// The object; empty: all.
    pub(crate) name: String,
    /// The namespace; empty: all, or the kind has none.
    pub(crate) namespace: String,
}

/// A rule of a role.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleRule {
    api_groups: Vec<String>,
    resources: Vec<String>,
    #[serde(default)]
    resource_names: Vec<String>,
    verbs: Vec<String>,
}

impl RoleForm {
    /// The single rights of the form: in `watched` for resources, in `operator` for what the operator keeps for itself.
    pub(crate) fn questions(self, watched: &str, operator: &str) -> Vec<RightQuestion> {
        let (text, place) = match self {
            Self::Cluster => (CLUSTER, ""),
            Self::Namespaced => (NAMESPACED, watched),
        };
        let mut questions = rights(text, "ClusterRole", place);
        match self {
            Self::Cluster => questions.extend(rights(text, "Role", operator)),
            // What the operator keeps for itself is the same in both forms.
            Self::Namespaced => {
                questions.extend(rights(text, "Role", place));
                questions.extend(rights(CLUSTER, "Role", operator));
            }
        }
        questions
    }
}

/// The single rights of the roles of a kind in a manifest.
fn rights(text: &str, kind: &str, namespace: &str) -> Vec<RightQuestion> {
    let (mut manifests, mut diagnostics) = (Vec::new(), Vec::new());
    parse("the shipped role", text, &mut manifests, &mut diagnostics);
    let of_kind = manifests.iter().filter(|manifest| manifest.kind() == kind);
    let rules = of_kind.filter_map(|role| Vec::<RoleRule>::deserialize(role.value.get("rules")?).ok()).flatten();
    rules.flat_map(|rule| of_rule(&rule, namespace)).collect()
}

fn of_rule(rule: &RoleRule, namespace: &str) -> Vec<RightQuestion> {
    let RoleRule { api_groups, resources, resource_names, verbs } = rule;
    let all_names = [String::new()];
    let names = if resource_names.is_empty() { &all_names[..] } else { resource_names };
    let mut questions = Vec::new();
    for (group, resource) in api_groups.iter().flat_map(|group| resources.iter().map(move |resource| (group, resource)))
    {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        for (name, verb) in names.iter().flat_map(|name| verbs.iter().map(move |verb| (name, verb))) {
            questions.push(RightQuestion {
                verb: verb.clone(),
                group: group.clone(),
                resource: resource.to_owned(),
                subresource: subresource.to_owned(),
                name: name.clone(),
                namespace: namespace.to_owned(),
            });
        }
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_shipped_roles_is_asked_for() {
        let cluster = RoleForm::Cluster.questions("watched", "operator");
        let asked = |verb: &str, resource: &str, subresource: &str, name: &str, namespace: &str| RightQuestion {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            ..RightQuestion::default()
        };
        let bare = |question: &RightQuestion| RightQuestion { group: String::new(), ..question.clone() };
        let cluster: Vec<_> = cluster.iter().map(bare).collect();
        for expected in [
            asked("watch", "teams", "", "", ""),
            asked("patch", "teams", "status", "", ""),
            asked("get", "customresourcedefinitions", "", "teams.ping-operator.dev", ""),
            asked("patch", "configmaps", "", "ping-operator-orphans-9", "operator"),
            asked("delete", "leases", "", "", "operator"),
        ] {
            assert!(cluster.contains(&expected), "{expected:?}");
        }
        let namespaced: Vec<_> = RoleForm::Namespaced.questions("watched", "operator").iter().map(bare).collect();
        assert!(namespaced.contains(&asked("watch", "teams", "", "", "watched")));
        assert!(namespaced.contains(&asked("delete", "leases", "", "", "operator")));
        assert!(namespaced.iter().all(|question| !question.namespace.is_empty()));
    }

    #[test]
    fn a_service_account_is_a_namespace_and_a_name() {
        let account = ServiceAccountName { namespace: "a".to_owned(), name: "b".to_owned() };
        assert_eq!("a/b".parse(), Ok(account));
        for wrong in ["a", "a/", "/b", "a/b/c", "A/b"] {
            assert!(wrong.parse::<ServiceAccountName>().is_err(), "{wrong}");
        }
    }
}
