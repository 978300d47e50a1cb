//! `--live`: what is applied, read from a cluster. Only lists of this operator's kinds, and with `--live-secrets` the Secrets that they
//! refer to, each by its name.

use std::collections::BTreeSet;
use std::path::PathBuf;

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use serde_json::Value;

use crate::api::GROUP;
use crate::api::kinds::Kind;
use crate::cli::cluster::objects::{ClusterObjects, Where};
use crate::cli::cluster::trouble::ClusterRequest;
use crate::cli::manifest_set::ManifestSet;
use crate::cli::manifests::Manifest;

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
    objects: ClusterObjects,
}

impl LiveArgs {
    /// The cluster that the flags name.
    ///
    /// # Errors
    /// It cannot be found.
    pub(crate) async fn connect(&self) -> Result<Live<'_>, String> {
        let objects = ClusterObjects::connect(self.kubeconfig.as_deref(), self.context.as_deref()).await?;
        Ok(Live { args: self, objects })
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
            Err(format!("{} has no kinds of {GROUP}: is it the right context?", self.objects.cluster))
        }
    }

    /// The objects of a kind; `None`: the cluster does not have the kind, or the user need not see it.
    async fn list(&self, kind: Kind, namespace: Option<&str>) -> Result<Option<Vec<Value>>, String> {
        match self.objects.list(kind, Where { namespace, ..Where::default() }).await {
            Ok(found) => Ok(Some(found)),
            Err(trouble) if trouble.is_not_found() => Ok(None),
            Err(trouble) if trouble.is_forbidden() && kind.is_cluster_scoped() => {
                eprintln!("skipped: {trouble}");
                Ok(None)
            }
            Err(trouble) => Err(trouble.to_string()),
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
            let api: Api<Secret> = Api::namespaced(self.objects.client.clone(), &namespace);
            let request = ClusterRequest::new("get", "secrets", Some(&namespace)).about(&name);
            let found = self.objects.check(request, api.get_opt(&name).await).map_err(|trouble| trouble.to_string())?;
            all.extend(found.and_then(|secret| serde_json::to_value(secret).ok()).map(Manifest::generated));
        }
        Ok(all)
    }
}

/// An object of the cluster, named as that where it has no use.
fn of_cluster(value: Value) -> Manifest {
    let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let source = format!("{} {}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
    Manifest::of_source(&source, value)
}
