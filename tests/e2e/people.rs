//! People change: addresses, minds, teams. Nobody is removed because of a list that leaves something open.

use ping_emulator::{Move, Settings};
use serde_json::{Value, json};

use crate::harness::world::{TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason, wait::until};
use crate::members::state;

const TEAM: &str = "pingteam/platform";

/// The Team `platform` with these fields besides its name.
fn team(fields: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: platform}}, \
         spec: {{name: Platform, {fields}}}}}"
    )
}

/// A person's entry in status.
fn entry<'a>(team: &'a Value, email: &str) -> &'a Value {
    let members = team["status"]["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    members.iter().find(|entry| entry["email"] == email).unwrap_or(&Value::Null)
}

fn message<'a>(object: &'a Value, type_: &str) -> &'a str {
    condition(object, type_)["message"].as_str().unwrap_or_default()
}

async fn until_state(world: &World, email: &str, expected: &str) -> Value {
    world.until(TEAM, &format!("shows {email} as {expected}"), |team| state(team, email) == expected).await
}

/// Looks again until a person's state is this one: for the read lag after a write, a list that misses it is not believed.
async fn look_until_state(world: &World, email: &str, expected: &str) -> Value {
    let shows = async || state(&world.look_again(TEAM).await, email) == expected;
    crate::harness::wait::until(&format!("{email} is {expected}"), shows).await;
    world.get(TEAM).await.unwrap_or_default()
}

/// Waits until an event with this reason tells of all these words.
async fn until_event(world: &World, reason: &str, words: &[&str]) {
    crate::harness::wait::until(&format!("an event {reason} with {words:?}"), async || {
        let (_, events) = world.kubectl(&["get", "events", "-o", "json"], "");
        let events: Value = serde_json::from_str(&events).unwrap_or_default();
        events["items"].as_array().into_iter().flatten().any(|event| {
            let text = event["message"].as_str().or(event["note"].as_str()).unwrap_or_default();
            event["reason"] == reason && words.iter().all(|word| text.contains(word))
        })
    })
    .await;
}

/// A team that lists these people, all of whom have accepted; its id.
async fn joined(world: &World, fields: &str, emails: &[&str]) -> String {
    let listed: Vec<_> = emails.iter().map(|email| format!("{{email: {email}}}")).collect();
    world.apply(&team(&format!("{fields}members: [{}]", listed.join(", "))));
    let id = id_of(&world.ready(TEAM).await);
    for email in emails {
        world.emulator.answer(TOKEN, &id, email, true);
    }
    world.look_again(TEAM).await;
    for email in emails {
        until_state(world, email, "Active").await;
    }
    world.emulator.clear_journal();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_whose_members_are_left_away_touches_nobody_and_an_empty_list_takes_out_who_was_listed() {
    let world = World::new().await;
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 4}}}"#);
    let emails = ["a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org", "f@x.org"];
    let listed: Vec<_> = emails.iter().map(|email| format!("{{email: {email}}}")).collect();
    world.apply(&team(&format!("members: [{}]", listed.join(", "))));
    let id = id_of(&world.ready(TEAM).await);
    for email in &emails[..3] {
        world.emulator.answer(TOKEN, &id, email, true);
    }
    world.look_again(TEAM).await;
    until_state(&world, "c@x.org", "Active").await;
    world.emulator.clear_journal();
    let removal = r#"[{"op": "remove", "path": "/spec/members"}]"#;
    let (patched, text) = world.kubectl(&["patch", TEAM, "--type=json", "-p", removal], "");
    assert!(patched, "{text}");
    world.ready(TEAM).await;
    world.look_again(TEAM).await;
    // A removal waits a few seconds for other Teams: it would come by then.
    world.patch("pingpc/default", r#"{"spec": {"resyncIntervalSeconds": 1}}"#);
    crate::harness::wait::until("the team was read five times", async || world.count(&["GET", "/teams"]) > 5).await;
    let object = world.ready(TEAM).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(object["status"]["members"].as_array().map_or(0, Vec::len), 6, "{object}");

    world.patch("pingpc/default", r#"{"spec": {"resyncIntervalSeconds": 0}}"#);
    world.patch(TEAM, r#"{"spec": {"members": []}}"#);
    world.says(TEAM, "GuardExceeded").await;
    assert_eq!(world.count(&["DELETE", "/"]), 4, "withdrawals count: {:?}", world.writes());
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 10}}}"#);
    world.until(TEAM, "has nobody", |team| team["status"]["members"].as_array().is_none_or(Vec::is_empty)).await;
    assert_eq!(world.count(&["DELETE", "/"]), 6, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn server_side_apply_tells_an_empty_list_from_none() {
    let world = World::new().await;
    let apply = |fields: &str| {
        let args = ["apply", "--server-side", "--field-manager=gitops", "-f", "-"];
        let (accepted, text) = world.kubectl(&args, &team(fields));
        assert!(accepted, "{text}");
    };
    apply("members: [{email: a@x.org}, {email: b@x.org}]");
    world.ready(TEAM).await;
    until_state(&world, "b@x.org", "Invited").await;
    world.emulator.clear_journal();
    apply("driftPolicy: Correct");
    world.ready(TEAM).await;
    let object = world.look_again(TEAM).await;
    assert_eq!(state(&object, "a@x.org"), "Invited", "{object}");
    assert_eq!(world.writes(), Vec::<String>::new());
    apply("members: [{email: a@x.org}, {email: b@x.org}]");
    world.ready(TEAM).await;
    // Merging an empty list into one with entries leaves none at all: only the next apply stores it.
    apply("members: []");
    assert_eq!(world.get(TEAM).await.unwrap_or_default()["spec"].get("members"), None, "a merge stores none at all");
    apply("members: []");
    assert_eq!(world.get(TEAM).await.unwrap_or_default()["spec"].get("members"), Some(&json!([])));
    world.until(TEAM, "has nobody", |team| team["status"]["members"].as_array().is_none_or(Vec::is_empty)).await;
    assert_eq!(world.count(&["DELETE", "/invitation"]), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_changes_the_address_stays_in_the_team_and_is_told() {
    for policy in ["Managed", "Authoritative"] {
        let mut world = World::new().await;
        let fields = format!("membershipPolicy: {policy}, ");
        let id = joined(&world, &fields, &["a@x.org", "c@x.org"]).await;
        world.emulator.act(TOKEN, &id, Move::Readdress("a@x.org".into(), "b@x.org".into()));
        world.look_again(TEAM).await;
        world.restart().await;
        let object = world.look_again(TEAM).await;
        assert_eq!(state(&object, "a@x.org"), "Active", "{object}");
        let told = message(&object, "Synced");
        assert!(told.contains("MemberChanged") && told.contains("a@x.org") && told.contains("b@x.org"), "{told}");
        assert_eq!(reason(&object, "Synced"), "MemberChanged");
        assert_eq!(condition(&object, "Synced")["status"], "True");
        until_event(&world, "MemberChanged", &["a@x.org", "b@x.org"]).await;
        // The role follows the person; the list may go on with the new address; who is withdrawn is removed.
        world.apply(&team(&format!("{fields}members: [{{email: a@x.org, role: manager}}, {{email: c@x.org}}]")));
        crate::harness::wait::until("the role is given", async || world.count(&["PATCH", "/member/"]) == 1).await;
        world.apply(&team(&format!("{fields}members: [{{email: b@x.org, role: manager}}, {{email: c@x.org}}]")));
        let object = until_state(&world, "b@x.org", "Active").await;
        assert_eq!(state(&object, "a@x.org"), "-", "{object}");
        world.look_again(TEAM).await;
        assert_eq!(world.writes().len(), 1, "{policy}: {:?}", world.writes());
        world.emulator.act(TOKEN, &id, Move::Readdress("c@x.org".into(), "d@x.org".into()));
        world.look_again(TEAM).await;
        world.apply(&team(&format!("{fields}members: [{{email: b@x.org, role: manager}}]")));
        world.until(TEAM, "lets the person go", |team| state(team, "c@x.org") == "-").await;
        assert_eq!(world.count(&["DELETE", "/member/"]), 1, "{policy}: {:?}", world.writes());
        assert_eq!(world.writes().len(), 2, "{policy}: {:?}", world.writes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_under_another_address_is_told_and_not_removed() {
    for policy in ["Managed", "Authoritative"] {
        let mut world = World::new().await;
        let fields = format!("membershipPolicy: {policy}, ");
        world.apply(&team(&format!("{fields}members: [{{email: a@x.org}}]")));
        let id = id_of(&world.ready(TEAM).await);
        world.emulator.clear_journal();
        world.emulator.act(TOKEN, &id, Move::AcceptAs("a@x.org".into(), "b@x.org".into()));
        let object = look_until_state(&world, "a@x.org", "Expired").await;
        let told = message(&object, "Synced");
        assert!(told.contains("MemberChanged") && told.contains("a@x.org") && told.contains("b@x.org"), "{told}");
        until_event(&world, "MemberChanged", &["a@x.org", "b@x.org"]).await;
        world.restart().await;
        let object = world.look_again(TEAM).await;
        assert_eq!(message(&object, "Synced"), told, "{policy}: it is told after a restart, too");
        world.look_again(TEAM).await;
        assert_eq!(world.writes(), Vec::<String>::new(), "{policy}");
        world.apply(&team(&format!("{fields}members: [{{email: b@x.org}}]")));
        let object = until_state(&world, "b@x.org", "Active").await;
        assert_eq!(state(&object, "a@x.org"), "-", "{object}");
        assert_eq!(reason(&object, "Synced"), "Available");
        world.look_again(TEAM).await;
        assert_eq!(world.writes(), Vec::<String>::new(), "{policy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_disappears_without_an_answer_is_told_with_the_person_and_what_to_do() {
    let mut world = World::new().await;
    world.apply(&team("members: [{email: a@x.org}, {email: b@x.org}, {email: c@x.org}]"));
    let id = id_of(&world.ready(TEAM).await);
    world.emulator.answer(TOKEN, &id, "c@x.org", true);
    world.emulator.act(TOKEN, &id, Move::Lapse("a@x.org".into()));
    world.emulator.act(TOKEN, &id, Move::ShowAs("b@x.org".into(), "Bounced".into()));
    world.emulator.clear_journal();
    look_until_state(&world, "a@x.org", "Expired").await;
    let object = look_until_state(&world, "b@x.org", "Expired").await;
    assert_eq!(state(&object, "c@x.org"), "Active");
    assert_eq!(reason(&object, "InvitationsPending"), "Expired");
    let told = message(&object, "InvitationsPending").to_owned();
    assert!(["a@x.org", "b@x.org", "onExpiry"].iter().all(|word| told.contains(word)), "{told}");
    assert_eq!(condition(&object, "Ready")["status"], "True");
    until_event(&world, "Expired", &["@x.org"]).await;
    world.restart().await;
    world.look_again(TEAM).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    // An edited entry is invited again.
    world.apply(&team("members: [{email: a@x.org, role: user}, {email: b@x.org}, {email: c@x.org}]"));
    until_state(&world, "a@x.org", "Invited").await;
    // Status says so before the call is sent.
    crate::harness::wait::until("it is invited", async || world.count(&["POST", "/invitation"]) > 0).await;
    world.look_again(TEAM).await;
    assert_eq!(world.count(&["POST", "/invitation"]), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_expired_is_sent_again_once_and_within_the_cap() {
    let mut world = World::new().await;
    world.apply(&team("members: [{email: a@x.org}], invitations: {onExpiry: InviteAgain, maxReminders: 1}"));
    let id = id_of(&world.ready(TEAM).await);
    world.emulator.act(TOKEN, &id, Move::Lapse("a@x.org".into()));
    crate::harness::wait::until("it is invited again", async || {
        world.look_again(TEAM).await;
        world.count(&["POST", "/invitation", "a@x.org"]) == 2
    })
    .await;
    let object = world.until(TEAM, "counts it", |team| entry(team, "a@x.org")["reminders"] == 1).await;
    assert_eq!(state(&object, "a@x.org"), "Invited");
    world.restart().await;
    world.look_again(TEAM).await;
    world.emulator.act(TOKEN, &id, Move::Lapse("a@x.org".into()));
    let object = look_until_state(&world, "a@x.org", "Expired").await;
    assert_eq!(reason(&object, "InvitationsPending"), "Expired");
    world.look_again(TEAM).await;
    assert_eq!(world.count(&["POST", "/invitation"]), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_withdrawn_by_the_address_that_pinghome_shows() {
    let world = World::new().await;
    world.apply(&team("members: []"));
    let id = id_of(&world.ready(TEAM).await);
    for email in ["Ada@X.org", "Bob@X.org"] {
        world.human("POST", &format!("/customer-cmd/v1/team/{id}/invitation"), json!({"channel_value": email}));
    }
    world.emulator.clear_journal();
    world.apply(&team("members: [{email: ada@x.org}], membershipPolicy: Authoritative"));
    crate::harness::wait::until("the other one is withdrawn", async || {
        world.emulator.state(TOKEN)["teams"][&id]["invitations"].as_array().map_or(0, Vec::len) == 1
    })
    .await;
    world.ready(TEAM).await;
    world.apply(&team("members: []"));
    world.until(TEAM, "has nobody", |team| team["status"]["members"].as_array().is_none_or(Vec::is_empty)).await;
    let withdrawn = |email: &str| format!(r#"DELETE /v1/team/{id}/invitation {{"channel_value":"{email}"}}"#);
    assert_eq!(world.writes(), [withdrawn("Bob@X.org"), withdrawn("Ada@X.org")]);
}

/// The provider has taken the person out, and the process is killed before it can report that; then the spec lists the person again.
async fn is_invited_once_more_after_a_kill(world: &mut World, removal: &[&str]) {
    world.apply(&team("members: [{email: b@x.org}]"));
    until("the person is taken out", async || world.count(removal) > 0).await;
    world.kill();
    let object = world.get(TEAM).await.unwrap_or_default();
    assert!(entry(&object, "a@x.org")["leavingTime"].is_string(), "{object}");
    world.apply(&team("members: [{email: a@x.org}, {email: b@x.org}]"));
    world.start().await;
    let is_settled = |team: &Value| {
        let person = entry(team, "a@x.org");
        person["state"] == "Invited" && person["leavingTime"].is_null() && condition(team, "Ready")["status"] == "True"
    };
    let object = world.until(TEAM, "has invited a@x.org again", is_settled).await;
    assert_eq!(reason(&object, "InvitationsPending"), "AnswersAwaited", "{object}");
    world.look_again(TEAM).await;
    assert_eq!((world.count(removal), world.count(&["POST", "/invitation"])), (1, 1), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_listed_again_after_a_kill_during_the_removal_or_withdrawal_is_invited_once_more() {
    let mut world =
        Setup { settings: Settings { answer_latency: 500, ..Settings::default() }, ..Setup::default() }.build().await;
    joined(&world, "", &["a@x.org", "b@x.org"]).await;
    is_invited_once_more_after_a_kill(&mut world, &["DELETE", "/member/"]).await;
    world.emulator.clear_journal();
    is_invited_once_more_after_a_kill(&mut world, &["DELETE", "/invitation"]).await;
}
