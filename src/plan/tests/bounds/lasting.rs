//! The bound on notifications, and what is forgotten of a difference while another one lasts.

use std::collections::BTreeSet;

use super::*;

#[test]
fn another_reminder_code_or_request_is_another_difference() {
    let mut case = Case::new(false);
    for number in 0..5 {
        let plan = || Plan { steps: vec![invitation(&format!("remind/{number}"), "Ada@x.org")], ..notify() };
        (0..10).for_each(|second| drop(case.play(100 * number + second, plan, Result::Accepted)));
    }
    assert_eq!(case.calls, 15);
}

#[test]
fn an_invitation_that_is_held_is_told_with_its_address_leaves_no_record_and_lets_the_others_go_out() {
    for result in [Result::Accepted, Result::Failed(Class::Uncertain), Result::Failed(Class::Denied)] {
        let mut case = Case::new(false);
        (0..50).for_each(|second| drop(case.play(second, notify, result)));
        assert_eq!(case.calls, 3);
        let mut plan = Plan::known("t", BTreeSet::new(), State::Available);
        for (key, email) in [("invite/a", "Ada@x.org"), ("invite/b", "bob@x.org")] {
            plan.steps.push(invitation(key, email));
            plan.recording(Some(key), move |record| {
                record.facts.insert(email);
            });
        }
        let inputs = BoundInputs {
            has_seen: &|_| true,
            as_of: at(60),
            read_lag: SignedDuration::from_secs(1),
            annotations: &case.annotations,
            not_converging: None,
            is_deletion: false,
        };
        let bounded = case.attempts.bound(plan.clone(), &inputs);
        assert_eq!(bounded.steps.iter().map(|step| step.key.as_deref()).collect::<Vec<_>>(), [Some("invite/b")]);
        assert_eq!(bounded.record().facts, BTreeSet::from(["bob@x.org"]));
        let State::Stalled { message: told, .. } = bounded.state else { panic!("it is not told") };
        assert!(told.contains("members: Ada@x.org"), "{told}");
        // An earlier process may have sent it: status tells so.
        let mut restarted = Attempts::default();
        let is_lost = !matches!(result, Result::Failed(Class::Denied));
        let bounded = restarted.bound(
            plan,
            &BoundInputs { not_converging: Some(&told).filter(|_| is_lost).map(String::as_str), ..inputs },
        );
        assert_eq!(bounded.steps.len(), if is_lost { 1 } else { 2 });
    }
}

#[test]
fn a_value_that_is_shown_differently_at_each_read_is_one_difference() {
    let mut case = Case::new(false);
    for second in 0..100 {
        let shown = || {
            let Plan { mut steps, .. } = update();
            steps[0].why = Why::Update(vec![Change::of("name", &second, "A")]);
            Plan { steps, ..Plan::ending_in(State::Available) }
        };
        case.play(second, shown, Result::Accepted);
    }
    assert_eq!(case.calls, 3);
}

#[test]
fn a_difference_that_is_gone_is_forgotten_although_another_problem_lasts() {
    let mut case = Case { has_seen: true, ..Case::new(false) };
    for second in 0..10 {
        case.play(2 * second, || stalled(update().steps), Result::Accepted);
        case.play(2 * second + 1, || stalled(Vec::new()), Result::Accepted);
    }
    assert_eq!(case.calls, 10);
    // Another one that three calls did not remove is such a problem, too.
    for second in 100..120 {
        case.play(second, || stalled(vec![notify().steps.remove(0)]), Result::Accepted);
    }
    for second in 60..70 {
        let with_notify = |steps: Vec<Step>| stalled([steps, notify().steps].concat());
        case.play(2 * second, || with_notify(update().steps), Result::Accepted);
        case.play(2 * second + 1, || with_notify(Vec::new()), Result::Accepted);
    }
    assert_eq!(case.calls, 10 + 3 + 10);
}

#[test]
fn a_difference_that_no_read_or_no_whole_plan_has_shown_to_be_gone_is_not_forgotten() {
    let waiting = || Plan::known("t", (), State::waiting(Reason::ResolvingCreate, "wait", None));
    let partial = || Plan { is_partial: true, ..stalled(Vec::new()) };
    let elsewhere = || Plan::ending_in(State::stalled(Reason::NameTaken, "taken"));
    let rests: [(bool, &dyn Fn() -> Plan<()>); 4] =
        [(false, &|| stalled(Vec::new())), (true, &waiting), (true, &partial), (true, &elsewhere)];
    for (has_seen, rest) in rests {
        let mut case = Case { has_seen, ..Case::new(false) };
        // The lag is over for no repeated write.
        for _ in 0..10 {
            case.play(0, || stalled(update().steps), Result::Accepted);
            case.play(0, rest, Result::Accepted);
        }
        assert_eq!(case.calls, 3);
    }
}

#[test]
fn two_fields_that_set_each_other_back_come_to_rest() {
    let field = |name: &'static str| {
        let Plan { mut steps, .. } = update();
        steps[0].why = Why::Update(vec![Change::of(name, "B", "A")]);
        Plan { steps, ..Plan::known("t", (), State::Available) }
    };
    let mut case = Case { has_seen: true, ..Case::new(false) };
    let mut differs = "name";
    for second in 0..100 {
        let before = case.calls;
        case.play(second, || field(differs), Result::Accepted);
        if case.calls > before {
            differs = if differs == "name" { "timezone" } else { "name" };
        }
    }
    assert!(case.calls <= 6, "{}", case.calls);
}

#[test]
fn several_parts_that_are_to_go_are_several_differences() {
    let mut case = Case::new(false);
    for person in 0..6 {
        let withdrawn = || {
            let Plan { mut steps, .. } = update();
            steps[0].why = Why::Update(vec![Change::of("members", &person, "(nobody)")]);
            Plan { steps: steps.into_iter().map(|step| step.counted(format!("p{person}"))).collect(), ..update() }
        };
        (0..10).for_each(|second| drop(case.play(second, withdrawn, Result::Accepted)));
    }
    assert_eq!(case.calls, 18);
}
