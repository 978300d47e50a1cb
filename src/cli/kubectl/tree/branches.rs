//! The resources as a tree: a resource is below the Team that it refers to, or else below its config; people are below their team. No IO.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::cli::kubectl::resource::{ClusterResource, title};
use crate::cli::kubectl::state::{ResourceState, names};

/// A resource and what is below it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Branch {
    #[serde(flatten, serialize_with = "names")]
    key: ResourceKey,
    /// The status of `Ready`; absent: the resource is referred to, and does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    /// What else is to be seen: that it is being deleted, or suspended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    marks: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    people: Vec<TreePerson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    below: Vec<Branch>,
}

/// A person of a team.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct TreePerson {
    email: String,
    /// As the operator last saw it; absent: it has not looked yet, or the person is no longer listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
}

impl Branch {
    /// The branches of this name.
    pub(crate) fn named(self, name: &str) -> Vec<Self> {
        if self.key.name == name {
            return vec![self];
        }
        self.below.into_iter().flat_map(|branch| branch.named(name)).collect()
    }

    /// The resources in it.
    pub(crate) fn keys(&self) -> Vec<&ResourceKey> {
        let below = self.below.iter().flat_map(Self::keys);
        self.ready.map(|_| &self.key).into_iter().chain(below).collect()
    }
}

/// The tree of all resources: each config, also one that is referred to and does not exist.
pub(crate) fn roots(all: &[ClusterResource]) -> Vec<Branch> {
    let existing = all.iter().filter(|resource| resource.key.kind.is_config()).map(|config| config.key.clone());
    let used = all.iter().filter_map(ClusterResource::config);
    let mut configs: Vec<_> = existing.chain(used).collect();
    configs.sort();
    configs.dedup();
    configs.into_iter().map(|key| branch(&key, all)).collect()
}

fn branch(key: &ResourceKey, all: &[ClusterResource]) -> Branch {
    let resource = all.iter().find(|resource| resource.key == *key);
    let state = resource.map(|resource| ResourceState::of(resource, None));
    let children = all.iter().filter(|child| parent(child, all).as_ref() == Some(key));
    Branch {
        key: key.clone(),
        ready: state.as_ref().map(|state| state.ready),
        marks: state.as_ref().map(ResourceState::marks).unwrap_or_default(),
        reason: state.map(|state| state.reason).unwrap_or_default(),
        people: resource.map(people).unwrap_or_default(),
        below: children.map(|child| branch(&child.key, all)).collect(),
    }
}

/// What a resource is below: an existing Team that it refers to, else its config. A config is below nothing.
fn parent(resource: &ClusterResource, all: &[ClusterResource]) -> Option<ResourceKey> {
    let team = all.iter().find(|team| {
        let key = &team.key;
        key.kind == Kind::Team && key.namespace == resource.key.namespace && resource.refers_to_team(&key.name)
    });
    let is_other = |team: &&ClusterResource| team.key != resource.key;
    team.filter(is_other).map(|team| team.key.clone()).or_else(|| resource.config())
}

/// The people whom a resource lists, or has listed, with their states.
fn people(resource: &ClusterResource) -> Vec<TreePerson> {
    let list = |path: &str| resource.value.pointer(path).and_then(Value::as_array).into_iter().flatten();
    let text = |person: &Value, field: &str| person.get(field).and_then(Value::as_str).map(str::to_owned);
    let mut people: Vec<TreePerson> = Vec::new();
    for person in list("/status/members").chain(list("/spec/members")) {
        let Some(email) = text(person, "email") else { continue };
        if people.iter().all(|known| !known.email.eq_ignore_ascii_case(&email)) {
            people.push(TreePerson { email, state: text(person, "state"), role: text(person, "role") });
        }
    }
    people.sort_by(|one, other| one.email.cmp(&other.email));
    people
}

/// The tree as text, with ANSI colours if `colours` is set.
pub(crate) fn text(roots: &[Branch], colours: bool) -> String {
    let mut text = String::new();
    for root in roots {
        text += &line(root, colours);
        below(&mut text, root, "", colours);
    }
    if text.is_empty() { "no resources\n".to_owned() } else { text }
}

fn below(text: &mut String, branch: &Branch, indent: &str, colours: bool) {
    let mut left = branch.people.len() + branch.below.len();
    let mut fork = || {
        left = left.saturating_sub(1);
        if left == 0 { ("└─ ", "   ") } else { ("├─ ", "│  ") }
    };
    for TreePerson { email, state, role } in &branch.people {
        let words: Vec<_> = [state, role].into_iter().flatten().map(String::as_str).collect();
        // Writing into a string cannot fail.
        let _ = write!(text, "{indent}{}{email}  {}", fork().0, words.join(", "));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    for child in &branch.below {
        let (first, rest) = fork();
        let _ = write!(text, "{indent}{first}{}", line(child, colours));
        below(text, child, &format!("{indent}{rest}"), colours);
    }
}

fn line(branch: &Branch, colours: bool) -> String {
    let (mut word, colour) = match branch.ready {
        Some("True") => ("Ready".to_owned(), 32),
        Some("False") => (format!("not Ready: {}", branch.reason), 31),
        Some(_) => (format!("not Ready yet: {}", branch.reason), 33),
        None => ("does not exist".to_owned(), 31),
    };
    for mark in &branch.marks {
        // Writing into a string cannot fail.
        let _ = write!(word, ", {mark}");
    }
    let word = if colours { format!("\x1b[{colour}m{word}\x1b[0m") } else { word };
    format!("{}  {word}\n", title(&branch.key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(kind: Kind, name: &str, spec: &Value, ready: &str) -> ClusterResource {
        let condition = json!({
            "type": "Ready", "status": ready, "reason": "Available", "message": "", "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        });
        let metadata = json!({ "namespace": "n", "name": name, "generation": 1 });
        let members = json!([{ "email": "b@x.org", "state": "Active", "role": "manager" }]);
        let mut status = json!({ "conditions": [condition] });
        if spec.get("members").is_some() {
            status["members"] = members;
        }
        ClusterResource::new(kind, json!({ "metadata": metadata, "spec": spec, "status": status }))
    }

    #[test]
    fn what_refers_to_a_team_is_below_it_and_the_rest_is_below_its_config() {
        let team = json!({ "members": [{ "email": "c@x.org" }, { "email": "B@x.org" }] });
        let of_team = json!({ "owner": { "teamRef": { "name": "t" } } });
        let all = [
            resource(Kind::ProviderConfig, "default", &json!({}), "True"),
            resource(Kind::Team, "t", &team, "True"),
            resource(Kind::Service, "s", &json!({ "teamRef": { "name": "t" } }), "False"),
            resource(Kind::NotificationChannel, "hook", &of_team, "True"),
            resource(Kind::Service, "lost", &json!({ "teamRef": { "name": "nowhere" } }), "Unknown"),
            resource(Kind::Account, "a", &json!({ "providerConfigRef": { "name": "nodeping" } }), "True"),
        ];
        let roots = roots(&all);
        assert_eq!(
            text(&roots, false),
            "ProviderConfig n/default  Ready\n\
             ├─ Team n/t  Ready\n\
             │  ├─ b@x.org  Active, manager\n\
             │  ├─ c@x.org\n\
             │  ├─ Service n/s  not Ready: Available\n\
             │  └─ NotificationChannel n/hook  Ready\n\
             └─ Service n/lost  not Ready yet: Available\n\
             ProviderConfig n/nodeping  does not exist\n\
             └─ Account n/a  Ready\n"
        );
        let keys: usize = roots.iter().map(|root| root.keys().len()).sum();
        assert_eq!(keys, all.len());
        let named: Vec<_> = roots.into_iter().flat_map(|root| root.named("t")).collect();
        assert!(text(&named, false).starts_with("Team n/t  Ready\n├─ b@x.org"), "{named:?}");
    }

    #[test]
    fn what_is_being_deleted_or_suspended_is_marked() {
        let mut all = [
            resource(Kind::Team, "t", &json!({}), "True"),
            resource(Kind::Team, "u", &json!({ "suspend": true }), "True"),
        ];
        all[0].value["metadata"]["deletionTimestamp"] = json!("2026-01-03T00:00:00Z");
        let text = text(&roots(&all), false);
        assert!(text.contains("Team n/t  not Ready: Available, being deleted\n"), "{text}");
        assert!(text.contains("Team n/u  Ready, suspended\n"), "{text}");
    }
}
