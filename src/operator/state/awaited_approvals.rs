//! On which hashes each resource depends: what waits is woken when its config approves it, or what is open when that is taken back.
//!
//! A change of a config's list concerns few of its resources, so not all of them are reconciled for it.

use std::collections::{BTreeSet, HashMap};

use parking_lot::Mutex;

use crate::api::resource_key::ResourceKey;
use crate::plan::approval::told::Approval;

/// The resources that depend on an approval, by uid.
#[derive(Default)]
pub(crate) struct AwaitedApprovals(Mutex<HashMap<String, (ResourceKey, Vec<String>)>>);

impl AwaitedApprovals {
    /// A plan of a resource says this of approvals. Returns the hashes on which the resource depends from now on.
    pub(crate) fn planned(&self, uid: &str, key: &ResourceKey, approval: &Approval) -> Vec<String> {
        let pending = approval.pending.as_deref().map(|pending| pending.hash.clone());
        let open = approval.approved.as_deref().filter(|approved| !approved.open.is_empty());
        let hashes: Vec<_> = pending.into_iter().chain(open.map(|approved| approved.hash.clone())).collect();
        if hashes.is_empty() {
            self.forget(uid);
        } else {
            self.0.lock().insert(uid.to_owned(), (key.clone(), hashes.clone()));
        }
        hashes
    }

    /// The resource is gone, or depends on no approval any more.
    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    /// The resources that a change between two lists of a config concerns.
    pub(crate) fn concerned(&self, before: &BTreeSet<String>, after: &BTreeSet<String>) -> Vec<ResourceKey> {
        let is_concerned = |hash: &String| before.contains(hash) != after.contains(hash);
        let awaited = self.0.lock();
        let concerned = awaited.values().filter(|(_, hashes)| hashes.iter().any(is_concerned));
        concerned.map(|(key, _)| key.clone()).collect()
    }

    /// How many resources depend on one.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::approval::{ApprovedPlan, PendingPlan};
    use crate::api::kinds::Kind;

    fn pending(hash: &str) -> Approval {
        let pending = PendingPlan { hash: hash.to_owned(), calls: Vec::new() };
        Approval { pending: Some(Box::new(pending)), ..Approval::default() }
    }

    fn approved(hash: &str, open: &[&str]) -> Approval {
        let open = open.iter().map(|&print| print.to_owned()).collect();
        let approved = ApprovedPlan { hash: hash.to_owned(), open, used: Vec::new() };
        Approval { approved: Some(Box::new(approved)), ..Approval::default() }
    }

    fn key(name: &str) -> ResourceKey {
        ResourceKey { kind: Kind::Team, namespace: "n".to_owned(), name: name.to_owned() }
    }

    #[test]
    fn a_change_of_a_list_concerns_who_waits_for_what_is_new_and_who_loses_what_is_open() {
        let awaited = AwaitedApprovals::default();
        for (uid, approval) in [("a", pending("1")), ("b", pending("2")), ("c", approved("3", &["x"]))] {
            awaited.planned(uid, &key(uid), &approval);
        }
        awaited.planned("d", &key("d"), &approved("4", &[]));
        let set = |hashes: &[&str]| hashes.iter().map(|&hash| hash.to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(awaited.concerned(&set(&["2", "3"]), &set(&["1", "2", "3", "9"])), [key("a")]);
        assert_eq!(awaited.concerned(&set(&["3", "4"]), &set(&[])), [key("c")]);
        assert!(awaited.concerned(&set(&["1", "2"]), &set(&["1", "2"])).is_empty());
        // It is done.
        awaited.planned("a", &key("a"), &approved("1", &[]));
        awaited.forget("b");
        awaited.forget("c");
        assert_eq!(awaited.len(), 0);
    }
}
