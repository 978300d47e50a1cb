//! `--live`: what is applied, read from a cluster. Only lists of this operator's kinds, and with `--live-secrets` the Secrets that they
//! refer to, each by its name.

use std::collections::BTreeSet;
use std::path::PathBuf;

use k8s_openapi::api::core::v1::Secret;
use kube::api::{ApiResource, DynamicObject, ListParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::api::GROUP;
use crate::api::kinds::Kind;
use crate::cli::cluster;
use crate::cli::manifest_set::ManifestSet;
use crate::cli::manifests::Manifest;

/// The version of all kinds.
const VERSION: &str = "v1alpha1";
/// So many objects are listed at a time.
const PAGE: u32 = 500;
/// The HTTP status of what the user has no right to, and of what the API server does not know.
const FORBIDDEN: u16 = 403;
const NOT_FOUND: u16 = 404;

/// Flags about the cluster that is read.
#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct LiveArgs {
    /// Read what is applied now from a cluster. It plays the part of --prune-from, but what only the cluster has is not planned for deletion unless --prune is given. Nothing is written.
    #[arg(long, conflicts_with = "prune_from")]
    pub(crate) live: bool,
    /// Context of the kubeconfig. Default: the current one.
    #[arg(long, value_name = "NAME", requires = "live")]
    context: Option<String>,
    /// The kubeconfig. Default: KUBECONFIG, then `~/.kube/config`.
    #[arg(long, value_name = "PATH", requires = "live")]
    kubeconfig: Option<PathBuf>,
    /// Read all namespaces, so that what resources of other namespaces claim counts. Default: those of the manifests, and --namespace.
    #[arg(short = 'A', long, requires = "live")]
    all_namespaces: bool,
    /// Read the Secrets that configs and resources refer to and that are not among the manifests, each by its name.
    #[arg(long, requires = "live")]
    live_secrets: bool,
    /// Plan the deletion of resources that only the cluster has, in the namespaces of the manifests.
    #[arg(long, requires = "live")]
    pub(crate) prune: bool,
}

/// A cluster that is read.
pub(crate) struct Live<'a> {
    args: &'a LiveArgs,
    client: Client,
}

impl LiveArgs {
    /// The cluster that the flags name.
    ///
    /// # Errors
    /// It cannot be found.
    pub(crate) async fn connect(&self) -> Result<Live<'_>, String> {
        let config = cluster::config(self.kubeconfig.as_deref(), self.context.as_deref()).await?;
        let client = Client::try_from(config).map_err(|error| error.to_string())?;
        Ok(Live { args: self, client })
    }
}

impl Live<'_> {
    /// The resources of the kinds, with their statuses.
    ///
    /// # Errors
    /// A list that the API server refuses.
    pub(crate) async fn resources(&self, namespaces: &BTreeSet<String>) -> Result<Vec<Manifest>, String> {
        let (mut all, mut is_installed) = (Vec::new(), false);
        for kind in Kind::ALL.iter().filter(|kind| kind.is_released()) {
            let whole = kind.is_cluster_scoped() || self.args.all_namespaces;
            let places: Vec<_> = if whole { vec![None] } else { namespaces.iter().map(Some).collect() };
            for namespace in places {
                if let Some(found) = self.list(*kind, namespace.map(String::as_str)).await? {
                    is_installed = true;
                    all.extend(found.into_iter().map(of_cluster));
                }
            }
        }
        if is_installed {
            Ok(all)
        } else {
            Err(format!("the cluster has no kinds of {GROUP}: is it the right context?"))
        }
    }

    /// The objects of a kind; `None`: the cluster does not have the kind, or the user need not see it.
    async fn list(&self, kind: Kind, namespace: Option<&str>) -> Result<Option<Vec<Value>>, String> {
        let resource = api_resource(kind);
        let api: Api<DynamicObject> = match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        let (mut all, mut page) = (Vec::new(), ListParams::default().limit(PAGE));
        loop {
            let list = match api.list(&page).await {
                Ok(list) => list,
                Err(kube::Error::Api(status)) if status.code == NOT_FOUND => return Ok(None),
                Err(kube::Error::Api(status)) if status.code == FORBIDDEN && kind.is_cluster_scoped() => {
                    eprintln!("skipped: no right to list {}", kind.plural());
                    return Ok(None);
                }
                Err(error) => {
                    let place =
                        namespace.map_or_else(|| "all namespaces".to_owned(), |name| format!("the namespace {name}"));
                    return Err(format!("{} cannot be listed in {place}: {error}", kind.plural()));
                }
            };
            all.extend(list.items.into_iter().map(|object| typed(object, &resource)));
            match list.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(Some(all)),
            }
        }
    }

    /// The Secrets that are referred to and that no manifest has, if the flags ask for them.
    ///
    /// # Errors
    /// A Secret that the API server refuses.
    pub(crate) async fn secrets(&self, sets: [&ManifestSet; 2]) -> Result<Vec<Manifest>, String> {
        let wanted: BTreeSet<_> = sets.into_iter().flat_map(ManifestSet::referred_secrets).collect();
        let mut all = Vec::new();
        for (namespace, name) in wanted.into_iter().filter(|_| self.args.live_secrets) {
            if sets.iter().any(|set| set.secrets.has(&namespace, &name)) {
                continue;
            }
            let api: Api<Secret> = Api::namespaced(self.client.clone(), &namespace);
            let found = api.get_opt(&name).await;
            let found = found.map_err(|error| format!("the Secret {namespace}/{name} cannot be read: {error}"))?;
            all.extend(found.and_then(|secret| serde_json::to_value(secret).ok()).map(Manifest::generated));
        }
        Ok(all)
    }
}

fn api_resource(kind: Kind) -> ApiResource {
    let (group, version, plural) = (GROUP.to_owned(), VERSION.to_owned(), kind.plural());
    ApiResource { group, version, api_version: format!("{GROUP}/{VERSION}"), kind: kind.to_string(), plural }
}

/// The object with its type, which an item of a list may lack.
fn typed(object: DynamicObject, resource: &ApiResource) -> Value {
    let mut value = serde_json::to_value(object).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".to_owned(), json!(resource.api_version));
        fields.insert("kind".to_owned(), json!(resource.kind));
    }
    value
}

/// An object of the cluster, named as that where it has no use.
fn of_cluster(value: Value) -> Manifest {
    let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let source = format!("{} {}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
    Manifest::of_source(&source, value)
}
