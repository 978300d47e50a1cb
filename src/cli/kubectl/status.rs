//! `status`: what is not Ready, why, since when, what to do, and when the operator tries again.

pub(crate) mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use jiff::Timestamp;

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::follow::{Followed, WatchScope};
use crate::cli::kubectl::output::OutputArgs;
use crate::cli::kubectl::resource::{ClusterResource, title};
use crate::cli::kubectl::select::{SelectArgs, released};
use crate::cli::kubectl::state::{ResourceState, paused_until};
use crate::cli::kubectl::status::report::{StatusOverview, marks};
use crate::cli::kubectl::wanted::Wanted;

/// Flags of `status`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubectl ping status -A
  kubectl ping status team/platform
  kubectl ping status --watch

Exit code: 0 everything is Ready, 1 something is not, 2 an error.")]
pub(crate) struct Args {
    #[command(flatten)]
    select: SelectArgs,
    /// Tell each change, until everything is Ready.
    #[arg(short, long, conflicts_with = "output")]
    watch: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    /// Prints what is not Ready.
    ///
    /// # Errors
    /// The cluster does not show it.
    pub(crate) async fn run(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        if self.watch {
            return self.watch(cluster).await;
        }
        let resources = self.select.resources(cluster, None).await?;
        let is_everything = self.select.is_empty();
        let configs = configs(cluster, &resources).await;
        let now = Timestamp::now();
        let resources = resources.iter().filter(|resource| !is_everything || self.concerns(resource, &configs));
        let states = resources.map(|resource| ResourceState::of(resource, paused_until(resource, &configs, now)));
        let overview = StatusOverview::of(states.collect());
        // What was named is told also if it is Ready.
        let names_one = self.select.wanted()?.iter().any(|wanted| matches!(wanted, Wanted::One(..)));
        let keys = overview.resources.iter().filter(|state| names_one || !state.is_ready()).map(|state| &state.key);
        self.output.print(&overview, keys, || overview.text(names_one, now, &self.select.place(cluster)))?;
        Ok(if overview.totals.not_ready == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Whether a resource belongs to what was asked for: of the configs for the whole cluster only those that a resource uses, unless
    /// all namespaces are.
    fn concerns(&self, resource: &ClusterResource, used: &[ClusterResource]) -> bool {
        let is_used = || used.iter().any(|config| config.key == resource.key);
        !resource.key.kind.is_cluster_scoped() || self.select.all_namespaces || is_used()
    }

    /// Tells each change until everything is Ready.
    async fn watch(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        let wanted = self.select.wanted()?;
        let kinds: BTreeSet<Kind> = if wanted.is_empty() {
            released().filter(|kind| !kind.is_cluster_scoped()).collect()
        } else {
            wanted.iter().map(Wanted::kind).collect()
        };
        let namespace = self.select.namespace(cluster).map(str::to_owned);
        let scope =
            |kind: Kind| WatchScope { kind, namespace: namespace.clone().filter(|_| !kind.is_cluster_scoped()) };
        if kinds.iter().any(|kind| !kind.is_cluster_scoped()) {
            self.select.check_namespace(cluster).await?;
        }
        let mut followed = Followed::start(cluster, kinds.into_iter().map(scope).collect());
        let is_wanted = |key: &ResourceKey| {
            let names = wanted.iter().any(|wanted| match wanted {
                Wanted::All(kind) => *kind == key.kind,
                Wanted::One(kind, name) => *kind == key.kind && *name == key.name,
            });
            wanted.is_empty() || names
        };
        let mut told = BTreeMap::new();
        loop {
            followed.next().await?;
            let resources = followed.resources.values().filter(|resource| is_wanted(&resource.key));
            let states: Vec<_> = resources.map(|resource| ResourceState::of(resource, None)).collect();
            tell(&states, &mut told);
            if !states.is_empty() && states.iter().all(ResourceState::is_ready) {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// Prints the states that were not told yet, and what is gone.
fn tell(states: &[ResourceState], told: &mut BTreeMap<ResourceKey, String>) {
    let time = format!("{:.0}", Timestamp::now());
    for state in states {
        let line = format!("{}{}: {}: {}", title(&state.key), marks(state), state.reason, state.message);
        if told.insert(state.key.clone(), line.clone()).as_ref() != Some(&line) {
            println!("{time} {line}");
        }
    }
    told.retain(|key, _| {
        let is_here = states.iter().any(|state| state.key == *key);
        if !is_here {
            println!("{time} {}: gone", title(key));
        }
        is_here
    });
}

/// The configs that the resources use, as far as they can be seen.
async fn configs(cluster: &ClusterObjects, resources: &[ClusterResource]) -> Vec<ClusterResource> {
    let used: BTreeSet<_> = resources.iter().filter_map(ClusterResource::config).collect();
    let mut configs = Vec::new();
    for key in used {
        match resources.iter().find(|resource| resource.key == key) {
            Some(config) => configs.push(config.clone()),
            None => configs
                .extend(cluster.get(&key).await.ok().flatten().map(|object| ClusterResource::new(key.kind, object))),
        }
    }
    configs
}
