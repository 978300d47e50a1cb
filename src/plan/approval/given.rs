//! Which hashes are given, and which of them are used up. No IO.
//!
//! A list holds several hashes at once. A used one that is still in it must not come to count again once another one is taken, so those
//! are remembered as long as they are given.

use std::collections::BTreeSet;

use crate::api::approval::ApprovedPlan;
use crate::plan::approval::effect::print_of;

/// The hashes that are given for a resource: by its own annotation, and by its config.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    /// The value of its annotation `approved-plan`.
    pub(crate) own: Option<&'a str>,
    /// The list of its config.
    pub(crate) of_config: &'a BTreeSet<String>,
    /// Whether that list cannot be read now: what it does not have is not taken back by it.
    pub(crate) is_unreadable: bool,
}

impl Given<'_> {
    /// Whether this hash is given.
    pub(crate) fn has(&self, hash: &str) -> bool {
        self.own == Some(hash) || self.of_config.contains(hash)
    }

    /// What is remembered of the last approval: used hashes that are given no more are forgotten, so that the same calls can be approved again.
    pub(crate) fn remembered(&self, recorded: &ApprovedPlan) -> ApprovedPlan {
        let mut used = recorded.used.clone();
        if !used.is_empty() && !self.is_unreadable {
            let given: BTreeSet<_> = self.all().map(print_of).collect();
            used.retain(|print| given.contains(print));
        }
        ApprovedPlan { used, ..recorded.clone() }
    }

    /// What is used up once another hash than this one is taken.
    pub(crate) fn used_with(&self, recorded: &ApprovedPlan) -> Vec<String> {
        let last = (self.is_unreadable || self.has(&recorded.hash)).then(|| print_of(&recorded.hash));
        recorded.used.iter().cloned().chain(last).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        self.own.into_iter().chain(self.of_config.iter().map(String::as_str))
    }
}
