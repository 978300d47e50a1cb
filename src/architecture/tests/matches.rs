//! Arms for "everything else".

use crate::architecture::matches::catch_all_arms;
use crate::architecture::tests::file;

/// How many findings a function with this match has.
fn findings(code: &str) -> usize {
    catch_all_arms(&[file("plan.rs", &format!("use crate::inventory::Effect; fn a() {{ {code} }}"))]).len()
}

#[test]
fn an_arm_for_the_rest_is_found() {
    let rests = [
        "match effect { Effect::Made => 1, _ => 2 }",
        "match effect { Effect::Made { id, .. } => 1, other => 2 }",
        "match effect { Effect::Made(_) if known => 1, Effect::Gone => 2, ref other @ _ => 2 }",
        "match effect { crate::inventory::Effect::Made => 1, Effect::Gone | _ => 2 }",
        "match find() { Some(Effect::Made) => 1, Some(_) | None => 2 }",
        "match find() { Some(&Effect::Made) => 1, other => 2 }",
        "match (effect, known) { (Effect::Made, true) => 1, _ => 2 }",
        "match (effect, known) { (Effect::Made, true) => 1, (_, known) => 2 }",
        "match (effect, known) { (Effect::Made, true) => 1, (..) => 2 }",
        "match call { Call::Pinghome(PinghomeCall::ListTeams) => 1, Call::Pinghome(_) => 2, Call::NodePing(_) => 3 }",
        "match state { State::Sent { effect: Effect::Made, .. } => 1, State::Sent { .. } => 2, State::Done => 3 }",
        "items.map(|item| { if a { match item { Answer::Done => 1, answer => 2 } } else { 3 } })",
    ];
    for code in rests {
        assert_eq!(findings(code), 1, "{code}");
    }
}

#[test]
fn a_match_that_names_every_variant_is_right() {
    let complete = [
        "match effect { Effect::Made => 1, Effect::Gone { .. } | Effect::Named(_) => 2 }",
        "match effect { Effect::Made if known => 1, _ if unknown => 2, Effect::Made | Effect::Gone => 3 }",
        // A new variant is asked for at the other place.
        "match (a, b) { (Effect::Made, Effect::Made) => true, (Effect::Made | Effect::Gone, _) => false }",
        "match (effect, known) { (Effect::Made, true) => 1, (Effect::Made | Effect::Gone, _) => 2 }",
        "match call { Call::Pinghome(PinghomeCall::ListTeams) => 1, Call::NodePing(_) => 2 }",
        "match find() { Some(Effect::Made | Effect::Gone) => 1, None => 2 }",
        // Other enums, and what an enum holds, may have a rest.
        "match state { State::Waiting => 1, _ => 2 }",
        "match text { \"Effect::Made\" => 1, _ => 2 }",
        "match effect { Effect::Made(text) => match text { \"a\" => 1, _ => 2 }, Effect::Gone => 2 }",
    ];
    for code in complete {
        assert_eq!(findings(code), 0, "{code}");
    }
}

#[test]
fn self_and_other_names_of_an_enum_count() {
    let rests = [
        "impl Effect { fn a(&self) -> u8 { match self { Self::Made => 1, _ => 2 } } }",
        "impl Display for Effect { fn a(&self) -> u8 { match self { Self::Made => 1, _ => 2 } } }",
        "use crate::inventory::Effect as What; fn a(what: What) -> u8 { match what { What::Made => 1, _ => 2 } }",
        "fn a(effect: Effect) -> u8 { use crate::inventory::Effect::{Made, Gone}; match effect { Made => 1, _ => 2 } }",
        "use crate::inventory::Effect::*;",
    ];
    for code in rests {
        assert_eq!(catch_all_arms(&[file("plan.rs", code)]).len(), 1, "{code}");
    }
    let others = [
        "impl State { fn a(&self) -> u8 { match self { Self::Made => 1, _ => 2 } } }",
        "use jsonschema::ErrorKind as Kind; fn a(kind: Kind) -> u8 { match kind { Kind::Type => 1, _ => 2 } }",
        "use other::Kind; fn a(kind: Kind) -> u8 { match kind { Kind::Type => 1, _ => 2 } }",
    ];
    for code in others {
        assert_eq!(catch_all_arms(&[file("plan.rs", code)]), [""; 0], "{code}");
    }
}

#[test]
fn a_rest_below_the_first_test_block_is_found_and_one_in_it_is_not() {
    let rest = "fn a(effect: Effect) -> u8 { match effect { Effect::Made => 1, _ => 2 } }";
    assert_eq!(catch_all_arms(&[file("plan.rs", &format!("#[cfg(test)] mod tests {{ {rest} }} {rest}"))]).len(), 1);
}
