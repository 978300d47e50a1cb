//! What resources claim, kept by the operator's own index: configs of one account count as one. No IO.

use std::collections::BTreeSet;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use parking_lot::Mutex;
use serde_json::json;

use crate::api::kinds::Kind;
use crate::api::provider_config::ProviderConfig;
use crate::api::provider_config::view::ConfigResource;
use crate::api::resource_key::ResourceKey;
use crate::operator::controllers::{config_row, row_of};
use crate::operator::state::index::row::{Age, IndexRow};
use crate::operator::state::index::{Index, Triggers};
use crate::plan::context::Claimant;
use crate::plan::managed::Managed;
use crate::plan::moved::Standing;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::stored::Stored;

/// The claims of all resources.
pub(crate) struct Claims {
    index: Index,
    /// The Teams that the index triggers.
    triggered: Mutex<UnboundedReceiver<ResourceKey>>,
}

impl Default for Claims {
    fn default() -> Self {
        let (trigger, triggered) = unbounded();
        let triggers = Triggers::from([((Kind::Team, String::new()), trigger)]);
        Self { index: Index::new(triggers), triggered: Mutex::new(triggered) }
    }
}

impl Claims {
    /// The watch delivers the config of a namespace, which opens an account.
    pub(crate) fn watch_config(&self, namespace: &str, account: &str) {
        let config = json!({
            "apiVersion": "ping-operator.dev/v1alpha1", "kind": "ProviderConfig",
            "metadata": {"name": "default", "namespace": namespace},
            "spec": {"provider": "Pinghome", "credentials": {"secretRef": {"name": "s", "key": "k"}}},
            "status": {"account": {"id": account}},
        });
        let config: ProviderConfig = serde_json::from_value(config).unwrap();
        self.index.put(&config.view().key, config_row(&config));
    }

    /// The watch delivers a resource, or that it is gone.
    pub(crate) fn watch<T: Managed>(&self, stored: &Stored<T>) {
        let key = ResourceKey::of(&stored.resource);
        if stored.is_gone {
            return self.index.forget(&key);
        }
        self.index.put(&key, IndexRow { is_deleted: stored.is_deleted, ..row_of(&stored.resource) });
    }

    /// A reconcile decided whether a resource reaches the account of its config.
    pub(crate) fn set_reaching<T: Managed>(&self, stored: &Stored<T>, is_reaching: bool) {
        self.index.set_reaching(&ResourceKey::of(&stored.resource), is_reaching);
    }

    /// The namespaces of the Teams that were triggered since this was asked before.
    pub(crate) fn woken(&self) -> BTreeSet<String> {
        let mut triggered = self.triggered.lock();
        std::iter::from_fn(|| triggered.try_recv().ok()).map(|key| key.namespace).collect()
    }

    /// How the annotation `moved-from` of a resource stands.
    pub(crate) fn standing<T: Managed>(&self, stored: &Stored<T>) -> Option<Standing> {
        self.index.standing(&ResourceKey::of(&stored.resource)).map(|(standing, _)| standing)
    }

    /// Whether another resource takes over what this one stands for.
    pub(crate) fn has_heir<T: Managed>(&self, stored: &Stored<T>) -> bool {
        self.index.heir(&ResourceKey::of(&stored.resource)).is_some()
    }

    /// Who else claims an object.
    pub(crate) fn claimant<T: Managed>(&self, id: &str, resource: &T, mutant: Option<Mutant>) -> Option<Claimant> {
        let key = ResourceKey::of(resource);
        let claimant = self.index.claimant(id, &key, &Age::of(resource))?;
        let is_of_config = claimant.name.starts_with(&format!("{}/", key.namespace));
        let is_living = claimant.is_living && mutant != Some(Mutant::HeirIgnored);
        let is_heir = claimant.is_heir && mutant != Some(Mutant::HandedOverPlans);
        let wins = claimant.wins && is_heir == claimant.is_heir;
        let claimant = Claimant { wins, is_living, is_heir, ..claimant };
        (is_of_config || mutant != Some(Mutant::ClaimsPerConfig)).then_some(claimant)
    }
}
