//! Which watches have delivered a complete list. One that the API server refuses waits alone: the others do not wait for it.
//!
//! What such a watch would show is unknown, and unknown is not absent: see [`Caches::unknown`].

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::sync::watch as signal;

use crate::api::kinds::Kind;
use crate::operator::trouble::ApiTrouble;
use crate::plan::outcome::ApiServerTrouble;

/// How many lists of a kind may fail, for another reason than a refusal, before the others no longer wait for it.
const PATIENCE: u32 = 4;

/// What is known of a kind in a namespace (empty: in all).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum CacheState {
    /// The first list is not complete yet.
    Syncing {
        /// How often it failed.
        failures: u32,
        /// Why it failed last.
        why: Option<String>,
    },
    /// Every resource is known.
    Synced,
    /// There may be resources that are not known; why.
    Unknown(ApiServerTrouble),
    /// The kind is not defined, so there are no resources of it; what the API server says.
    Undefined(String),
}

/// A kind in a namespace (empty: in all).
pub(crate) type WatchedScope = (Kind, String);

/// The states of all watches.
pub(crate) struct Caches {
    states: Mutex<BTreeMap<WatchedScope, CacheState>>,
    started: signal::Sender<bool>,
}

impl Caches {
    /// No list is complete yet.
    pub(crate) fn new(places: impl IntoIterator<Item = WatchedScope>) -> Self {
        let syncing = || CacheState::Syncing { failures: 0, why: None };
        let states = places.into_iter().map(|place| (place, syncing())).collect();
        Self { states: Mutex::new(states), started: signal::Sender::new(false) }
    }

    /// A list is complete. Whether it is the first one since the watch began or was refused.
    pub(crate) fn synced(&self, kind: Kind, namespace: &str) -> bool {
        let before = self.set(kind, namespace, |_| CacheState::Synced);
        before.is_some_and(|before| before != CacheState::Synced)
    }

    /// A list or a watch failed.
    pub(crate) fn failed(&self, kind: Kind, namespace: &str, trouble: &ApiTrouble) {
        let told = trouble.report();
        // While nothing can be listed, the API server is down, and not this kind.
        let is_alone = self.states.lock().values().any(|state| *state == CacheState::Synced);
        self.set(kind, namespace, |state| match state {
            _ if trouble.is_forbidden() => CacheState::Unknown(told),
            _ if trouble.is_not_found() => CacheState::Undefined(told.message),
            CacheState::Syncing { failures, .. } if *failures < PATIENCE || !is_alone => {
                CacheState::Syncing { failures: failures.saturating_add(1), why: Some(told.message) }
            }
            CacheState::Syncing { .. } | CacheState::Undefined(_) | CacheState::Unknown(_) => CacheState::Unknown(told),
            // The list is as old as the last event; the watch goes on from there.
            CacheState::Synced => CacheState::Synced,
        });
    }

    /// Why resources of a kind in a namespace (absent: in any) may not be known; `None`: all are.
    pub(crate) fn unknown(&self, kind: Kind, namespace: Option<&str>) -> Option<ApiServerTrouble> {
        let states = self.states.lock();
        let mut places = states.range((kind, String::new())..).take_while(|((other, _), _)| *other == kind);
        places.find_map(|((_, place), state)| match state {
            CacheState::Unknown(why) if place.is_empty() || namespace.is_none_or(|namespace| namespace == place) => {
                Some(why.clone())
            }
            CacheState::Unknown(_) | CacheState::Syncing { .. } | CacheState::Synced | CacheState::Undefined(_) => None,
        })
    }

    /// Waits until every list is complete that can be: before, an absent Team or claim means nothing.
    pub(crate) async fn until_started(&self) {
        let _ = self.started.subscribe().wait_for(|started| *started).await;
    }

    /// Whether every list was complete that could be.
    pub(crate) fn has_started(&self) -> bool {
        *self.started.borrow()
    }

    /// The state of each watch.
    pub(crate) fn states(&self) -> Vec<(WatchedScope, CacheState)> {
        self.states.lock().iter().map(|(place, state)| (place.clone(), state.clone())).collect()
    }

    /// Changes a state; returns the one before.
    fn set(&self, kind: Kind, namespace: &str, next: impl FnOnce(&CacheState) -> CacheState) -> Option<CacheState> {
        let mut states = self.states.lock();
        let state = states.get_mut(&(kind, namespace.to_owned()))?;
        let next = next(state);
        let before = std::mem::replace(state, next);
        let is_open = |state: &CacheState| matches!(state, CacheState::Syncing { .. });
        if !states.values().any(is_open) && states.values().any(|state| *state == CacheState::Synced) {
            self.started.send_replace(true);
        }
        Some(before)
    }
}

/// A kind in a namespace, or in all, for people.
pub(crate) fn name_of((kind, namespace): &WatchedScope) -> String {
    if namespace.is_empty() { kind.to_string() } else { format!("{kind} in the namespace '{namespace}'") }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;
    use crate::api::team::Team;
    use crate::operator::trouble::asked::{Asked, Verb};

    fn trouble(code: u16) -> ApiTrouble {
        let error = kube::Error::Api(Box::new(Status::failure("no", "x").with_code(code)));
        ApiTrouble::new(Asked::to::<Team>(Verb::List, "a"), error)
    }

    fn caches() -> Caches {
        Caches::new([(Kind::Team, "a".to_owned()), (Kind::Team, "b".to_owned()), (Kind::Service, "a".to_owned())])
    }

    #[test]
    fn a_refused_kind_waits_alone_and_what_it_holds_is_unknown() {
        let caches = caches();
        caches.failed(Kind::Team, "b", &trouble(403));
        assert!(caches.synced(Kind::Team, "a") && !caches.synced(Kind::Team, "a") && !caches.has_started());
        caches.synced(Kind::Service, "a");
        assert!(caches.has_started());
        assert_eq!(caches.unknown(Kind::Team, Some("a")), None);
        assert!(caches.unknown(Kind::Team, Some("b")).is_some() && caches.unknown(Kind::Team, None).is_some());
        assert_eq!(caches.unknown(Kind::Service, None), None);
        assert!(caches.synced(Kind::Team, "b"));
        assert_eq!(caches.unknown(Kind::Team, None), None);
    }

    #[test]
    fn a_kind_without_a_definition_has_no_resources() {
        let caches = caches();
        caches.failed(Kind::Team, "a", &trouble(404));
        assert_eq!(caches.unknown(Kind::Team, None), None);
    }

    #[test]
    fn a_list_that_fails_is_waited_for_a_few_times_and_one_that_breaks_later_stays_known() {
        let caches = caches();
        caches.synced(Kind::Team, "a");
        caches.synced(Kind::Service, "a");
        for _ in 0..PATIENCE {
            caches.failed(Kind::Team, "b", &trouble(500));
            assert!(!caches.has_started());
        }
        caches.failed(Kind::Team, "b", &trouble(500));
        caches.failed(Kind::Team, "a", &trouble(500));
        assert!(caches.has_started() && caches.unknown(Kind::Team, Some("b")).is_some());
        assert_eq!(caches.unknown(Kind::Team, Some("a")), None);
    }

    #[test]
    fn an_api_server_that_is_down_is_no_trouble_of_one_kind() {
        let caches = caches();
        for _ in 0..=PATIENCE {
            caches.failed(Kind::Team, "b", &trouble(503));
        }
        caches.synced(Kind::Team, "a");
        assert_eq!(caches.unknown(Kind::Team, None), None);
    }

    #[test]
    fn nothing_starts_while_nothing_can_be_read() {
        let caches = caches();
        for (place, _) in caches.states() {
            caches.failed(place.0, &place.1, &trouble(403));
        }
        assert!(!caches.has_started());
    }
}
