//! Which resources use a config, as far as this operator can see.

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::Context;
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::plan::state::State;

/// The resources that use a config.
pub(crate) struct Users {
    /// Those that are known.
    pub(crate) known: Vec<ResourceKey>,
    /// What a deleted config waits for while there may be others, of a kind that the API server does not show.
    pub(crate) unseen: Option<State>,
}

impl Users {
    /// The users of a config.
    pub(crate) fn of<C: ConfigApi>(config: &ResourceKey, context: &Context<C>) -> Self {
        Self { known: context.shared.index.referrers(config), unseen: unseen(config, context) }
    }
}

fn unseen<C: ConfigApi>(config: &ResourceKey, context: &Context<C>) -> Option<State> {
    let namespace = (!config.namespace.is_empty()).then_some(config.namespace.as_str());
    let mut users = Kind::ALL.iter().filter(|kind| **kind > Kind::ClusterProviderConfig);
    let (kind, why) = users.find_map(|kind| Some((kind, context.shared.caches.unknown(*kind, namespace)?)))?;
    let message =
        format!("a resource of the kind {kind} may use this config, and the operator cannot see them: {}", why.message);
    Some(State::waiting(why.reason, message, None))
}
