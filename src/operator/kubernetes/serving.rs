//! Which configs this operator serves, and what is seen of the Leases of others: the decision is [`serving`].

pub(crate) mod own;
mod replicas;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use k8s_openapi::api::coordination::v1::Lease;
use kube::core::{Selector, SelectorExt};
use kube::{Api, Client};
use parking_lot::Mutex;

use crate::api::conditions::Condition;
use crate::api::provider_config::ProviderConfigStatus;
use crate::api::provider_config::view::ConfigView;
use crate::api::resource_key::ResourceKey;
use crate::operator::kubernetes::lease::seen::SeenLease;
use crate::operator::kubernetes::serving::own::{Holding, Own};
use crate::operator::kubernetes::shards::HeldShards;
use crate::operator::options::Options;
use crate::operator::state::secrets::FRESH;
use crate::operator::state::shared_reads::{Fetched, SharedReads};
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::{ApiTrouble, rejection};
use crate::plan::serving::{OtherLease, Serving, serving};
use crate::provider::call::WRITE_TIMEOUT;

/// Who serves a config, as its reconcile decided last.
struct Decided {
    /// When it was decided.
    holding: Holding,
    /// What status said then, or what was written into it.
    served_by: Option<String>,
    serving: Serving,
}

/// Whether a resource is reconciled by this operator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ServedBy {
    /// By this operator.
    Here,
    /// By whoever serves its config, which the selector of this operator does not choose, or which is in the shard of another replica.
    OtherPart,
    /// By another operator.
    Another {
        /// One sentence: who, and what to do.
        message: String,
    },
    /// The reconcile of the config has not decided that yet.
    Undecided,
}

/// The configs that this operator serves.
pub(crate) struct Services {
    client: Client,
    /// An operator that never writes to a provider serves nothing, and nobody is in its way.
    is_dry_run: bool,
    /// Whether every namespace is watched. Otherwise other operators may have the users of a `ClusterProviderConfig`.
    watches_all: bool,
    selector: Selector,
    /// The Leases of this operator. How often they lapsed changes while `decided` is locked.
    own: Own,
    leases: Mutex<HashMap<String, SeenLease>>,
    /// The reads of Leases under way: several configs may name one.
    reads: SharedReads<String, Arc<Option<Lease>>>,
    decided: Mutex<HashMap<ResourceKey, Decided>>,
    /// The conditions that this operator wrote last of configs that nobody served.
    judged: Mutex<HashMap<ResourceKey, Vec<Condition>>>,
    /// When resources asked last who serves a config that is undecided.
    asked: Mutex<HashMap<ResourceKey, Instant>>,
    /// Since when configs are no longer chosen.
    leaving: Mutex<HashMap<ResourceKey, Instant>>,
}

impl Services {
    /// Nothing is served yet.
    pub(crate) fn new(client: Client, options: &Options, shards: Option<Arc<HeldShards>>) -> Self {
        Self {
            client,
            is_dry_run: options.dry_run,
            watches_all: options.namespaces.is_empty(),
            selector: options.selector.clone(),
            own: Own::new(shards),
            leases: Mutex::default(),
            reads: SharedReads::default(),
            decided: Mutex::default(),
            judged: Mutex::default(),
            asked: Mutex::default(),
            leaving: Mutex::default(),
        }
    }

    /// This operator has this Lease from now on.
    pub(crate) fn hold(&self, lease: Option<String>) {
        self.own.hold(lease);
    }

    /// The Lease by which this operator serves a config.
    pub(crate) fn own(&self, config: &ConfigView) -> Option<String> {
        self.own.lease(&config.part())
    }

    /// Whether status names a Lease of this operator.
    pub(crate) fn is_own(&self, served_by: Option<&str>) -> bool {
        served_by.is_some_and(|lease| self.own.is_own(lease))
    }

    /// Whether the selector chooses a config.
    pub(crate) fn is_selected(&self, config: &ConfigView) -> bool {
        self.selector.matches(&config.labels)
    }

    /// Whether a config is for this operator: the selector chooses it, and no other replica has its shard.
    pub(crate) fn chooses(&self, config: &ConfigView) -> bool {
        self.is_selected(config) && self.own.has(&config.part())
    }

    /// Whether this operator serves a config that is not for it.
    pub(crate) fn is_to_give_up(&self, config: &ConfigView) -> bool {
        let by = config.served_by.as_deref();
        let is_of_other_shard = by.is_some_and(|lease| self.own.is_to_give_up(lease, &config.part()));
        is_of_other_shard || self.is_own(by) && !self.is_selected(config)
    }

    /// Whether this operator is to serve a config if no other one does. `is_used`: a resource in the watched namespaces uses it.
    pub(crate) fn needs(&self, config: &ConfigView, is_used: bool) -> bool {
        self.knows_account(config) && (self.watches_all || !config.key.namespace.is_empty() || is_used)
    }

    /// Who reconciles the resources of a config, as far as it is decided.
    pub(crate) fn of(&self, config: &ConfigView) -> ServedBy {
        if !self.chooses(config) {
            return ServedBy::OtherPart;
        }
        if self.is_dry_run {
            return ServedBy::Here;
        }
        let decided = self.decided.lock();
        let now = self.holding(config);
        let of_now = decided.get(&config.key).filter(|decided| decided.holding == now);
        let Some(Decided { served_by, serving, holding: _ }) = of_now else { return ServedBy::Undecided };
        // The watch may not have delivered yet what this operator wrote.
        let is_current = *served_by == config.served_by || *serving == Serving::Here && config.served_by.is_none();
        match serving {
            Serving::Here if is_current => ServedBy::Here,
            Serving::Elsewhere { message } if is_current => ServedBy::Another { message: message.clone() },
            Serving::Here | Serving::Free | Serving::Unused | Serving::Leaving | Serving::Elsewhere { .. } => {
                ServedBy::Undecided
            }
        }
    }

    /// Whether it was decided who serves a config, since this operator started or its Lease lapsed.
    pub(crate) fn is_decided(&self, config: &ConfigView) -> bool {
        let is_current = |decided: &Decided| self.own.is_current(decided.holding);
        self.is_dry_run || self.decided.lock().get(&config.key).is_some_and(is_current)
    }

    /// Decides who serves a config, by what status says in a copy that is no older than this operator's hold of its Lease.
    pub(crate) async fn decide(
        &self,
        config: &ConfigView,
        served_by: Option<&str>,
        is_needed: bool,
    ) -> Result<Serving, ApiTrouble> {
        if self.is_dry_run {
            return Ok(Serving::Here);
        }
        let lease = match served_by {
            Some(other) if !self.is_own(served_by) => self.look(other).await?,
            _ => OtherLease::Absent,
        };
        let own = self.own(config);
        let is_of_replica = served_by.is_some_and(|lease| self.own.is_of_division(lease));
        match serving(own.as_deref(), served_by, &lease, is_needed) {
            Serving::Elsewhere { .. } if is_of_replica => Ok(Serving::Leaving),
            serving => Ok(serving),
        }
    }

    /// For how long the Lease of a config is held without a lapse, as it is now.
    pub(crate) fn holding(&self, config: &ConfigView) -> Holding {
        self.own.holding(&config.part())
    }

    /// In which term of its shard a config is, which may not exist.
    pub(crate) fn term(&self, key: &ResourceKey, config: Option<&ConfigView>) -> u64 {
        config.map_or_else(|| self.own.holding(&key.to_string()), |config| self.holding(config)).term()
    }

    /// Keeps what was decided from what was read since `begun`; whether that is new. `None`: the Lease lapsed meanwhile, and nothing is kept.
    pub(crate) fn keep(
        &self,
        config: &ResourceKey,
        served_by: Option<String>,
        serving: Serving,
        begun: Holding,
    ) -> Option<bool> {
        let mut decided = self.decided.lock();
        if !self.own.is_current(begun) {
            return None;
        }
        self.leaving.lock().remove(config);
        let is_same =
            |before: &Decided| before.serving == serving && before.served_by == served_by && before.holding == begun;
        let is_new = !decided.get(config).is_some_and(is_same);
        decided.insert(config.clone(), Decided { served_by, serving, holding: begun });
        Some(is_new)
    }

    /// Nothing is decided about a config any more.
    pub(crate) fn forget(&self, config: &ResourceKey) {
        self.decided.lock().remove(config);
        self.leaving.lock().remove(config);
    }

    /// A config is gone.
    pub(crate) fn gone(&self, config: &ResourceKey) {
        self.forget(config);
        self.judged.lock().remove(config);
        self.asked.lock().remove(config);
    }

    /// This operator has written the status of a config that nobody serves.
    pub(crate) fn judged(&self, config: &ResourceKey, status: Option<&ProviderConfigStatus>) {
        let conditions = status.map(|status| status.conditions.clone()).unwrap_or_default();
        self.judged.lock().insert(config.clone(), conditions);
    }

    /// Whether this operator wrote these conditions of a config, and nobody has since.
    pub(crate) fn has_judged(&self, config: &ResourceKey, conditions: &[Condition]) -> bool {
        self.judged.lock().get(config).is_some_and(|written| written == conditions)
    }

    /// Whether a resource may have the config reconciled to learn who serves it: many wait, and the API server may be down.
    pub(crate) fn may_ask(&self, config: &ResourceKey) -> bool {
        let (mut asked, now) = (self.asked.lock(), Instant::now());
        let may = asked.get(config).is_none_or(|last| now.duration_since(*last) >= FRESH);
        if may {
            asked.insert(config.clone(), now);
        }
        may
    }

    /// A config is no longer chosen. Whether every write has ended that began before.
    pub(crate) fn has_left(&self, config: &ResourceKey) -> bool {
        self.decided.lock().remove(config);
        self.leaving.lock().entry(config.clone()).or_insert_with(Instant::now).elapsed() > WRITE_TIMEOUT
    }

    /// The Lease of this operator was not renewed in time: others may have taken over configs.
    pub(crate) fn lapsed(&self) {
        let mut decided = self.decided.lock();
        self.own.lapsed();
        decided.clear();
    }

    async fn look(&self, name: &str) -> Result<OtherLease, ApiTrouble> {
        let Some((namespace, of_lease)) = name.split_once('/') else { return Ok(OtherLease::Absent) };
        let request = || read(self.client.clone(), namespace.to_owned(), of_lease.to_owned());
        match self.reads.join(&name.to_owned(), request).await {
            Ok(Fetched { began, value }) => Ok(value.as_ref().as_ref().map_or(OtherLease::Absent, |lease| {
                self.leases.lock().entry(name.to_owned()).or_insert_with(SeenLease::nothing).see(lease, began)
            })),
            Err(trouble) if rejection(&trouble.error).is_some() => {
                Ok(OtherLease::Unreadable { why: trouble.report().message })
            }
            Err(trouble) => Err(trouble),
        }
    }
}

async fn read(client: Client, namespace: String, name: String) -> Result<Arc<Option<Lease>>, ApiTrouble> {
    let found = Api::<Lease>::namespaced(client, &namespace).get_opt(&name).await;
    Asked::to::<Lease>(Verb::Get, &namespace).check(found).map(Arc::new)
}
