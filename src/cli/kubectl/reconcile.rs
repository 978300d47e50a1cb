//! `reconcile`: asks the operator to look at resources now, with fresh reads, and tells what came of it.

use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use crate::api::annotations::RECONCILE_REQUESTED_AT;
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::follow::{Waited, until};
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::several::SeveralArgs;

/// Why no config can be chosen.
const LOOKED_AT: &str =
    "the operator looks at it by itself about every minute, and every 5 s while its token is missing or refused";

/// Flags of `reconcile`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubectl ping reconcile team/platform --wait
  kubectl ping reconcile --all -A

Exit code with --wait: 0 everything is Ready, 1 something is not, is suspended, or was not looked at in time, 2 an error.")]
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
        let chosen = self.several.resources(cluster, Some(LOOKED_AT)).await?;
        let token = Timestamp::now().to_string();
        let patch = json!({ "metadata": { "annotations": { RECONCILE_REQUESTED_AT: token } } });
        let (left_out, looked_at): (Vec<_>, Vec<_>) = chosen.iter().partition(|resource| is_left_out(resource));
        for resource in &left_out {
            eprintln!("left out: {} is suspended; `kubectl ping resume` ends that", resource.title());
        }
        let mut asked = Vec::new();
        for resource in looked_at {
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
        let left_out = left_out.into_iter().cloned().collect();
        self.several.print_outcome(&chosen, &Waited { left_out, ..waited })
    }
}

/// Whether the operator would not look at it.
fn is_left_out(resource: &ClusterResource) -> bool {
    resource.is_suspended() && !resource.is_deleted()
}
