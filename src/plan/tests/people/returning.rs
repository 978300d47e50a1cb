//! People who leave: what status says first, and what becomes of those who are listed again.

use serde_json::{Value, json};

use crate::api::reason::Reason;
use crate::api::team::TeamFacts;
use crate::plan::mention::OtherMention;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::tests::at;
use crate::plan::tests::membership_case::AWAY;
use crate::plan::tests::people::{Look, active, invited, listing, now, operations, people, plan, plan_at, plan_beside};

type People = Vec<(&'static str, &'static str)>;

/// The entry of a person who leaves since this second.
fn leaving(mut entry: Value, second: i64) -> Value {
    entry["leavingTime"] = json!(at(second));
    entry
}

/// Since when each person leaves, as status says while no step is made, and before the first one.
fn leaving_since(plan: &Plan<TeamFacts>) -> [Vec<Option<i64>>; 2] {
    let seconds = |facts: &TeamFacts| {
        let since = facts.members.iter().map(|entry| entry.leaving_time);
        since.map(|time| time.map(|time| time.duration_since(at(0)).as_secs())).collect()
    };
    [seconds(&plan.facts), seconds(&plan.record().facts)]
}

#[test]
fn status_says_that_people_leave_once_for_all_of_them_and_directly_before_the_first_call() {
    let looks = now(vec![("c-a", "a@x")], vec![("b@x", "Pending")]);
    let taken_out = |known: Value| plan(&listing(&[], "Managed"), &known, &looks);
    let first = taken_out(json!([active("a@x", "c-a"), invited("b@x")]));
    assert_eq!(operations(&first), ["remove member", "withdraw invitation"]);
    assert!(first.is_recorded_first);
    assert_eq!(leaving_since(&first), [vec![None, None], vec![Some(200), Some(200)]]);
    for (second, is_valid) in [(199, true), (194, false)] {
        let known = json!([leaving(active("a@x", "c-a"), second), leaving(invited("b@x"), 200)]);
        let recorded = taken_out(known);
        assert_eq!(recorded.is_recorded_first, !is_valid, "{second}");
        assert_eq!(recorded.steps.first().unwrap().recorded_at, Some(at(second)));
    }
    // Who is seen in the team for the first time is known by the id from then on, whatever the address.
    let joined = plan(&listing(&[], "Managed"), &json!([invited("a@x")]), &now(vec![("c-a", "a@x")], vec![]));
    assert_eq!(joined.record().facts.members[0].customer_id.as_deref(), Some("c-a"));
    // What is held is not recorded.
    assert_eq!(leaving_since(&first.limited_to(Vec::new())), [vec![None, None], vec![None, None]]);
}

#[test]
fn status_says_that_a_person_leaves_who_is_moved_and_who_is_gone_without_a_call() {
    let (name, external_id) = ("n/other".to_owned(), Some(AWAY.to_owned()));
    let lists = OtherMention { name, external_id, is_wanted: true, role: None, customer_id: None, is_passive: false };
    let known = json!([active("q@x", "c-q")]);
    let moved = plan_beside(&listing(&[], "Managed"), &known, &now(vec![("c-q", "q@x")], vec![]), &[lists]);
    assert_eq!((operations(&moved), moved.is_recorded_first), (vec!["update member"], true));
    let look = |second, members| Look { second, members, invitations: vec![] };
    let gone = plan(&listing(&[], "Managed"), &known, &[look(100, vec![("c-q", "q@x")]), look(200, vec![])]);
    assert_eq!((operations(&gone), leaving_since(&gone)), (vec![], [vec![Some(200)], vec![Some(200)]]));
}

#[test]
fn who_is_listed_again_is_not_judged_before_lists_can_show_what_came_of_the_call() {
    let known = json!([leaving(invited("a@x"), 100)]);
    for invitations in [vec![], vec![("a@x", "Pending")], vec![("a@x", "Declined")]] {
        let look = |second| Look { second, members: vec![], invitations: invitations.clone() };
        let at_second = |second, looks: &[Look]| plan_at(second, &listing(&["a@x"], "Managed"), &known, looks, &[]);
        let early = at_second(124, &[look(100), look(124)]).unwrap();
        assert_eq!((operations(&early), leaving_since(&early)), (vec![], [vec![Some(100)], vec![Some(100)]]));
        let State::Waiting { reason: Reason::Progressing, message, until: Some(until) } = &early.state else {
            panic!("{:?}", early.state);
        };
        assert!(message.contains("'a@x'") && until == &at(125), "{message} {until}");
        assert!(at_second(130, &[look(100), look(124)]).is_none(), "an older read proves nothing");
    }
}

#[test]
fn who_is_listed_again_stays_where_lists_show_it_and_is_invited_again_where_none_does() {
    let listed_again = |state: &str, members: People, invitations: People| {
        let known =
            json!([{"email": "a@x", "customerId": "c-a", "state": state, "reminders": 2, "leavingTime": at(100)}]);
        plan(&listing(&["a@x"], "Managed"), &known, &now(members, invitations))
    };
    for state in ["Invited", "Reminded", "Active", "Declined", "Left", "Expired"] {
        for (members, invitations, expected) in [
            (vec![("c-a", "a@x")], vec![], "Active"),
            (vec![("c-a", "b@x")], vec![], "Active"),
            (vec![], vec![("a@x", "Pending")], "Invited"),
            (vec![], vec![("a@x", "Bounced")], "Expired"),
        ] {
            let stays = listed_again(state, members, invitations);
            assert_eq!((operations(&stays), &stays.state), (vec![], &State::Available), "{state} {expected}");
            assert!(people(&stays)[0].contains(expected), "{state} {expected}: {:?}", people(&stays));
            assert_eq!(leaving_since(&stays), [vec![None], vec![None]]);
        }
        for answer in [None, Some("Declined"), Some("Accepted"), Some("Expired")] {
            let gone = listed_again(state, vec![], answer.map(|answer| ("a@x", answer)).into_iter().collect());
            assert_eq!((operations(&gone), people(&gone)), (vec!["invite"], vec!["a@x Invited None".to_owned()]));
            assert_eq!(
                (leaving_since(&gone), gone.record().facts.members[0].reminders),
                ([vec![Some(100)], vec![None]], 0)
            );
        }
    }
    // The list may have missed the person, who was there before.
    let look = |second, members| Look { second, members, invitations: vec![] };
    let known = json!([leaving(active("a@x", "c-a"), 100)]);
    let looks = [look(150, vec![("c-a", "a@x")]), look(200, vec![])];
    let missed = plan(&listing(&["a@x"], "Managed"), &known, &looks);
    assert!(
        matches!(missed.state, State::Waiting { reason: Reason::Progressing, until: Some(until), .. } if until == at(210))
    );
    assert_eq!(operations(&missed), Vec::<&str>::new());
}

#[test]
fn who_accepted_just_now_is_neither_forgotten_nor_said_to_have_left_while_the_list_of_members_lags() {
    let look = |second, answer| Look { second, members: vec![], invitations: vec![("a@x", answer)] };
    for (last, is_settled) in [(200, false), (209, false), (210, true)] {
        let looks = [look(100, "Pending"), look(200, "Accepted"), look(last, "Accepted")];
        let at_last = |listed: &[&str]| people(&plan(&listing(listed, "Managed"), &json!([invited("a@x")]), &looks));
        assert_eq!(at_last(&[]), if is_settled { vec![] } else { vec!["a@x Invited None".to_owned()] }, "{last}");
        assert_eq!(at_last(&["a@x"]), [if is_settled { "a@x Left None" } else { "a@x Invited None" }], "{last}");
    }
}

#[test]
fn an_answer_to_an_earlier_invitation_says_nothing_of_one_that_was_only_recorded() {
    for (is_earlier, answer, expected) in [
        (true, "Accepted", Err("invite")),
        (true, "Expired", Err("invite")),
        (true, "Declined", Ok("a@x Declined None")),
        (false, "Accepted", Ok("a@x Left None")),
        (false, "Expired", Ok("a@x Expired None")),
        (false, "Declined", Ok("a@x Declined None")),
    ] {
        let mut known = invited("a@x");
        (known["invitedTime"], known["unconfirmed"]) = (json!(at(150)), json!(true));
        known["earlierInvitation"] = json!(is_earlier);
        let resolved = plan(&listing(&["a@x"], "Managed"), &json!([known]), &now(vec![], vec![("a@x", answer)]));
        match expected {
            Ok(person) => assert_eq!((operations(&resolved), people(&resolved)), (vec![], vec![person.to_owned()])),
            Err(call) => assert_eq!(operations(&resolved), [call], "{answer}"),
        }
    }
    for (answer, is_earlier) in
        [(Some("Accepted"), true), (Some("Expired"), true), (Some("Declined"), false), (None, false)]
    {
        let invitations = answer.map(|answer| ("a@x", answer)).into_iter().collect();
        let known = json!([leaving(active("a@x", "c-a"), 100)]);
        let again = plan(&listing(&["a@x"], "Managed"), &known, &now(vec![], invitations));
        assert_eq!(again.record().facts.members[0].earlier_invitation, is_earlier, "{answer:?}");
    }
}
