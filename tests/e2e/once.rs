//! What reaches a person goes out at most once, wherever the operator is killed around it.

use serde_json::{Value, json};

use crate::codes::verified;
use crate::customer::customer;
use crate::harness::world::TOKEN;
use crate::harness::{Setup, World, condition, reason, wait::until};
use crate::lifecycle::channel;
use crate::members::{named_team, state};
use ping_emulator::Settings;

/// Where the operator is killed.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// As soon as the spec has changed.
    AtOnce,
    /// The call is recorded in status; it has not reached the provider, or has had no effect there.
    Recorded,
    /// The provider has done it; the answer is on its way.
    Received,
    /// The answer is there.
    Answered,
    /// Everything is reported.
    Settled,
}

const POINTS: [Point; 5] = [Point::AtOnce, Point::Recorded, Point::Received, Point::Answered, Point::Settled];

/// One call that reaches a person, tried once for each point.
struct Call<'a> {
    /// Its name in metrics.
    operation: &'a str,
    /// What its line in the journal holds, of one try.
    words: fn(usize) -> Vec<String>,
    /// What must be there before the try.
    before: &'a dyn Fn(usize) -> Vec<(String, Vec<String>)>,
}

/// A slow provider: there is time to be killed before and after the effect.
async fn slow_world() -> World {
    let settings = Settings { latency: 60, answer_latency: 120, ..Settings::default() };
    let world = Setup { settings, ..Setup::default() }.build().await;
    world.ready("pingpc/default").await;
    world
}

fn received(world: &World, call: &Call, i: usize) -> usize {
    let words = (call.words)(i);
    world.count(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// How many answers of this operation the operator has seen.
async fn answers(world: &World, operation: &str) -> usize {
    let Some(operator) = &world.operator else { return 0 };
    let text = operator.get("/metrics").await.unwrap_or_default().1;
    let ours = text.lines().filter(|line| {
        line.starts_with("ping_operator_provider_requests_total")
            && line.contains(&format!("operation=\"{operation}\""))
    });
    ours.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum()
}

/// Kills the operator at each point and starts it again; counts what the provider received.
async fn at_most_once(
    world: &mut World,
    call: &Call<'_>,
    act: impl AsyncFn(&World, usize),
    recorded: impl AsyncFn(&World, usize) -> bool,
    settled: impl AsyncFn(&World, usize) -> bool,
) {
    for (i, point) in POINTS.into_iter().enumerate() {
        for (resource, manifests) in (call.before)(i) {
            world.apply(&manifests.concat());
            world.ready(&resource).await;
        }
        let answered = answers(world, call.operation).await;
        act(world, i).await;
        let what = format!("{} {point:?}", call.operation);
        match point {
            Point::AtOnce => {}
            Point::Recorded => until(&what, async || recorded(world, i).await).await,
            Point::Received => until(&what, async || received(world, call, i) > 0).await,
            Point::Answered => until(&what, async || answers(world, call.operation).await > answered).await,
            Point::Settled => until(&what, async || settled(world, i).await).await,
        }
        world.kill();
        world.start().await;
        until(&format!("{what} is settled"), async || settled(world, i).await).await;
        let count = received(world, call, i);
        assert!(count <= 1, "{what}: {count} times: {:?}", world.writes());
        // Once it is in a list, a list can tell: what was recorded and not sent is sent then.
        if call.operation == "invite" {
            assert_eq!(count, 1, "{what}");
        }
    }
}

fn entry<'a>(team: &'a Value, email: &str) -> &'a Value {
    let members = team["status"]["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    members.iter().find(|entry| entry["email"] == email).unwrap_or(&Value::Null)
}

fn nothing(_: usize) -> Vec<(String, Vec<String>)> {
    Vec::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation() {
    let mut world = slow_world().await;
    let email = |i: usize| format!("p{i}@x.org");
    let before =
        |i: usize| vec![(format!("pingteam/t{i}"), vec![named_team(&format!("t{i}"), &format!("Team{i}"), "")])];
    let call = Call {
        operation: "invite",
        words: |i| vec!["POST".into(), "/invitation {".into(), format!("p{i}@x.org")],
        before: &before,
    };
    let act = async |world: &World, i: usize| {
        world.apply(&named_team(&format!("t{i}"), &format!("Team{i}"), &format!("{{email: {}}}", email(i))));
    };
    let team = async |world: &World, i: usize| world.get(&format!("pingteam/t{i}")).await.unwrap_or_default();
    let recorded = async |world: &World, i: usize| entry(&team(world, i).await, &email(i))["unconfirmed"] == true;
    let settled = async |world: &World, i: usize| {
        let team = team(world, i).await;
        state(&team, &email(i)) == "Invited" && entry(&team, &email(i)).get("unconfirmed").is_none()
    };
    at_most_once(&mut world, &call, act, recorded, settled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder() {
    let mut world = slow_world().await;
    let before = |i: usize| {
        let members = format!("{{email: p{i}@x.org}}");
        vec![(format!("pingteam/t{i}"), vec![named_team(&format!("t{i}"), &format!("Team{i}"), &members)])]
    };
    let call = Call {
        operation: "remind",
        words: |i| vec!["POST".into(), "/reminder".into(), format!("p{i}@x.org")],
        before: &before,
    };
    let team = async |world: &World, i: usize| world.get(&format!("pingteam/t{i}")).await.unwrap_or_default();
    let act = async |world: &World, i: usize| {
        // Two hours pass by moving what was recorded into the past.
        let mut members = team(world, i).await["status"]["members"].clone();
        let invited = members[0]["invitedTime"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        members[0]["invitedTime"] =
            json!((invited.unwrap_or_default() - jiff::SignedDuration::from_hours(2)).to_string());
        let (patch, resource) = (json!({"status": {"members": members}}).to_string(), format!("pingteam/t{i}"));
        let args = ["patch", &resource, "--subresource=status", "--type=merge", "-p", &patch];
        let (patched, text) = world.kubectl(&args, "");
        assert!(patched, "{text}");
        world.kubectl(&["annotate", &resource, "ping-operator.dev/reconcile-requested-at=now"], "");
    };
    let count = async |world: &World, i: usize| team(world, i).await["status"]["members"][0]["reminders"] == 1;
    at_most_once(&mut world, &call, act, count, count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_code() {
    let mut world = slow_world().await;
    let address = |i: usize| format!("https://example.com/{i}");
    let before = |i: usize| {
        let manifest = verified(&format!("hook{i}"), &address(i)).replace("name: codes", &format!("name: codes{i}"));
        vec![(format!("pingnc/hook{i}"), vec![manifest])]
    };
    let call = Call {
        operation: "verify notification channel",
        words: |i| vec!["PATCH".into(), "/verification".into(), format!(r#""priority":{}}}"#, i + 1)],
        before: &before,
    };
    let act = async |world: &World, i: usize| {
        let state = world.emulator.state(TOKEN);
        let code = state["customer"]["channels"][i]["code"].as_str().unwrap_or_default().to_owned();
        world.secret_with(&format!("codes{i}"), "code", &code);
        // The Secret is looked at every few seconds anyway; a person is less patient.
        world.kubectl(&["annotate", &format!("pingnc/hook{i}"), "ping-operator.dev/reconcile-requested-at=now"], "");
    };
    let hook = async |world: &World, i: usize| world.get(&format!("pingnc/hook{i}")).await.unwrap_or_default();
    let recorded = async |world: &World, i: usize| hook(world, i).await["status"]["submittedCode"].is_string();
    let settled = async |world: &World, i: usize| {
        let hook = hook(world, i).await;
        ["Verified", "CodeRejected"].contains(&reason(&hook, "Verified")) && hook["status"]["submittedCode"].is_string()
    };
    at_most_once(&mut world, &call, act, recorded, settled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message() {
    let mut world = slow_world().await;
    let before = |i: usize| {
        let address = format!("https://example.com/{i}");
        vec![(format!("pingnc/hook{i}"), vec![channel(&format!("hook{i}"), "{customer: {}}", "webhook", &address)])]
    };
    let call = Call {
        operation: "test notification channel",
        words: |i| vec!["POST".into(), "/test".into(), format!(r#""priority":{}}}"#, i + 1)],
        before: &before,
    };
    let act = async |world: &World, i: usize| {
        world.kubectl(&["annotate", &format!("pingnc/hook{i}"), "ping-operator.dev/test-requested-at=now"], "");
    };
    let handled = async |world: &World, i: usize| {
        let hook = world.get(&format!("pingnc/hook{i}")).await.unwrap_or_default();
        hook["status"]["lastHandledTestAt"] == "now"
    };
    at_most_once(&mut world, &call, act, handled, handled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_username() {
    let mut world = slow_world().await;
    let call = Call {
        operation: "change username",
        words: |i| vec!["PUT".into(), "/customer/username".into(), format!("new{i}@example.com")],
        before: &nothing,
    };
    let act = async |world: &World, i: usize| {
        let code = "usernameVerification: {codeSecretRef: {name: codes, key: code}}";
        world.apply(&customer(&format!("username: new{i}@example.com, {code}")));
    };
    let pending = async |world: &World, i: usize| {
        let me = world.get("pingcust/me").await.unwrap_or_default();
        me["status"]["pendingUsername"] == format!("new{i}@example.com")
    };
    let settled = async |world: &World, i: usize| {
        let me = world.get("pingcust/me").await.unwrap_or_default();
        let observed = &condition(&me, "Ready")["observedGeneration"];
        pending(world, i).await && *observed == me["metadata"]["generation"]
    };
    at_most_once(&mut world, &call, act, pending, settled).await;
}
