//! The Leases by which replicas divide the accounts: one for each shard, and one for each replica.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};

use crate::operator::kubernetes::lease::identity::{holder, own_identity, own_name};
use crate::operator::kubernetes::lease::renewal::deleted;
use crate::operator::kubernetes::lease::seen::SeenLease;
use crate::operator::kubernetes::lease::{Candidate, Mode};
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::warnings::Warnings;
use crate::plan::serving::OtherLease;
use crate::plan::sharding::{Holder, Shard, Shards};

/// The label that says what a Lease is for: a shard, or a replica.
const ROLE: &str = "ping-operator.dev/lease";
/// The label with the name that `--lease-name` gives to all Leases of an operator.
const OF: &str = "ping-operator.dev/lease-of";
/// The label with the number of shards.
const SHARDS: &str = "ping-operator.dev/shards";
/// The longest value of a label.
const LONGEST_LABEL: usize = 63;
/// How long a replica is gone before its Lease is deleted.
const OLD: Duration = Duration::from_mins(4);
/// How often the log tells that it cannot be deleted.
const REPEAT: SignedDuration = SignedDuration::from_mins(5);

/// What is seen of the Leases of all replicas.
pub(crate) struct Seen {
    /// Who holds each shard; a Lease that names this process is nobody's, unless this process knows that it holds it.
    pub(crate) shards: BTreeMap<Shard, Holder>,
    /// The replicas that may be alive, by their names.
    pub(crate) members: BTreeSet<String>,
}

/// The Leases by which replicas divide the accounts.
pub(crate) struct LeaseSet {
    client: Client,
    namespace: String,
    /// What the names of all of them begin with.
    name: String,
    shards: Shards,
    /// What this process is called in all of them.
    identity: String,
    seen: HashMap<String, SeenLease>,
    warnings: Warnings,
}

impl LeaseSet {
    /// The Leases beside that of all replicas, `common`.
    pub(crate) fn beside(common: &Candidate, client: Client, shards: Shards) -> Self {
        let (namespace, name) = (common.namespace().to_owned(), common.name().to_owned());
        let (identity, warnings) = (own_identity(), Warnings::every(REPEAT));
        Self { client, namespace, name, shards, identity, seen: HashMap::new(), warnings }
    }

    /// A candidate for the Lease of this replica, which says that it is there.
    pub(crate) fn member(&self) -> Candidate {
        self.candidate("member", own_name())
    }

    /// A candidate for the Lease of a shard.
    pub(crate) fn shard(&self, shard: Shard) -> Candidate {
        self.candidate("shard", &shard.to_string())
    }

    fn candidate(&self, role: &str, which: &str) -> Candidate {
        let name = format!("{}-{role}-{which}", self.name);
        let candidate = Candidate::new(self.client.clone(), &self.namespace, &name, Mode::Elected);
        let count = self.shards.count().to_string();
        let labels = [(ROLE, role.to_owned()), (OF, label(&self.name)), (SHARDS, count)];
        let labels = labels.map(|(key, value)| (key.to_owned(), value));
        candidate.known_as(self.identity.clone(), BTreeMap::from(labels))
    }

    /// What was seen of the Lease of a shard, to be given back after it was tried to acquire it.
    pub(crate) fn take_seen(&mut self, candidate: &Candidate) -> SeenLease {
        self.seen.remove(candidate.name()).unwrap_or_else(SeenLease::nothing)
    }

    /// Gives back what was seen.
    pub(crate) fn put_seen(&mut self, candidate: &Candidate, seen: SeenLease) {
        self.seen.insert(candidate.name().to_owned(), seen);
    }

    /// Reads all Leases by one request. Those of replicas that are long gone are deleted.
    pub(crate) async fn read(&mut self) -> Result<Seen, ApiTrouble> {
        let leases = Api::<Lease>::namespaced(self.client.clone(), &self.namespace);
        let (namespace, begun) = (self.namespace.clone(), Instant::now());
        let asked = |verb| Asked::to::<Lease>(verb, &namespace);
        let chosen = ListParams::default().labels(&format!("{OF}={}", label(&self.name)));
        let listed = asked(Verb::List).check(leases.list(&chosen).await)?.items;
        self.seen.retain(|name, _| listed.iter().any(|lease| lease.name_any() == *name));
        let mut all = Seen { shards: BTreeMap::new(), members: BTreeSet::new() };
        let start = |role: &str| format!("{}-{role}-", self.name);
        for lease in &listed {
            let name = lease.name_any();
            let seen = self.seen.entry(name.clone()).or_insert_with(SeenLease::nothing).see(lease, begun);
            if let Some(member) = name.strip_prefix(&start("member")) {
                if is_long_gone(&seen) {
                    self.told(deleted(&leases, lease, asked(Verb::Delete)).await, &name);
                } else if seen.may_be_alive() && self.is_of_these_shards(lease) {
                    all.members.insert(member.to_owned());
                }
            }
            if let Some(shard) = name.strip_prefix(&start("shard")).and_then(|number| self.shards.numbered(number)) {
                let is_free = !seen.may_be_alive() || holder(lease) == self.identity;
                all.shards.insert(shard, if is_free { Holder::Nobody } else { Holder::Another });
            }
        }
        all.members.insert(own_name().to_owned());
        Ok(all)
    }

    /// Tells of a Lease that could not be deleted. Another replica may have done so.
    fn told(&self, deleted: Result<(), ApiTrouble>, lease: &str) {
        let Some(trouble) = deleted.err().filter(|trouble| !trouble.is_overtaken()) else { return };
        if let Some(times) = self.warnings.due(&lease) {
            let error = trouble.report().message;
            tracing::warn!(error, lease, times, "the Lease of a replica that is gone could not be deleted");
        }
    }

    /// Whether a replica divides the accounts into as many shards.
    fn is_of_these_shards(&self, lease: &Lease) -> bool {
        lease.labels().get(SHARDS).is_some_and(|count| *count == self.shards.count().to_string())
    }
}

fn is_long_gone(seen: &OtherLease) -> bool {
    matches!(seen, OtherLease::Held { unchanged_for, .. } if *unchanged_for >= OLD)
}

/// A name as the value of a label: one that is too long is cut. Names that differ later are told apart by the names of the Leases.
fn label(name: &str) -> String {
    let start: String = name.chars().take(LONGEST_LABEL).collect();
    start.trim_end_matches(['-', '.']).to_owned()
}
