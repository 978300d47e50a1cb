//! Which of several replicas that divide the accounts reconciles something.

use std::collections::BTreeMap;

use kube::core::SelectorExt;

use crate::api::provider_config::view::ConfigView;
use crate::api::resource_key::ResourceKey;
use crate::operator::kubernetes::serving::{ServedBy, Services};
use crate::operator::kubernetes::shards::ShardWork;

impl Services {
    /// Whether a config with these labels is for this operator, of which nothing else can be read.
    pub(crate) fn chooses_labels(&self, config: &ResourceKey, labels: &BTreeMap<String, String>) -> bool {
        self.selector.matches(labels) && self.own.has(&config.to_string())
    }

    /// Who reconciles the resources of a config that does not exist: every operator, and one replica of each.
    pub(crate) fn of_missing(&self, config: &ResourceKey) -> ServedBy {
        if self.own.has(&config.to_string()) { ServedBy::Here } else { ServedBy::OtherPart }
    }

    /// Begins a reconcile that belongs to a config; `None`: the config is not for this operator.
    pub(crate) fn begin(&self, config: &ConfigView) -> Option<ShardWork> {
        if self.is_selected(config) { self.own.begin(&config.part()) } else { None }
    }

    /// The same for a resource whose config does not exist.
    pub(crate) fn begin_missing(&self, config: &ResourceKey) -> Option<ShardWork> {
        self.own.begin(&config.to_string())
    }

    /// Whether the account of a config is known as far as it must be: without it nobody knows which replica is to serve the config.
    pub(crate) fn knows_account(&self, config: &ConfigView) -> bool {
        !self.own.is_divided() || config.expected_account().is_some()
    }
}
