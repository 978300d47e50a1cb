//! `move`: moves a resource to another namespace without a write to the provider.

pub(crate) mod copy;
pub(crate) mod target;
#[cfg(test)]
mod tests;

use std::process::ExitCode;
use std::time::Duration;

use crate::api::annotations::MOVED_TO;
use crate::api::resource_key::ResourceKey;
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::check::presence::check_namespace;
use crate::cli::kubectl::follow::until;
use crate::cli::kubectl::orphan::dependents;
use crate::cli::kubectl::question::QuestionArgs;
use crate::cli::kubectl::relocate::copy::{CopyProgress, copy, is_copy_of, progress, steps};
use crate::cli::kubectl::relocate::target::{advice, check_teams, moved_already};
use crate::cli::kubectl::resource::{ClusterResource, title};
use crate::cli::kubectl::select::single;
use crate::cli::kubectl::write::{annotate_as_shown, delete_while};
use crate::cli::values::namespace;

/// Flags of `move`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  kubectl ping move team/platform --to-namespace monitoring")]
pub(crate) struct Args {
    /// The resource.
    #[arg(value_name = "KIND/NAME")]
    resource: String,
    /// The other namespace.
    #[arg(long, value_name = "NS", value_parser = namespace)]
    to_namespace: String,
    #[command(flatten)]
    question: QuestionArgs,
    /// How many seconds to wait for each step.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    timeout: u32,
}

impl Args {
    /// Shows the steps, asks, and moves the resource. What was interrupted goes on where it stopped.
    ///
    /// # Errors
    /// It cannot be moved. Then the old resource is as it was.
    pub(crate) async fn run(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        if let Some(told) = moved_already(cluster, &self.resource, &self.to_namespace).await? {
            println!("{told}");
            return Ok(ExitCode::SUCCESS);
        }
        let old = single(cluster, &self.resource).await?;
        let copy = self.checked_copy(cluster, &old).await?;
        let new_key = ResourceKey { namespace: self.to_namespace.clone(), ..old.key.clone() };
        let found = cluster.get(&new_key).await.map_err(|trouble| trouble.to_string())?;
        let found = found.map(|object| ClusterResource::new(old.key.kind, object));
        if found.as_ref().is_some_and(|found| !is_copy_of(found, &old.key)) {
            return Err(format!("{} has a {} already", cluster.cluster, title(&new_key)));
        }
        self.question.ask(&steps(&old, &self.to_namespace))?;
        let marked = annotate_as_shown(cluster, &old, MOVED_TO, &new_key.to_string()).await?;
        if found.is_none() {
            cluster.create(&new_key, copy).await.map_err(|trouble| trouble.to_string())?;
            eprintln!("created: {}", title(&new_key));
        }
        self.await_copy(cluster, &marked, &new_key).await?;
        let is_unchanged = |now: &ClusterResource| {
            now.generation() == old.generation() && now.annotation(MOVED_TO) == marked.annotation(MOVED_TO)
        };
        delete_while(cluster, &marked, is_unchanged).await?;
        eprintln!("deleted: {}", old.title());
        self.await_end(cluster, &old, &new_key).await?;
        println!("moved: {} has the object '{}'", title(&new_key), old.external_id().unwrap_or_default());
        Ok(ExitCode::SUCCESS)
    }

    /// The copy, if the resource can be moved.
    async fn checked_copy(&self, cluster: &ClusterObjects, old: &ClusterResource) -> Result<serde_json::Value, String> {
        let Some(config) = old.config() else { return Err(format!("{} stands for no external object", old.title())) };
        if old.key.namespace == self.to_namespace {
            return Err(format!("{} is in '{}' already", old.title(), self.to_namespace));
        }
        let copy = copy(old, &self.to_namespace)?;
        let dependents = dependents(cluster, old).await?;
        if let Some(first) = dependents.first() {
            let counted = match dependents.len() {
                1 => "1 resource refers".to_owned(),
                count => format!("{count} resources refer"),
            };
            return Err(format!("{counted} to {}, such as {}: {}", old.title(), first.title(), advice(first.key.kind)));
        }
        check_namespace(cluster, &self.to_namespace).await?;
        self.check_account(cluster, old, config).await?;
        check_teams(cluster, old, &self.to_namespace).await?;
        Ok(copy)
    }

    /// Passes if the config of that name in the other namespace leads to the account of the object.
    async fn check_account(
        &self,
        cluster: &ClusterObjects,
        old: &ClusterResource,
        config: ResourceKey,
    ) -> Result<(), String> {
        if config.kind.is_cluster_scoped() {
            return Ok(());
        }
        let key = ResourceKey { namespace: self.to_namespace.clone(), ..config };
        let found = cluster.get(&key).await.map_err(|trouble| trouble.to_string())?;
        let found = found.map(|object| ClusterResource::new(key.kind, object)).ok_or_else(|| {
            format!("{} has no {}: the resource uses a config of this name", cluster.cluster, title(&key))
        })?;
        match (found.text("/status/account/id"), old.text("/status/accountId")) {
            (Some(opens), Some(account)) if opens != account => {
                Err(format!("{} opens the account '{opens}', and the object is in '{account}'", title(&key)))
            }
            (Some(_), _) => Ok(()),
            (None, _) => Err(format!("{} has not opened an account yet: `kubectl ping status` tells why", title(&key))),
        }
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(self.timeout.into())
    }

    /// Waits until the old resource may be let go.
    async fn await_copy(
        &self,
        cluster: &ClusterObjects,
        old: &ClusterResource,
        new_key: &ResourceKey,
    ) -> Result<(), String> {
        let of = |found: Option<&ClusterResource>| {
            found.map_or_else(|| CopyProgress::Underway("it is not there".to_owned()), |found| progress(found, old))
        };
        let is_over = |found: Option<&ClusterResource>| match of(found) {
            CopyProgress::HasObject | CopyProgress::AwaitsOld | CopyProgress::Stuck(_) => true,
            CopyProgress::Underway(_) => false,
        };
        let waited = until(cluster, std::slice::from_ref(new_key), self.limit(), |_, found| is_over(found)).await?;
        match of(waited.resources.get(new_key)) {
            CopyProgress::HasObject | CopyProgress::AwaitsOld => Ok(()),
            CopyProgress::Stuck(message) | CopyProgress::Underway(message) => Err(format!(
                "{} does not take the object over ({message}): {} stays as it is, with the annotation {MOVED_TO}. Correct what it says and move again, or remove that annotation and delete {}: it manages nothing",
                title(new_key),
                old.title(),
                title(new_key)
            )),
        }
    }

    /// Waits until the old resource is gone and the new one has the object.
    async fn await_end(
        &self,
        cluster: &ClusterObjects,
        old: &ClusterResource,
        new_key: &ResourceKey,
    ) -> Result<(), String> {
        let has_object = |found: &ClusterResource| progress(found, old) == CopyProgress::HasObject;
        let keys = [old.key.clone(), new_key.clone()];
        let waited = until(cluster, &keys, self.limit(), |key, found| {
            if *key == old.key { found.is_none() } else { found.is_some_and(has_object) }
        });
        match waited.await?.waiting.first() {
            None => Ok(()),
            Some(key) => Err(format!(
                "{} is not done within {} s: `kubectl ping status -n {}` tells why; nothing is lost, the operator goes on",
                title(key),
                self.timeout,
                key.namespace
            )),
        }
    }
}
