//! People who change: what two looks at the lists of a team tell of them.

pub(crate) mod kept;
pub(crate) mod returning;
pub(crate) mod unlisted;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::Annotations;
use crate::api::reason::Reason;
use crate::api::team::{Team, TeamFacts};
use crate::inventory::Inventory;
use crate::plan::attempts::Attempts;
use crate::plan::context::PlanContext;
use crate::plan::managed::Managed;
use crate::plan::mention::OtherMention;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::tests::at;
use crate::plan::tests::membership_case::{AWAY, HOME, collections};
use crate::plan::write_mode::WriteMode;

/// The lists of a team at one second: members as (id, e-mail), invitations as (e-mail, status).
struct Look {
    second: i64,
    members: Vec<(&'static str, &'static str)>,
    invitations: Vec<(&'static str, &'static str)>,
}

/// A team of which `known` is recorded.
fn team(spec: &Value, known: &Value) -> Team {
    let whole = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team", "metadata": {"name": "t", "namespace": "n"},
        "spec": spec, "status": {"externalId": HOME, "members": known},
    });
    serde_json::from_value(whole).unwrap()
}

/// Plans a team after these looks, the last of which is the present; nothing was recorded before but `known`.
fn plan(spec: &Value, known: &Value, looks: &[Look]) -> Plan<TeamFacts> {
    plan_beside(spec, known, looks, &[])
}

/// The same, beside another team with the member `new@x`, whose resource says this of everybody.
fn plan_beside(spec: &Value, known: &Value, looks: &[Look], others: &[OtherMention]) -> Plan<TeamFacts> {
    plan_at(looks.last().unwrap().second, spec, known, looks, others).unwrap()
}

/// The same at another second than that of the last look; absent: something must be read first.
fn plan_at(
    second: i64,
    spec: &Value,
    known: &Value,
    looks: &[Look],
    others: &[OtherMention],
) -> Option<Plan<TeamFacts>> {
    let team = team(spec, known);
    let mut inventory = Inventory::default();
    inventory.set_read_lag(SignedDuration::from_secs(10));
    for Look { second, members, invitations } in looks {
        let members = members.iter().map(|(id, email)| json!({"customer_id": id, "email": email, "role": "user"}));
        let invitations = invitations.iter().map(|(email, status)| json!({"channel": email, "status": status}));
        for (collection, name) in collections() {
            let answer = match name {
                "list teams" => json!([{"team_id": HOME, "name": "T"}]),
                "read customer" => json!({"customer_id": "c-own", "email": "own@x"}),
                "list members" => members.clone().collect(),
                "list invitations" => invitations.clone().collect(),
                "list members of the other" => json!([{"customer_id": "c-p", "email": "new@x", "role": "user"}]),
                _ => json!([]),
            };
            let call = collection.call();
            let answer = call.answer(200, answer.to_string().as_bytes()).ok().unwrap();
            inventory.record(&call, &answer, at(*second));
        }
    }
    let (annotations, attempts) = (Annotations::default(), Attempts::default());
    let context = PlanContext {
        known_id: Some(HOME),
        read_lag: SignedDuration::from_secs(10),
        other_mentions: &|_| others.to_vec(),
        ..PlanContext::alone(at(second), &annotations, &attempts, &inventory)
    };
    team.plan(&(), &context).ok()
}

fn operations(plan: &Plan<TeamFacts>) -> Vec<&'static str> {
    plan.steps.iter().map(|step| step.call.operation()).collect()
}

/// Each person's state, and the present address if it is another one.
fn people(plan: &Plan<TeamFacts>) -> Vec<String> {
    let members = plan.record().facts.members;
    members.iter().map(|entry| format!("{} {:?} {:?}", entry.email, entry.state, entry.current_email)).collect()
}

fn listing(emails: &[&str], policy: &str) -> Value {
    let members: Vec<_> = emails.iter().map(|email| json!({"email": email})).collect();
    json!({"name": "T", "members": members, "membershipPolicy": policy})
}

fn active(email: &str, id: &str) -> Value {
    json!({"email": email, "customerId": id, "state": "Active", "reminders": 0})
}

fn invited(email: &str) -> Value {
    json!({"email": email, "state": "Invited", "reminders": 0, "invitedTime": at(0)})
}

fn now(members: Vec<(&'static str, &'static str)>, invitations: Vec<(&'static str, &'static str)>) -> [Look; 2] {
    let first = Look { second: 100, members: members.clone(), invitations: invitations.clone() };
    [first, Look { second: 200, members, invitations }]
}

#[test]
fn without_members_nobody_is_touched_and_what_is_recorded_stays() {
    for policy in ["Managed", "Authoritative"] {
        let known = json!([active("a@x", "c-a"), invited("b@x")]);
        let looks = now(vec![("c-a", "a@x"), ("c-z", "z@x")], vec![("b@x", "Pending"), ("y@x", "Pending")]);
        for spec in [json!({"name": "T", "membershipPolicy": policy}), json!({"name": "T", "members": null})] {
            let plan = plan(&spec, &known, &looks);
            assert_eq!(operations(&plan), Vec::<&str>::new());
            assert_eq!(people(&plan), ["a@x Active None", "b@x Invited None"]);
        }
        let plan = plan(&listing(&[], policy), &known, &looks);
        assert!(plan.steps.iter().all(|step| step.guard.is_some()), "each is counted by the deletion guard");
        let managed = ["remove member", "withdraw invitation"];
        let authoritative = ["remove member", "withdraw invitation", "remove member", "withdraw invitation"];
        assert_eq!(operations(&plan), if policy == "Managed" { &managed[..] } else { &authoritative[..] });
    }
}

#[test]
fn a_member_is_known_by_the_customer_id_once_seen() {
    for policy in ["Managed", "Authoritative"] {
        let known = json!([active("a@x", "c-a")]);
        let moved = now(vec![("c-a", "b@x")], vec![]);
        let stays = plan(&listing(&["a@x"], policy), &known, &moved);
        assert_eq!((operations(&stays), people(&stays)), (vec![], vec![r#"a@x Active Some("b@x")"#.to_owned()]));
        assert_eq!(Team::notice(&stays.facts).unwrap().reason, Reason::MemberChanged);
        let relisted = plan(&listing(&["b@x"], policy), &known, &moved);
        assert_eq!((operations(&relisted), people(&relisted)), (vec![], vec!["b@x Active None".to_owned()]));
        assert_eq!(Team::notice(&relisted.facts), None);
        let both = plan(&listing(&["a@x", "b@x"], policy), &known, &moved);
        assert_eq!(operations(&both), Vec::<&str>::new());
        assert_eq!(operations(&plan(&listing(&[], policy), &known, &moved)), ["remove member"]);
        // Somebody else has the address by now: that one was listed by nobody.
        let taken = now(vec![("c-z", "a@x")], vec![]);
        let removed = operations(&plan(&listing(&[], policy), &known, &taken)).len();
        assert_eq!(removed, usize::from(policy == "Authoritative"));
    }
}

#[test]
fn who_joins_when_an_invitation_disappears_is_presumed_to_be_the_invited_and_is_not_removed() {
    for policy in ["Managed", "Authoritative"] {
        let before = Look { second: 100, members: vec![("c-o", "o@x")], invitations: vec![("a@x", "Pending")] };
        let members = vec![("c-o", "o@x"), ("c-b", "b@x")];
        let gone = |second| Look { second, members: members.clone(), invitations: vec![] };
        let known = json!([invited("a@x"), active("o@x", "c-o")]);
        let spec = listing(&["a@x", "o@x"], policy);
        let first = plan(&spec, &known, &[before, gone(200)]);
        assert_eq!(operations(&first), Vec::<&str>::new());
        assert_eq!(people(&first)[0], r#"a@x Invited Some("b@x")"#);
        let told = Team::notice(&first.facts).unwrap().message;
        assert!(told.contains("a@x") && told.contains("b@x"), "{told}");
        // The lists agreed for the read lag; a process that began later knows it from status.
        let known =
            json!([{"email": "a@x", "state": "Invited", "reminders": 0, "currentEmail": "b@x"}, active("o@x", "c-o")]);
        let last = plan(&spec, &known, &[gone(200), gone(300)]);
        assert_eq!((operations(&last), people(&last)[0].as_str()), (vec![], r#"a@x Expired Some("b@x")"#));
        // Whoever is withdrawn takes the presumption along.
        let withdrawn = plan(&listing(&["o@x"], policy), &known, &[gone(200), gone(300)]);
        assert_eq!(operations(&withdrawn).len(), usize::from(policy == "Authoritative"));
    }
}

#[test]
fn an_open_invitation_keeps_a_stranger_for_the_read_lag() {
    let before = Look { second: 100, members: vec![], invitations: vec![("a@x", "Pending")] };
    let joined = |second| Look { second, members: vec![("c-b", "b@x")], invitations: vec![("a@x", "Pending")] };
    let (known, spec) = (json!([invited("a@x")]), listing(&["a@x"], "Authoritative"));
    assert_eq!(operations(&plan(&spec, &known, &[before, joined(200)])), Vec::<&str>::new());
    let before = Look { second: 100, members: vec![], invitations: vec![("a@x", "Pending")] };
    assert_eq!(operations(&plan(&spec, &known, &[before, joined(200), joined(300)])), ["remove member"]);
}

#[test]
fn an_expired_invitation_is_sent_again_only_where_the_spec_says_so_and_within_the_cap() {
    let spec = |policy: &str| json!({"name": "T", "members": [{"email": "a@x"}], "invitations": {"onExpiry": policy, "maxReminders": 2}});
    for (policy, reminders, status, expected) in [
        ("Report", 0, None, 0),
        ("InviteAgain", 0, None, 1),
        ("InviteAgain", 1, Some("Expired"), 1),
        ("InviteAgain", 2, None, 0),
        ("InviteAgain", 0, Some("Bounced"), 0),
    ] {
        for state in ["Invited", "Reminded", "Expired"] {
            let known = json!([{"email": "a@x", "state": state, "reminders": reminders, "invitedTime": at(0)}]);
            let looks = now(vec![], status.map(|status| ("a@x", status)).into_iter().collect());
            let plan = plan(&spec(policy), &known, &looks);
            assert_eq!(operations(&plan).len(), expected, "{policy} {reminders} {status:?} {state}");
            let recorded = plan.record().facts.members.remove(0);
            assert_eq!(recorded.reminders, reminders + i32::try_from(expected).unwrap());
            assert_eq!(Team::conditions(&plan.facts)[0].reason, Reason::Expired, "as long as it is not sent");
        }
    }
}

#[test]
fn what_is_observed_only_records_nobody_as_invited_or_reminded() {
    let mut spec = listing(&["a@x", "b@x"], "Managed");
    spec["invitations"] = json!({"remindAfterHours": 1});
    let known = json!([{"email": "b@x", "state": "Invited", "reminders": 0, "invitedTime": "1970-01-01T00:00:00Z"}]);
    let managed = plan(&spec, &known, &now(vec![], vec![("b@x", "Pending")]));
    assert_eq!(operations(&managed), ["invite", "remind"]);
    assert_eq!(people(&managed), ["a@x Invited None", "b@x Reminded None"]);
    for mode in [WriteMode::Observe, WriteMode::DryRun] {
        let observed = managed.clone().apply_mode(mode);
        assert_eq!((operations(&observed), people(&observed)), (vec![], vec!["b@x Invited None".to_owned()]));
    }
    let reported = managed.apply_mode(WriteMode::Report);
    assert_eq!(operations(&reported), ["invite", "remind"], "a notification is no drift");
    assert_eq!(people(&reported), ["a@x Invited None", "b@x Reminded None"]);
}

#[test]
fn a_team_names_people_by_every_address_and_nobody_without_a_list_or_where_it_only_observes() {
    let known =
        json!([{"email": "a@x", "customerId": "c-a", "currentEmail": "b@x", "state": "Active", "reminders": 0}]);
    let mut spec = listing(&["A@x"], "Managed");
    let says = |spec: &Value| {
        let mentions = team(spec, &known).mentions().into_iter();
        mentions.map(|mention| format!("{} {}", mention.subject, mention.is_wanted)).collect::<Vec<_>>()
    };
    assert_eq!(says(&spec), ["a@x true", "b@x true"]);
    assert_eq!(says(&listing(&[], "Managed")), ["a@x false", "b@x false"]);
    assert_eq!(says(&listing(&["b@x"], "Managed")), ["a@x false", "b@x true"]);
    assert_eq!(says(&json!({"name": "T"})), Vec::<String>::new());
    spec["managementPolicy"] = json!("Observe");
    assert_eq!(says(&spec), Vec::<String>::new());
    let mut gives_up = listing(&[], "Managed");
    gives_up["managementPolicy"] = json!("Observe");
    assert_eq!(says(&gives_up), ["a@x false", "b@x false"]);
    for (policy, value) in [("managementPolicy", json!("Observe")), ("suspend", json!(true))] {
        let mut spec = listing(&[], "Managed");
        assert!(team(&spec, &known).mentions().iter().all(|mention| !mention.is_passive));
        spec[policy] = value;
        assert!(team(&spec, &known).mentions().iter().all(|mention| mention.is_passive), "{policy}");
    }
}

#[test]
fn a_team_that_does_not_write_neither_gives_nor_gets_a_person_by_the_plan_of_another() {
    let passive = |is_wanted| {
        let (name, external_id, customer_id) = ("n/other".to_owned(), Some(AWAY.to_owned()), Some("c-p".to_owned()));
        [OtherMention { name, external_id, is_wanted, role: None, customer_id, is_passive: true }]
    };
    let lists = plan_beside(&listing(&["old@x"], "Managed"), &json!([]), &now(vec![], vec![]), &passive(false));
    let known = json!([active("old@x", "c-q")]);
    let gives_up = plan_beside(&listing(&[], "Managed"), &known, &now(vec![("c-q", "q@x")], vec![]), &passive(true));
    for waits in [lists, gives_up] {
        assert_eq!(operations(&waits), Vec::<&str>::new());
        let State::Waiting { reason: Reason::Progressing, message, until: Some(_) } = &waits.state else {
            panic!("{:?}", waits.state);
        };
        assert!(message.contains("'n/other'"), "{message}");
    }
}

#[test]
fn a_person_is_moved_under_whatever_address_one_of_the_teams_knows() {
    let other = |is_wanted, id: Option<&str>| {
        let (external_id, customer_id) = (Some(AWAY.to_owned()), id.map(str::to_owned));
        let name = "n/other".to_owned();
        [OtherMention { name, external_id, is_wanted, role: None, customer_id, is_passive: false }]
    };
    // The other Team gives up the person, whom it knows by the customer id.
    let spec = listing(&["old@x"], "Managed");
    let moved = plan_beside(&spec, &json!([]), &now(vec![], vec![]), &other(false, Some("c-p")));
    assert_eq!(operations(&moved), ["update member"]);
    let unknown = plan_beside(&spec, &json!([]), &now(vec![], vec![]), &other(false, None));
    assert_eq!(operations(&unknown), ["invite"]);
    // This Team gives up the person, whom the other one lists.
    let known = json!([active("old@x", "c-q")]);
    let given_up =
        plan_beside(&listing(&[], "Managed"), &known, &now(vec![("c-q", "q@x")], vec![]), &other(true, None));
    assert_eq!(operations(&given_up), ["update member"]);
}
