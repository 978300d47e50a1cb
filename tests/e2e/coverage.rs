//! All 40 endpoints are used, each by a resource: told from what the emulator received.

use std::collections::BTreeSet;

use ping_emulator::{Entry, ServiceLookup, Settings};

use crate::codes::code;
use crate::customer::customer;
use crate::harness::world::{TOKEN, id_of};
use crate::harness::{Setup, World, reason};
use crate::lifecycle::{SUB_ACCOUNT, channel};
use crate::members::{named_team, state};

/// Number, method, and path with `*` for an id; a query must hold the word behind `?`.
const ENDPOINTS: [(&str, &str, &str); 40] = [
    ("P1", "GET", "/v1/customer"),
    ("P2", "PATCH", "/v1/customer"),
    ("P3", "DELETE", "/v1/customer"),
    ("P4", "PUT", "/v1/customer/username"),
    ("P5", "PATCH", "/v1/customer/username"),
    ("P6", "POST", "/v1/customer/*/notification-channel"),
    ("P7", "GET", "/v1/customer/*/notification-channels"),
    ("P8", "PUT", "/v1/customer/*/notification-channel"),
    ("P9", "PATCH", "/v1/customer/*/notification-channel/verification"),
    ("P10", "DELETE", "/v1/customer/*/notification-channel"),
    ("P11", "POST", "/v1/customer/*/notification-channel/test"),
    ("P12", "PUT", "/v1/customer/*/notification-channel/enabled"),
    ("P13", "POST", "/v1/team"),
    ("P14", "GET", "/v1/teams"),
    ("P15", "PUT", "/v1/team/*"),
    ("P16", "DELETE", "/v1/team/*"),
    ("P17", "GET", "/v1/team/*/invitations"),
    ("P18", "POST", "/v1/team/*/invitation"),
    ("P19", "DELETE", "/v1/team/*/invitation"),
    ("P20", "GET", "/v1/team/*/members"),
    ("P21", "DELETE", "/v1/team/*/member/*"),
    ("P22", "PATCH", "/v1/team/*/member/*"),
    ("P23", "POST", "/v1/team/*/invitation/reminder"),
    ("P24", "POST", "/v1/team/*/notification-channel"),
    ("P25", "GET", "/v1/team/*/notification-channels"),
    ("P26", "PUT", "/v1/team/*/notification-channel"),
    ("P27", "PATCH", "/v1/team/*/notification-channel/verification"),
    ("P28", "DELETE", "/v1/team/*/notification-channel"),
    ("P29", "POST", "/v1/team/*/notification-channel/test"),
    ("P30", "PUT", "/v1/team/*/notification-channel/enabled"),
    ("P31", "POST", "/v1/service"),
    ("P32", "PUT", "/v1/service/*"),
    ("P33", "DELETE", "/v1/service/*"),
    ("P34", "GET", "/v1/team-service/*"),
    ("N1", "GET", "/accounts/*"),
    ("N2", "GET", "/accounts"),
    ("N3", "PUT", "/accounts?name"),
    ("N4", "POST", "/accounts"),
    ("N5", "DELETE", "/accounts"),
    ("N6", "PUT", "/accounts?accountsuppressall"),
];

fn is(entry: &Entry, (_, method, pattern): &(&str, &str, &str)) -> bool {
    let (path, parameter) = pattern.split_once('?').map_or((*pattern, None), |(path, word)| (path, Some(word)));
    let (wanted, seen): (Vec<_>, Vec<_>) = (path.split('/').collect(), entry.path.split('/').collect());
    let same = wanted.len() == seen.len() && wanted.iter().zip(&seen).all(|(w, s)| *w == "*" || w == s);
    let has = |word: &str| entry.query.iter().any(|(name, _)| name == word);
    let done = (200..300).contains(&entry.status);
    done && entry.method == *method && same && parameter.is_none_or(has)
}

fn missing(journal: &[Entry]) -> BTreeSet<&'static str> {
    let unseen = ENDPOINTS.iter().filter(|endpoint| !journal.iter().any(|entry| is(entry, endpoint)));
    unseen.map(|(number, ..)| *number).collect()
}

const NAMES: &str = "name: Grace, surname: Hopper";

/// A channel with a code, its address changed, switched off, tested and deleted.
async fn life_of_a_channel(world: &World, name: &str, owner: &str, code: impl Fn(&World) -> String) {
    let resource = format!("pingnc/{name}");
    let secret = format!("{name}-code");
    let manifest = |address: &str| {
        let verification = format!("spec: {{verification: {{codeSecretRef: {{name: {secret}, key: code}}}}, ");
        channel(name, owner, "webhook", address).replace("spec: {", &verification)
    };
    world.apply(&manifest("https://example.com/a"));
    world.ready(&resource).await;
    world.apply(&manifest("https://example.com/b"));
    world.ready(&resource).await;
    world.secret_with(&secret, "code", &code(world));
    world.until(&resource, "is verified", |object| reason(object, "Verified") == "Verified").await;
    world.kubectl(&["annotate", &resource, "ping-operator.dev/test-requested-at=now"], "");
    world.until(&resource, "is tested", |object| object["status"]["lastTestResult"] == "Sent").await;
    world.patch(&resource, r#"{"spec": {"enabled": false}}"#);
    world.ready(&resource).await;
    world.delete(&resource);
    world.gone(&resource).await;
}

async fn life_of_people(world: &World) {
    world.apply(&named_team("a", "A", "{email: p@x.org, role: manager}, {email: q@x.org}"));
    let id = id_of(&world.ready("pingteam/a").await);
    world.emulator.answer(TOKEN, &id, "p@x.org", true);
    world.look_again("pingteam/a").await;
    // The reminder is due at once where nothing tells when the invitation was.
    let patch = r#"{"status": {"members": [{"email": "q@x.org", "state": "Invited", "reminders": 0, "invitedTime": "2020-01-01T00:00:00Z"}]}}"#;
    world.kubectl(&["patch", "pingteam/a", "--subresource=status", "--type=merge", "-p", patch], "");
    let team = world.look_again("pingteam/a").await;
    assert_eq!(state(&team, "q@x.org"), "Reminded", "{team}");
    world.kubectl(&["annotate", "pingteam/a", "ping-operator.dev/allow-deletion=true"], "");
    world.apply(&named_team("a", "A2", ""));
    world
        .until("pingteam/a", "has nobody", |team| team["status"]["members"].as_array().is_none_or(Vec::is_empty))
        .await;
    world.delete("pingteam/a");
    world.gone("pingteam/a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_40_endpoints_is_used_by_a_resource() {
    let settings = Settings { service_lookup: ServiceLookup::Both, ..Settings::default() };
    let world = Setup { settings, ..Setup::default() }.build().await;
    life_of_people(&world).await;
    world.apply(&named_team("b", "B", ""));
    let team = id_of(&world.ready("pingteam/b").await);
    life_of_a_channel(&world, "mine", "{customer: {}}", code).await;
    let of_team = |world: &World| {
        let channels = world.emulator.state(TOKEN)["teams"][&team]["channels"].clone();
        channels[0]["code"].as_str().unwrap_or_default().to_owned()
    };
    life_of_a_channel(&world, "theirs", "{teamRef: {name: b}}", of_team).await;
    let service = crate::lifecycle::SERVICE.replace("name: platform", "name: b");
    world.apply(&service);
    world.ready("pingsvc/checkout").await;
    world.patch("pingsvc/checkout", r#"{"spec": {"name": "checkout 2"}}"#);
    world.ready("pingsvc/checkout").await;
    world.delete("pingsvc/checkout");
    world.gone("pingsvc/checkout").await;
    world.apply(&SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, "));
    world.ready("pingsub/acme").await;
    world.patch("pingsub/acme", r#"{"spec": {"name": "Acme 2", "suppressNotifications": true}}"#);
    world.ready("pingsub/acme").await;
    world.delete("pingsub/acme");
    world.gone("pingsub/acme").await;
    life_of_the_customer(&world).await;
    assert_eq!(missing(&world.emulator.journal()), BTreeSet::new(), "endpoints that nothing used");
}

async fn life_of_the_customer(world: &World) {
    let verification = "usernameVerification: {codeSecretRef: {name: codes, key: code}}";
    let closing = "deletionPolicy: CloseAccount, closure: {reason: poor-features, confirmUsername: new@example.com}";
    world.apply(&customer(&format!("{NAMES}, username: new@example.com, {verification}, {closing}")));
    world.until("pingcust/me", "awaits a code", |object| object["status"]["pendingUsername"].is_string()).await;
    world.ready("pingcust/me").await;
    let state = world.emulator.state(TOKEN);
    world.secret_with("codes", "code", state["customer"]["code"].as_str().unwrap_or_default());
    world.until("pingcust/me", "is renamed", |object| object["status"]["username"] == "new@example.com").await;
    world.delete("pingcust/me");
    world.gone("pingcust/me").await;
}

#[test]
fn the_page_about_coverage_has_a_row_for_each_endpoint_with_a_test_that_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/coverage.md")).expect("docs/coverage.md");
    let tests: String = std::fs::read_dir(root.join("tests/e2e"))
        .expect("the tests")
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok())
        .collect();
    for (number, method, path) in ENDPOINTS {
        let path = path.split('?').next().unwrap_or_default().replace("/*", "/{id}");
        let start = format!("| {number} | `{method} {path}` |");
        let row = page.lines().find(|line| line.starts_with(&start));
        let test = row.and_then(|row| row.rsplit('`').nth(1)).unwrap_or_default();
        assert!(!test.is_empty(), "docs/coverage.md has no row that begins with {start}");
        assert!(tests.contains(&format!("fn {test}(")), "{number}: there is no test {test}");
    }
    assert_eq!(page.lines().filter(|line| line.starts_with("| P") || line.starts_with("| N")).count(), 40);
}
