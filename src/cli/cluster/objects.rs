//! The objects of a cluster, as JSON: one way for every command that reads or writes some.

use std::path::Path;

use k8s_openapi::serde::Serialize;
use k8s_openapi::serde::de::DeserializeOwned;
use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::config::Kubeconfig;
use kube::{Api, Client, Resource};
use serde_json::{Value, json};

use crate::api::GROUP;
use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::cli::cluster;
use crate::cli::cluster::trouble::{ClusterRequest, ClusterTrouble};

/// The version of all kinds.
const VERSION: &str = "v1alpha1";
/// So many objects are listed at a time.
const PAGE: u32 = 500;
/// Who writes. Flux takes back what a manager writes whose name begins with `kubectl`.
const MANAGER: &str = "ping-operator-cli";

/// A cluster, and what it is called.
#[derive(Clone)]
pub(crate) struct ClusterObjects {
    /// The connection.
    pub(crate) client: Client,
    /// What messages call it.
    pub(crate) cluster: String,
    /// The namespace of the context.
    pub(crate) namespace: String,
}

/// Where and which objects are listed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Where<'a> {
    /// The namespace; `None`: all.
    pub(crate) namespace: Option<&'a str>,
    /// The label selector; `None`: every label.
    pub(crate) labels: Option<&'a str>,
}

impl ClusterObjects {
    /// The cluster of a kubeconfig, or the one that the process runs in.
    ///
    /// # Errors
    /// It cannot be found.
    pub(crate) async fn connect(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Self, String> {
        let config = cluster::config(kubeconfig, context).await?;
        let url = config.cluster_url.to_string();
        let named = context.map(str::to_owned).or_else(|| {
            let kubeconfig = kubeconfig.map_or_else(Kubeconfig::read, Kubeconfig::read_from);
            kubeconfig.ok()?.current_context
        });
        let cluster = named.map_or_else(|| format!("the cluster at {url}"), |name| format!("the cluster '{name}'"));
        let namespace = config.default_namespace.clone();
        let client = Client::try_from(config).map_err(|error| format!("{cluster} cannot be used: {error}"))?;
        Ok(Self { client, cluster, namespace })
    }

    /// The API of a kind.
    pub(crate) fn api(&self, kind: Kind, namespace: Option<&str>) -> Api<DynamicObject> {
        let resource = api_resource(kind);
        match namespace.filter(|_| !kind.is_cluster_scoped()) {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }

    fn api_of(&self, key: &ResourceKey) -> Api<DynamicObject> {
        self.api(key.kind, Some(&key.namespace))
    }

    /// Says what was asked if it failed.
    pub(crate) fn check<T>(&self, request: ClusterRequest, result: kube::Result<T>) -> Result<T, ClusterTrouble> {
        result.map_err(|error| ClusterTrouble { cluster: self.cluster.clone(), request: Box::new(request), error })
    }

    /// The objects of a kind.
    pub(crate) async fn list(&self, kind: Kind, place: Where<'_>) -> Result<Vec<Value>, ClusterTrouble> {
        let Where { namespace, labels } = place;
        let api = self.api(kind, namespace);
        let (mut all, mut page) = (Vec::new(), ListParams::default().limit(PAGE));
        page.label_selector = labels.map(str::to_owned);
        loop {
            let request = ClusterRequest::new("list", resource_name(kind), namespace);
            let list = self.check(request, api.list(&page).await)?;
            all.extend(list.items.into_iter().map(|object| typed(kind, object)));
            match list.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(all),
            }
        }
    }

    /// One object; `None`: there is none.
    pub(crate) async fn get(&self, key: &ResourceKey) -> Result<Option<Value>, ClusterTrouble> {
        let found = self.check(request("get", key), self.api_of(key).get_opt(&key.name).await)?;
        Ok(found.map(|object| typed(key.kind, object)))
    }

    /// Writes a part of an object; returns the whole.
    pub(crate) async fn patch(&self, key: &ResourceKey, patch: &Value) -> Result<Value, ClusterTrouble> {
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let patched = self.api_of(key).patch(&key.name, &params, &Patch::Merge(patch)).await;
        Ok(typed(key.kind, self.check(request("patch", key), patched)?))
    }

    /// Creates an object.
    pub(crate) async fn create(&self, key: &ResourceKey, object: Value) -> Result<Value, ClusterTrouble> {
        let request = request("create", key);
        let params = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        let object = serde_json::from_value(object).map_err(kube::Error::SerdeError);
        let object: DynamicObject = self.check(request.clone(), object)?;
        let created = self.api_of(key).create(&params, &object).await;
        Ok(typed(key.kind, self.check(request, created)?))
    }

    /// Deletes an object, if it is still as it was read. `is_rehearsal`: only asks whether that is possible.
    pub(crate) async fn delete(
        &self,
        key: &ResourceKey,
        read: &Value,
        is_rehearsal: bool,
    ) -> Result<(), ClusterTrouble> {
        let text = |pointer| read.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let (uid, resource_version) = (text("/metadata/uid"), text("/metadata/resourceVersion"));
        let preconditions = Some(Preconditions { uid, resource_version });
        let params = DeleteParams { dry_run: is_rehearsal, preconditions, ..DeleteParams::background() };
        self.check(request("delete", key), self.api_of(key).delete(&key.name, &params).await).map(drop)
    }

    /// Asks the API server a question that is an object, such as a review of rights.
    pub(crate) async fn ask<T>(&self, resource: &str, question: &T) -> Result<T, ClusterTrouble>
    where
        T: Resource<DynamicType = ()> + Clone + Serialize + DeserializeOwned + std::fmt::Debug,
    {
        let answer = Api::<T>::all(self.client.clone()).create(&PostParams::default(), question).await;
        self.check(ClusterRequest::new("create", resource, None), answer)
    }
}

/// The plural of a kind with its group.
pub(crate) fn resource_name(kind: Kind) -> String {
    format!("{}.{GROUP}", kind.plural())
}

fn request(verb: &'static str, key: &ResourceKey) -> ClusterRequest {
    let namespace = (!key.kind.is_cluster_scoped()).then_some(key.namespace.as_str());
    ClusterRequest::new(verb, resource_name(key.kind), namespace).about(&key.name)
}

fn api_resource(kind: Kind) -> ApiResource {
    let (group, version, plural) = (GROUP.to_owned(), VERSION.to_owned(), kind.plural());
    ApiResource { group, version, api_version: format!("{GROUP}/{VERSION}"), kind: kind.to_string(), plural }
}

/// The object with its type, which an item of a list may lack, and without what only the API server needs.
pub(crate) fn typed(kind: Kind, mut object: DynamicObject) -> Value {
    object.metadata.managed_fields = None;
    let mut value = serde_json::to_value(object).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".to_owned(), json!(format!("{GROUP}/{VERSION}")));
        fields.insert("kind".to_owned(), json!(kind.as_str()));
    }
    value
}
