//! What reaches a person has a bound, too: no invitation, code or test message goes out, or is asked for, again and again.

use ping_emulator::{Fault, Reply, Settings, Trouble};
use serde_json::{Value, json};

use crate::codes::verified;
use crate::harness::world::{TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason, wait};
use crate::lifecycle::channel;
use crate::members::{state, team};

const PLATFORM: &str = "pingteam/platform";

async fn quick() -> World {
    Setup { resync: 1, ..Setup::default() }.build().await
}

/// Waits until the provider was read so many more times.
async fn reads(world: &World, path: &str, more: usize) {
    let before = world.count(&["GET", path]);
    wait::until("more reads", async || world.count(&["GET", path]) >= before + more).await;
}

fn ready_message(object: &Value) -> String {
    condition(object, "Ready")["message"].as_str().unwrap_or_default().to_owned()
}

fn forbidden(method: &str, path: &str) -> Fault {
    Fault::new(method, path, Fault::FOREVER, Reply::new(403, r#"{"message": "forbidden"}"#))
}

fn invitations(world: &World, email: &str) -> usize {
    world.count(&["POST", "/invitation ", email])
}

/// The one person is held, and what is to be done for another one is done.
async fn serves_others(world: &World, id: &str, grace: &str) {
    let path = format!("/customer-cmd/v1/team/{id}/member/{grace}");
    world.human("PATCH", &path, json!({"new_team_id": id, "role": "user"}));
    world.emulator.clear_journal();
    wait::until("the role is given again", async || world.count(&["PATCH", grace, "manager"]) == 1).await;
}

/// A team with one member, and a second one whose invitation meets this fault; the team's id.
async fn invited_through(world: &World, fault: Fault) -> String {
    world.apply(&team("{email: grace@example.com, role: manager}"));
    let id = id_of(&world.ready(PLATFORM).await);
    world.emulator.answer(TOKEN, &id, "grace@example.com", true);
    world.until(PLATFORM, "has Grace", |team| state(team, "grace@example.com") == "Active").await;
    world.emulator.fault(fault);
    world.apply(&team("{email: grace@example.com, role: manager}, {email: Ada@Example.com}"));
    id
}

fn grace(object: &Value) -> String {
    let members = object["status"]["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    let entry = members.iter().find(|entry| entry["email"] == "grace@example.com");
    entry.and_then(|entry| entry["customerId"].as_str()).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_invitation_is_tried_three_times_and_told_with_its_address_and_the_other_people_are_served() {
    let world = quick().await;
    let id = invited_through(&world, forbidden("POST", "/invitation$")).await;
    let stopped = |object: &Value| ready_message(object).contains("3 times");
    let object = world.until(PLATFORM, "has stopped", stopped).await;
    assert!(ready_message(&object).contains("Ada@Example.com"), "{object}");
    assert_eq!((reason(&object, "Ready"), &condition(&object, "Stalled")["status"]), ("Invalid", &json!("True")));
    reads(&world, "/members", 3).await;
    assert_eq!(invitations(&world, "Ada"), 3, "{:?}", world.writes());
    serves_others(&world, &id, &grace(&object)).await;
    world.emulator.clear_faults();
    world.look_again(PLATFORM).await;
    let object = world.ready(PLATFORM).await;
    assert_eq!(state(&object, "Ada@Example.com"), "Invited", "{object}");
    assert_eq!(invitations(&world, "Ada"), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_whose_answers_are_lost_is_sent_three_times_across_restarts_until_the_spec_changes() {
    let mut world = quick().await;
    let id = invited_through(&world, Fault::new("POST", "/invitation$", Fault::FOREVER, Trouble::DropBefore)).await;
    let object = world.says(PLATFORM, "NotConverging").await;
    assert!(ready_message(&object).contains("Ada@Example.com"), "{object}");
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    reads(&world, "/members", 4).await;
    assert_eq!(invitations(&world, "Ada"), 3, "{:?}", world.writes());
    world.restart().await;
    reads(&world, "/members", 4).await;
    let object = world.says(PLATFORM, "NotConverging").await;
    assert_eq!(invitations(&world, "Ada"), 3, "{:?}", world.writes());
    serves_others(&world, &id, &grace(&object)).await;
    world.emulator.clear_faults();
    world.apply(&team("{email: grace@example.com, role: manager}, {email: Ada@Example.com, role: user}"));
    world.ready(PLATFORM).await;
    assert_eq!(invitations(&world, "Ada"), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_test_message_and_a_forbidden_code_are_tried_three_times_and_a_new_one_is_sent() {
    let world = quick().await;
    world.apply(&verified("hook", "https://example.com/a"));
    world.ready("pingnc/hook").await;
    world.emulator.fault(forbidden("POST", "/test"));
    world.emulator.fault(forbidden("PATCH", "/verification"));
    let request = |value: &str| {
        let annotation = format!("ping-operator.dev/test-requested-at={value}");
        world.kubectl(&["annotate", "--overwrite", "pingnc/hook", &annotation], "");
    };
    request("one");
    world.secret_with("codes", "code", "000000");
    let stopped = |object: &Value| {
        let message = ready_message(object);
        message.matches("3 times").count() == 2 && message.contains("test-requested-at") && message.contains("code")
    };
    world.until("pingnc/hook", "has stopped", stopped).await;
    reads(&world, "/notification-channels", 3).await;
    assert_eq!(world.count(&["POST", "/test"]), 3, "{:?}", world.writes());
    assert_eq!(world.count(&["PATCH", "/verification"]), 3, "{:?}", world.writes());
    world.emulator.clear_faults();
    request("two");
    world.secret_with("codes", "code", "000001");
    let object = world.until("pingnc/hook", "has sent it", |object| object["status"]["lastTestResult"] == "Sent").await;
    assert_eq!(object["status"]["lastHandledTestAt"], "two", "{object}");
    wait::until("the new code is sent", async || world.count(&["PATCH", "/verification"]) == 4).await;
    world.ready("pingnc/hook").await;
    assert_eq!(world.count(&["POST", "/test"]), 4, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drift_that_was_corrected_is_forgotten_although_the_team_has_another_problem_that_lasts() {
    let world = quick().await;
    let refused = Reply::new(422, r#"{"message": "no such person"}"#);
    let id = invited_through(&world, Fault::new("POST", "/invitation$", Fault::FOREVER, refused)).await;
    world.says(PLATFORM, "Invalid").await;
    for round in 1..=5 {
        world.human("PUT", &format!("/customer-cmd/v1/team/{id}"), json!({"name": "Somebody's"}));
        wait::until("it is corrected", async || world.count(&["PUT", "/team/", "Platform"]) == round).await;
        reads(&world, "/v1/teams", 3).await;
    }
    let object = world.says(PLATFORM, "Invalid").await;
    assert!(ready_message(&object).contains("Ada@Example.com"), "{object}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_channels_with_one_address_a_deletion_takes_one_also_if_its_answer_is_lost_and_tells_so() {
    for is_lost in [false, true] {
        let settings = Settings { refuse_duplicate_channel: false, ..Settings::default() };
        let world = Setup { settings, resync: 1, ..Setup::default() }.build().await;
        world.apply(&channel("hook", "{customer: {}}", "webhook", "https://example.com/a"));
        let object = world.ready("pingnc/hook").await;
        let owner = id_of(&object).rsplitn(3, '/').last().unwrap_or_default().to_owned();
        let path = format!("/customer-cmd/v1/{owner}/notification-channel");
        world.human("POST", &path, json!({"type": "webhook", "value": "https://example.com/a"}));
        reads(&world, "/notification-channels", 2).await;
        if is_lost {
            world.emulator.fault(Fault::new("DELETE", "/notification-channel$", 1, Trouble::DropAfter));
        }
        world.delete("pingnc/hook");
        world.gone("pingnc/hook").await;
        let left = world.emulator.state(TOKEN)["customer"]["channels"].clone();
        assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");
        assert_eq!(world.count(&["DELETE", "/notification-channel"]), 1, "{:?}", world.writes());
        if !is_lost {
            let (_, events) = world.kubectl(&["get", "events", "-o", "json"], "");
            assert!(events.contains("the list shows the address 2 times"), "{events}");
        }
    }
}
