//! What a process remembers of a shard when it takes it and when it gives it back.

use crate::operator::context::Shared;
use crate::operator::kubernetes::shards::HeldShards;
use crate::operator::state::index::parts::Part;
use crate::plan::sharding::Shard;

/// Forgets what this process knew when it had a shard before: others have written since, and used the rates of its accounts up. Returns what
/// is in the shard.
pub(super) fn forget_earlier(shared: &Shared, shards: &HeldShards, number: Shard) -> Part {
    let is_of = |part: &str| shards.shards().of(part) == number;
    let mut part = shared.index.taken_over(is_of);
    part.configs.iter().for_each(|config| shared.connections.forget(config));
    shared.connections.accounts_taken_over(is_of);
    // Configs that left the shard while nobody held it.
    let lease = shards.lease_of(number);
    let is_left = shared.index.configs().into_iter().filter(|config| config.served_by.as_ref() == Some(&lease));
    part.configs.extend(is_left.filter(|config| !is_of(&config.part())).map(|config| config.key.clone()));
    part
}

/// A shard is taken: who serves its configs is decided, and then their resources are reconciled.
pub(super) fn taken(shared: &Shared, part: Part) {
    let Part { configs, users, waiting } = part;
    shared.index.trigger(configs);
    shared.index.trigger(waiting);
    if shared.dry_run {
        shared.index.trigger(users);
    }
}

/// A shard is to be given back: what waits for a permit to call does not wait any longer.
pub(super) fn left(shared: &Shared, shards: &HeldShards, number: Shard) {
    let part = shared.index.part(|part| shards.shards().of(part) == number);
    part.configs.iter().for_each(|config| shared.connections.forget(config));
}

/// Whether nothing is under way in a shard that is to be given back.
pub(super) fn is_over(shared: &Shared, shards: &HeldShards, number: Shard) -> bool {
    let is_of = |part: &str| shards.shards().of(part) == number;
    shards.is_idle(number) && shared.connections.are_idle(is_of)
}
