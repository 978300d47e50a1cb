//! What users say in each resource, as a number. A plan is made for one number, and is not carried out after that has changed. Whether
//! users changed something since the last result was reported shows by that number, too.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use kube::{Resource, ResourceExt};
use parking_lot::Mutex;

use crate::api::annotations::{CREATE_INTENT, decides_plans};
use crate::connection::basis::{BasedOn, Basis};
use crate::operator::state::read_your_writes::version;

/// The newest known input of one resource.
struct Newest {
    /// The resourceVersion of the copy that it is from.
    version: u128,
    /// The number of the input.
    number: u64,
    /// What a reconcile in progress is based on; absent: there is none.
    basis: Option<Basis>,
    /// The number of the input for which this process reported a result last; absent: it reported none.
    reported: Option<u64>,
    /// A hash of what users say in the copy that the watch delivered last; absent: it has delivered none.
    delivered: Option<u64>,
}

/// The newest known input of each resource, by uid.
#[derive(Default)]
pub(crate) struct Inputs(Mutex<HashMap<String, Newest>>);

impl Inputs {
    /// The watch delivered a copy, or a write returned it.
    pub(crate) fn seen(&self, resource: &impl Resource) {
        let (version, number) = (version(resource), number_of(resource));
        let mut inputs = self.0.lock();
        let unknown = Newest { version, number, basis: None, reported: None, delivered: None };
        let newest = inputs.entry(resource.uid().unwrap_or_default()).or_insert(unknown);
        if version >= newest.version {
            (newest.version, newest.number) = (version, number);
            newest.basis.iter().for_each(|basis| basis.change(number));
        }
    }

    /// The watch delivered a copy that was [seen](Self::seen). Whether users changed something since the last one: if not, it is not worth a
    /// reconcile.
    pub(crate) fn is_news(&self, resource: &impl Resource) -> bool {
        // The operator's own writes are no news.
        let input = hash_of_input(resource, |key| key != CREATE_INTENT);
        // By its labels a config is chosen.
        let mut hasher = DefaultHasher::new();
        (input, resource.labels()).hash(&mut hasher);
        let hash = hasher.finish();
        let mut inputs = self.0.lock();
        let newest = inputs.get_mut(&resource.uid().unwrap_or_default());
        newest.is_none_or(|newest| newest.delivered.replace(hash) != Some(hash))
    }

    /// A reconcile begins with this copy.
    pub(crate) fn begin(&self, resource: &impl Resource) -> BasedOn {
        self.seen(resource);
        let number = number_of(resource);
        let mut inputs = self.0.lock();
        match inputs.get_mut(&resource.uid().unwrap_or_default()) {
            Some(newest) => newest.basis.insert(Basis::new(newest.number)).used_with(number),
            None => Basis::new(number).used_with(number),
        }
    }

    /// The result of a reconcile with this input is in status.
    pub(crate) fn reported(&self, uid: &str, used: &BasedOn) {
        self.0.lock().get_mut(uid).into_iter().for_each(|newest| newest.reported = Some(used.number()));
    }

    /// Whether a user changed something since this process reported a result; `None`: it reported none.
    pub(crate) fn changed_since_report(&self, uid: &str) -> Option<bool> {
        let inputs = self.0.lock();
        let newest = inputs.get(uid)?;
        newest.reported.map(|reported| reported != newest.number)
    }

    /// A reconcile in progress sends nothing more. Says whether there is one.
    pub(crate) fn interrupt(&self, uid: &str) -> bool {
        let inputs = self.0.lock();
        let basis = inputs.get(uid).and_then(|newest| newest.basis.as_ref());
        basis.into_iter().for_each(Basis::end);
        basis.is_some()
    }

    /// The reconcile is over.
    pub(crate) fn ended(&self, uid: &str) {
        self.0.lock().get_mut(uid).into_iter().for_each(|newest| newest.basis = None);
    }

    /// The resource is gone: nothing is sent for it any more.
    pub(crate) fn forget(&self, uid: &str) {
        if let Some(Newest { basis: Some(basis), .. }) = self.0.lock().remove(uid) {
            basis.end();
        }
    }

    /// How many resources are known.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}

/// The number of what a plan is made from. The operator's own writes do not change it.
fn number_of(resource: &impl Resource) -> u64 {
    hash_of_input(resource, decides_plans)
}

/// A hash of what users change: the spec, the deletion, and the annotations whose keys count.
fn hash_of_input(resource: &impl Resource, counts: impl Fn(&str) -> bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    resource.meta().generation.hash(&mut hasher);
    resource.meta().deletion_timestamp.is_some().hash(&mut hasher);
    resource.annotations().iter().filter(|(key, _)| counts(key)).for_each(|pair| pair.hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::annotations::{ALLOW_DELETION, CREATE_INTENT, RECONCILE_REQUESTED_AT, TEST_REQUESTED_AT};
    use crate::api::team::Team;

    fn team(version: u32, generation: i64, annotations: &[(&str, &str)]) -> Team {
        let annotations: serde_json::Map<_, _> =
            annotations.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        serde_json::from_value(json!({
            "metadata": {"name": "a", "uid": "u", "resourceVersion": version.to_string(), "generation": generation, "annotations": annotations},
            "spec": {"name": "A"},
        }))
        .unwrap()
    }

    #[test]
    fn a_copy_is_news_once_and_the_operators_own_writes_are_none() {
        let inputs = Inputs::default();
        let is_news = |team: Team| {
            inputs.seen(&team);
            inputs.is_news(&team)
        };
        assert!(is_news(team(1, 1, &[])) && !is_news(team(1, 1, &[])));
        assert!(!is_news(team(2, 1, &[(CREATE_INTENT, "{}")])));
        assert!(is_news(team(3, 1, &[(ALLOW_DELETION, "orphan")])) && is_news(team(4, 2, &[])));
        inputs.forget("u");
        assert!(is_news(team(4, 2, &[])));
    }

    #[test]
    fn a_plan_is_stale_after_the_spec_or_a_policy_changed_and_not_after_the_operators_own_writes() {
        let inputs = Inputs::default();
        let used = inputs.begin(&team(2, 1, &[]));
        inputs.seen(&team(3, 1, &[(CREATE_INTENT, "{}"), ("example.com/a", "b")]));
        // A late delivery of an older copy.
        inputs.seen(&team(1, 0, &[]));
        assert!(used.ensure_current().is_ok());
        inputs.seen(&team(4, 2, &[]));
        assert!(used.ensure_current().is_err());
        let used = inputs.begin(&team(4, 2, &[]));
        inputs.seen(&team(5, 2, &[(ALLOW_DELETION, "orphan")]));
        assert!(used.ensure_current().is_err());
        // Else the request would wait as long as a check that nobody is in a hurry for.
        let used = inputs.begin(&team(5, 2, &[]));
        inputs.seen(&team(6, 2, &[(RECONCILE_REQUESTED_AT, "now")]));
        assert!(used.ensure_current().is_err());
    }

    #[test]
    fn what_a_user_asks_by_annotation_is_a_change_until_a_result_for_it_is_reported() {
        let inputs = Inputs::default();
        let asked = team(2, 1, &[(TEST_REQUESTED_AT, "now")]);
        inputs.seen(&team(1, 1, &[]));
        assert_eq!(inputs.changed_since_report("u"), None);
        let used = inputs.begin(&team(1, 1, &[]));
        inputs.reported("u", &used);
        assert_eq!(inputs.changed_since_report("u"), Some(false));
        inputs.seen(&asked);
        // The result for the copy from before comes late.
        inputs.reported("u", &used);
        assert_eq!(inputs.changed_since_report("u"), Some(true));
        let used = inputs.begin(&asked);
        inputs.ended("u");
        assert_eq!(inputs.changed_since_report("u"), Some(true));
        inputs.reported("u", &used);
        assert_eq!(inputs.changed_since_report("u"), Some(false));
    }

    #[test]
    fn a_plan_from_an_old_copy_is_stale_from_the_start_and_one_of_a_resource_that_is_gone_ends() {
        let inputs = Inputs::default();
        inputs.seen(&team(4, 2, &[]));
        assert!(inputs.begin(&team(3, 1, &[])).ensure_current().is_err());
        let used = inputs.begin(&team(4, 2, &[]));
        assert!(used.ensure_current().is_ok());
        assert!(inputs.interrupt("u") && used.ensure_current().is_err());
        inputs.ended("u");
        assert!(!inputs.interrupt("u") && !inputs.interrupt("v"));
        let used = inputs.begin(&team(4, 2, &[]));
        assert!(used.ensure_current().is_ok(), "the next one goes on");
        inputs.forget("u");
        assert!(used.ensure_current().is_err());
        assert_eq!(inputs.len(), 0);
    }
}
