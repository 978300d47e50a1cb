//! The whole life of every kind under settings of the emulator in which every pair of switches' values occurs.
//!
//! The array is generated: each row takes, switch by switch, the value that meets most pairs that no row has had yet.

use std::collections::BTreeSet;

use ping_emulator::Settings;
use serde_json::{Value, json};

use crate::account::account;
use crate::customer::customer;
use crate::harness::world::{TOKEN, id_of};
use crate::harness::{Setup, World, condition};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};
use crate::members::named_team;

/// Every switch that may be set any way without stopping the operator, with its values.
fn switches() -> Vec<(&'static str, Vec<Value>)> {
    let yes_no = || vec![json!(false), json!(true)];
    vec![
        ("envelope", ["bare", "data", "items", "results", "named"].map(Value::from).into()),
        ("createAnswer", ["object", "data", "id", "message", "empty"].map(Value::from).into()),
        ("channelFields", ["plain", "words", "bare"].map(Value::from).into()),
        ("customerFields", ["plain", "full", "nested"].map(Value::from).into()),
        ("errorBody", ["message", "error", "errors"].map(Value::from).into()),
        ("missingAccount", ["permission", "empty-object", "not-found"].map(Value::from).into()),
        ("teamDelete", ["refuse", "cascade", "orphan"].map(Value::from).into()),
        ("serviceLookup", ["team", "both"].map(Value::from).into()),
        ("readLag", vec![json!(0), json!(400)]),
        ("deletionTime", vec![json!(0), json!(1500)]),
        ("invalidStatus", vec![json!(422), json!(400)]),
        ("renumber", yes_no()),
        ("refuseDuplicateChannel", yes_no()),
        ("refuseEnablingUnverified", yes_no()),
        ("disableOnChange", yes_no()),
        ("forgetAccepted", yes_no()),
        ("oneTeamEach", yes_no()),
        ("errorWith200", yes_no()),
        ("deletingShownActive", yes_no()),
        ("truthAsText", yes_no()),
        ("putResets", yes_no()),
        ("suppressResets", yes_no()),
        ("refuseLam", yes_no()),
        ("showAutoDiag", yes_no()),
    ]
}

/// A value of one switch: its place and the value's.
type Cell = (usize, usize);

fn pair(a: Cell, b: Cell) -> (Cell, Cell) {
    (a.min(b), a.max(b))
}

/// Rows of value places in which every pair of values of two switches occurs.
fn covering_array(sizes: &[usize]) -> Vec<Vec<usize>> {
    let cells = |switch: usize| (0..sizes[switch]).map(move |value| (switch, value));
    let mut open: BTreeSet<(Cell, Cell)> = (0..sizes.len())
        .flat_map(|a| (a + 1..sizes.len()).map(move |b| (a, b)))
        .flat_map(|(a, b)| cells(a).flat_map(move |x| cells(b).map(move |y| (x, y))).collect::<Vec<_>>())
        .collect();
    let mut rows = Vec::new();
    while let Some(&(first, second)) = open.iter().next() {
        let mut row: Vec<Option<usize>> = vec![None; sizes.len()];
        (row[first.0], row[second.0]) = (Some(first.1), Some(second.1));
        for switch in 0..sizes.len() {
            if row[switch].is_some() {
                continue;
            }
            let set: Vec<Cell> = row.iter().enumerate().filter_map(|(s, value)| Some((s, (*value)?))).collect();
            let gain = |cell: Cell| set.iter().filter(|other| open.contains(&pair(cell, **other))).count();
            // Among equals the values take turns.
            let turn = rows.len() % sizes[switch];
            let best = (0..sizes[switch])
                .map(|value| (value + turn) % sizes[switch])
                .max_by_key(|value| gain((switch, *value)));
            row[switch] = best;
        }
        let row: Vec<usize> = row.into_iter().map(Option::unwrap_or_default).collect();
        for (a, x) in row.iter().enumerate() {
            for (b, y) in row.iter().enumerate().skip(a + 1) {
                open.remove(&((a, *x), (b, *y)));
            }
        }
        rows.push(row);
    }
    rows
}

fn settings(row: &[usize]) -> Value {
    let chosen =
        switches().into_iter().zip(row).map(|((name, values), place)| (name.to_owned(), values[*place].clone()));
    Value::Object(chosen.collect())
}

#[test]
fn the_array_has_every_pair_and_is_small() {
    let sizes: Vec<_> = switches().iter().map(|(_, values)| values.len()).collect();
    let rows = covering_array(&sizes);
    for a in 0..sizes.len() {
        for b in a + 1..sizes.len() {
            let seen: BTreeSet<_> = rows.iter().map(|row| (row[a], row[b])).collect();
            assert_eq!(seen.len(), sizes[a] * sizes[b], "switches {a} and {b}");
        }
    }
    assert!((25..=40).contains(&rows.len()), "{} rows; two switches have five values each", rows.len());
}

/// Every `PARTS`th row, so that the parts run beside each other.
const PARTS: usize = 6;

async fn lives(part: usize) {
    let sizes: Vec<_> = switches().iter().map(|(_, values)| values.len()).collect();
    for row in covering_array(&sizes).iter().skip(part).step_by(PARTS) {
        let switches = settings(row);
        eprintln!("[matrix] {switches}");
        let settings: Settings = serde_json::from_value(switches).expect("settings");
        Box::pin(life(settings)).await;
    }
}

async fn life(settings: Settings) {
    let read_lag = if settings.read_lag > 0 { 2 } else { 1 };
    let (cascades, lists_fields) = (format!("{:?}", settings.team_delete), format!("{:?}", settings.channel_fields));
    let world = Setup { settings, read_lag, resync: 1, ..Setup::default() }.build().await;
    let manifests = [
        named_team("platform", "Platform", "{email: p@x.org, role: manager}, {email: q@x.org}"),
        SERVICE.to_owned(),
        channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"),
        channel("mail", "{customer: {}}", "email", "ops@example.com"),
        SUB_ACCOUNT.replace("spec: {", "spec: {deletionPolicy: Delete, emailMe: true, "),
        customer("name: Ada, surname: Lovelace"),
        account("name: Primary"),
    ];
    let all = [
        "pingteam/platform",
        "pingsvc/checkout",
        "pingnc/hook",
        "pingnc/mail",
        "pingsub/acme",
        "pingcust/me",
        "pingacct/primary",
    ];
    world.apply(&manifests.join("\n---\n"));
    for resource in all {
        world.ready(resource).await;
    }
    let team = id_of(&world.get("pingteam/platform").await.unwrap_or_default());
    people_answer(&world, &team).await;
    changes(&world, &all, &lists_fields).await;
    let creates = ["POST /v1/team {", "POST /v1/service", "/notification-channel {", "POST /accounts", "/invitation {"];
    let posts: Vec<_> = creates.iter().map(|word| world.count(&["POST", word.trim_start_matches("POST ")])).collect();
    assert_eq!(posts, [1, 1, 2, 1, 2], "{:?}", world.writes());
    ends(&world, &all, &cascades).await;
}

async fn people_answer(world: &World, team: &str) {
    world.emulator.answer(TOKEN, team, "p@x.org", true);
    world.emulator.answer(TOKEN, team, "q@x.org", false);
    crate::harness::wait::until("the role is given", async || {
        let members = world.emulator.state(TOKEN)["teams"][team]["members"].clone();
        members.as_array().is_some_and(|members| members.iter().any(|member| member["role"] == "manager"))
    })
    .await;
}

async fn changes(world: &World, all: &[&str], fields: &str) {
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    world.patch("pingsvc/checkout", r#"{"spec": {"name": "checkout 2"}}"#);
    world.patch("pingnc/hook", r#"{"spec": {"value": "https://example.com/b", "enabled": false}}"#);
    world.patch(
        "pingsub/acme",
        r#"{"spec": {"timezone": "3", "suppressNotifications": true, "autoDiagNotifications": true}}"#,
    );
    world.patch("pingcust/me", r#"{"spec": {"name": "Grace"}}"#);
    world.patch("pingacct/primary", r#"{"spec": {"timezone": "1", "suppressNotifications": true}}"#);
    for resource in all {
        world.ready(resource).await;
    }
    let state = world.emulator.state(TOKEN);
    let account = state["accounts"].as_object().into_iter().flatten().find(|(_, account)| account["name"] == "Acme");
    let account = account.map(|(_, account)| account.clone()).unwrap_or_default();
    assert_eq!(account["email_me"], true, "{account}");
    assert_eq!((&account["suppressed"], &account["timezone"]), (&json!(true), &json!(3.0)), "{account}");
    assert_eq!(state["customer"]["name"], "Grace");
    let hook = world.get("pingnc/hook").await.unwrap_or_default();
    assert_eq!(hook["status"]["enabled"], false, "{fields} {hook}");
    assert_eq!(condition(&hook, "Ready")["status"], "True");
}

async fn ends(world: &World, all: &[&str], cascades: &str) {
    for resource in all {
        world.delete(resource);
    }
    for resource in all {
        world.gone(resource).await;
    }
    let state = world.emulator.state(TOKEN);
    assert_eq!((&state["teams"], &state["services"]), (&json!({}), &json!({})), "{cascades}");
    assert_eq!(state["customer"]["channels"], json!([]));
}

macro_rules! parts {
    ($($name:ident $part:literal)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            lives($part).await;
        }
    )*};
}

parts! {
    every_kind_lives_under_every_pair_of_switches_part_1 0
    every_kind_lives_under_every_pair_of_switches_part_2 1
    every_kind_lives_under_every_pair_of_switches_part_3 2
    every_kind_lives_under_every_pair_of_switches_part_4 3
    every_kind_lives_under_every_pair_of_switches_part_5 4
    every_kind_lives_under_every_pair_of_switches_part_6 5
}
