//! When each resource is reconciled again if nothing changes until then. kube-runtime would keep its name four times for that.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::api::resource_key::ResourceKey;
use crate::operator::state::index::Index;
use crate::operator::state::index::row::Key;

/// When resources are due.
#[derive(Default)]
pub(crate) struct Timetable {
    dates: Mutex<Dates>,
    /// The first of them is another one now.
    changed: Notify,
}

/// The same dates by resource and by time.
#[derive(Default)]
struct Dates {
    by_resource: HashMap<Key, Instant>,
    by_time: BTreeSet<(Instant, Key)>,
}

impl Timetable {
    /// A resource is due at this time and not when it was before; `None`: only a change triggers it.
    pub(crate) fn set(&self, key: &Key, at: Option<Instant>) {
        if self.dates.lock().set(key, at) {
            self.changed.notify_one();
        }
    }

    /// A resource is gone.
    pub(crate) fn forget(&self, key: &ResourceKey) {
        self.dates.lock().remove(key);
    }

    /// Triggers what is due, as long as this is awaited.
    pub(crate) async fn run(&self, index: &Index) -> Infallible {
        loop {
            let (due, next) = {
                let mut dates = self.dates.lock();
                (dates.take_until(Instant::now()), dates.first())
            };
            index.trigger(due.iter().map(|key| key.as_ref().clone()));
            let until_next = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = until_next => {}
                () = self.changed.notified() => {}
            }
        }
    }
}

impl Dates {
    /// Sets the date of a resource; whether it is before all others.
    fn set(&mut self, key: &Key, at: Option<Instant>) -> bool {
        self.remove(key);
        let Some(at) = at else { return false };
        let is_first = self.first().is_none_or(|first| at < first);
        self.by_resource.insert(Arc::clone(key), at);
        self.by_time.insert((at, Arc::clone(key)));
        is_first
    }

    fn remove(&mut self, key: &ResourceKey) {
        if let Some((key, at)) = self.by_resource.remove_entry(key) {
            self.by_time.remove(&(at, key));
        }
    }

    fn first(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Removes and returns what is due at `now`.
    fn take_until(&mut self, now: Instant) -> Vec<Key> {
        let mut due = Vec::new();
        while self.first().is_some_and(|first| first <= now) {
            due.extend(self.by_time.pop_first().map(|(_, key)| key));
        }
        for key in &due {
            self.by_resource.remove(key);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::StreamExt;
    use futures::channel::mpsc::unbounded;

    use super::*;
    use crate::api::kinds::Kind;

    fn key(name: &str) -> Key {
        Arc::new(ResourceKey { kind: Kind::Team, namespace: "n".to_owned(), name: name.to_owned() })
    }

    #[tokio::test]
    async fn what_is_due_is_triggered_however_late_it_is_told() {
        let (trigger, mut triggered) = unbounded();
        let index = Index::new([((Kind::Team, String::new()), trigger)].into());
        let timetable = Timetable::default();
        timetable.set(&key("later"), Some(Instant::now() + Duration::from_hours(1)));
        let told = async {
            tokio::task::yield_now().await;
            timetable.set(&key("a"), Some(Instant::now() + Duration::from_millis(10)));
            triggered.next().await
        };
        let due = tokio::select! {
            never = timetable.run(&index) => match never {},
            due = told => due,
        };
        assert_eq!(due.map(|key| key.name).as_deref(), Some("a"));
    }

    #[test]
    fn a_resource_is_due_once_at_its_last_date_and_nothing_stays_of_it() {
        let (mut dates, start) = (Dates::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        assert!(dates.set(&key("a"), Some(at(5))) && !dates.set(&key("b"), Some(at(7))));
        assert!(dates.set(&key("c"), Some(at(1))) && !dates.set(&key("c"), None));
        assert!(dates.set(&key("a"), Some(at(6))));
        assert_eq!(dates.take_until(at(5)), Vec::<Key>::new());
        assert_eq!((dates.take_until(at(6)), dates.first()), (vec![key("a")], Some(at(7))));
        assert_eq!(dates.take_until(at(9)), [key("b")]);
        assert!(dates.by_resource.is_empty() && dates.by_time.is_empty());
    }
}
