//! The truth table that kubectl, Flux and Argo CD read, row by row.

use crate::api::conditions::{Condition, ConditionStatus, ConditionType, NewCondition, updated};
use crate::api::reason::Reason;
use crate::plan::outcome::amendments::keep_not_converging;
use crate::plan::outcome::{ApiServerTrouble, Outcome};
use crate::plan::state::State;
use crate::plan::step::Change;
use crate::plan::write_mode::{Drift, WriteMode};
use crate::provider::failure::{Class, Failure};

fn waiting(reason: &str) -> Outcome {
    Outcome::State(State::Waiting { reason: Reason::parse(reason).unwrap(), message: "x".into(), until: None })
}

fn stalled(reason: &str) -> Outcome {
    Outcome::State(State::Stalled { reason: Reason::parse(reason).unwrap(), message: "x".into() })
}

fn failed(class: Class, still_good: bool) -> Outcome {
    Outcome::Failed { failure: Failure::new(class, "x"), still_good }
}

fn unserved(reason: &str, still_good: bool) -> Outcome {
    let trouble = ApiServerTrouble { reason: Reason::parse(reason).unwrap(), message: "x".into() };
    Outcome::ApiServer { trouble, still_good }
}

fn ready_before() -> Vec<Condition> {
    let claims = [ConditionType::Ready, ConditionType::Synced]
        .map(|type_| NewCondition::new(type_, true, Reason::Available, "x"));
    updated(&[], claims.into(), 1, crate::plan::tests::at(0))
}

/// `TFU?` for Ready, Synced, Reconciling, Stalled, the reason of Synced, and further conditions that are True.
fn row(outcome: &Outcome, before: &[Condition]) -> String {
    let claims = outcome.conditions(before);
    let letter =
        |type_: &ConditionType| match claims.iter().find(|claim| claim.type_ == *type_).map(|claim| claim.status) {
            Some(ConditionStatus::True) => 'T',
            Some(ConditionStatus::False) => 'F',
            Some(ConditionStatus::Unknown) => 'U',
            None => '?',
        };
    let four: String = ConditionType::ALL[..4].iter().map(letter).collect();
    let reason =
        claims.iter().find(|claim| claim.type_ == ConditionType::Synced).map_or("", |claim| claim.reason.as_str());
    let others = claims.iter().skip(4).map(|claim| claim.type_.as_str());
    [four.as_str(), reason].into_iter().chain(others).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_row_of_the_truth_table_holds() {
    let drift = Outcome::State(State::Drifted(Drift {
        changes: vec![Change::of("name", "a", "b")],
        remarks: Vec::new(),
        mode: WriteMode::Report,
    }));
    let held = Outcome::State(State::DeletionBlocked { reason: Reason::NotEmpty, message: "x".into() });
    for (number, outcome, expected) in [
        ("S2", waiting("Progressing"), "UUTF Progressing"),
        ("S3", waiting("ReferenceNotFound"), "FFTF ReferenceNotFound"),
        ("S3", waiting("SecretNotFound"), "FFTF SecretNotFound"),
        ("S4", waiting("ReferenceNotReady"), "FFTF ReferenceNotReady"),
        ("S5", Outcome::State(State::Available), "TTFF Available"),
        ("S6", failed(Class::Wait, false), "FFTF RateLimited"),
        ("S6", failed(Class::Retry, false), "FFTF ProviderUnavailable"),
        ("S7", failed(Class::Retry, true), "TFFF ProviderUnavailable"),
        ("S6", unserved("KubernetesUnavailable", false), "FFTF KubernetesUnavailable"),
        ("S6", unserved("Forbidden", false), "FFTF Forbidden"),
        ("S7", unserved("KubernetesUnavailable", true), "TFFF KubernetesUnavailable"),
        ("S9", failed(Class::Credential, false), "FFFT CredentialsRejected"),
        ("S9", failed(Class::Credential, true), "FFFT CredentialsRejected"),
        ("S10", failed(Class::Invalid, false), "FFFT Invalid"),
        ("S11", failed(Class::Uncertain, false), "FUTF ResolvingCreate"),
        ("S11", waiting("ResolvingCreate"), "FUTF ResolvingCreate"),
        ("S12", stalled("AmbiguousCreate"), "FFFT AmbiguousCreate"),
        ("S13", stalled("NameTaken"), "FFFT NameTaken"),
        ("S14", stalled("InvalidPolicy"), "FFFT InvalidPolicy"),
        ("S15", stalled("EndpointNotAllowed"), "FFFT EndpointNotAllowed"),
        ("S16", waiting("WriteNotVisible"), "FFTF WriteNotVisible"),
        ("S18", drift, "TFFF Drifted Drifted"),
        ("S22", Outcome::Suspended, "TTFF Available Suspended"),
        ("S23", waiting("AwaitingRemoval"), "TTTF AwaitingRemoval"),
        ("S23", waiting("HasDependents"), "TTTF HasDependents"),
        ("S24", held, "FFFT NotEmpty DeletionHeld"),
        ("S25", waiting("Recreating"), "FFTF Recreating"),
    ] {
        assert_eq!(row(&outcome, &ready_before()), expected, "{number}");
    }
}

#[test]
fn a_difference_that_calls_did_not_remove_is_told_while_a_failure_or_a_wait_is_reported() {
    let synced = |outcome: &Outcome| {
        let mut conditions = outcome.conditions(&[]);
        keep_not_converging(&mut conditions, outcome, Some("told"));
        let synced = conditions.into_iter().find(|condition| condition.type_ == ConditionType::Synced).unwrap();
        (synced.reason == Reason::NotConverging).then_some(synced.message)
    };
    for outcome in [failed(Class::Retry, true), failed(Class::Uncertain, false), waiting("ResolvingCreate")] {
        assert_eq!(synced(&outcome).as_deref(), Some("told"));
    }
    let settled = [Outcome::State(State::Available), waiting("VerificationRequired"), stalled("Invalid")];
    assert!(settled.iter().all(|outcome| synced(outcome).is_none()));
}

#[test]
fn while_a_resource_is_suspended_its_conditions_stay_those_of_the_generation_that_was_looked_at() {
    let before = ready_before();
    let told = updated(&before, Outcome::Suspended.conditions(&before), 2, crate::plan::tests::at(9));
    assert_eq!(told[..2], before[..]);
    assert!(told[2..].iter().all(|condition| condition.observed_generation == 2), "{told:?}");
    let again = updated(&told, Outcome::Suspended.conditions(&told), 2, crate::plan::tests::at(10));
    assert_eq!(again, told);
    let unknown = Outcome::Suspended.conditions(&[]);
    assert!(unknown[..2].iter().all(|condition| condition.status == ConditionStatus::Unknown), "{unknown:?}");
}

#[test]
fn a_sentence_stands_once_and_is_told_once() {
    let outcomes = [
        waiting("ReferenceNotFound"),
        stalled("NameTaken"),
        failed(Class::Retry, true),
        failed(Class::Wait, false),
        Outcome::State(State::deletion_blocked(Reason::NotEmpty, "x")),
        Outcome::State(State::Drifted(Drift {
            changes: vec![Change::of("name", "a", "b")],
            remarks: Vec::new(),
            mode: WriteMode::Report,
        })),
    ];
    for outcome in outcomes {
        let told = updated(&[], outcome.conditions(&[]), 1, crate::plan::tests::at(0));
        let says = told.iter().filter(|condition| condition.message == outcome.message()).count();
        assert_eq!(says, 1, "{told:?}");
        assert!(!outcome.is_told_by(&ready_before(), 1) && outcome.is_told_by(&told, 1), "{told:?}");
    }
}
