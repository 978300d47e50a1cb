//! `events`: the story of one resource, in the order of time: events, conditions, what was done to it.

pub(crate) mod story;

use std::process::ExitCode;

use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::ListParams;

use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::cluster::trouble::ClusterRequest;
use crate::cli::kubectl::events::story::{story, text};
use crate::cli::kubectl::output::OutputArgs;
use crate::cli::kubectl::select::single;

/// Where the events of what has no namespace are.
const DEFAULT_NAMESPACE: &str = "default";

/// Flags of `events`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  kubectl ping events team/platform")]
pub(crate) struct Args {
    /// The resource.
    #[arg(value_name = "KIND/NAME")]
    resource: String,
    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    /// Prints the story.
    ///
    /// # Errors
    /// There is no such resource, or the API server does not show its events.
    pub(crate) async fn run(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        let resource = single(cluster, &self.resource).await?;
        let (kind, name) = (resource.key.kind, &resource.key.name);
        let namespace = if kind.is_cluster_scoped() { DEFAULT_NAMESPACE } else { &resource.key.namespace };
        let fields = format!("involvedObject.kind={kind},involvedObject.name={name}");
        let events = events(cluster, Some(namespace), &fields).await?;
        let story = story(&resource, &events);
        self.output.print(&story, [&resource.key], || text(&story))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The events that a field selector chooses; `None`: in all namespaces.
///
/// # Errors
/// The API server does not show them.
pub(crate) async fn events(
    cluster: &ClusterObjects,
    namespace: Option<&str>,
    fields: &str,
) -> Result<Vec<Event>, String> {
    let client = cluster.client.clone();
    let api: Api<Event> =
        namespace.map_or_else(|| Api::all(client.clone()), |name| Api::namespaced(client.clone(), name));
    let listed = api.list(&ListParams::default().fields(fields)).await;
    let listed = cluster.check(ClusterRequest::new("list", "events", namespace), listed);
    listed.map(|list| list.items).map_err(|trouble| trouble.to_string())
}
