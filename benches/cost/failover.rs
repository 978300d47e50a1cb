//! How long nobody works after the end of a replica, what its end costs others, and how many calls an account gets meanwhile.

use std::time::{Duration, Instant};

use kube::api::{Patch, PatchParams};
use ping_emulator::{Entry, Settings};
use serde_json::json;

use crate::harness::{Operator, Setup, World};
use crate::measure::{float, percentile};
use crate::table::Table;
use crate::{count_of, create, is_ready, manifest, until};

/// How often a leader ends in each way.
const ENDS: usize = 3;
/// How many accounts are divided, and how many Teams each has.
const ACCOUNTS: usize = 6;
const TEAMS: usize = 20;
/// How long edits go on before a replica is killed, and after.
const TIME: Duration = Duration::from_secs(40);
/// The pause between two edits.
const PAUSE: Duration = Duration::from_millis(500);
/// The default rate of an account.
const RATE: f64 = 5.0;
const BURST: f64 = 10.0;

/// Ends leaders and replicas, and tells what came of it.
pub(super) async fn all(table: &mut Table) {
    let killed = leader("KILL").await;
    let asked = leader("TERM").await;
    table.say(format!(
        "from the end of the leader to the next write, at most, s: {killed:.2} after kill -9 (≤ 20), {asked:.2} after SIGTERM (≤ 1)"
    ));
    shards(table).await;
}

/// The longest time from such an end of a leader to the write that an edit asks for.
async fn leader(signal: &str) -> f64 {
    let flags = ["--leader-elect", "--lease-name", "ping-operator"].map(str::to_owned).to_vec();
    let mut world = Setup { flags, is_home: true, ..Setup::default() }.build().await;
    create(&world, &manifest("Team", "team-0", &json!({ "name": "Team" })));
    let mut waits = Vec::new();
    for end in 0..ENDS {
        world.ready("pingteam/team-0").await;
        let other = world.another_operator().await;
        let leader = world.operator.replace(other).expect("it runs");
        leader.signal(signal);
        let begun = Instant::now();
        let name = format!("{signal} {end}");
        world.patch("pingteam/team-0", &json!({ "spec": { "name": name } }).to_string());
        sent(&world, &name).await;
        waits.push(begun.elapsed().as_secs_f64());
    }
    percentile(&waits, 100)
}

/// Waits until the provider has received a write with this name.
async fn sent(world: &World, name: &str) {
    until("the edit is sent", async || world.writes().iter().any(|call| call.contains(&format!("\"{name}\"")))).await;
}

/// Three replicas divide six accounts, and one of them is killed.
async fn shards(table: &mut Table) {
    let world = accounts().await;
    let mut replicas: Vec<_> = (0..3).map(|number| replica(&world, number)).collect();
    create(&world, &(0..ACCOUNTS * TEAMS).map(team).collect::<String>());
    let teams = world.api("pingteam");
    until("all are Ready", async || count_of(&teams, is_ready).await == ACCOUNTS * TEAMS).await;
    let before = edits(&world, "before").await;
    let last = replicas.pop().expect("three");
    let mine = accounts_of(&world, "replica-2");
    last.signal("KILL");
    let meanwhile = edits(&world, "after").await;
    let of = |edits: &[Edit], is_mine: bool| -> Vec<f64> {
        edits.iter().filter(|edit| mine.contains(&edit.account) == is_mine).map(|edit| edit.wait).collect()
    };
    table.say(format!(
        "three replicas, {ACCOUNTS} accounts, an edit every {} ms: p99 {:.2} s before; after one is killed, that has {} accounts: \
         p99 of the others' {:.2} s, of its own at most {:.2} s",
        PAUSE.as_millis(), percentile(&before.iter().map(|edit| edit.wait).collect::<Vec<_>>(), 99), mine.len(),
        percentile(&of(&meanwhile, false), 99), percentile(&of(&meanwhile, true), 100),
    ));
    rename_all(&world).await;
    // The next one ends with work in hand, and whoever follows does not know how much of the rate is used.
    replicas.pop().expect("two").signal("KILL");
    until("all are Ready again", async || count_of(&teams, is_ready).await == ACCOUNTS * TEAMS).await;
    let journal = world.emulator.journal();
    let over = (0..ACCOUNTS).map(|account| above_the_rate(&journal, account)).fold(f64::MIN, f64::max);
    table.say(format!("calls of an account in any window, above rate × window + burst, at most: {over:.1} (≤ 0)"));
    assert!(over <= 0.0, "an account got {over} calls too many");
}

/// A world with a config for each account, at the default rate.
async fn accounts() -> World {
    let tokens: Vec<_> = (0..ACCOUNTS).map(|account| format!("token-{account}")).collect();
    let settings = Settings { tokens: tokens.clone(), ..Settings::default() };
    let setup = Setup {
        settings,
        read_lag: 120,
        resync: 600,
        with_configs: false,
        is_home: true,
        is_started: false,
        ..Setup::default()
    };
    let world = setup.build().await;
    for token in &tokens {
        world.secret_with(token, "token", token);
        let config = world.config(token, "Pinghome").replace("name: tokens", &format!("name: {token}"));
        world.apply(&config.replace(
            "{requestsPerSecond: 1000, burst: 1000}",
            &format!("{{requestsPerSecond: {RATE}, burst: {BURST}}}"),
        ));
    }
    world
}

/// One of the replicas.
fn replica(world: &World, number: usize) -> Operator {
    let (name, host) = (format!("replica-{number}"), world.emulator.address().to_string());
    let flags = ["--allow-endpoint", &host, "--leader-elect", "--lease-name", "ping-operator", "--shards", "16"];
    let env = [("POD_NAME", name.as_str()), ("POD_NAMESPACE", world.namespace.as_str())];
    Operator::spawn(&world.cluster.operator(), &world.namespace, &flags.map(str::to_owned), &env)
}

fn team(number: usize) -> String {
    let config = json!({ "name": format!("token-{}", number % ACCOUNTS) });
    manifest(
        "Team",
        &format!("team-{number}"),
        &json!({ "name": format!("Team {number}"), "providerConfigRef": config }),
    )
}

/// Renames all Teams at once: more than the burst of each account.
async fn rename_all(world: &World) {
    let (api, params) = (world.api("pingteam"), PatchParams::default());
    for number in 0..ACCOUNTS * TEAMS {
        let patch = Patch::Merge(json!({ "spec": { "name": format!("all {number}") } }));
        api.patch(&format!("team-{number}"), &params, &patch).await.expect("a patch");
    }
}

/// The accounts whose shard a replica holds: their configs name the Lease.
fn accounts_of(world: &World, pod: &str) -> Vec<usize> {
    let lease_of = |account: &usize| {
        let (_, lease) =
            world.kubectl(&["get", &format!("pingpc/token-{account}"), "-o", "jsonpath={.status.servedBy}"], "");
        lease.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let is_held = |account: &usize| {
        let (_, holder) =
            world.kubectl(&["get", "lease", &lease_of(account), "-o", "jsonpath={.spec.holderIdentity}"], "");
        holder.starts_with(pod)
    };
    (0..ACCOUNTS).filter(is_held).collect()
}

/// An edit, and how long it waited for its call.
struct Edit {
    account: usize,
    wait: f64,
}

/// Edits Teams of all accounts by turns, and waits for each call.
async fn edits(world: &World, mark: &str) -> Vec<Edit> {
    let (begun, mut edits) = (Instant::now(), Vec::new());
    while begun.elapsed() < TIME {
        let number = edits.len();
        let (team, name) = (number % (ACCOUNTS * TEAMS), format!("{mark} {number}"));
        let (api, patch) = (world.api("pingteam"), Patch::Merge(json!({ "spec": { "name": name } })));
        let at = world.emulator.now();
        api.patch(&format!("team-{team}"), &PatchParams::default(), &patch).await.expect("a patch");
        edits.push((number, at, name));
        tokio::time::sleep(PAUSE).await;
    }
    let names: Vec<_> = edits.iter().map(|(_, _, name)| name.clone()).collect();
    until("all edits are sent, but for those that a later one replaced", async || is_last_sent(world, &names)).await;
    let journal = world.emulator.journal();
    let received =
        |name: &str| journal.iter().find(|entry| entry.is_write() && entry.body["name"] == name).map(|entry| entry.at);
    let waits = edits.iter().filter_map(|(number, at, name)| {
        let wait = Duration::from_millis(received(name)?.saturating_sub(*at)).as_secs_f64();
        Some(Edit { account: number % ACCOUNTS, wait })
    });
    waits.collect()
}

/// Whether the last edit of each Team has been sent.
fn is_last_sent(world: &World, names: &[String]) -> bool {
    let journal = world.emulator.journal();
    let last = &names[names.len().saturating_sub(ACCOUNTS * TEAMS)..];
    last.iter().all(|name| journal.iter().any(|entry| entry.is_write() && entry.body["name"] == name.as_str()))
}

/// By how many calls an account got more in some window than its rate and its burst allow.
fn above_the_rate(journal: &[Entry], account: usize) -> f64 {
    let times: Vec<_> = journal.iter().filter(|entry| entry.account == Some(account)).map(|entry| entry.at).collect();
    // The bucket that the calls so far have left, as a deficit: the most of it over all windows.
    let (mut used, mut most, mut before) = (0.0_f64, 0.0_f64, None);
    for at in times {
        let passed = before.map_or(0, |before| at.saturating_sub(before));
        let refilled = RATE * float(usize::try_from(passed).unwrap_or(usize::MAX)) / 1000.0;
        used = (used - refilled).max(0.0) + 1.0;
        most = most.max(used);
        before = Some(at);
    }
    most - BURST
}
