//! An object of the API server that the types may not be able to read: a newer CRD may allow what this version does not know. One such
//! object must not fail the list that it is in. No IO.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::api::annotations::{ALLOW_DELETION, AllowDeletion, is_ours};
use crate::api::conditions::Condition;
use crate::api::kinds::HasKind;
use crate::api::object;
use crate::api::raw_object::RawObject;
use crate::api::references::ProviderConfigRef;

/// An object as it was read, or why it cannot be read.
#[derive(Clone, Debug)]
pub(crate) enum Lenient<T> {
    /// The types can read it.
    Readable(T),
    /// They cannot.
    Unreadable(Box<UnreadableObject>),
}

/// What is known of an object that the types cannot read.
#[derive(Clone, Debug)]
pub(crate) struct UnreadableObject {
    /// Its metadata.
    pub(crate) meta: ObjectMeta,
    /// The whole object.
    object: Value,
    /// Why it cannot be read.
    pub(crate) error: String,
}

impl<'de, T: DeserializeOwned + HasKind + Resource> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawObject::deserialize(deserializer).map(Self::of)
    }
}

impl<T: DeserializeOwned + HasKind + Resource> Lenient<T> {
    /// What the types can read of an object.
    pub(crate) fn of(raw: RawObject) -> Self {
        let RawObject { meta, object } = raw;
        match T::deserialize(&object) {
            Ok(mut readable) => {
                forget_foreign_metadata(&mut readable);
                Self::Readable(readable)
            }
            Err(error) => Self::Unreadable(Box::new(UnreadableObject { meta, object, error: error.to_string() })),
        }
    }
}

/// Removes what other tools keep in metadata: it is as large as the object, and the operator does not need it. By labels only configs
/// are chosen.
pub(crate) fn forget_foreign_metadata<T: HasKind + Resource>(resource: &mut T) {
    let meta = resource.meta_mut();
    meta.managed_fields = None;
    if let Some(annotations) = &mut meta.annotations {
        annotations.retain(|key, _| is_ours(key));
    }
    meta.annotations.take_if(|annotations| annotations.is_empty());
    if !T::KIND.is_config() {
        meta.labels = None;
    }
}

impl<T: Resource> Resource for Lenient<T> {
    type DynamicType = T::DynamicType;
    type Scope = T::Scope;

    fn kind(dt: &T::DynamicType) -> Cow<'_, str> {
        T::kind(dt)
    }

    fn group(dt: &T::DynamicType) -> Cow<'_, str> {
        T::group(dt)
    }

    fn version(dt: &T::DynamicType) -> Cow<'_, str> {
        T::version(dt)
    }

    fn plural(dt: &T::DynamicType) -> Cow<'_, str> {
        T::plural(dt)
    }

    fn meta(&self) -> &ObjectMeta {
        match self {
            Self::Readable(object) => object.meta(),
            Self::Unreadable(unreadable) => &unreadable.meta,
        }
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Readable(object) => object.meta_mut(),
            Self::Unreadable(unreadable) => &mut unreadable.meta,
        }
    }
}

impl UnreadableObject {
    /// The id in status.
    pub(crate) fn external_id(&self) -> Option<&str> {
        self.object.pointer("/status/externalId")?.as_str()
    }

    /// The value of an annotation.
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.meta.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// Whether it is being deleted and a person asks to orphan its external object: that needs nothing of what cannot be read.
    pub(crate) fn is_to_be_orphaned(&self) -> bool {
        let allowed = self.annotation(ALLOW_DELETION).and_then(AllowDeletion::parse);
        self.meta.deletion_timestamp.is_some() && allowed == Some(AllowDeletion::Orphan)
    }

    /// Whether its external object is only observed.
    pub(crate) fn only_observes(&self) -> bool {
        self.object.pointer("/spec/managementPolicy").and_then(Value::as_str) == Some("Observe")
    }

    /// The conditions that can be read.
    pub(crate) fn conditions(&self) -> Vec<Condition> {
        object::conditions(&self.object)
    }

    /// The config that it uses, if it is a managed kind. What cannot be read of the reference is as if it were left out.
    pub(crate) fn config(&self) -> ProviderConfigRef {
        object::config(&self.object)
    }

    /// The Lease that serves it, if it is a config.
    pub(crate) fn served_by(&self) -> Option<String> {
        self.object.pointer("/status/servedBy").and_then(Value::as_str).map(str::to_owned)
    }

    /// The names of the Teams that it refers to, wherever in its spec.
    pub(crate) fn teams(&self) -> Vec<&str> {
        object::teams(&self.object)
    }

    /// The addresses of the people whom it lists, or listed.
    pub(crate) fn people(&self) -> Vec<&str> {
        let lists =
            ["/spec/members", "/status/members"].map(|path| self.object.pointer(path).and_then(Value::as_array));
        lists.into_iter().flatten().flatten().filter_map(|person| person.get("email")?.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::provider_config::ProviderConfig;
    use crate::api::service::Service;
    use crate::api::team::Team;

    #[test]
    fn one_object_that_cannot_be_read_leaves_the_others_and_what_is_known_of_it() {
        let list = json!([
            {"metadata": {"name": "a"}, "spec": {"name": "A"}},
            {"metadata": {"name": "b"}, "spec": {"name": "B", "adoptionPolicy": "FromTheFuture", "members": [{"email": "a@example.com"}]},
             "status": {"externalId": "1", "conditions": [{"type": "Ready"}]}},
        ]);
        let list: Vec<Lenient<Team>> = serde_json::from_value(list).unwrap();
        let [Lenient::Readable(_), Lenient::Unreadable(unreadable)] = list.as_slice() else { panic!("{list:?}") };
        assert!(unreadable.error.contains("FromTheFuture"), "{}", unreadable.error);
        assert_eq!((unreadable.meta.name.as_deref(), unreadable.external_id()), (Some("b"), Some("1")));
        assert_eq!((unreadable.people(), unreadable.conditions()), (vec!["a@example.com"], vec![]));
        assert_eq!(unreadable.config(), ProviderConfigRef::default());
    }

    #[test]
    fn what_other_tools_keep_in_metadata_is_not_kept_but_the_labels_of_configs() {
        let metadata = json!({
            "name": "a",
            "labels": {"app": "a"},
            "annotations": {"argocd.argoproj.io/tracking-id": "x", "ping-operator.dev/external-id": "1"},
            "managedFields": [{"manager": "kubectl"}],
        });
        let team = json!({"metadata": metadata, "spec": {"name": "A"}});
        let Lenient::Readable(team) = serde_json::from_value::<Lenient<Team>>(team).unwrap() else { panic!() };
        let ObjectMeta { annotations, labels, managed_fields, .. } = team.metadata;
        assert_eq!(annotations.unwrap_or_default().into_keys().collect::<Vec<_>>(), ["ping-operator.dev/external-id"]);
        assert_eq!((labels, managed_fields), (None, None));
        let secret = json!({"secretRef": {"name": "s", "key": "k"}});
        let config = json!({"metadata": metadata, "spec": {"provider": "Pinghome", "credentials": secret}});
        let Lenient::Readable(config) = serde_json::from_value::<Lenient<ProviderConfig>>(config).unwrap() else {
            panic!()
        };
        assert!(config.metadata.labels.is_some_and(|labels| labels.contains_key("app")));
    }

    #[test]
    fn references_are_found_wherever_they_are() {
        let service = json!({"metadata": {}, "spec": {"name": 7, "teamRef": {"name": "t"}, "providerConfigRef": {"kind": "ClusterProviderConfig", "name": "c"}}});
        let Lenient::Unreadable(unreadable) = serde_json::from_value::<Lenient<Service>>(service).unwrap() else {
            panic!()
        };
        assert_eq!(unreadable.teams(), ["t"]);
        assert_eq!(unreadable.config().name, "c");
    }
}
