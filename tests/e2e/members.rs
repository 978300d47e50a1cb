//! People: invited once, reminded by policy, given their role after they accepted, taken out when they are withdrawn.

use serde_json::{Value, json};

use crate::harness::world::{TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason};

/// The Team `platform` with these members.
pub(crate) fn team(members: &str) -> String {
    named_team("platform", "Platform", members)
}

pub(crate) fn named_team(name: &str, title: &str, members: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: {name}}}, \
         spec: {{name: {title}, members: [{members}], invitations: {{remindAfterHours: 1}}}}}}"
    )
}

/// Where a person stands, as status says.
pub(crate) fn state<'a>(team: &'a Value, email: &str) -> &'a str {
    let members = team["status"]["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    let entry = members.iter().find(|entry| entry["email"] == email);
    entry.and_then(|entry| entry["state"].as_str()).unwrap_or("-")
}

async fn until_state(world: &World, email: &str, expected: &str) -> Value {
    world
        .until("pingteam/platform", &format!("shows {email} as {expected}"), |team| state(team, email) == expected)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_invited_once_and_gets_the_role_after_accepting() {
    let world = World::new().await;
    world.apply(&team("{email: Ada@Example.com, role: manager}"));
    let object = world.ready("pingteam/platform").await;
    let id = id_of(&object);
    assert_eq!(state(&object, "Ada@Example.com"), "Invited");
    assert_eq!(reason(&object, "InvitationsPending"), "AnswersAwaited");
    assert_eq!(condition(&object, "InvitationsPending")["status"], "True");
    world.look_again("pingteam/platform").await;
    let invite =
        format!(r#"POST /v1/team/{id}/invitation {{"channel_type":"email","channel_value":"Ada@Example.com"}}"#);
    assert_eq!(world.writes(), [r#"POST /v1/team {"name":"Platform"}"#.to_owned(), invite]);
    world.emulator.clear_journal();

    world.emulator.answer(TOKEN, &id, "ada@example.com", true);
    let object = world.look_again("pingteam/platform").await;
    assert_eq!(state(&object, "Ada@Example.com"), "Active");
    assert_eq!(condition(&object, "InvitationsPending")["status"], "False");
    assert_eq!(object["status"]["memberCount"], 2);
    let writes = world.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert!(
        writes[0].starts_with(&format!("PATCH /v1/team/{id}/member/"))
            && writes[0].ends_with(&format!(r#"{{"new_team_id":"{id}","role":"manager"}}"#)),
        "{writes:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_person_is_uninvited_or_removed_and_nobody_else_is_touched() {
    let world = World::new().await;
    world.apply(&team("{email: a@x.org}, {email: b@x.org}"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.answer(TOKEN, &id, "b@x.org", true);
    world.human("POST", &format!("/customer-cmd/v1/team/{id}/invitation"), json!({"channel_value": "c@x.org"}));
    world.look_again("pingteam/platform").await;
    world.emulator.clear_journal();
    world.apply(&team(""));
    world
        .until("pingteam/platform", "has nobody", |team| team["status"]["members"].as_array().is_none_or(Vec::is_empty))
        .await;
    let writes = world.writes();
    assert_eq!(writes.len(), 2, "{writes:?}");
    assert_eq!(writes[0], format!(r#"DELETE /v1/team/{id}/invitation {{"channel_value":"a@x.org"}}"#));
    assert!(writes[1].starts_with(&format!("DELETE /v1/team/{id}/member/")), "{writes:?}");
    let left = &world.emulator.state(TOKEN)["teams"][&id];
    assert_eq!(left["invitations"][1]["status"], "Pending", "{left}");
    assert_eq!(left["members"][0]["role"], "root", "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authoritative_team_takes_others_out_but_never_root() {
    let world = World::new().await;
    world.apply(&team(""));
    let id = id_of(&world.ready("pingteam/platform").await);
    for email in ["a@x.org", "b@x.org"] {
        world.human("POST", &format!("/customer-cmd/v1/team/{id}/invitation"), json!({"channel_value": email}));
    }
    world.emulator.answer(TOKEN, &id, "b@x.org", true);
    world.look_again("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1, "Managed touches nobody who was never listed");
    world.patch("pingteam/platform", r#"{"spec": {"membershipPolicy": "Authoritative"}}"#);
    crate::harness::wait::until("only root is left", async || {
        let team = &world.emulator.state(TOKEN)["teams"][&id];
        let count = |list: &str| team[list].as_array().map_or(0, Vec::len);
        (count("members"), count("invitations")) == (1, 1)
    })
    .await;
    world.ready("pingteam/platform").await;
    let team = &world.emulator.state(TOKEN)["teams"][&id];
    assert_eq!(team["members"][0]["role"], "root");
    assert_eq!(team["invitations"][0]["status"], "Accepted", "what was answered cannot be withdrawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_declined_or_left_is_not_asked_again_until_the_entry_is_edited() {
    let mut world = World::new().await;
    world.apply(&team("{email: a@x.org}, {email: b@x.org}"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.answer(TOKEN, &id, "a@x.org", false);
    world.emulator.answer(TOKEN, &id, "b@x.org", true);
    world.look_again("pingteam/platform").await;
    until_state(&world, "b@x.org", "Active").await;
    let members = world.emulator.state(TOKEN)["teams"][&id]["members"].clone();
    let person = members.as_array().into_iter().flatten().find(|member| member["email"] == "b@x.org").cloned();
    let person = person.unwrap_or_default()["customer_id"].as_str().unwrap_or_default().to_owned();
    world.human("DELETE", &format!("/customer-cmd/v1/team/{id}/member/{person}"), json!(null));
    world.look_again("pingteam/platform").await;
    let object = until_state(&world, "b@x.org", "Left").await;
    assert_eq!(state(&object, "a@x.org"), "Declined");
    assert_eq!(condition(&object, "Ready")["status"], "True");
    world.restart().await;
    world.look_again("pingteam/platform").await;
    assert_eq!(world.count(&["POST", "/invitation"]), 2, "{:?}", world.writes());

    world.apply(&team("{email: a@x.org, role: manager}, {email: b@x.org}"));
    until_state(&world, "a@x.org", "Invited").await;
    world.look_again("pingteam/platform").await;
    assert_eq!(world.count(&["POST", "/invitation", "a@x.org"]), 2);
    assert_eq!(world.count(&["POST", "/invitation", "b@x.org"]), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_go_out_on_schedule_up_to_the_cap() {
    let mut world = World::new().await;
    world.apply(&team("{email: a@x.org}"));
    world.ready("pingteam/platform").await;
    for (hours, expected) in [(0, 0), (2, 1), (2, 2), (2, 2)] {
        // An hour passes by moving what was recorded into the past.
        world.stop().await;
        let object = world.get("pingteam/platform").await.unwrap_or_default();
        let mut members = object["status"]["members"].clone();
        for field in ["invitedTime", "remindedTime"] {
            if let Some(time) = members[0][field].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
                members[0][field] = json!((time - jiff::SignedDuration::from_hours(hours)).to_string());
            }
        }
        let patch = json!({"status": {"members": members}}).to_string();
        let (patched, text) =
            world.kubectl(&["patch", "pingteam/platform", "--subresource=status", "--type=merge", "-p", &patch], "");
        assert!(patched, "{text}");
        world.emulator.forget_reminders(TOKEN);
        world.start().await;
        let object = world.look_again("pingteam/platform").await;
        assert_eq!(world.count(&["POST", "/invitation/reminder"]), expected);
        assert_eq!(object["status"]["members"][0]["reminders"], expected);
        assert_eq!(state(&object, "a@x.org"), if expected == 0 { "Invited" } else { "Reminded" });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_invitation_is_told_and_the_others_go_out() {
    let world = Setup { read_lag: 2, ..Setup::default() }.build().await;
    let theirs = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Theirs"}));
    let theirs = theirs["team_id"].as_str().unwrap_or_default();
    world.human("POST", &format!("/customer-cmd/v1/team/{theirs}/invitation"), json!({"channel_value": "a@x.org"}));
    world.emulator.answer(TOKEN, theirs, "a@x.org", true);
    world.apply(&team("{email: a@x.org}, {email: b@x.org}"));
    let object = world.says("pingteam/platform", "Invalid").await;
    assert!(condition(&object, "Ready")["message"].as_str().unwrap_or_default().contains("a@x.org"), "{object}");
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert_eq!(state(&object, "b@x.org"), "Invited");
    assert_eq!(world.count(&["POST", "/invitation", "a@x.org"]), 1);
    world.apply(&team("{email: b@x.org}"));
    world.ready("pingteam/platform").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_person_who_is_there_after_all_is_seen_when_the_read_lag_is_over() {
    let world = Setup { read_lag: 4, ..Setup::default() }.build().await;
    let theirs = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Theirs"}));
    let theirs = theirs["team_id"].as_str().unwrap_or_default();
    world.human("POST", &format!("/customer-cmd/v1/team/{theirs}/invitation"), json!({"channel_value": "a@x.org"}));
    world.emulator.answer(TOKEN, theirs, "a@x.org", true);
    world.apply(&team("{email: a@x.org}"));
    let object = world.says("pingteam/platform", "Invalid").await;
    let members = world.emulator.state(TOKEN)["teams"][theirs]["members"].as_array().cloned().unwrap_or_default();
    let person = members.iter().find(|one| one["email"] == "a@x.org").cloned().unwrap_or_default();
    let path = format!("/customer-cmd/v1/team/{theirs}/member/{}", person["customer_id"].as_str().unwrap_or_default());
    world.human("PATCH", &path, json!({"role": "user", "new_team_id": id_of(&object)}));
    until_state(&world, "a@x.org", "Active").await;
    assert_eq!(world.count(&["POST", "/invitation"]), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_manager_stays_until_there_is_another_and_the_guard_counts_people() {
    let world = World::new().await;
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 1}}}"#);
    world.apply(&team("{email: a@x.org, role: manager}, {email: b@x.org}, {email: c@x.org}"));
    let id = id_of(&world.ready("pingteam/platform").await);
    for email in ["a@x.org", "b@x.org", "c@x.org"] {
        world.emulator.answer(TOKEN, &id, email, true);
    }
    world.look_again("pingteam/platform").await;
    world.emulator.clear_journal();
    world.apply(&team("{email: b@x.org}, {email: c@x.org}"));
    let object = world.says("pingteam/platform", "LastManager").await;
    assert_eq!(condition(&object, "DeletionHeld")["status"], "True");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.apply(&team("{email: b@x.org, role: manager}, {email: c@x.org}"));
    world.until("pingteam/platform", "lets the first one go", |team| state(team, "a@x.org") == "-").await;
    world.apply(&team("{email: b@x.org, role: manager}"));
    world.says("pingteam/platform", "GuardExceeded").await;
    assert_eq!(world.count(&["DELETE", "/member/"]), 1);
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 5}}}"#);
    world.until("pingteam/platform", "lets the second one go", |team| state(team, "c@x.org") == "-").await;
    assert_eq!(world.count(&["DELETE", "/member/"]), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observed_team_reaches_nobody() {
    let world = World::new().await;
    let made = world.human("POST", "/customer-cmd/v1/team", json!({"name": "Platform"}));
    let id = made["team_id"].as_str().unwrap_or_default();
    let observed = team("{email: a@x.org}")
        .replace("metadata: {", &format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, "))
        .replace("spec: {", "spec: {managementPolicy: Observe, ");
    world.apply(&observed);
    let object = world.ready("pingteam/platform").await;
    assert_eq!(condition(&object, "Drifted")["status"], "True");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_is_handed_over_reaches_nobody_again() {
    let world = World::new().await;
    let members = "{email: a@x.org, role: manager}, {email: b@x.org}, {email: c@x.org}";
    world.apply(&team(members));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.answer(TOKEN, &id, "a@x.org", true);
    world.emulator.answer(TOKEN, &id, "b@x.org", false);
    world.look_again("pingteam/platform").await;
    world.kubectl(&["annotate", "pingteam/platform", "ping-operator.dev/allow-deletion=orphan"], "");
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    world.emulator.clear_journal();
    let adopted = named_team("taken-over", "Platform", members)
        .replace("metadata: {", &format!("metadata: {{annotations: {{ping-operator.dev/external-id: {id}}}, "));
    world.apply(&adopted);
    let object = world.ready("pingteam/taken-over").await;
    let states = ["a@x.org", "b@x.org", "c@x.org"].map(|email| state(&object, email));
    assert_eq!(states, ["Active", "Declined", "Invited"]);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_are_not_read_at_a_resync_where_everybody_is_in_the_team() {
    let world = Setup { resync: 1, ..Setup::default() }.build().await;
    world.apply(&team("{email: ada@example.com}"));
    let id = id_of(&world.ready("pingteam/platform").await);
    world.emulator.answer(TOKEN, &id, "ada@example.com", true);
    until_state(&world, "ada@example.com", "Active").await;
    let reads = |list: &str| world.count(&["GET", &format!("/v1/team/{id}/{list}")]);
    let (members, invitations) = (reads("members"), reads("invitations"));
    crate::harness::wait::until("three resyncs", async || reads("members") >= members + 3).await;
    assert!(reads("invitations") <= invitations + 1, "{:?}", world.calls());
}
