//! The options of `run`, as the command line gives them.

use std::net::SocketAddr;

use kube::core::Selector;
use sha2::{Digest, Sha256};

use crate::connection::endpoints::AllowedEndpoints;
use crate::connection::network::Network;
use crate::plan::sharding::Shards;

/// What becomes of a token whose Secret is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RemovedTokens {
    /// Deletions go on with it until the operator restarts.
    Kept,
    /// Nothing is sent with it any more.
    Forgotten,
}

/// Which Secrets a resource may name for an address or a code. A config's token may be in any.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum UsableSecrets {
    /// Each of its namespace.
    All,
    /// Those that carry the label `ping-operator.dev/usable: "true"`.
    Labelled,
}

/// The options of `run`.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The watched namespaces; none: all.
    pub(crate) namespaces: Vec<String>,
    /// What is read besides what is in the watched namespaces.
    pub(crate) reach: Reach,
    /// How many calls to one account may be in progress at once.
    pub(crate) concurrency: usize,
    /// Hosts that `spec.endpoints` may name.
    pub(crate) allowed: AllowedEndpoints,
    /// How providers are reached.
    pub(crate) network: Network,
    /// Where `/healthz`, `/readyz` and `/metrics` are served; absent: on port 8080 of all addresses.
    pub(crate) admin_address: Option<SocketAddr>,
    /// Whether several operators may run, one of them as the leader.
    pub(crate) leader_elect: bool,
    /// Into how many shards the accounts are divided, each of which has its own leader.
    pub(crate) shards: Shards,
    /// The Lease by which operators find each other.
    pub(crate) lease: LeaseOptions,
    /// The label selector of the watched resources.
    pub(crate) selector: Selector,
    /// The operator's namespace; none: that of the kubeconfig or the pod.
    pub(crate) own_namespace: Option<String>,
    /// Never write to a provider.
    pub(crate) dry_run: bool,
    /// What becomes of a token whose Secret is gone.
    pub(crate) removed_tokens: RemovedTokens,
    /// Which Secrets a resource may name.
    pub(crate) usable_secrets: UsableSecrets,
    /// Whether every condition of every resource is a metric; none: while there are not too many resources.
    pub(crate) resource_metrics: Option<bool>,
}

/// What the rights of the operator reach.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reach {
    /// Objects without a namespace, too: `ClusterProviderConfig`s, Namespaces, CRDs.
    Cluster,
    /// Objects in namespaces only.
    Namespaces,
}

/// Where the Lease of this operator is.
#[derive(Clone, Debug)]
pub(crate) struct LeaseOptions {
    /// The name.
    pub(crate) name: String,
    /// The namespace; absent: that of the operator.
    pub(crate) namespace: Option<String>,
}

impl LeaseOptions {
    /// The name of the Lease of an operator that watches these namespaces (none: all) and what this selector chooses. Operators of other
    /// parts have another one, so each part has its own leader.
    pub(crate) fn default_name(namespaces: &[String], selector: &Selector) -> String {
        if namespaces.is_empty() && selector.selects_all() {
            return "ping-operator".to_owned();
        }
        let mut sorted = namespaces.to_vec();
        sorted.sort_unstable();
        let hash = Sha256::digest(format!("{}\n{selector}", sorted.join(",")));
        let number = hash.first_chunk().copied().map_or(0, u32::from_be_bytes);
        format!("ping-operator-{number:08x}")
    }
}

impl Options {
    /// Whether objects without a namespace are read.
    pub(crate) fn reads_cluster_scope(&self) -> bool {
        self.reach == Reach::Cluster
    }

    /// The namespaces that are watched, each by its own controllers; one empty name: all at once.
    pub(crate) fn scopes(&self) -> Vec<String> {
        if self.namespaces.is_empty() { vec![String::new()] } else { self.namespaces.clone() }
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Expression;

    use super::*;

    #[test]
    fn each_part_has_its_own_lease() {
        let name = |namespaces: &[&str], shard: Option<&str>| {
            let namespaces: Vec<_> = namespaces.iter().map(|name| (*name).to_owned()).collect();
            let selector =
                shard.map(|shard| Expression::Equal("shard".to_owned(), shard.to_owned())).into_iter().collect();
            LeaseOptions::default_name(&namespaces, &selector)
        };
        assert_eq!(name(&[], None), "ping-operator");
        assert_eq!(name(&["a", "b"], Some("a")), name(&["b", "a"], Some("a")));
        let all = [
            name(&[], Some("a")),
            name(&[], Some("b")),
            name(&["a"], None),
            name(&["b"], None),
            name(&["a"], Some("a")),
        ];
        assert_eq!(std::collections::BTreeSet::from(all).len(), 5);
    }
}
