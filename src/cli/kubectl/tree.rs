//! `tree`: which config has which teams, people, services, channels and accounts, and how they are.

pub(crate) mod branches;

use std::io;
use std::process::ExitCode;

use crate::cli::cluster::objects::{ClusterObjects, Where};
use crate::cli::kubectl::output::OutputArgs;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::select::released;
use crate::cli::kubectl::tree::branches::{roots, text};
use crate::cli::output::wants_colours;

/// Flags of `tree`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubectl ping tree
  kubectl ping tree default -n monitoring")]
pub(crate) struct Args {
    /// Name of a config, a team or another resource: only what is below it.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// In all namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    /// Prints the tree.
    ///
    /// # Errors
    /// The API server does not show the resources, or none has the name.
    pub(crate) async fn run(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        let place = Where { namespace: (!self.all_namespaces).then_some(&cluster.namespace), ..Where::default() };
        let mut all = Vec::new();
        for kind in released() {
            match cluster.list(kind, place).await {
                Ok(found) => all.extend(found.into_iter().map(|object| ClusterResource::new(kind, object))),
                Err(trouble) if kind.is_cluster_scoped() && trouble.is_forbidden() => {}
                Err(trouble) => return Err(trouble.to_string()),
            }
        }
        let mut roots = roots(&all);
        if let Some(name) = self.name.as_deref() {
            // Of a name or KIND/NAME the last part is the name.
            let name = name.rsplit('/').next().unwrap_or(name);
            roots = roots.into_iter().flat_map(|root| root.named(name)).collect();
            if roots.is_empty() {
                return Err(format!("nothing is called '{name}' here"));
            }
        }
        let keys: Vec<_> = roots.iter().flat_map(|root| root.keys()).collect();
        self.output.print(&roots, keys, || text(&roots, wants_colours(&io::stdout())))?;
        Ok(ExitCode::SUCCESS)
    }
}
