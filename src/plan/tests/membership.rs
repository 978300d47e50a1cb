//! The table of membership: policy × where a person stands × what the spec says → calls.

use crate::api::annotations::Annotations;
use crate::api::reason::Reason;
use crate::api::team::members::MemberState;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::state::State;
use crate::plan::step::Why;
use crate::plan::tests::at;
use crate::plan::tests::membership_case::{AWAY, Case, other};
use crate::plan::write_mode::WriteMode;

#[test]
fn every_row_of_membership_leads_to_its_calls_and_no_others() {
    use crate::api::team::members::MemberState::{Active, Declined, Expired, Invited, Left, Reminded};
    let listed = |member, invitation, before, role: Option<&'static str>| {
        let listed = Some(role.unwrap_or_default());
        Case { member, invitation, before, listed, ..Case::default() }
    };
    let manager = Some("manager");
    for (case, expected) in [
        // Listed.
        (listed(None, None, None, None), "invite Invited"),
        (listed(Some("user"), None, None, None), "Active"),
        (listed(Some("user"), None, None, manager), "update member Active"),
        (listed(manager, None, None, manager), "Active"),
        (listed(Some("root"), None, None, manager), "Active"),
        (listed(None, Some("Pending"), None, None), "Invited"),
        (listed(None, Some("PENDING"), Some((Invited, None)), None), "remind Reminded"),
        (listed(None, Some("Pending"), Some((Reminded, None)), None), "remind Reminded"),
        (listed(None, Some("Declined"), Some((Invited, None)), None), "Declined"),
        (listed(None, Some("declined"), Some((Declined, None)), None), "Declined"),
        (listed(None, Some("Declined"), Some((Declined, None)), manager), "invite Invited"),
        (listed(None, Some("Declined"), None, None), "invite Invited"),
        (listed(None, Some("Accepted"), Some((Active, None)), None), "Left"),
        (listed(None, None, Some((Active, None)), None), "Left"),
        (listed(None, None, Some((Left, None)), None), "Left"),
        (listed(None, None, Some((Left, None)), manager), "invite Invited"),
        (listed(None, None, Some((Invited, None)), None), "Expired"),
        (listed(None, None, Some((Reminded, None)), None), "Expired"),
        (listed(None, Some("Bounced"), Some((Invited, None)), None), "Expired"),
        (listed(None, Some("Bounced"), None, None), "Expired"),
        (listed(None, Some("Accepted"), Some((Invited, None)), None), "Left"),
        (listed(None, None, Some((Expired, None)), None), "Expired"),
        (listed(None, Some("Declined"), Some((Expired, None)), None), "Declined"),
        (listed(None, None, Some((Expired, None)), manager), "invite Invited"),
        (listed(Some("user"), Some("Declined"), Some((Declined, None)), None), "Active"),
    ] {
        for policy in ["Managed", "Authoritative"] {
            let case = Case { policy, ..case.clone() };
            assert_eq!(case.row(), expected, "{policy} {:?} {:?} {:?}", case.member, case.invitation, case.before);
        }
    }
}

#[test]
fn who_declined_before_a_resource_took_the_team_over_is_not_asked_by_it() {
    let declined = Case { listed: Some(""), invitation: Some("Declined"), ..Case::default() };
    assert_eq!(Case { is_first: true, ..declined.clone() }.row(), "Declined");
    assert_eq!(declined.row(), "invite Invited", "listed again: the entry was edited");
}

#[test]
fn who_is_not_listed_is_taken_out_as_far_as_the_policy_goes() {
    use crate::api::team::members::MemberState::{Active, Declined, Invited};
    for (member, invitation, before, managed, authoritative) in [
        (None, None, None, "-", "-"),
        (Some("user"), None, None, "-", "remove member -"),
        (Some("root"), None, None, "-", "-"),
        (None, Some("Pending"), None, "-", "withdraw invitation -"),
        (None, Some("Declined"), None, "-", "-"),
        (Some("user"), None, Some((Active, None)), "remove member Active", "remove member Active"),
        (Some("root"), None, Some((Active, None)), "-", "-"),
        (None, Some("Pending"), Some((Invited, None)), "withdraw invitation Invited", "withdraw invitation Invited"),
        (None, Some("Declined"), Some((Declined, None)), "-", "-"),
        (None, None, Some((Active, None)), "-", "-"),
    ] {
        for (policy, expected) in [("Managed", managed), ("Authoritative", authoritative)] {
            let case = Case { policy, member, invitation, before, ..Case::default() };
            assert_eq!(case.row(), expected, "{policy} {member:?} {invitation:?} {before:?}");
        }
    }
}

#[test]
fn a_person_whom_one_team_gives_up_and_another_lists_is_moved_by_whichever_comes_first() {
    let active = Some((MemberState::Active, None));
    let lists = Case { listed: Some(""), ..Case::default() };
    let gives_up = Case { member: Some("user"), before: active, ..Case::default() };
    for (case, expected) in [
        // The Team that gives the person up.
        (Case { others: other(Some(AWAY), true), ..gives_up.clone() }, "update member Active"),
        (Case { others: other(None, true), ..gives_up.clone() }, "Active"),
        (Case { is_young: true, ..gives_up.clone() }, "Active Progressing"),
        (Case { is_young: true, others: other(Some(AWAY), true), ..gives_up }, "update member Active"),
        // The Team that lists the person.
        (Case { others: other(Some(AWAY), false), away: Some("user"), ..lists.clone() }, "update member -"),
        (Case { others: other(Some(AWAY), false), away: None, ..lists.clone() }, "invite Invited"),
        (Case { others: other(Some(AWAY), false), away: Some("root"), ..lists.clone() }, "invite Invited"),
        (Case { others: other(Some(AWAY), false), away: Some("manager"), ..lists.clone() }, "- LastManager"),
        (
            Case { others: other(Some(AWAY), true), away: Some("user"), is_young: true, ..lists.clone() },
            "- Progressing",
        ),
        (Case { others: other(Some(AWAY), true), away: Some("user"), ..lists }, "invite Invited"),
    ] {
        assert_eq!(case.row(), expected, "{:?} young: {}", case.others, case.is_young);
    }
}

#[test]
fn the_last_manager_is_held_until_there_is_another_or_a_person_allows_it() {
    let active = Some((MemberState::Active, None));
    let leaves = Case { member: Some("manager"), before: active, ..Case::default() };
    assert_eq!(leaves.row(), "remove member Active", "there is another manager");
    let alone = Case { boss: "user", ..leaves.clone() };
    assert_eq!(alone.row(), "Active LastManager");
    assert_eq!(Case { others: other(Some(AWAY), true), ..alone.clone() }.row(), "Active LastManager");
    let observed = alone.plan(&Attempts::default()).apply_mode(WriteMode::Observe);
    assert!(matches!(observed.state, State::Drifted(drift) if drift.message().contains("last manager")));
    assert_eq!(Case { allowed: true, ..alone }.row(), "remove member Active");
}

#[test]
fn the_last_manager_is_not_made_a_user() {
    let steps_down = Case { member: Some("manager"), listed: Some("user"), ..Case::default() };
    assert_eq!(steps_down.row(), "update member Active", "there is another manager");
    let alone = Case { boss: "user", ..steps_down };
    assert_eq!(alone.row(), "Active LastManager");
    assert_eq!(Case { boss_role: Some("manager"), ..alone.clone() }.row(), "update member Active LastManager");
    assert_eq!(Case { allowed: true, ..alone }.row(), "update member Active");
}

#[test]
fn an_invitation_is_recorded_before_it_is_sent_and_sent_by_nobody_else() {
    let case = Case { listed: Some(""), ..Case::default() };
    let plan = case.plan(&Attempts::default());
    let step = plan.steps.first().unwrap();
    assert!(matches!(step.why, Why::Notify(_)));
    let members = plan.record().facts.members;
    let entry = members.iter().find(|entry| entry.email == "P@x").unwrap();
    assert!(entry.unconfirmed && entry.invited_time == Some(at(7200)), "{entry:?}");
    let key = step.key.clone().unwrap();
    // Written ahead just now: the process that wrote it sends it, and for any other process the list decides.
    let known_id = Case { known_id: Some(7199), ..case.clone() };
    let mut attempts = Attempts::default();
    assert_eq!(known_id.row(), "Invited ResolvingCreate");
    attempts.mark_pending([key.clone()], at(7200));
    assert_eq!(known_id.plan(&attempts).steps.len(), 1);
    attempts.record_result(&key, CallResult::Unknown);
    assert_eq!(known_id.plan(&attempts).steps.len(), 0);
    // Recorded long ago, and no list shows it: it was never sent.
    assert_eq!(Case { known_id: Some(0), ..case.clone() }.row(), "invite Invited");
    assert_eq!(Case { known_id: Some(0), invitation: Some("Declined"), ..case.clone() }.row(), "Declined");
    // Refused: not tried again until the entry is edited or a person asks.
    attempts.record_result(&key, CallResult::Refused);
    assert!(matches!(case.plan(&attempts).state, State::Stalled { reason: Reason::Invalid, .. }));
    attempts.on_generation(1, false, at(7200), &Annotations::default());
    assert_eq!(case.plan(&attempts).steps.len(), 1);
}
