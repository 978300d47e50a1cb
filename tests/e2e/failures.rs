//! Things that go wrong on the way, each with its row of the truth table, and no write that should not be.

use ping_emulator::{Fault, Reply, Trouble};
use serde_json::json;

use crate::harness::world::{TEAM, TOKEN, id_of};
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::SUB_ACCOUNT;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_stalls_and_heals_when_the_secret_is_corrected() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    world.secret("wrong");
    world.apply(&world.config("default", "Pinghome"));
    world.apply(TEAM);
    for resource in ["pingteam/platform", "pingpc/default"] {
        let object = world.says(resource, "CredentialsRejected").await;
        assert_eq!(condition(&object, "Stalled")["status"], "True");
        assert!(!object.to_string().contains("wrong\""), "{object}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    world.secret(TOKEN);
    world.ready("pingpc/default").await;
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_garbage_answer_to_a_list_is_no_proof_of_anything() {
    let world = World::new().await;
    world.emulator.fault(Fault::new("GET", "/v1/teams", 1000, Trouble::Garbage));
    world.apply(TEAM);
    let object = world.says("pingteam/platform", "ProviderUnavailable").await;
    assert_eq!(condition(&object, "Reconciling")["status"], "True");
    assert!(!object.to_string().contains("html"), "{object}");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.emulator.clear_faults();
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_refuses_stalls_in_our_words_and_a_corrected_spec_goes_through() {
    let world = World::new().await;
    world.emulator.fault(Fault::new("POST", "/v1/team", 1, Trouble::Before { status: 422 }));
    world.apply(TEAM);
    let object = world.says("pingteam/platform", "Invalid").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    let message = condition(&object, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains("create team") && message.contains(r#"the provider says: "trouble""#), "{message}");
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_answer_is_lost_is_resolved_and_not_repeated() {
    for trouble in [Trouble::After { status: 500 }, Trouble::DropAfter] {
        let world = World::new().await;
        world.emulator.fault(Fault::new("POST", "/v1/team", 1, trouble.clone()));
        world.apply(TEAM);
        world.ready("pingteam/platform").await;
        assert_eq!(world.writes().len(), 1, "{trouble:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_never_happened_is_made_after_the_list_has_told() {
    for trouble in [Trouble::Before { status: 500 }, Trouble::DropBefore] {
        let world = World::new().await;
        world.emulator.fault(Fault::new("POST", "/v1/team", 1, trouble.clone()));
        world.apply(TEAM);
        world.ready("pingteam/platform").await;
        assert_eq!(world.writes().len(), 2, "{trouble:?}");
        let teams = world.emulator.state(TOKEN)["teams"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(teams, 1, "{trouble:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_pauses_the_credential_for_as_long_as_it_asks() {
    let world = World::new().await;
    world.ready("pingpc/default").await;
    let retry_after = Some("2".to_owned());
    world.emulator.fault(Fault::new("POST", "/v1/team", 1, Trouble::TooMany { retry_after }));
    world.apply(TEAM);
    world.says("pingteam/platform", "RateLimited").await;
    world.ready("pingteam/platform").await;
    let journal = world.emulator.journal();
    let refused = journal.iter().find(|entry| entry.status == 429).map_or(0, |entry| entry.at);
    let early = journal.iter().filter(|entry| entry.account == Some(0) && entry.host.starts_with("customer"));
    let early: Vec<_> = early.filter(|entry| entry.at > refused && entry.at < refused + 1900).collect();
    assert!(early.is_empty(), "{early:?}");
    assert_eq!(world.writes().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_team_stays_ready_through_trouble_that_passes() {
    let world = Setup { resync: 5, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.emulator.fault(Fault::new("GET", "/v1/teams", 1000, Trouble::Before { status: 503 }));
    let object = world
        .until("pingteam/platform", "is not synced", |object| condition(object, "Synced")["status"] == "False")
        .await;
    assert_eq!(condition(&object, "Ready")["status"], "True");
    assert_eq!(condition(&object, "Synced")["reason"], "ProviderUnavailable");
    world.says("pingteam/platform", "ProviderUnavailable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_team_that_is_known_to_differ_is_not_ready_until_it_is_corrected() {
    let world = Setup { resync: 5, ..Setup::default() }.build().await;
    world.apply(TEAM);
    let id = id_of(&world.ready("pingteam/platform").await);
    world.human("PUT", &format!("/customer-cmd/v1/team/{id}"), json!({"name": "Somebody's"}));
    world.emulator.fault(Fault::new("PUT", "/v1/team", 1000, Trouble::Before { status: 503 }));
    let object = world.says("pingteam/platform", "ProviderUnavailable").await;
    assert_eq!(condition(&object, "Ready")["status"], "False");
    world.emulator.clear_faults();
    world.ready("pingteam/platform").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_forbids_says_nothing_about_the_call_and_it_is_tried_again() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let page = Reply::new(403, "<html><body>blocked</body></html>");
    world.emulator.fault(Fault::new("PUT", "/v1/team", 2, page));
    world.patch("pingteam/platform", r#"{"spec": {"name": "Other"}}"#);
    world.says("pingteam/platform", "ProviderUnavailable").await;
    world.ready("pingteam/platform").await;
    assert_eq!(world.count(&["PUT"]), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let world = World::new().await;
    world.emulator.fault(Fault::new("GET", "/v1/teams", 1000, Trouble::Redirect));
    world.apply(TEAM);
    world.says("pingteam/platform", "ProviderUnavailable").await;
    world.emulator.clear_faults();
    world.ready("pingteam/platform").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_account_writes_nothing_until_a_person_confirms_it() {
    let mut world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let known = world.get("pingpc/default").await.unwrap_or_default()["status"]["account"]["id"].clone();
    world.stop().await;
    world.emulator.clear_journal();
    world.secret("token-b");
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.start().await;
    world.says("pingpc/default", "AccountChanged").await;
    let object = world.says("pingteam/platform", "AccountChanged").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert_eq!(world.get("pingpc/default").await.unwrap_or_default()["status"]["account"]["id"], known);
    assert_eq!(world.writes(), Vec::<String>::new());
    // The right token again: it goes on by itself.
    world.secret(TOKEN);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1);
    // Another one while it runs, and confirmed.
    world.secret("token-b");
    let mut asked = 0;
    crate::harness::wait::until("the other account is noticed", async || {
        asked += 1;
        let annotation = format!("ping-operator.dev/reconcile-requested-at={asked}");
        world.kubectl(&["annotate", "--overwrite", "pingpc/default", &annotation], "");
        reason(&world.get("pingpc/default").await.unwrap_or_default(), "Ready") == "AccountChanged"
    })
    .await;
    let other = world.emulator.state("token-b")["customer"]["id"].as_str().unwrap_or_default().to_owned();
    world.kubectl(&["annotate", "pingpc/default", &format!("ping-operator.dev/external-id={other}")], "");
    world.ready("pingpc/default").await;
    assert_eq!(world.get("pingpc/default").await.unwrap_or_default()["status"]["account"]["id"], other.as_str());
    world.apply(&TEAM.replace("name: platform", "name: new").replace("name: Platform", "name: New"));
    world.ready("pingteam/new").await;
    // The Team that was made in the first account may have been made anew by now: its object is in no list of this one.
    let state = world.emulator.state("token-b");
    let names: Vec<_> = state["teams"].as_object().into_iter().flatten().map(|(_, team)| &team["name"]).collect();
    let count = |name: &str| names.iter().filter(|other| **other == name).count();
    assert!(count("New") == 1 && count("Platform 2") == names.len() - 1 && names.len() <= 2, "{names:?}");
}

/// How long nothing was sent after the first 429, in milliseconds.
fn pause_after_429(world: &World) -> u64 {
    let journal = world.emulator.journal();
    let mut after = journal.iter().skip_while(|entry| entry.status != 429);
    let first = after.next().expect("a 429");
    after.find(|entry| entry.host != "nodeping").map_or(u64::MAX, |next| next.at - first.at)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_asked_to_wait_pauses_for_so_long_and_no_other_does() {
    let date = || {
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).expect("a date")
    };
    let cases: [(&dyn Fn() -> Option<String>, u64); 4] = [
        (&|| Some("2".to_owned()), 2000),
        // A date tells seconds; the one that has begun may be over at once.
        (&|| Some(date()), 2000),
        (&|| Some("soon".to_owned()), 5000),
        (&|| None, 5000),
    ];
    for (retry_after, at_least) in cases {
        let world = World::new().await;
        world.ready("pingpc/default").await;
        let retry_after = retry_after();
        world.emulator.fault(Fault::new("POST", "/v1/team", 1, Trouble::TooMany { retry_after: retry_after.clone() }));
        world.apply(TEAM);
        world.ready("pingteam/platform").await;
        let pause = pause_after_429(&world);
        assert!(pause >= at_least, "{retry_after:?}: {pause} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absurd_wish_to_wait_stops_one_credential_and_is_told() {
    let world = World::new().await;
    world.ready("pingpc/default").await;
    let retry_after = Some("99999999999".to_owned());
    world.emulator.fault(Fault::new("POST", "/v1/team", 1, Trouble::TooMany { retry_after }));
    world.apply(TEAM);
    world.says("pingteam/platform", "RateLimited").await;
    world.apply(SUB_ACCOUNT);
    world.ready("pingsub/acme").await;
    assert_eq!(pause_after_429(&world), u64::MAX);
}
