//! Broken and hostile answers, and secrets that must not come out anywhere.

use ping_emulator::{Fault, Settings, Trouble};

use crate::codes::verified;
use crate::harness::world::TEAM;
use crate::harness::{Setup, World, condition, reason, wait::until};
use crate::lifecycle::SUB_ACCOUNT;

#[tokio::test(flavor = "multi_thread")]
async fn no_broken_list_leads_to_a_write() {
    let text = |text: &str| Trouble::Body { text: text.to_owned() };
    let long = format!(r#"[{{"team_id": "t1", "name": "{}"}}]"#, "x".repeat(1 << 20));
    // No list is young enough: each is read anew.
    let world = Setup { read_lag: 0, ..Setup::default() }.build().await;
    world.ready("pingpc/default").await;
    let troubles = [
        text(""),
        text("null"),
        text("[]x"),
        text(r#"[{"team_id": "t1", "name": "A"}"#),
        text(r#"[{"team_id": "../t1", "name": "A"}]"#),
        text(r#"[{"team_id": 7, "name": "A"}]"#),
        text(r#"[{"team_id": "t1", "name": ["A"]}]"#),
        text(r#"{"teams": {"t1": {}}}"#),
        text(r#"{"error": "nothing here"}"#),
        text("\u{0}\u{202e}"),
        Trouble::Huge { bytes: 9 << 20 },
        Trouble::Redirect,
        Trouble::DropAfter,
        Trouble::Before { status: 204 },
        Trouble::Before { status: 418 },
    ];
    let bad = |object: &serde_json::Value| ["ProviderUnavailable", "Invalid"].contains(&reason(object, "Ready"));
    for (i, trouble) in troubles.into_iter().enumerate() {
        let team = format!("pingteam/t{i}");
        world.emulator.clear_journal();
        world.emulator.fault(Fault::new("GET", "/v1/teams", 1000, trouble.clone()));
        world.apply(&TEAM.replace("platform", &format!("t{i}")).replace("Platform", &format!("T{i}")));
        world.until(&team, &format!("says that the list is broken: {trouble:?}"), bad).await;
        assert_eq!(world.writes(), Vec::<String>::new(), "{trouble:?}");
        world.emulator.clear_faults();
        // A very long name is somebody else's, and harmless.
        world.emulator.fault(Fault::new("GET", "/v1/teams", 1, text(&long)));
        world.look_again(&team).await;
        world.ready(&team).await;
        assert_eq!(world.writes().len(), 1, "{trouble:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_about_another_account_stops_and_says_so() {
    let world = World::new().await;
    world.apply(SUB_ACCOUNT);
    world.ready("pingsub/acme").await;
    let text = r#"{"_id": "201205050153OTHER", "customer_name": "Other"}"#.to_owned();
    world.emulator.fault(Fault::new("PUT", "/accounts", 1000, Trouble::Body { text }));
    world.patch("pingsub/acme", r#"{"spec": {"name": "B"}}"#);
    let object = world.says("pingsub/acme", "Invalid").await;
    assert!(
        condition(&object, "Ready")["message"].as_str().unwrap_or_default().contains("another account"),
        "{object}"
    );
}

/// Every error path, with a provider that repeats the credential and the request in its errors.
fn troubles() -> Vec<Trouble> {
    let echo = [500, 422, 401, 429, 200].map(|status| Trouble::Echo { status });
    echo.into_iter().chain([Trouble::DropAfter, Trouble::Redirect, Trouble::Garbage]).collect()
}

/// Each of these once.
async fn provoke(world: &World, troubles: Vec<Trouble>) {
    for trouble in troubles {
        world.emulator.fault(Fault { method: None, path: String::new(), times: 40, trouble });
        for resource in ["pingteam/platform", "pingnc/hook", "pingsub/acme", "pingpc/default", "pingpc/nodeping"] {
            world.kubectl(
                &["annotate", "--overwrite", resource, "ping-operator.dev/reconcile-requested-at=now", "--all=false"],
                "",
            );
        }
        world.patch("pingteam/platform", &format!(r#"{{"spec": {{"name": "N{}"}}}}"#, world.calls().len()));
        let before = world.calls().len();
        until("the provider is asked", async || world.calls().len() > before).await;
        world.emulator.clear_faults();
        // A refused or paused credential opens again with its Secret.
        world.secret_with("tokens", "other", &format!("{before}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_come_out_nowhere_not_even_in_traces() {
    let (token, hook, code) = ("c4n4ry-t0ken", "https://example.com/c4n4ry-h00k", "c4n4ry-c0de");
    let settings = Settings { tokens: vec![token.to_owned()], ..Settings::default() };
    let setup = Setup { settings, log_level: "trace", with_configs: false, resync: 1, ..Setup::default() };
    let mut world = setup.build().await;
    world.secret(token);
    world.apply(&world.config("default", "Pinghome"));
    world.apply(&world.config("nodeping", "NodePing"));
    world.secret_with("hooks", "url", hook);
    world.apply(TEAM);
    world.apply(
        &verified("hook", hook)
            .replace(&format!("value: '{hook}'"), "valueFrom: {secretKeyRef: {name: hooks, key: url}}"),
    );
    world.apply(SUB_ACCOUNT);
    for resource in ["pingteam/platform", "pingnc/hook", "pingsub/acme"] {
        world.ready(resource).await;
    }
    world.secret_with("codes", "code", code);
    world.until("pingnc/hook", "rejects the code", |object| reason(object, "Verified") == "CodeRejected").await;
    provoke(&world, troubles()).await;
    let operator = world.operator.as_ref().expect("it runs");
    let metrics = operator.get("/metrics").await.unwrap_or_default().1;
    let all = "pingpc,pingteam,pingnc,pingsub,events.events.k8s.io";
    let (_, resources) = world.kubectl(&["get", all, "-o", "yaml"], "");
    for (what, text) in [("logs", operator.log()), ("metrics", metrics), ("resources and events", resources)] {
        assert!(text.len() > 1000, "{what} are there");
        let found = text.lines().find(|line| line.contains("c4n4ry"));
        assert_eq!(found, None, "{what}");
    }
    for level in ["error", "warn", "info", "debug", "trace"] {
        for format in ["text", "json"] {
            world.restart_with(&["--log-level", level, "--log-format", format]).await;
            provoke(&world, [500, 422].map(|status| Trouble::Echo { status }).into()).await;
            let operator = world.operator.as_ref().expect("it runs");
            let has_told = async || level == "error" || operator.log().contains("HTTP 422");
            until("the failure is told", has_told).await;
            assert!(!operator.log().contains("c4n4ry"), "{level} {format}");
        }
    }
}
