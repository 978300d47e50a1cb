//! What belongs to a part of the accounts.

use std::collections::HashSet;

use crate::api::resource_key::ResourceKey;
use crate::operator::state::index::Index;
use crate::operator::state::index::row::Key;
use crate::operator::state::index::tables::{Tables, owned};

/// The configs of a part, and what uses them.
#[derive(Default)]
pub(crate) struct Part {
    /// The configs.
    pub(crate) configs: Vec<ResourceKey>,
    /// The resources whose configs exist.
    pub(crate) users: Vec<ResourceKey>,
    /// The resources whose configs do not exist.
    pub(crate) waiting: Vec<ResourceKey>,
}

impl Index {
    /// What belongs to a part: a config says in which one it is, and so does the name of one that does not exist.
    pub(crate) fn part(&self, is_of: impl Fn(&str) -> bool) -> Part {
        self.tables.lock().part(is_of)
    }

    /// What belongs to a part that another process had until now: what the reconciles of this one found out before counts no more.
    pub(crate) fn taken_over(&self, is_of: impl Fn(&str) -> bool) -> Part {
        let mut tables = self.tables.lock();
        let part = tables.part(is_of);
        part.configs.iter().for_each(|config| drop(tables.opened.remove(config)));
        let users: HashSet<_> = part.users.iter().collect();
        tables.reaching.retain(|key, _| !users.contains(key.as_ref()));
        part
    }
}

impl Tables {
    fn part(&self, is_of: impl Fn(&str) -> bool) -> Part {
        let mut part = Part::default();
        let config_of = |key: &ResourceKey| self.rows.get(key).and_then(|row| row.config.as_deref());
        let configs = self.configs.iter().filter(|key| config_of(key).is_some_and(|config| is_of(&config.part())));
        part.configs = configs.map(owned).collect();
        let uses = |(key, used): (&Key, &ResourceKey)| match config_of(used) {
            Some(config) if is_of(&config.part()) => part.users.push(owned(key)),
            None if is_of(&used.to_string()) => part.waiting.push(owned(key)),
            Some(_) | None => {}
        };
        self.rows.iter().filter_map(|(key, row)| Some((key, row.config_key()?))).for_each(uses);
        part
    }
}
