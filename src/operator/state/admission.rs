//! Which reconciles may run. One that may not yet is no task that waits, but a name in a queue: so ten thousand resources that are due at
//! once cost ten thousand names.
//!
//! The resources of one config that are due for the same reason share places, and each such group has some of its own: an account that
//! answers slowly, or a round of periodic checks, never takes the last place from others.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::api::resource_key::ResourceKey;
use crate::operator::state::index::row::Key;
use crate::operator::state::trigger::Trigger;

/// The resources that share places. The order is the one in which places that all share are given away.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Group {
    /// Why they are due.
    pub(crate) trigger: Trigger,
    /// Their config.
    pub(crate) config: ResourceKey,
}

/// How many reconciles may run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    /// Of one group, in any case.
    pub(crate) own: usize,
    /// Of one group at most.
    pub(crate) most: usize,
    /// Of all groups together, the own places of each aside.
    pub(crate) shared: usize,
}

impl Places {
    /// The places, if so many calls to one account may be in progress at once: the rest of a reconcile takes as long as its calls.
    pub(crate) fn for_concurrency(concurrency: usize) -> Self {
        let most = concurrency.saturating_mul(2).max(32);
        Self { own: 4, most, shared: most.saturating_mul(4) }
    }
}

/// Which reconciles run, and which wait.
pub(crate) struct Admissions {
    state: Mutex<Queues>,
    trigger: Box<dyn Fn(ResourceKey) + Send + Sync>,
}

struct Queues {
    places: Places,
    is_open: bool,
    groups: BTreeMap<Arc<Group>, Line>,
    /// Those that wait, by uid, and where.
    waiting: HashMap<String, Arc<Group>>,
    /// Those that were called, and have not come yet, by uid.
    called: HashMap<String, Arc<Group>>,
    /// How many run, or were called, besides the own places of their groups.
    shared: usize,
}

/// The reconciles of one group.
#[derive(Default)]
struct Line {
    /// How many run, or were called.
    running: usize,
    /// Those that wait, the first one first. Who left the line is still in it: `waiting` decides.
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    uid: String,
    key: Key,
}

/// The right to run; it is free again when it is dropped.
pub(crate) struct ReconcilePermit {
    admission: Arc<Admissions>,
    /// Whose place it takes: the group in which it waited.
    place: Arc<Group>,
    /// Why the reconcile runs, as the resource shows it now.
    pub(crate) trigger: Trigger,
}

impl Drop for ReconcilePermit {
    fn drop(&mut self) {
        self.admission.ended(&self.place);
    }
}

impl Admissions {
    /// Nothing runs until [`Admissions::open`]. `trigger` has a resource come again.
    pub(crate) fn new(places: Places, trigger: impl Fn(ResourceKey) + Send + Sync + 'static) -> Self {
        let state = Queues {
            places,
            is_open: false,
            groups: BTreeMap::new(),
            waiting: HashMap::new(),
            called: HashMap::new(),
            shared: 0,
        };
        Self { state: Mutex::new(state), trigger: Box::new(trigger) }
    }

    /// Reconciles may run from now on.
    pub(crate) fn open(&self) {
        let called = {
            let mut state = self.state.lock();
            state.is_open = true;
            state.call_all()
        };
        self.call(called);
    }

    /// A resource is due. `None`: it waits, and is triggered when it may come.
    pub(crate) fn enter(self: &Arc<Self>, uid: &str, key: &Key, group: Group) -> Option<ReconcilePermit> {
        let trigger = group.trigger;
        let permit = |place| ReconcilePermit { admission: Arc::clone(self), place, trigger };
        let mut state = self.state.lock();
        let group = state.shared_name(group);
        if let Some(place) = state.called.remove(uid) {
            return Some(permit(place));
        }
        if state.is_open && state.has_room(&group) {
            state.waiting.remove(uid);
            state.take(&group);
            return Some(permit(group));
        }
        if state.waiting.get(uid) != Some(&group) {
            let line = state.groups.entry(Arc::clone(&group)).or_default();
            line.waiting.push_back(Waiting { uid: uid.to_owned(), key: Arc::clone(key) });
            state.waiting.insert(uid.to_owned(), group);
        }
        None
    }

    /// A resource is gone, or cannot be reconciled: it does not come.
    pub(crate) fn forget(&self, uid: &str) {
        let called = {
            let mut state = self.state.lock();
            state.waiting.remove(uid);
            state.called.remove(uid)
        };
        if let Some(group) = called {
            self.ended(&group);
        }
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().waiting.len()
    }

    fn ended(&self, group: &Arc<Group>) {
        let called = {
            let mut state = self.state.lock();
            let was_full = state.shared >= state.places.shared;
            state.give_back(group);
            if was_full { state.call_all() } else { state.call_next(group) }
        };
        self.call(called);
    }

    fn call(&self, called: Vec<Key>) {
        for key in called {
            (self.trigger)(ResourceKey::clone(&key));
        }
    }
}

impl Queues {
    /// The name of a group, as all who wait in it share it.
    fn shared_name(&self, group: Group) -> Arc<Group> {
        self.groups.get_key_value(&group).map_or_else(|| Arc::new(group), |(known, _)| Arc::clone(known))
    }

    /// Whether one more of a group may run.
    fn has_room(&self, group: &Group) -> bool {
        let running = self.groups.get(group).map_or(0, |line| line.running);
        let Places { own, most, shared } = self.places;
        running < own || running < most && self.shared < shared
    }

    fn take(&mut self, group: &Arc<Group>) {
        let line = self.groups.entry(Arc::clone(group)).or_default();
        self.shared += usize::from(line.running >= self.places.own);
        line.running += 1;
    }

    fn give_back(&mut self, group: &Group) {
        let Some(line) = self.groups.get_mut(group) else { return };
        line.running = line.running.saturating_sub(1);
        self.shared = self.shared.saturating_sub(usize::from(line.running >= self.places.own));
    }

    /// Calls those of every group that may come.
    fn call_all(&mut self) -> Vec<Key> {
        let groups: Vec<_> = self.groups.keys().cloned().collect();
        groups.iter().flat_map(|group| self.call_next(group)).collect()
    }

    /// Calls those of a group that may come.
    fn call_next(&mut self, group: &Arc<Group>) -> Vec<Key> {
        let mut called = Vec::new();
        while self.is_open && self.has_room(group) {
            let Some(next) = self.groups.get_mut(group).and_then(|line| line.waiting.pop_front()) else { break };
            if self.waiting.get(&next.uid) == Some(group) {
                self.waiting.remove(&next.uid);
                self.take(group);
                self.called.insert(next.uid, Arc::clone(group));
                called.push(next.key);
            }
        }
        if self.waiting.is_empty() {
            // A resync of all, or a start, is over.
            self.waiting.shrink_to_fit();
        }
        if self.groups.get(group).is_some_and(|line| line.running == 0 && line.waiting.is_empty()) {
            self.groups.remove(group);
        }
        called
    }
}
