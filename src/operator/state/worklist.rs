//! What a controller has to do. What is triggered several times before its turn is done once, and nothing is done twice at once. No IO.

use std::collections::{HashSet, VecDeque};

use crate::operator::state::index::row::Key;

/// The work of one controller, the first come first.
pub(crate) struct Worklist {
    /// What is done at once at most.
    most: usize,
    /// What is to be done; also of what is being done, if it was triggered since that began.
    triggered: HashSet<Key>,
    /// The order of what is triggered and not being done.
    waiting: VecDeque<Key>,
    /// What is being done.
    begun: HashSet<Key>,
}

impl Worklist {
    /// Nothing is to be done. `most`: how much may be done at once.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, triggered: HashSet::new(), waiting: VecDeque::new(), begun: HashSet::new() }
    }

    /// A resource is triggered.
    pub(crate) fn add(&mut self, key: Key) {
        if self.triggered.insert(Key::clone(&key)) && !self.begun.contains(&key) {
            self.waiting.push_back(key);
        }
    }

    /// Whether something is to begin now.
    pub(crate) fn is_ready(&self) -> bool {
        self.begun.len() < self.most && !self.waiting.is_empty()
    }

    /// What is to begin now.
    pub(crate) fn next(&mut self) -> Option<Key> {
        if self.begun.len() >= self.most {
            return None;
        }
        let key = self.waiting.pop_front()?;
        self.triggered.remove(&key);
        self.begun.insert(Key::clone(&key));
        Some(key)
    }

    /// What began is over.
    pub(crate) fn done(&mut self, key: &Key) {
        self.begun.remove(key);
        if self.triggered.contains(key) {
            self.waiting.push_back(Key::clone(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::kinds::Kind;
    use crate::api::resource_key::ResourceKey;

    fn key(name: &str) -> Key {
        Key::new(ResourceKey { kind: Kind::Team, namespace: "n".to_owned(), name: name.to_owned() })
    }

    fn add(work: &mut Worklist, names: &[&str]) {
        for name in names {
            work.add(key(name));
        }
    }

    fn begun(work: &mut Worklist) -> Vec<String> {
        std::iter::from_fn(|| work.next()).map(|key| key.name.clone()).collect()
    }

    #[test]
    fn what_is_triggered_is_done_once_in_turn_and_again_if_it_is_triggered_meanwhile() {
        let mut work = Worklist::new(10);
        add(&mut work, &["a", "b", "a"]);
        assert_eq!(begun(&mut work), ["a", "b"]);
        add(&mut work, &["b", "b", "c"]);
        assert_eq!(begun(&mut work), ["c"]);
        work.done(&key("a"));
        assert_eq!(begun(&mut work), [""; 0]);
        work.done(&key("b"));
        assert_eq!(begun(&mut work), ["b"]);
    }

    #[test]
    fn what_has_no_place_waits_for_one() {
        let mut work = Worklist::new(1);
        add(&mut work, &["a", "b"]);
        assert_eq!(begun(&mut work), ["a"]);
        work.add(key("a"));
        work.done(&key("a"));
        assert_eq!(begun(&mut work), ["b"]);
        work.done(&key("b"));
        assert_eq!(begun(&mut work), ["a"]);
    }
}
