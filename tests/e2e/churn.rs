//! Churn: two replicas that divide the accounts, five creates, edits and deletions a second in a population that stays the same, and what
//! the replicas hold stays the same, too.
//!
//! `make test` churns for some seconds, and asserts that the provider has what the resources ask for; `make churn` churns for half an
//! hour, and asserts what the processes hold, too: the median of the last quarter against that of the first one.

mod quarters;

use std::time::{Duration, Instant};

use ping_emulator::Settings;
use tokio::time::{MissedTickBehavior, interval};

use crate::harness::wait::{until, within};
use crate::harness::{Operator, Setup, World};
use crate::population::{self, Account, Population, Provider};
use crate::soak::held::Held;
use quarters::{Quarters, Sample};

/// How long it churns where nobody asks for more by `CHURN=…`, in minutes. Two thirds of that it churns before, so that memory has settled.
const SHORT: Duration = Duration::from_secs(20);
/// The time between two operations.
const PAUSE: Duration = Duration::from_millis(200);
/// How often what the replicas hold is looked at.
const LOOKS: Duration = Duration::from_secs(5);
/// How much more the last quarter may hold than the first one, in percent.
const GROWTH: f64 = 2.0;
/// Teams of a long churn, each with two services and two channels: two hundred resources.
const MANY: usize = 40;
const FEW: usize = 8;
/// How long the end of it may take, and that of connections that are not used.
const PATIENCE: Duration = Duration::from_mins(5);

const TOKENS: [&str; 4] = ["token-0", "token-1", "token-2", "token-3"];
const ACCOUNTS: [Account; 4] = [pinghome(0), pinghome(1), pinghome(2), pinghome(3)];
const REPLICAS: [&str; 2] = ["replica-1", "replica-2"];

const fn pinghome(number: usize) -> Account {
    Account { token: TOKENS[number], provider: Provider::Pinghome }
}

/// A world with a config for each account, and nobody at work.
async fn accounts() -> World {
    let settings = Settings { tokens: TOKENS.map(str::to_owned).to_vec(), ..Settings::default() };
    let (read_lag, resync) = (10, 60);
    let (with_configs, is_home, is_started) = (false, true, false);
    let setup = Setup { settings, read_lag, resync, with_configs, is_home, is_started, ..Setup::default() };
    let world = setup.build().await;
    for token in TOKENS {
        world.secret_with(token, "token", token);
        let manifest = world.config(token, "Pinghome").replace("name: tokens", &format!("name: {token}"));
        let guard = "spec: {deletionGuard: {maxDeletions: 10000, windowSeconds: 1}, ";
        world.apply(&manifest.replace("spec: {", guard));
    }
    world
}

/// Starts two replicas, and waits until each has its half of the shards.
async fn replicas(world: &World) -> Vec<Operator> {
    let host = world.emulator.address().to_string();
    let flags = ["--allow-endpoint", &host, "--leader-elect", "--lease-name", "ping-operator", "--shards", "16"];
    let flags = flags.map(str::to_owned);
    let spawn = |name: &&str| {
        let env = [("POD_NAME", *name), ("POD_NAMESPACE", world.namespace.as_str()), ("RUST_LOG", "info")];
        Operator::spawn(&world.cluster.operator(), &world.namespace, &flags, &env)
    };
    let replicas: Vec<_> = REPLICAS.iter().map(spawn).collect();
    within(PATIENCE, "each replica has its half", async || {
        let leases =
            ["get", "leases", "-l", "ping-operator.dev/lease=shard", "-o", "jsonpath={.items[*].spec.holderIdentity}"];
        let (_, holders) = world.kubectl(&leases, "");
        REPLICAS.iter().all(|name| holders.matches(name).count() == 8)
    })
    .await;
    for token in TOKENS {
        world.ready(&format!("pingpc/{token}")).await;
    }
    replicas
}

/// What each replica holds.
async fn held(world: &World, replicas: &[Operator]) -> Vec<Held> {
    futures::future::join_all(replicas.iter().map(|replica| Held::by(replica, &world.namespace))).await
}

/// Churns for so long; returns what was held meanwhile.
async fn churn(world: &World, replicas: &[Operator], population: &mut Population<'_>, time: Duration) -> Quarters {
    let (begun, mut looked, mut quarters) = (Instant::now(), Instant::now(), Quarters::new(time));
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while begun.elapsed() < time {
        ticks.tick().await;
        population.disturb().await;
        if looked.elapsed() >= LOOKS {
            looked = Instant::now();
            population.heirs_are_seen().await;
            for (replica, name) in replicas.iter().zip(REPLICAS) {
                quarters.add(name, begun.elapsed(), Sample::of(replica, &world.namespace).await);
            }
            world.emulator.clear_journal();
        }
    }
    quarters
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_hold_no_more_after_long_churn_than_after_a_little() {
    let asked = std::env::var("CHURN").ok().and_then(|minutes| minutes.parse::<u64>().ok());
    let (time, teams) = asked.map_or((SHORT, FEW), |minutes| (Duration::from_mins(minutes), MANY));
    let world = accounts().await;
    let replicas = replicas(&world).await;
    let empty = held(&world, &replicas).await;
    let mut population = Population::new(&world, &ACCOUNTS, teams, 1);
    population.make().await;
    population.settles(PATIENCE).await;
    let full = held(&world, &replicas).await;
    // The lists of a Team remember the ids that are gone from them for as long as the Team lives, and the allocator needs a while until it
    // finds room in what it has: until then, memory grows.
    churn(&world, &replicas, &mut population, time * 2 / 3).await;
    let (begun, operations) = (Instant::now(), population.operations);
    let quarters = churn(&world, &replicas, &mut population, time).await;
    let operations = population.operations - operations;
    eprintln!("[churn] {operations} operations in {} s\n{quarters}", begun.elapsed().as_secs());
    population.settles(PATIENCE).await;
    population.is_at_the_provider();
    population.delete().await;
    within(PATIENCE, "all resources are gone", async || population.unsettled().await.is_empty()).await;
    until("the provider has nothing", async || TOKENS.iter().all(|token| population::has_nothing(&world, token))).await;
    let mut after = Vec::new();
    // Threads and connections that are not used end by themselves.
    let no_more =
        |after: &[Held]| after.iter().zip(&empty).zip(&full).all(|((after, empty), full)| after.is_within(empty, full));
    within(PATIENCE, &format!("no more is held than {empty:?}, {full:?}"), async || {
        after = held(&world, &replicas).await;
        no_more(&after)
    })
    .await;
    eprintln!("[churn] empty {empty:?}\n[churn] full {full:?}\n[churn] after {after:?}");
    let grown = quarters.grown(GROWTH);
    assert!(asked.is_none() || grown.is_empty(), "more than {GROWTH} %: {grown:?}");
}
