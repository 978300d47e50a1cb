//! Who may run, who waits, and who is called next.

use super::*;
use crate::api::kinds::Kind;

const PLACES: Places = Places { own: 2, most: 4, shared: 3 };

/// Who is called, and the places of those who came.
struct Case {
    admission: Arc<Admissions>,
    called: Arc<Mutex<Vec<String>>>,
}

impl Case {
    fn new() -> Self {
        let called = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&called);
        let admission = Arc::new(Admissions::new(PLACES, move |key| heard.lock().push(key.name)));
        Self { admission, called }
    }

    fn open() -> Self {
        let case = Self::new();
        case.admission.open();
        case
    }

    fn enter(&self, name: &str, trigger: Trigger, config: &str) -> Option<ReconcilePermit> {
        let key = |kind, name: &str| ResourceKey { kind, namespace: "n".to_owned(), name: name.to_owned() };
        let group = Group { trigger, config: key(Kind::ProviderConfig, config) };
        self.admission.enter(name, &Arc::new(key(Kind::Team, name)), group)
    }

    /// Those that were called since this was asked last; they come.
    fn come(&self) -> Vec<ReconcilePermit> {
        let called = std::mem::take(&mut *self.called.lock());
        called.iter().map(|name| self.enter(name, Trigger::Change, "whatever").unwrap()).collect()
    }

    fn is_empty(&self) -> bool {
        let state = self.admission.state.lock();
        state.groups.is_empty() && state.waiting.is_empty() && state.called.is_empty() && state.shared == 0
    }
}

#[test]
fn nothing_runs_before_it_is_open_and_ten_thousand_run_a_few_at_a_time() {
    let case = Case::new();
    for number in 0..10_000 {
        assert!(case.enter(&number.to_string(), Trigger::Resync, "a").is_none());
        assert!(case.enter(&number.to_string(), Trigger::Resync, "a").is_none());
    }
    case.admission.open();
    let (mut running, mut ran) = (Vec::new(), 0);
    while case.admission.waiting() > 0 || !running.is_empty() || !case.called.lock().is_empty() {
        running.extend(case.come());
        assert!(running.len() <= PLACES.most);
        ran += usize::from(running.pop().is_some());
    }
    assert_eq!(ran, 10_000);
    assert!(case.is_empty());
}

#[test]
fn a_change_and_another_config_wait_for_no_round_of_checks() {
    let case = Case::open();
    let checks: Vec<_> = (0..10).filter_map(|name| case.enter(&name.to_string(), Trigger::Resync, "a")).collect();
    assert_eq!(checks.len(), PLACES.most);
    let others: Vec<_> = [Trigger::Change, Trigger::Deletion]
        .into_iter()
        .flat_map(|trigger| ["a", "b"].map(|config| case.enter(&format!("{trigger:?}{config}"), trigger, config)))
        .collect();
    assert!(others.iter().all(Option::is_some));
}

#[test]
fn whoever_waited_for_a_check_and_was_changed_meanwhile_runs_for_the_change() {
    let case = Case::open();
    let mut checks: Vec<_> =
        ["1", "2", "3", "4", "5"].into_iter().filter_map(|name| case.enter(name, Trigger::Resync, "a")).collect();
    checks.pop();
    assert_eq!(*case.called.lock(), ["5"]);
    let permit = case.enter("5", Trigger::Change, "a");
    assert_eq!(permit.as_ref().map(|permit| permit.trigger), Some(Trigger::Change));
    drop((checks, permit));
    assert!(case.is_empty());
}

#[test]
fn a_place_that_all_share_goes_to_a_change_first() {
    let case = Case::open();
    let enter = |name: &str, trigger| case.enter(name, trigger, "a");
    let mut checks: Vec<_> =
        ["1", "2", "3", "4", "5"].into_iter().filter_map(|name| enter(name, Trigger::Resync)).collect();
    let changes: Vec<_> = ["6", "7", "8", "9"].into_iter().filter_map(|name| enter(name, Trigger::Change)).collect();
    assert_eq!((checks.len(), changes.len()), (4, 3));
    checks.pop();
    assert_eq!(*case.called.lock(), ["9"]);
}

#[test]
fn whoever_goes_leaves_its_place_to_the_next_and_whoever_is_due_for_another_reason_waits_once() {
    let case = Case::open();
    let mut running: Vec<_> =
        ["1", "2", "3", "4"].into_iter().filter_map(|name| case.enter(name, Trigger::Resync, "a")).collect();
    for name in ["5", "6", "7"] {
        assert!(case.enter(name, Trigger::Resync, "a").is_none());
    }
    running.pop();
    assert_eq!(*case.called.lock(), ["5"]);
    case.admission.forget("6");
    case.admission.forget("5");
    assert_eq!(*case.called.lock(), ["5", "7"]);
    case.called.lock().clear();
    let seventh = case.enter("7", Trigger::Resync, "a");
    assert!(seventh.is_some() && case.enter("8", Trigger::Resync, "a").is_none());
    let eighth = case.enter("8", Trigger::Change, "a");
    assert!(eighth.is_some());
    drop((running, seventh, eighth));
    assert!(case.come().is_empty() && case.is_empty());
}
