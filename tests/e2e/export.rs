//! `export` through the real binary: an account that people made becomes manifests, and applying them changes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use ping_emulator::{CustomerFields, Envelope, ServiceLookup, Settings};
use serde_json::{Value, json};

use crate::harness::world::{IN_NAMESPACE, TOKEN};
use crate::harness::{Setup, World, binary};
use crate::validate::validate;

/// Runs the command with the world's endpoints.
fn export(world: &World, provider: &str, flags: &[&str]) -> Output {
    let base = format!("http://{}", world.emulator.address());
    let endpoints: &[_] = match provider {
        "NodePing" => &[("api", "nodeping")],
        _ => &[
            ("customerQuery", "customer-query"),
            ("customerCommand", "customer-cmd"),
            ("resourceQuery", "resource-query"),
            ("resourceCommand", "resource-cmd"),
        ],
    };
    let mut command = Command::new(binary());
    command.args(["export", "--provider", provider, "--token-env", "THE_TOKEN"]).env("THE_TOKEN", TOKEN);
    for (name, path) in endpoints {
        command.arg("--endpoint").arg(format!("{name}={base}/{path}"));
    }
    command.args(flags).output().expect("the binary")
}

fn printed(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}

/// What people clicked together: two teams of one name, people in every state, services, channels of three types, accounts.
fn organisation(world: &World) {
    let id = |answer: &Value| answer.pointer("/team_id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let own = world.emulator.state(TOKEN)["customer"]["id"].as_str().unwrap_or_default().to_owned();
    let teams: Vec<_> = (0..2)
        .map(|_| world.human("POST", "/customer-cmd/v1/team", json!({ "name": "Platform: on-call" })))
        .map(|answer| id(&answer))
        .collect();
    for (number, team) in teams.iter().enumerate() {
        for person in ["ada", "grace", "linus"] {
            let body = json!({ "channel_value": format!("{person}-{number}@example.com"), "channel_type": "email" });
            world.human("POST", &format!("/customer-cmd/v1/team/{team}/invitation"), body);
        }
        world.emulator.answer(TOKEN, team, &format!("ada-{number}@example.com"), true);
        world.emulator.answer(TOKEN, team, &format!("grace-{number}@example.com"), false);
        world.human("POST", "/resource-cmd/v1/service", json!({ "name": "yes", "team_id": team }));
    }
    for (type_, value) in
        [("webhook", "https://example.com/a?b=c#d"), ("email", "Ops@example.com"), ("sms", "+994551234567")]
    {
        for owner in [format!("customer/{own}"), format!("team/{}", teams.first().expect("a team"))] {
            let path = format!("/customer-cmd/v1/{owner}/notification-channel");
            world.human("POST", &path, json!({ "type": type_, "value": value }));
        }
    }
    let off = json!({ "priority": 1, "enabled": false });
    world.human("PUT", &format!("/customer-cmd/v1/customer/{own}/notification-channel/enabled"), off);
    for name in ["Acme", "Globex"] {
        let query = format!("name={name}&contactname=Joe&email=joe@example.com&timezone=-7&location=eur&emailme=yes");
        world.human("POST", &format!("/nodeping/accounts?{query}"), Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_an_export_to_an_empty_namespace_makes_no_write_and_all_is_ready_in_every_dialect() {
    for (customer_fields, envelope) in [
        (CustomerFields::Plain, Envelope::Bare),
        (CustomerFields::Full, Envelope::Named),
        (CustomerFields::Nested, Envelope::Data),
    ] {
        let settings =
            Settings { customer_fields, envelope, service_lookup: ServiceLookup::Both, ..Settings::default() };
        let world = Setup { settings, with_configs: false, ..Setup::default() }.build().await;
        organisation(&world);
        world.secret_with("pinghome", "token", TOKEN);
        world.secret_with("nodeping", "token", TOKEN);
        for (provider, expected) in [("Pinghome", 12), ("NodePing", 4)] {
            let manifests = printed(&export(&world, provider, &["--namespace", &world.namespace]));
            assert_eq!(
                manifests,
                printed(&export(&world, provider, &["--namespace", &world.namespace])),
                "the same twice"
            );
            assert!(!manifests.contains(TOKEN), "{manifests}");
            assert_eq!(manifests.matches("---\n").count(), expected, "{manifests}");
            let checked = validate(&manifests, &[]);
            assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
            world.apply(&manifests);
        }
        let (ready, text) =
            world.kubectl(&["wait", "--for=condition=Ready", IN_NAMESPACE, "--all", "--timeout=60s"], "");
        assert!(ready, "{text}\n{}", world.kubectl(&["get", "ping", "-o", "wide"], "").1);
        assert_eq!(world.writes(), Vec::<String>::new());
        let (_, members) =
            world.kubectl(&["get", "pingteam", "-o", "jsonpath={.items[*].status.members[*].state}"], "");
        assert_eq!(members, "Active Invited Active Invited");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_some_types_of_channels_are_asked_for_and_written_to_files() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    organisation(&world);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("export-{}", world.namespace));
    let flags = ["--include-types", "webhook,email", "--exclude-types", "email", "--out-dir", &dir.to_string_lossy()];
    assert_eq!(printed(&export(&world, "Pinghome", &flags)), "");
    let all: String = files(&dir).into_values().collect();
    let types: Vec<_> = all.lines().filter_map(|line| line.trim().strip_prefix("type: ")).collect();
    assert_eq!(types, ["webhook", "webhook"]);
    let asked = world.count(&["notification-channels", "include_types=webhook,email", "exclude_types=email"]);
    assert_eq!(asked, 3, "{:#?}", world.calls());
    std::fs::remove_dir_all(dir).expect("the files");
}

/// The files below a folder, by path.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).expect("a folder").filter_map(Result::ok) {
        match entry.path() {
            path if path.is_dir() => all.extend(files(&path)),
            path => drop(all.insert(path.display().to_string(), std::fs::read_to_string(&path).expect("a text"))),
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_export_is_the_same_byte_for_byte_and_overwrites_nothing_unless_asked() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    organisation(&world);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("export-{}", world.namespace));
    let place = dir.to_string_lossy().into_owned();
    let first = export(&world, "Pinghome", &["--out-dir", &place]);
    printed(&first);
    printed(&export(&world, "NodePing", &["--out-dir", &place]));
    let told = String::from_utf8_lossy(&first.stderr);
    assert!(
        told.contains("exported: 1 ProviderConfig, 1 Customer, 6 NotificationChannel, 2 Team, 2 Service"),
        "{told}"
    );
    let before = files(&dir);
    let names: Vec<_> = before.keys().map(|path| path.trim_start_matches(&place)).collect();
    let teams = ["/teams/platform-on-call-2.yaml", "/teams/platform-on-call.yaml"];
    assert_eq!(names, [&["/nodeping.yaml", "/pinghome.yaml"][..], &teams].concat());
    let team = before.values().last().expect("a team");
    assert!(team.contains("# Not listed: grace-0@example.com (has declined the invitation).\n"), "{team}");

    // The providers list everything in another order.
    world.emulator.set(|settings| settings.lists_backwards = true);
    std::fs::write(dir.join("teams/platform-on-call.yaml"), "mine").expect("a file");
    let refused = export(&world, "Pinghome", &["--out-dir", &place]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && told.contains("/pinghome.yaml'") && told.contains("--force"), "{told}");
    assert_eq!(files(&dir).values().filter(|text| *text == "mine").count(), 1, "nothing was written");
    for provider in ["Pinghome", "NodePing"] {
        printed(&export(&world, provider, &["--out-dir", &place, "--force"]));
    }
    assert_eq!(files(&dir), before);
    std::fs::remove_dir_all(dir).expect("the files");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_cannot_be_made_says_why_and_writes_nothing() {
    let world = Setup { with_configs: false, ..Setup::default() }.build().await;
    for (flags, env, expected) in [
        (
            vec!["--provider", "Pinghome", "--token-env", "NONE"],
            ("X", ""),
            "the environment variable 'NONE' is not set or empty",
        ),
        (vec!["--provider", "Other", "--token-env", "X"], ("X", "t"), "possible values: Pinghome, NodePing"),
        (
            vec!["--provider", "Pinghome", "--token-env", "X", "--endpoint", "x=y"],
            ("X", "t"),
            "NAME one of customerQuery",
        ),
        (
            vec!["--provider", "NodePing", "--token-env", "X", "--endpoint", "api=nowhere"],
            ("X", "t"),
            "`endpoints.api`: must be a URL",
        ),
    ] {
        let output = Command::new(binary()).arg("export").args(flags).env(env.0, env.1).output();
        let output = output.expect("the binary");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(expected) && output.stdout.is_empty(), "{text}");
        assert_eq!(output.status.code(), Some(2));
    }
    let flags = ["--endpoint", &format!("api=http://{}/nodeping", world.emulator.address())];
    let refused = Command::new(binary())
        .args(["export", "--provider", "NodePing", "--token-env", "X"])
        .args(flags)
        .env("X", "wrong-token")
        .output()
        .expect("the binary");
    let text = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text.contains("token") && !text.contains("wrong-token"), "{text}");
}
