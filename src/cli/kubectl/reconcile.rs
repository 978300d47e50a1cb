//! `reconcile`: asks the operator to look at resources now, with fresh reads, and tells what came of it.

use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use crate::api::annotations::RECONCILE_REQUESTED_AT;
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::follow::until;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::several::SeveralArgs;

/// Flags of `reconcile`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubectl ping reconcile team/platform --wait
  kubectl ping reconcile --all -A

Exit code with --wait: 0 everything is Ready, 1 something is not or was not looked at in time, 2 an error.")]
pub(crate) struct Args {
    #[command(flatten)]
    several: SeveralArgs,
}

impl Args {
    /// Asks for reconciles.
    ///
    /// # Errors
    /// The API server refuses it.
    pub(crate) async fn run(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        let resources = self.several.resources(cluster, |kind| !kind.is_config()).await?;
        let token = Timestamp::now().to_string();
        let patch = json!({ "metadata": { "annotations": { RECONCILE_REQUESTED_AT: token } } });
        let mut asked = Vec::new();
        for resource in resources {
            if resource.is_suspended() && !resource.is_deleted() {
                eprintln!("left out: {} is suspended; `kubectl ping resume` ends that", resource.title());
                continue;
            }
            let patched = cluster.patch(&resource.key, &patch).await.map_err(|trouble| trouble.to_string())?;
            asked.push(ClusterResource::new(resource.key.kind, patched));
        }
        let Some(limit) = self.several.wait() else { return self.several.print_requested("asked for", &asked) };
        let keys: Vec<_> = asked.iter().map(|resource| resource.key.clone()).collect();
        let is_handled = |resource: Option<&ClusterResource>| {
            // What is gone needs no look.
            resource.is_none_or(|resource| resource.text("/status/lastHandledReconcileAt") == Some(token.as_str()))
        };
        let waited = until(cluster, &keys, limit, |_, resource| is_handled(resource)).await?;
        self.several.print_outcome(&asked, &waited)
    }
}
