//! The bound on every write: how often one difference is written, by what came of the calls.

pub(crate) mod lasting;

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::api::annotations::Annotations;
use crate::api::reason::Reason;
use crate::plan::attempts::bound::BoundInputs;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::resource_plan::Plan;
use crate::plan::sequencer::{on_accepted, on_failed};
use crate::plan::state::State;
use crate::plan::step::{Change, Creation, Step, Why};
use crate::plan::tests::at;
use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};
use crate::provider::model::ids::TeamId;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::team::TeamSettings;
use crate::provider::pinghome::call::PinghomeCall;

/// One resource that calls do not change.
struct Case {
    attempts: Attempts,
    annotations: Annotations,
    not_converging: Option<&'static str>,
    is_deletion: bool,
    /// Whether reads show each write at once.
    has_seen: bool,
    calls: usize,
}

#[derive(Clone, Copy)]
enum Result {
    Accepted,
    Failed(Class),
}

impl Case {
    fn new(is_deletion: bool) -> Self {
        let mut case = Self {
            attempts: Attempts::default(),
            annotations: Annotations::default(),
            not_converging: None,
            is_deletion,
            has_seen: false,
            calls: 0,
        };
        case.attempts.on_generation(1, false, at(0), &Annotations::default());
        case
    }

    /// Plans at a second what does not change, and makes the call if it is not held. Returns the state.
    fn play(&mut self, second: i64, plan: impl Fn() -> Plan<()>, result: Result) -> State {
        let has_seen = self.has_seen;
        let inputs = BoundInputs {
            has_seen: &|_| has_seen,
            as_of: at(second),
            read_lag: SignedDuration::from_secs(1),
            annotations: &self.annotations,
            not_converging: self.not_converging,
            is_deletion: self.is_deletion,
        };
        let plan = self.attempts.bound(plan(), &inputs);
        let Some(step) = plan.steps.first() else { return plan.state };
        self.calls += 1;
        if let Why::Create(creation) = &step.why {
            let tries = self.attempts.next_create(&self.annotations, &creation.name);
            self.annotations.intent = Some(creation.record(format!("n{second}"), at(second), tries, None));
        }
        let nonce = self.annotations.intent.as_ref().map(|intent| intent.nonce.as_str());
        match result {
            Result::Accepted => on_accepted(step, &Answer::Done, at(second), None, &mut self.attempts),
            Result::Failed(class) => {
                drop(on_failed(step, Failure::new(class, "no"), at(second), nonce, &mut self.attempts));
            }
        }
        plan.state
    }

    fn restart(&mut self) {
        self.attempts = Attempts::default();
        self.attempts.on_generation(1, false, at(0), &Annotations::default());
    }
}

fn create() -> Plan<()> {
    let call = PinghomeCall::CreateTeam { settings: TeamSettings { name: "A".to_owned() } };
    Plan::create(call, Creation { ids: BTreeSet::new(), name: "A".to_owned(), team: None }, "lock".to_owned())
}

fn delete() -> Plan<()> {
    Plan::delete(PinghomeCall::DeleteTeam { team: TeamId::parse("t").unwrap() }, None)
}

fn update() -> Plan<()> {
    let settings = TeamSettings { name: "A".to_owned() };
    let call = PinghomeCall::RenameTeam { team: TeamId::parse("t").unwrap(), settings };
    let step = Step::update(call, vec![Change::of("name", "B", "A")]);
    Plan { steps: vec![step], ..Plan::ending_in(State::Available) }
}

fn invitation(key: &str, email: &str) -> Step {
    let call = PinghomeCall::Invite {
        team: TeamId::parse("t").unwrap(),
        channel_value: Sensitive::new(email),
        channel_type: "email".to_owned(),
    };
    Step::notify(call, key.to_owned(), Change::of("members", "(nobody)", email))
}

fn notify() -> Plan<()> {
    Plan { steps: vec![invitation("invite/a", "Ada@x.org")], ..Plan::ending_in(State::Available) }
}

/// An object of which another problem lasts, with these steps besides.
fn stalled(steps: Vec<Step>) -> Plan<()> {
    Plan { steps, ..Plan::known("t", (), State::stalled(Reason::Invalid, "Bob was refused")) }
}

fn reason(state: &State) -> Option<Reason> {
    match state {
        State::Stalled { reason, .. } | State::DeletionBlocked { reason, .. } => Some(*reason),
        State::Available | State::Gone | State::Drifted(_) | State::Waiting { .. } => None,
    }
}

#[test]
fn each_phase_ends_after_three_calls_by_what_came_of_them() {
    for plan in [create, update, delete, notify] {
        for (result, expected) in [
            (Result::Accepted, Reason::NotConverging),
            (Result::Failed(Class::Uncertain), Reason::NotConverging),
            (Result::Failed(Class::Invalid), Reason::Invalid),
        ] {
            let mut case = Case::new(false);
            let states: Vec<_> = (0..500).map(|second| case.play(second, plan, result)).collect();
            assert_eq!(case.calls, 3);
            assert_eq!(states.last().and_then(reason), Some(expected));
        }
    }
}

#[test]
fn an_outage_is_not_counted() {
    for class in [Class::Retry, Class::Wait, Class::Credential] {
        for plan in [create, update, delete, notify] {
            let mut case = Case::new(false);
            (0..20).for_each(|second| drop(case.play(second, plan, Result::Failed(class))));
            assert_eq!(case.calls, 20, "{class:?}");
        }
    }
}

#[test]
fn refused_calls_come_at_growing_intervals_and_are_told_meanwhile() {
    let (mut case, mut seconds) = (Case::new(false), Vec::new());
    for second in 0..100 {
        let before = case.calls;
        let state = case.play(second, create, Result::Failed(Class::Invalid));
        if case.calls > before {
            seconds.push(second);
        } else {
            assert_eq!(reason(&state), Some(Reason::Invalid));
        }
    }
    assert_eq!(seconds, [0, 4, 20]);
}

#[test]
fn a_person_who_asks_for_a_reconcile_allows_refused_calls_again_once_and_accepted_ones_not() {
    for (result, expected) in [(Result::Failed(Class::Invalid), 6), (Result::Accepted, 3)] {
        let mut case = Case::new(false);
        (0..100).for_each(|second| drop(case.play(second, create, result)));
        for second in 100..200 {
            case.attempts.retry("asked once", &case.annotations.clone());
            case.play(second, create, result);
        }
        assert_eq!(case.calls, expected);
    }
}

#[test]
fn a_create_is_counted_across_restarts_by_its_record_until_the_spec_changes_or_a_person_allows_another_one() {
    let mut case = Case::new(false);
    for second in 0..10 {
        case.play(second, create, Result::Accepted);
        case.restart();
    }
    assert_eq!(case.calls, 3);
    case.annotations.retry_create = case.annotations.intent.as_ref().map(|intent| intent.nonce.clone());
    (10..20).for_each(|second| drop(case.play(second, create, Result::Accepted)));
    assert_eq!(case.calls, 4);
    case.attempts.on_generation(2, false, at(20), &Annotations::default());
    (20..30).for_each(|second| drop(case.play(second, create, Result::Accepted)));
    assert_eq!(case.calls, 7);
}

#[test]
fn an_object_that_was_seen_may_vanish_and_be_created_as_often_as_it_likes() {
    let mut case = Case::new(false);
    for second in 0..10 {
        case.play(second, create, Result::Accepted);
        let inputs = BoundInputs {
            has_seen: &|_| true,
            as_of: at(second),
            read_lag: SignedDuration::from_secs(1),
            annotations: &case.annotations,
            not_converging: None,
            is_deletion: false,
        };
        let plan = case.attempts.bound(Plan::<()>::ending_in(State::Available), &inputs);
        assert_eq!(plan.state, State::Available);
    }
    assert_eq!(case.calls, 10);
}

#[test]
fn a_deletion_goes_on_slowly_and_never_ends_in_a_lie() {
    for (result, expected) in
        [(Result::Failed(Class::Invalid), Reason::Invalid), (Result::Accepted, Reason::NotConverging)]
    {
        let mut case = Case::new(true);
        let states: Vec<_> = (0..3700).map(|second| case.play(second, delete, result)).collect();
        assert_eq!(case.calls, 9);
        assert_eq!(states.last().and_then(reason), Some(expected));
        assert!(matches!(states.last(), Some(State::DeletionBlocked { .. })));
    }
}

#[test]
fn what_status_says_of_an_update_holds_across_a_restart_for_the_field_that_it_names() {
    for (said, expected) in [("`name` was written 3 times", 0), ("`timezone` was written 3 times", 3)] {
        let mut case = Case::new(false);
        case.not_converging = Some(said);
        (0..10).for_each(|second| drop(case.play(second, update, Result::Accepted)));
        assert_eq!(case.calls, expected, "{said}");
    }
}

#[test]
fn a_create_that_was_surely_refused_stays_so_when_a_reconcile_is_requested() {
    let mut case = Case::new(false);
    case.play(0, create, Result::Failed(Class::Invalid));
    let nonce = case.annotations.intent.as_ref().map(|intent| intent.nonce.clone()).unwrap_or_default();
    assert_eq!(case.attempts.outcome(&nonce), Some(CallResult::Refused));
    case.attempts.retry("now", &case.annotations);
    assert_eq!(case.attempts.outcome(&nonce), Some(CallResult::Refused));
}

#[test]
fn what_was_refused_is_sent_again_for_another_spec_or_by_another_route_and_a_refused_create_stays_so() {
    let mut case = Case::new(false);
    case.attempts.on_route(1, &case.annotations);
    case.play(0, create, Result::Failed(Class::Invalid));
    let nonce = case.annotations.intent.as_ref().map(|intent| intent.nonce.clone()).unwrap_or_default();
    for generation in 2..4 {
        case.attempts.record_result("invite/a", CallResult::Refused);
        case.attempts.record_result("invite/b", CallResult::Unknown);
        let route = if generation == 2 { 1 } else { 2 };
        case.attempts.on_generation(2, false, at(1), &case.annotations);
        case.attempts.on_route(route, &case.annotations);
        let outcomes = ["invite/a", "invite/b", nonce.as_str()].map(|key| case.attempts.outcome(key));
        assert_eq!(outcomes, [None, Some(CallResult::Unknown), Some(CallResult::Refused)], "{generation}");
    }
    // A call that was refused three times by one route is sent by another one.
    (10..1000).for_each(|second| drop(case.play(second, notify, Result::Failed(Class::Gone))));
    let calls = case.calls;
    case.attempts.on_route(2, &case.annotations);
    case.play(1000, notify, Result::Failed(Class::Gone));
    assert_eq!(case.calls, calls);
    case.attempts.on_route(1, &case.annotations);
    case.play(1001, notify, Result::Failed(Class::Gone));
    assert_eq!(case.calls, calls + 1);
}

#[test]
fn the_record_says_that_its_create_was_refused_and_a_restart_neither_forgets_nor_adds_a_try() {
    for (class, calls) in [(Class::Invalid, 3), (Class::Denied, 3), (Class::Retry, 5), (Class::Uncertain, 3)] {
        let mut case = Case::new(false);
        for process in 0..5 {
            case.play(process * 1000, create, Result::Failed(class));
            let refused = case.attempts.amended_record(&case.annotations);
            case.annotations.intent = refused.or(case.annotations.intent);
            assert_eq!(case.annotations.intent.as_ref().map(|intent| intent.refused), Some(class != Class::Uncertain));
            assert_eq!(case.attempts.amended_record(&case.annotations), None);
            case.restart();
        }
        assert_eq!(case.calls, calls, "{class:?}");
    }
}
