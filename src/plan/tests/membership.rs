//! The table of membership: policy × where a person stands × what the spec says → calls.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::{AllowDeletion, Annotations};
use crate::api::reason::Reason;
use crate::api::team::members::MemberState;
use crate::api::team::{Team, TeamFacts};
use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::context::{OtherTeam, PlanContext};
use crate::plan::managed::Managed;
use crate::plan::step::Why;
use crate::plan::tests::at;
use crate::plan::{Plan, State};
use crate::provider::model::ids::TeamId;

const HOME: &str = "00000000-0000-4000-8000-000000000001";
const AWAY: &str = "00000000-0000-4000-8000-000000000002";

/// One person's case; the person is `p@x`.
#[derive(Clone)]
struct Case {
    policy: &'static str,
    /// The role of the person in the team's list of members.
    member: Option<&'static str>,
    /// The answer in the list of invitations.
    invitation: Option<&'static str>,
    /// The state in status, and the role that was asked for then.
    before: Option<(MemberState, Option<&'static str>)>,
    /// The entry in the spec, with the role that it asks for; empty: none.
    listed: Option<&'static str>,
    others: Vec<OtherTeam>,
    /// The role of the person in the other team's list of members.
    away: Option<&'static str>,
    /// Whether the spec changed a moment ago.
    is_young: bool,
    /// The role of the only other member besides root, who is listed without a role.
    boss: &'static str,
    /// An invitation is recorded at this second, and unconfirmed.
    known_id: Option<i64>,
    /// Whether the resource has just taken the team over.
    is_first: bool,
    /// Whether `allow-deletion` is `true`.
    allowed: bool,
}

impl Default for Case {
    fn default() -> Self {
        let (policy, others) = ("Managed", Vec::new());
        Self {
            policy,
            member: None,
            invitation: None,
            before: None,
            listed: None,
            others,
            away: None,
            is_young: false,
            boss: "manager",
            known_id: None,
            is_first: false,
            allowed: false,
        }
    }
}

impl Case {
    fn team(&self) -> Team {
        let role = |role: Option<&str>| role.map_or(Value::Null, |role| json!(role));
        let mut members = vec![json!({"email": "boss@x"})];
        members.extend(self.listed.map(|wanted| match wanted {
            "" => json!({"email": "P@x"}),
            role => json!({"email": "P@x", "role": role}),
        }));
        let mut known = vec![json!({"email": "boss@x", "state": "Active", "reminders": 0})];
        known.extend(self.before.map(|(state, asked)| {
            let mut entry =
                json!({"email": "P@x", "state": state, "reminders": 0, "invitedTime": at(0), "askedRole": role(asked)});
            if asked.is_none() {
                entry.as_object_mut().unwrap().remove("askedRole");
            }
            entry
        }));
        known.extend(self.known_id.map(|second| {
            json!({"email": "P@x", "state": "Invited", "reminders": 0, "invitedTime": at(second), "unconfirmed": true})
        }));
        let whole = json!({
            "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team", "metadata": {"name": "t", "namespace": "n"},
            "spec": {"name": "T", "members": members, "membershipPolicy": self.policy, "invitations": {"remindAfterHours": 1}},
            "status": {"externalId": if self.is_first { AWAY } else { HOME }, "members": known},
        });
        serde_json::from_value(whole).unwrap()
    }

    /// What the provider lists.
    fn lists(&self) -> BTreeMap<&'static str, Value> {
        let mut members = vec![
            json!({"customer_id": "c-own", "email": "own@x", "role": "root"}),
            json!({"customer_id": "c-boss", "email": "boss@x", "role": self.boss}),
        ];
        members.extend(self.member.map(|role| json!({"customer_id": "c-p", "email": "p@x", "role": role})));
        let away = self.away.map(|role| json!({"customer_id": "c-p", "email": "p@x", "role": role}));
        let invited = self.invitation.map(|answer| json!({"channel": "p@x", "status": answer}));
        BTreeMap::from([
            ("list teams", json!([{"team_id": HOME, "name": "T"}])),
            ("read customer", json!({"customer_id": "c-own", "email": "own@x"})),
            ("list members", json!(members)),
            ("list members of the other", json!(away.into_iter().collect::<Vec<_>>())),
            ("list invitations", json!(invited.into_iter().collect::<Vec<_>>())),
        ])
    }

    fn plan(&self, attempts: &Attempts) -> Plan<TeamFacts> {
        let (team, lists) = (self.team(), self.lists());
        let others = self.others.clone();
        let mut inventory = Inventory::default();
        inventory.set_read_lag(SignedDuration::from_secs(10));
        // Lists have agreed for longer than the lag.
        for second in [0, 3600 * 2] {
            for (collection, operation) in collections() {
                let call = collection.call();
                let answer = call.answer(200, lists[operation].to_string().as_bytes()).ok().unwrap();
                inventory.record(&call, &answer, at(second));
            }
        }
        let allow_deletion = self.allowed.then_some(AllowDeletion::PastGuards);
        let annotations = Annotations { allow_deletion, ..Annotations::default() };
        let context = PlanContext {
            read_lag: SignedDuration::from_secs(10),
            known_id: Some(HOME),
            other_teams: &move |email| if email == "p@x" { others.clone() } else { Vec::new() },
            ..PlanContext::alone(at(3600 * 2), &annotations, attempts)
        };
        team.plan(&(), &context, &inventory).ok().unwrap()
    }

    /// The calls, in order, and the person's state.
    fn row(&self) -> String {
        let mut attempts = Attempts::default();
        attempts.on_generation(1, !self.is_young, at(3600 * 2 - 1));
        let plan = self.plan(&attempts);
        let calls: Vec<_> = plan.steps.iter().map(|step| step.call.operation()).collect();
        let person = plan.facts.members.iter().find(|entry| entry.email.eq_ignore_ascii_case("p@x"));
        let state = person.map_or("-".to_owned(), |entry| format!("{:?}", entry.state));
        let word = match plan.state {
            State::Available => "",
            State::Waiting { reason, .. } | State::Stalled { reason, .. } | State::DeletionBlocked { reason, .. } => {
                reason.as_str()
            }
            _ => "?",
        };
        format!("{} {state} {word}", calls.join(", ")).trim().to_owned()
    }
}

fn collections() -> Vec<(Collection, &'static str)> {
    use crate::inventory::collection::Collection as C;
    let id = |text| TeamId::parse(text).unwrap();
    vec![
        (C::Teams, "list teams"),
        (C::Customer, "read customer"),
        (C::Members(id(HOME)), "list members"),
        (C::Members(id(AWAY)), "list members of the other"),
        (C::Invitations(id(HOME)), "list invitations"),
    ]
}

fn other(team: Option<&str>, lists: bool) -> Vec<OtherTeam> {
    vec![OtherTeam { team: team.and_then(TeamId::parse), lists, role: None }]
}

#[test]
fn every_row_of_membership_leads_to_its_calls_and_no_others() {
    use crate::api::team::members::MemberState::{Active, Declined, Invited, Left, Reminded};
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
        (listed(None, None, Some((Invited, None)), None), "Left"),
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
    assert_eq!(Case { allowed: true, ..alone }.row(), "remove member Active");
}

#[test]
fn an_invitation_is_recorded_before_it_is_sent_and_sent_by_nobody_else() {
    let case = Case { listed: Some(""), ..Case::default() };
    let plan = case.plan(&Attempts::default());
    let step = plan.steps.first().unwrap();
    assert!(matches!(step.why, Why::Notify(_)));
    let entry = plan.facts.members.iter().find(|entry| entry.email == "P@x").unwrap();
    assert!(entry.unconfirmed && entry.invited_time == Some(at(7200)), "{entry:?}");
    let key = step.key.clone().unwrap();
    // Recorded just now: whoever promised it sends it, and it is settled by the list for everybody else.
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
}
