//! `suspend` and `resume`: stop the operator's reads and writes of external objects, and let it go on.

use std::process::ExitCode;

use serde_json::json;

use crate::api::conditions::{ConditionStatus, ConditionType};
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::follow::until;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::several::SeveralArgs;

/// Why no config can be chosen.
const NO_FIELD: &str = "it has no `spec.suspend`; the resources that use it have it";

/// Flags of `suspend` and `resume`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubectl ping suspend team/platform --wait
  kubectl ping suspend --all -n monitoring
  kubectl ping resume -l tier=gold -A

They write `spec.suspend`. Where the manifest is in Git, a tool that applies it again may write it back.")]
pub(crate) struct Args {
    #[command(flatten)]
    several: SeveralArgs,
}

impl Args {
    /// Sets `spec.suspend`.
    ///
    /// # Errors
    /// The API server refuses it.
    pub(crate) async fn run(&self, cluster: &ClusterObjects, suspend: bool) -> Result<ExitCode, String> {
        let resources = self.several.resources(cluster, Some(NO_FIELD)).await?;
        let mut written = Vec::new();
        for resource in resources {
            let patch = json!({ "spec": { "suspend": suspend } });
            let patched = cluster.patch(&resource.key, &patch).await.map_err(|trouble| trouble.to_string())?;
            written.push(ClusterResource::new(resource.key.kind, patched));
        }
        let word = if suspend { "suspended" } else { "resumed" };
        let Some(limit) = self.several.wait() else { return self.several.print_requested(word, &written) };
        let keys: Vec<_> = written.iter().map(|resource| resource.key.clone()).collect();
        let is_done = |resource: Option<&ClusterResource>| resource.is_none_or(|resource| has_seen(resource, suspend));
        let waited = until(cluster, &keys, limit, |_, resource| is_done(resource)).await?;
        self.several.print_outcome(&written, &waited)
    }
}

/// Whether the operator has acted on the change of `spec.suspend`.
fn has_seen(resource: &ClusterResource, suspend: bool) -> bool {
    let suspended = resource.condition(ConditionType::Suspended);
    let says_suspended = suspended.is_some_and(|condition| condition.status == ConditionStatus::True);
    let ready = resource.condition(ConditionType::Ready).map(|ready| Some(ready.observed_generation));
    says_suspended == suspend && (suspend || ready == Some(resource.generation()))
}
