//! `report`: what somebody who helps must know of a cluster, in one text without secrets.

pub(crate) mod contents;
pub(crate) mod message;
pub(crate) mod own_words;
#[cfg(test)]
mod tests;
pub(crate) mod veil;

use std::process::ExitCode;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, ListParams};

use crate::cli::cluster::objects::{ClusterObjects, Where};
use crate::cli::cluster::trouble::ClusterRequest;
use crate::cli::kubectl::bundle::contents::{Bundle, BundleInput};
use crate::cli::kubectl::bundle::veil::Veil;
use crate::cli::kubectl::check::role::RoleForm;
use crate::cli::kubectl::check::{everything, ledger};
use crate::cli::kubectl::events::events;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::select::released;
use crate::cli::output::print;
use crate::cli::values::namespace;

/// Flags of `report`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  kubectl ping report -A > report.yaml

It has no Secret, no address, no name of a person: texts that may hold one are replaced by their length and a mark, the same for equal
texts of one report. Read it before you send it: names of resources, ids and messages stay.")]
pub(crate) struct Args {
    /// In all namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Namespace of the operator.
    #[arg(long, value_name = "NS", value_parser = namespace, default_value = "ping-operator")]
    operator_namespace: String,
}

impl Args {
    /// Prints the report as YAML.
    ///
    /// # Errors
    /// The API server does not answer.
    pub(crate) async fn run(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        let input = self.read(cluster).await?;
        let bundle = Bundle::of(input, &mut Veil::new(fastrand::u64(..)));
        let text = serde_saphyr::to_string(&bundle).map_err(|error| error.to_string())?;
        print(text.as_bytes()).map_err(|error| error.to_string())?;
        Ok(ExitCode::SUCCESS)
    }

    /// What the user may see; what not, is said in the report.
    async fn read(&self, cluster: &ClusterObjects) -> Result<BundleInput, String> {
        let operator = &self.operator_namespace;
        let checks = everything(cluster, operator, RoleForm::Cluster, None).await?;
        let namespace = (!self.all_namespaces).then_some(cluster.namespace.as_str());
        let mut input = BundleInput { checks, ..BundleInput::default() };
        for kind in released() {
            match cluster.list(kind, Where { namespace, ..Where::default() }).await {
                Ok(found) => {
                    input.resources.extend(found.into_iter().map(|object| ClusterResource::new(kind, object)));
                }
                Err(trouble) => input.unseen.push(trouble.to_string()),
            }
        }
        match events(cluster, namespace, "").await {
            Ok(events) => input.events = events,
            Err(trouble) => input.unseen.push(trouble),
        }
        let version = cluster.client.apiserver_version().await;
        match cluster.check(ClusterRequest::new("get", "/version", None), version) {
            Ok(version) => input.api_server = version.git_version,
            Err(trouble) => input.unseen.push(trouble.to_string()),
        }
        let params = ListParams::default().labels("app.kubernetes.io/name=ping-operator");
        // The type of a pod would make the program a quarter of a megabyte larger.
        let kind = ApiResource::erase::<Pod>(&());
        let pods = Api::<DynamicObject>::namespaced_with(cluster.client.clone(), operator, &kind).list(&params).await;
        match cluster.check(ClusterRequest::new("list", "pods", Some(operator)), pods) {
            Ok(pods) => input.pods = pods.items,
            Err(trouble) => input.unseen.push(trouble.to_string()),
        }
        match ledger::entries(cluster, operator).await {
            Ok(entries) => input.orphans = entries,
            Err(trouble) => input.unseen.push(trouble.to_string()),
        }
        Ok(input)
    }
}
