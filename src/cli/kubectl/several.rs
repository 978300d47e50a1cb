//! Which resources a verb writes to, and how long it waits for what comes of it.

use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;

use crate::api::resource_key::ResourceKey;
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::follow::Waited;
use crate::cli::kubectl::output::OutputArgs;
use crate::cli::kubectl::resource::{ClusterResource, title};
use crate::cli::kubectl::select::SelectArgs;
use crate::cli::kubectl::state::ResourceState;
use crate::cli::kubectl::status::report::StatusOverview;

/// Flags of verbs that write to several resources.
#[derive(clap::Args)]
pub(crate) struct SeveralArgs {
    #[command(flatten)]
    select: SelectArgs,
    /// All resources of the namespace.
    #[arg(long)]
    all: bool,
    /// Wait for what comes of it, and show it.
    #[arg(long)]
    wait: bool,
    /// How many seconds to wait.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    timeout: u32,
    #[command(flatten)]
    output: OutputArgs,
}

impl SeveralArgs {
    /// The chosen resources.
    ///
    /// # Errors
    /// None is chosen, or one that there is not.
    pub(crate) async fn resources(
        &self,
        cluster: &ClusterObjects,
        why_no_config: Option<&str>,
    ) -> Result<Vec<ClusterResource>, String> {
        if self.select.is_empty() && !self.all {
            return Err("which resources? Name them by KIND/NAME or KIND, choose them by -l, or take --all".to_owned());
        }
        let found = self.select.resources(cluster, why_no_config).await?;
        if found.is_empty() { Err(format!("no resources{}", self.select.place(cluster))) } else { Ok(found) }
    }

    /// How long to wait; `None`: not at all.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.wait.then(|| Duration::from_secs(self.timeout.into()))
    }

    /// Prints what was asked for.
    ///
    /// # Errors
    /// It cannot be printed.
    pub(crate) fn print_requested(&self, word: &str, written: &[ClusterResource]) -> Result<ExitCode, String> {
        let states = written.iter().map(|resource| ResourceState::of(resource, None)).collect();
        let line = |resource: &ClusterResource| format!("{word}: {}\n", resource.title());
        let lines = || written.iter().map(line).collect::<Vec<_>>().concat();
        self.output.print(&StatusOverview::of(states), written.iter().map(|resource| &resource.key), lines)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Prints what came of it.
    ///
    /// # Errors
    /// It cannot be printed.
    pub(crate) fn print_outcome(&self, asked: &[ClusterResource], waited: &Waited) -> Result<ExitCode, String> {
        let (overview, is_done) = outcome(asked, waited);
        let keys = overview.resources.iter().map(|state| &state.key);
        self.output.print(&overview, keys, || overview.text(true, Timestamp::now(), ""))?;
        for key in &waited.waiting {
            eprintln!("not done within {} s: {}", self.timeout, title(key));
        }
        Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What is told of the chosen resources, and whether everything is as it was asked for.
fn outcome(chosen: &[ClusterResource], waited: &Waited) -> (StatusOverview, bool) {
    let as_it_was = |key: &ResourceKey| waited.left_out.iter().find(|resource| resource.key == *key);
    let now =
        chosen.iter().filter_map(|resource| as_it_was(&resource.key).or_else(|| waited.resources.get(&resource.key)));
    let overview = StatusOverview::of(now.map(|resource| ResourceState::of(resource, None)).collect());
    let is_done = waited.waiting.is_empty() && waited.left_out.is_empty() && overview.totals.not_ready == 0;
    (overview, is_done)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::api::kinds::Kind;

    #[test]
    fn what_is_left_out_is_shown_and_counts_as_not_done() {
        let ready = json!({
            "type": "Ready", "status": "True", "reason": "Available", "message": "equal", "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        });
        let team = |name: &str, suspend: bool| {
            let metadata = json!({ "namespace": "n", "name": name, "generation": 1 });
            let value =
                json!({ "metadata": metadata, "spec": { "suspend": suspend }, "status": { "conditions": [ready] } });
            ClusterResource::new(Kind::Team, value)
        };
        let (looked_at, left_out) = (team("a", false), team("b", true));
        let resources = BTreeMap::from([(looked_at.key.clone(), looked_at.clone())]);
        let waited = Waited { waiting: Vec::new(), left_out: Vec::new(), resources };
        assert!(outcome(std::slice::from_ref(&looked_at), &waited).1);
        let waited = Waited { left_out: vec![left_out.clone()], ..waited };
        let (overview, is_done) = outcome(&[looked_at, left_out], &waited);
        assert_eq!((overview.resources.len(), is_done), (2, false), "{overview:?}");
    }
}
