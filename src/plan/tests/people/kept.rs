//! What is kept of people: one invitation of several, who was invited after the last read, and as many entries as status takes.

use serde_json::json;

use crate::api::reason::Reason;
use crate::plan::state::State;
use crate::plan::tests::at;
use crate::plan::tests::people::{Look, active, invited, listing, now, operations, people, plan, plan_at};

#[test]
fn of_several_invitations_to_one_address_the_open_one_counts_wherever_it_stands() {
    for other in ["Declined", "Expired", "Accepted"] {
        for invitations in [vec![("a@x", "Pending"), ("A@x", other)], vec![("A@x", other), ("a@x", "Pending")]] {
            let (known, looks) = (json!([invited("a@x")]), || now(vec![], invitations.clone()));
            let mut spec = listing(&["a@x"], "Managed");
            spec["invitations"] = json!({"onExpiry": "InviteAgain"});
            let listed = plan(&spec, &known, &looks());
            assert_eq!(
                (operations(&listed), people(&listed)),
                (vec![], vec!["a@x Invited None".to_owned()]),
                "{other}"
            );
            let withdrawn = plan(&listing(&[], "Managed"), &known, &looks());
            assert_eq!(operations(&withdrawn), ["withdraw invitation"], "{other}");
        }
    }
}

#[test]
fn who_has_no_place_in_status_waits_until_others_have_left_and_is_named() {
    let email = |letter: char, number: usize| -> &'static str { format!("{letter}{number:03}@x").leak() };
    let all = |letter: char| (0..150).map(move |number| email(letter, number)).collect::<Vec<_>>();
    let id = |email: &'static str| email.trim_end_matches("@x");
    let members = || all('a').into_iter().map(|email| (id(email), email)).collect::<Vec<_>>();
    for (known_invited, admitted) in [(150, 0), (120, 30), (0, 150)] {
        let open = all('b').into_iter().take(known_invited);
        let known: Vec<_> =
            all('a').into_iter().map(|email| active(email, id(email))).chain(open.clone().map(invited)).collect();
        let looks = now(members(), open.map(|email| (email, "Pending")).collect());
        let plan = plan(&listing(&all('c'), "Managed"), &json!(known), &looks);
        let count = |operation: &str| operations(&plan).iter().filter(|planned| **planned == operation).count();
        assert_eq!(
            (count("invite"), count("remove member"), count("withdraw invitation")),
            (admitted, 150, known_invited)
        );
        assert_eq!(plan.record().facts.members.len(), 150 + known_invited + admitted);
        match &plan.state {
            State::Waiting { reason: Reason::Progressing, message, until: Some(_) } => {
                assert!(admitted < 150 && message.contains(email('c', admitted)), "{message}");
            }
            state => assert_eq!((state, admitted), (&State::Available, 150)),
        }
    }
    // Who is in the team already needs no place: the lists show it.
    let known: Vec<_> = all('a').into_iter().chain(all('b')).map(|email| active(email, id(email))).collect();
    let in_team = [all('a'), all('b'), all('c')].concat().into_iter().map(|email| (id(email), email)).collect();
    let crowded = plan(&listing(&all('c'), "Managed"), &json!(known), &now(in_team, vec![]));
    assert_eq!((crowded.record().facts.members.len(), operations(&crowded).len()), (300, 300));
}

#[test]
fn nobody_is_reminded_before_the_lists_are_read_again() {
    let mut spec = listing(&["a@x"], "Managed");
    spec["invitations"] = json!({"remindAfterHours": 1});
    let known = json!([invited("a@x")]);
    let look = |second| Look { second, members: vec![], invitations: vec![("a@x", "Pending")] };
    let plan = |looks: &[Look]| plan_at(4000, &spec, &known, looks, &[]).map(|plan| operations(&plan));
    assert_eq!(plan(&[look(100)]), None, "the person may have accepted meanwhile");
    assert_eq!(plan(&[look(100), look(4000)]), Some(vec!["remind"]));
}

#[test]
fn who_was_invited_after_the_last_read_of_a_process_is_not_forgotten_by_it() {
    let mut known = invited("a@x");
    known["invitedTime"] = json!(at(150));
    let looks = |last| [50, 100, last].map(|second| Look { second, members: vec![], invitations: vec![] });
    let kept = |last| plan_at(152, &listing(&[], "Managed"), &json!([known]), &looks(last), &[]);
    let entries = |last| kept(last).map(|plan| people(&plan));
    assert_eq!(entries(140), Some(vec!["a@x Invited None".to_owned()]));
    assert_eq!(entries(152), Some(vec!["a@x Invited None".to_owned()]), "the lists may lag behind");
}
