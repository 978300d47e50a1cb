//! An account is one thing, however many configs, namespaces, Secrets and tokens open it; and whose token it is.

mod primary;

use std::time::{Duration, Instant};

use ping_emulator::{Fault, Reply, Settings};
use serde_json::{Value, json};

use crate::harness::wait::until;
use crate::harness::world::{TEAM, TOKEN};
use crate::harness::{Setup, World, condition, reason};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel, values};

/// Another token of the account of `TOKEN`.
pub(crate) const SAME_ACCOUNT: &str = "token-a2";
/// The token of another account.
const OTHER_ACCOUNT: &str = "token-b";

fn team(name: &str, config: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: {name}}}, \
         spec: {{name: {name}, providerConfigRef: {{name: {config}}}}}}}"
    )
}

fn message<'a>(object: &'a Value, type_: &str) -> &'a str {
    condition(object, type_)["message"].as_str().unwrap_or_default()
}

fn team_names(world: &World, token: &str) -> Vec<String> {
    let state = world.emulator.state(token);
    let teams = state["teams"].as_object().cloned().unwrap_or_default();
    teams.values().map(|team| team["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Asks for reconciles of the config until it says that its token opens another account.
pub(crate) async fn other_account_is_noticed(world: &World) {
    let mut asked = 0;
    until("the other account is noticed", async || {
        asked += 1;
        let annotation = format!("ping-operator.dev/reconcile-requested-at={asked}");
        world.kubectl(&["annotate", "--overwrite", "pingpc/default", &annotation], "");
        reason(&world.get("pingpc/default").await.unwrap_or_default(), "Ready") == "AccountChanged"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_namespaces_with_one_token_delete_only_their_own_channels() {
    let settings = Settings { read_lag: 8000, ..Settings::default() };
    let mut world = Setup { settings, read_lag: 10, neighbours: 1, ..Setup::default() }.build().await;
    let own = world.emulator.state(TOKEN)["customer"]["id"].as_str().unwrap_or_default().to_owned();
    let url = |number: u32| format!("https://example.com/{number}");
    for number in 1..=6 {
        let body = json!({"type": "webhook", "value": url(number)});
        world.human("POST", &format!("/customer-cmd/v1/customer/{own}/notification-channel"), body);
    }
    for (namespace, numbers) in [[1, 3, 5].as_slice(), &[2, 4]].into_iter().enumerate() {
        world.go_to(namespace);
        for number in numbers {
            world.apply(&channel(&format!("hook-{number}"), "{customer: {}}", "webhook", &url(*number)));
        }
        for number in numbers {
            world.ready(&format!("pingnc/hook-{number}")).await;
        }
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    world.go_to(0);
    world.delete("pingnc/hook-1");
    until("the first is deleted", async || world.count(&["DELETE"]) == 1).await;
    world.go_to(1);
    world.delete("pingnc/hook-4");
    world.gone("pingnc/hook-4").await;
    world.go_to(0);
    world.gone("pingnc/hook-1").await;
    let left = values(&world.emulator.state(TOKEN)["customer"]["channels"], "value");
    assert_eq!(left, [2, 3, 5, 6].map(url), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn configs_of_one_account_share_the_least_rate_and_the_account_is_read_once() {
    let settings = Settings { per_second: 10, ..Settings::default() };
    let world = Setup { settings, with_configs: false, ..Setup::default() }.build().await;
    world.secret(TOKEN);
    let configs = ["one", "two", "three", "four", "five"];
    for config in configs {
        let rate = if config == "one" { 4 } else { 1000 };
        let limit = format!("requestsPerSecond: {rate}, burst: {rate}");
        world.apply(&world.config(config, "Pinghome").replace("requestsPerSecond: 1000, burst: 1000", &limit));
    }
    for config in configs {
        world.ready(&format!("pingpc/{config}")).await;
    }
    assert_eq!(world.count(&["GET", "/v1/customer"]), 1, "{:?}", world.calls());
    let object = world
        .until("pingpc/one", "names the others", |object| message(object, "Ready").contains("4 other configs open"))
        .await;
    assert!(message(&object, "Ready").contains("/five"), "{object}");
    let teams = configs.iter().flat_map(|config| (0..4).map(move |number| (format!("{config}-{number}"), config)));
    let teams: Vec<_> = teams.collect();
    world.apply(&teams.iter().map(|(name, config)| team(name, config)).collect::<Vec<_>>().join("\n---\n"));
    for (name, _) in &teams {
        world.ready(&format!("pingteam/{name}")).await;
    }
    let refused = world.emulator.journal().iter().filter(|entry| entry.status == 429).count();
    assert_eq!(refused, 0);
    // When the slowest config goes, the others go on at their own rate.
    world.emulator.set(|settings| settings.per_second = 0);
    let (deleted, text) = world.kubectl(&["delete", "pingteam", "--all", "--wait=false"], "");
    assert!(deleted, "{text}");
    for (name, config) in teams.iter().filter(|(_, config)| **config == "one") {
        world.gone(&format!("pingteam/{name}")).await;
        assert_eq!(*config, &"one");
    }
    world.delete("pingpc/one");
    world.gone("pingpc/one").await;
    world
        .until("pingpc/two", "names the others that are left", |object| {
            message(object, "Ready").contains("3 other configs open")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_with_one_token_is_not_made_in_the_account_of_another() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    world.secret(TOKEN);
    let limit = "requestsPerSecond: 1, burst: 1";
    world.apply(&world.config("default", "Pinghome").replace("requestsPerSecond: 1000, burst: 1000", limit));
    let teams: Vec<_> = (0..16).map(|number| format!("team-{number}")).collect();
    world.apply(&teams.iter().map(|name| team(name, "default")).collect::<Vec<_>>().join("\n---\n"));
    until("three are made", async || team_names(&world, TOKEN).len() >= 3).await;
    world.secret(OTHER_ACCOUNT);
    // The first that reads the new token stops all.
    other_account_is_noticed(&world).await;
    for name in &teams {
        world
            .until(&format!("pingteam/{name}"), "is made or stopped", |object| {
                reason(object, "Ready") == "AccountChanged" || condition(object, "Ready")["status"] == "True"
            })
            .await;
    }
    let made = team_names(&world, TOKEN).len();
    assert!(made < teams.len(), "{made}");
    assert_eq!(team_names(&world, OTHER_ACCOUNT), Vec::<String>::new());
    let sent = world.emulator.journal().into_iter().filter(|entry| entry.account == Some(1));
    assert_eq!(sent.map(|entry| entry.path).collect::<Vec<_>>(), ["/v1/customer"]);
    // Another token of the right account: the rest is made, and nothing twice.
    world.secret(SAME_ACCOUNT);
    for name in &teams {
        world.ready(&format!("pingteam/{name}")).await;
    }
    assert_eq!(team_names(&world, TOKEN).len(), teams.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_hardly_tried_and_heals_soon_after_the_secret_is_corrected() {
    let world = Setup { resync: 3, ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.apply(&team("second", "default"));
    world.ready("pingteam/platform").await;
    world.ready("pingteam/second").await;
    world.emulator.set(|settings| settings.revoked = vec![TOKEN.to_owned()]);
    world.emulator.clear_journal();
    for resource in ["pingteam/platform", "pingteam/second", "pingpc/default"] {
        world.says(resource, "CredentialsRejected").await;
    }
    let pinghome = |world: &World| world.emulator.journal().iter().filter(|entry| entry.host != "nodeping").count();
    let tried = pinghome(&world);
    assert!(tried <= 2, "{:?}", world.calls());
    let corrected = Instant::now();
    world.secret(SAME_ACCOUNT);
    world.ready("pingteam/platform").await;
    let took = corrected.elapsed();
    assert!(took < Duration::from_secs(8), "{took:?}");
    world.ready("pingpc/default").await;
    world.ready("pingteam/second").await;
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_403_on_one_call_is_the_trouble_of_one_resource() {
    let world = World::new().await;
    world.apply(&TEAM.replace("name: Platform", "name: Platform, members: [{email: ada@x.org}]"));
    let forbidden = Reply::new(403, r#"{"message": "forbidden"}"#);
    world.emulator.fault(Fault::new("POST", "/invitation", Fault::FOREVER, forbidden));
    world.apply(&team("other", "default"));
    world.apply(&SERVICE.replace("name: platform", "name: other"));
    let refused = world
        .until("pingteam/platform", "tells the refusal", |object| {
            message(object, "Ready").contains("does not allow this token to do")
        })
        .await;
    assert_ne!(reason(&refused, "Ready"), "CredentialsRejected");
    world.ready("pingsvc/checkout").await;
    world.ready("pingpc/default").await;
    for number in 1..=3 {
        world.patch("pingteam/other", &format!(r#"{{"spec": {{"name": "Other {number}"}}}}"#));
        world.ready("pingteam/other").await;
    }
    let stored = world.get("pingteam/platform").await.unwrap_or_default();
    assert!(message(&stored, "Ready").contains("does not allow this token to do"), "{stored}");
    // Once at the start, and once after the refusal.
    assert!(world.count(&["GET", "/v1/customer"]) <= 2, "{:?}", world.calls());
    world.emulator.clear_faults();
    world.look_again("pingteam/platform").await;
    world.ready("pingteam/platform").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_403_on_everything_is_a_refused_credential() {
    let world = World::new().await;
    world.apply(SUB_ACCOUNT);
    world.ready("pingsub/acme").await;
    // NodePing refuses a token with 403.
    world.emulator.set(|settings| settings.revoked = vec![TOKEN.to_owned()]);
    world.patch("pingsub/acme", r#"{"spec": {"name": "Acme 2"}}"#);
    world.says("pingsub/acme", "CredentialsRejected").await;
    world.says("pingpc/nodeping", "CredentialsRejected").await;
    world.emulator.set(|settings| settings.revoked = Vec::new());
    world.secret(SAME_ACCOUNT);
    world.ready("pingsub/acme").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_external_id_of_a_config_pins_the_account_that_its_token_opens() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    world.secret(OTHER_ACCOUNT);
    let own = world.emulator.state(TOKEN)["customer"]["id"].as_str().unwrap_or_default().to_owned();
    let pinned = format!("metadata: {{annotations: {{ping-operator.dev/external-id: '{own}'}}, ");
    world.apply(&world.config("default", "Pinghome").replace("metadata: {", &pinned));
    world.apply(TEAM);
    world.says("pingpc/default", "AccountChanged").await;
    let object = world.says("pingteam/platform", "AccountChanged").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert_eq!(world.get("pingpc/default").await.unwrap_or_default()["status"]["account"], Value::Null);
    assert_eq!(world.count(&["/v1/teams"]), 0);
    world.secret(TOKEN);
    world.ready("pingteam/platform").await;
    assert_eq!(team_names(&world, OTHER_ACCOUNT), Vec::<String>::new());
}

/// The times of the requests that Pinghome received, in milliseconds.
fn received(world: &World) -> Vec<u64> {
    let journal = world.emulator.journal();
    journal.iter().filter(|entry| entry.status == 429).map(|entry| entry.at).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_of_zero_or_in_the_past_leads_to_fewer_and_fewer_calls() {
    for retry_after in ["0", "Wed, 21 Oct 2015 07:28:00 GMT"] {
        let world = World::new().await;
        world.ready("pingpc/default").await;
        let too_many = Reply::new(429, "{}").header("Retry-After", retry_after);
        world.emulator.fault(Fault::new("POST", "/v1/team", Fault::FOREVER, too_many));
        world.apply(TEAM);
        world.apply(&team("second", "default"));
        world.says("pingteam/platform", "RateLimited").await;
        until("it is asked three times", async || received(&world).len() >= 3).await;
        let times = received(&world);
        let pauses: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(pauses.iter().all(|pause| *pause >= 1000), "{retry_after}: {pauses:?}");
        assert!(pauses[1] > pauses[0], "{retry_after}: {pauses:?}");
        world.emulator.clear_faults();
        world.ready("pingteam/platform").await;
        world.ready("pingteam/second").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_retry_after_ends_the_operator_or_stops_another_account() {
    let future = "Thu, 31 Dec 9998 23:59:59 GMT";
    for retry_after in ["18446744073709551615", "99999999999999999999999", "86400", future] {
        let mut world = World::new().await;
        world.ready("pingpc/default").await;
        let too_many = Reply::new(429, "{}").header("Retry-After", retry_after);
        world.emulator.fault(Fault::new("POST", "/v1/team", Fault::FOREVER, too_many));
        world.apply(TEAM);
        world.says("pingteam/platform", "RateLimited").await;
        world.apply(SUB_ACCOUNT);
        world.ready("pingsub/acme").await;
        assert_eq!(received(&world).len(), 1, "{retry_after}");
        // Teams are still reconciled, too.
        world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
        world
            .until("pingteam/platform", "was looked at again", |object| object["status"]["observedGeneration"] == 2)
            .await;
        let ended = world.operator.as_mut().and_then(crate::harness::Operator::ended);
        assert!(ended.is_none(), "{retry_after}: {ended:?}");
    }
}
