//! `orphan`: deletes a resource and keeps its external object.

use std::process::ExitCode;
use std::time::Duration;

use crate::api::annotations::ALLOW_DELETION;
use crate::api::kinds::Kind;
use crate::cli::cluster::objects::{ClusterObjects, Where};
use crate::cli::kubectl::follow::until;
use crate::cli::kubectl::question::QuestionArgs;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::select::{released, single};
use crate::cli::kubectl::write::{annotate_as_shown, delete_while};

/// The value of the annotation.
const ORPHAN: &str = "orphan";

/// Flags of `orphan`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  kubectl ping orphan team/platform --wait")]
pub(crate) struct Args {
    /// The resource.
    #[arg(value_name = "KIND/NAME")]
    resource: String,
    #[command(flatten)]
    question: QuestionArgs,
    /// Wait until the resource is gone.
    #[arg(long)]
    wait: bool,
    /// How many seconds to wait.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    timeout: u32,
}

impl Args {
    /// Says what stays outside, asks, and deletes the resource.
    ///
    /// # Errors
    /// The person says no, the resource changed meanwhile, or the API server refuses it.
    pub(crate) async fn run(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        let resource = single(cluster, &self.resource).await?;
        if resource.key.kind.is_config() {
            return Err(format!("{} stands for no external object: delete it", resource.title()));
        }
        let dependents = dependents(cluster, &resource).await?;
        self.question.ask(&meaning(&resource, &dependents))?;
        // Without the right to delete, nothing is written, either.
        let rehearsed = cluster.delete(&resource.key, &resource.value, true).await;
        rehearsed.map_err(|trouble| trouble.to_string())?;
        let marked = annotate_as_shown(cluster, &resource, ALLOW_DELETION, ORPHAN).await?;
        delete_while(cluster, &marked, |now| now.annotation(ALLOW_DELETION) == Some(ORPHAN)).await?;
        println!("deleted: {}; {}", resource.title(), kept(&resource));
        if !self.wait {
            return Ok(ExitCode::SUCCESS);
        }
        let limit = Duration::from_secs(self.timeout.into());
        let waited = until(cluster, std::slice::from_ref(&resource.key), limit, |_, found| found.is_none()).await?;
        if waited.waiting.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("not gone within {} s: `kubectl ping status {}` tells why", self.timeout, self.resource);
        Ok(ExitCode::FAILURE)
    }
}

/// The resources that refer to a Team.
///
/// # Errors
/// The API server does not show them.
pub(crate) async fn dependents(
    cluster: &ClusterObjects,
    resource: &ClusterResource,
) -> Result<Vec<ClusterResource>, String> {
    let mut found = Vec::new();
    if resource.key.kind != Kind::Team {
        return Ok(found);
    }
    let place = Where { namespace: Some(&resource.key.namespace), ..Where::default() };
    for kind in released().filter(|kind| !kind.is_config()) {
        let all = cluster.list(kind, place).await.map_err(|trouble| trouble.to_string())?;
        let all = all.into_iter().map(|object| ClusterResource::new(kind, object));
        found.extend(all.filter(|other| other.refers_to_team(&resource.key.name)));
    }
    Ok(found)
}

/// What stays outside.
fn kept(resource: &ClusterResource) -> String {
    let account = resource.text("/status/accountId").map_or_else(String::new, |id| format!(" of the account '{id}'"));
    match resource.external_id() {
        Some(id) => format!(
            "its object '{id}'{account} stays as it is, and no resource manages it unless another one takes it over"
        ),
        None => "no object of it is recorded: nothing stays, unless a create is under way".to_owned(),
    }
}

/// What it means for a resource.
fn meaning(resource: &ClusterResource, dependents: &[ClusterResource]) -> String {
    let names: Vec<_> = dependents.iter().map(ClusterResource::title).collect();
    let referring = if names.is_empty() {
        String::new()
    } else {
        format!(
            "  This refers to it, and will be ReferenceNotFound: {}. A Service may name the team by its id \
             (`team.externalId`).\n",
            names.join(", ")
        )
    };
    format!(
        "{} will be deleted; {}.\n  The operator writes it into the ConfigMap `ping-operator-orphans`.\n{referring}  \
         If the manifest is in Git, remove it there first: else the resource comes back, and finds its name taken.\n",
        resource.title(),
        kept(resource)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stays_outside_and_what_refers_to_it_is_told_before_it_is_deleted() {
        let team = |status: serde_json::Value| {
            ClusterResource::new(Kind::Team, json!({ "metadata": { "namespace": "n", "name": "t" }, "status": status }))
        };
        let metadata = json!({ "namespace": "n", "name": "s" });
        let service = ClusterResource::new(Kind::Service, json!({ "metadata": metadata }));
        let told = meaning(&team(json!({ "externalId": "7", "accountId": "a" })), &[service]);
        assert!(told.contains("its object '7' of the account 'a' stays"), "{told}");
        assert!(told.contains("refers to it, and will be ReferenceNotFound: Service n/s."), "{told}");
        assert!(!told.contains("waits"), "{told}");
        let told = meaning(&team(json!({})), &[]);
        assert!(told.contains("nothing stays") && !told.contains("refers"), "{told}");
    }
}
