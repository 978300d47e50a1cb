//! The resources that the flags and words of a verb choose, as the cluster has them.

use kube::core::Selector;

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::cli::cluster::objects::{ClusterObjects, Where};
use crate::cli::kubectl::check::presence::check_namespace;
use crate::cli::kubectl::resource::{ClusterResource, title};
use crate::cli::kubectl::wanted::{Wanted, one, wanted};
use crate::cli::values::selector::selector;

/// Words and flags that choose resources.
#[derive(clap::Args)]
pub(crate) struct SelectArgs {
    /// Resources: KIND, KIND/NAME, or KIND NAME….
    #[arg(value_name = "KIND[/NAME]")]
    resources: Vec<String>,
    /// Label selector: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`.
    #[arg(short = 'l', long, value_name = "LABELS", value_parser = selector)]
    selector: Option<Selector>,
    /// In all namespaces.
    #[arg(short = 'A', long)]
    pub(crate) all_namespaces: bool,
}

impl SelectArgs {
    /// Whether nothing was chosen: then a verb is about everything, or asks for more.
    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.selector.is_none()
    }

    /// What the words name.
    ///
    /// # Errors
    /// They name nothing.
    pub(crate) fn wanted(&self) -> Result<Vec<Wanted>, String> {
        let wanted = wanted(&self.resources)?;
        let named = wanted.iter().find(|wanted| matches!(wanted, Wanted::One(..)));
        match named {
            Some(_) if self.all_namespaces => {
                Err("-A is for all resources of a kind, not for one by its name".to_owned())
            }
            Some(_) if self.selector.is_some() => Err("a resource is named, or chosen by -l, not both".to_owned()),
            Some(_) | None => Ok(wanted),
        }
    }

    /// The namespace in which is searched; `None`: all.
    pub(crate) fn namespace<'a>(&self, cluster: &'a ClusterObjects) -> Option<&'a str> {
        (!self.all_namespaces).then_some(cluster.namespace.as_str())
    }

    /// Where is searched, and for what, after a blank.
    pub(crate) fn place(&self, cluster: &ClusterObjects) -> String {
        place(self.namespace(cluster), self.labels().as_deref())
    }

    fn labels(&self) -> Option<String> {
        self.selector.as_ref().map(ToString::to_string)
    }

    /// Whether there is the namespace in which is searched, as far as that can be seen: an empty list does not tell.
    ///
    /// # Errors
    /// There is none of this name.
    pub(crate) async fn check_namespace(&self, cluster: &ClusterObjects) -> Result<(), String> {
        let Some(namespace) = self.namespace(cluster) else { return Ok(()) };
        check_namespace(cluster, namespace).await
    }

    /// The chosen resources, in the order of kinds. `why_no_config`: configs cannot be chosen, for this reason.
    ///
    /// # Errors
    /// A resource or a namespace that there is not, or a list that the API server refuses.
    pub(crate) async fn resources(
        &self,
        cluster: &ClusterObjects,
        why_no_config: Option<&str>,
    ) -> Result<Vec<ClusterResource>, String> {
        let wanted = self.wanted()?;
        if let (Some(why), Some(config)) = (why_no_config, wanted.iter().find(|wanted| wanted.kind().is_config())) {
            return Err(refusal(config, why));
        }
        let mut found = Vec::new();
        if wanted.is_empty() {
            let kinds = released().filter(|kind| why_no_config.is_none() || !kind.is_config());
            for kind in kinds {
                found.extend(self.list(cluster, kind, kind.is_cluster_scoped()).await?);
            }
        }
        let is_in_namespace = wanted.is_empty() || wanted.iter().any(|wanted| !wanted.kind().is_cluster_scoped());
        for wanted in wanted {
            match wanted {
                Wanted::All(kind) => found.extend(self.list(cluster, kind, false).await?),
                Wanted::One(kind, name) => found.push(get(cluster, kind, &name).await?),
            }
        }
        if is_in_namespace && found.iter().all(|resource| resource.key.kind.is_cluster_scoped()) {
            self.check_namespace(cluster).await?;
        }
        Ok(found)
    }

    /// `is_optional`: the user need not see the kind.
    async fn list(
        &self,
        cluster: &ClusterObjects,
        kind: Kind,
        is_optional: bool,
    ) -> Result<Vec<ClusterResource>, String> {
        let labels = self.labels();
        let place = Where { namespace: self.namespace(cluster), labels: labels.as_deref() };
        match cluster.list(kind, place).await {
            Ok(objects) => Ok(objects.into_iter().map(|object| ClusterResource::new(kind, object)).collect()),
            Err(trouble) if is_optional && trouble.is_forbidden() => Ok(Vec::new()),
            Err(trouble) => Err(trouble.to_string()),
        }
    }
}

/// The kinds that users have.
pub(crate) fn released() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| kind.is_released())
}

/// The one resource that a word names.
///
/// # Errors
/// There is none.
pub(crate) async fn single(cluster: &ClusterObjects, word: &str) -> Result<ClusterResource, String> {
    match one(word)? {
        Wanted::One(kind, name) => get(cluster, kind, &name).await,
        Wanted::All(kind) => Err(format!("which {kind}? Name it by {kind}/NAME")),
    }
}

async fn get(cluster: &ClusterObjects, kind: Kind, name: &str) -> Result<ClusterResource, String> {
    let namespace = if kind.is_cluster_scoped() { String::new() } else { cluster.namespace.clone() };
    let key = ResourceKey { kind, namespace, name: name.to_owned() };
    let found = cluster.get(&key).await.map_err(|trouble| trouble.to_string())?;
    let found = found.ok_or_else(|| format!("{} has no {}", cluster.cluster, title(&key)))?;
    Ok(ClusterResource::new(kind, found))
}

/// Why a config cannot be chosen, and how it is looked at.
fn refusal(config: &Wanted, why: &str) -> String {
    let kind = config.kind();
    let word = kind.as_str().to_lowercase();
    let named = match config {
        Wanted::All(_) => word,
        Wanted::One(_, name) => format!("{word}/{name}"),
    };
    format!("a {kind} cannot be chosen here: {why}; `kubectl ping status {named}` shows how it is")
}

/// Where was searched, and for what, after a blank.
fn place(namespace: Option<&str>, labels: Option<&str>) -> String {
    let namespace = namespace.map(|namespace| format!(" in the namespace '{namespace}'")).unwrap_or_default();
    namespace + &labels.map(|labels| format!(" with the labels '{labels}'")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_chooses_a_config_is_told_why_not_and_what_shows_it() {
        let told = refusal(&Wanted::One(Kind::ProviderConfig, "default".to_owned()), "it looks by itself");
        assert!(told.contains("it looks by itself"), "{told}");
        assert!(told.contains("`kubectl ping status providerconfig/default`"), "{told}");
        let told = refusal(&Wanted::All(Kind::ProviderConfig), "it looks by itself");
        assert!(told.contains("`kubectl ping status providerconfig`"), "{told}");
    }

    #[test]
    fn where_nothing_was_found_is_told() {
        assert_eq!(place(Some("x"), None), " in the namespace 'x'");
        assert_eq!(place(None, Some("tier=gold")), " with the labels 'tier=gold'");
        assert_eq!(place(Some("x"), Some("a==")), " in the namespace 'x' with the labels 'a=='");
        assert_eq!(place(None, None), "");
    }
}
