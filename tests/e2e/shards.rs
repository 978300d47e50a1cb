//! Replicas that divide the accounts by Leases: each account has one at a time, whatever happens to them.
//!
//! `SHARD_SCHEDULES=500 cargo test --test e2e shards::no_schedule` plays so many schedules, from `SEED`.

mod accounts;
mod crowd;
mod line;
mod owners;
mod rights;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::MissedTickBehavior;

use crate::harness::wait::within;
use crate::harness::world::condition;
use crate::harness::{World, all};
use crate::population::Population;
use accounts::{ACCOUNTS, ALL, SHARDS, accounts, held, leases_of_accounts, resources, wanted};
use crowd::Crowd;
use line::Calls;
use owners::Owners;

/// Each with two services and two channels: three hundred resources.
const TEAMS: usize = 60;
/// How long a schedule may need until all is well.
const PATIENCE: Duration = Duration::from_mins(6);
/// The time between two operations of the user.
const PAUSE: Duration = Duration::from_millis(400);
/// So many schedules are played one after the other, with the same resources.
const OF_A_WORLD: usize = 25;
const KINDS: &str = "pingteam,pingsvc,pingnc";

/// All resources that are not Ready at their present generation.
fn unready(world: &World) -> Vec<String> {
    let (_, text) = world.kubectl(&["get", &format!("pingpc,{KINDS}"), "-o", "json"], "");
    let list: Value = serde_json::from_str(&text).unwrap_or_default();
    let Some(items) = list["items"].as_array() else { return vec![text] };
    let is_ready = |object: &&Value| {
        let ready = condition(object, "Ready");
        ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"]
    };
    let told =
        |object: &Value| format!("{}/{} {}", object["kind"], object["metadata"]["name"], condition(object, "Ready"));
    items.iter().filter(|object| !is_ready(object)).map(told).collect()
}

/// Waits until nothing is left of what `left` names; replicas that have ended meanwhile are followed by others.
async fn until_nothing_is_left(world: &World, crowd: &mut Crowd, left: impl AsyncFn() -> Vec<String>) {
    let begun = Instant::now();
    loop {
        crowd.revive(world).await;
        let left = left().await;
        if left.is_empty() {
            return;
        }
        let logs = || crowd.pods.iter().map(|pod| tail(&pod.operator.log())).collect::<Vec<_>>().join("\n======\n");
        let some = &left[..left.len().min(5)];
        assert!(begun.elapsed() < PATIENCE, "{} are left: {some:#?}\n{}", left.len(), logs());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn all_ready(world: &World, crowd: &mut Crowd) {
    until_nothing_is_left(world, crowd, async || unready(world)).await;
}

fn tail(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}

/// No call was sent by a replica that did not hold the shard, and no two replicas called by turns.
async fn one_at_a_time(world: &World, owners: &Owners, calls: &Calls) {
    let (leases, sent) = (leases_of_accounts(world).await, calls.all());
    assert!(!sent.is_empty());
    let mut wrong = Vec::new();
    for (authorization, lease) in &leases {
        let of_account: Vec<_> = sent.iter().filter(|call| call.authorization == *authorization).cloned().collect();
        wrong.extend(owners.wrong(lease, &of_account));
    }
    assert!(wrong.is_empty(), "{} wrong: {:#?}", wrong.len(), &wrong[..wrong.len().min(10)]);
}

async fn all_gone(world: &World, crowd: &mut Crowd) {
    let (asked, text) = world.kubectl(&["delete", KINDS, "--all", "--wait=false"], "");
    assert!(asked, "{text}");
    within(PATIENCE, "all resources are gone", async || {
        crowd.revive(world).await;
        let (_, text) = world.kubectl(&["get", KINDS, "-o", "name"], "");
        text.contains("No resources found") || text.trim().is_empty()
    })
    .await;
    for account in 0..ACCOUNTS {
        assert_eq!(held(world, account), Vec::<String>::new());
    }
}

/// What is as it should be at the end of each schedule.
async fn settled(world: &World, crowd: &mut Crowd, population: &mut Population<'_>) {
    population.delete_condemned().await;
    until_nothing_is_left(world, crowd, async || population.unsettled().await).await;
    population.is_at_the_provider();
    population.heirs_are_seen().await;
    population.guests_accept();
}

/// What goes wrong in a schedule, and three replicas at its end.
async fn disturbances(world: &World, crowd: &mut Crowd, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(2..5) {
        crowd.disturb(world, random).await;
    }
    crowd.scale(world, 3).await;
}

/// A schedule, given by its seed but for the order in which the processes do their work: the replicas are disturbed, and so is what they
/// manage. Returns how long it took.
async fn schedule(seed: u64, world: &World, crowd: &mut Crowd, population: &mut Population<'_>) -> Duration {
    let (begun, mut random) = (Instant::now(), fastrand::Rng::with_seed(seed));
    let mut ticks = tokio::time::interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    {
        let mut disturbances = std::pin::pin!(disturbances(world, crowd, &mut random));
        loop {
            tokio::select! {
                () = &mut disturbances => break,
                _ = ticks.tick() => population.disturb().await,
            }
        }
    }
    settled(world, crowd, population).await;
    begun.elapsed()
}

/// Plays the schedules of these seeds, one after the other, with the same accounts, resources and replicas.
async fn play(seeds: &[u64]) {
    let world = accounts().await;
    let (calls, owners) = (Calls::default(), Owners::watch(world.cluster.client().await, &world.namespace));
    let mut crowd = Crowd::new(&calls, SHARDS, "replica");
    crowd.scale(&world, 3).await;
    // Until the account of a config is known, whoever has the shard of its name asks for it.
    all_ready(&world, &mut crowd).await;
    calls.clear();
    let mut population = Population::new(&world, &ALL, TEAMS, seeds[0]);
    population.make().await;
    settled(&world, &mut crowd, &mut population).await;
    for seed in seeds {
        let time = schedule(*seed, &world, &mut crowd, &mut population).await;
        one_at_a_time(&world, &owners, &calls).await;
        eprintln!("[shards] schedule {seed}: {time:?}");
    }
    population.delete().await;
    settled(&world, &mut crowd, &mut population).await;
    one_at_a_time(&world, &owners, &calls).await;
}

#[test]
fn no_schedule_of_kills_freezes_and_cut_lines_lets_two_replicas_call_one_account() {
    let number = |variable: &str| std::env::var(variable).ok().and_then(|text| text.parse::<u64>().ok());
    let (count, first) = (number("SHARD_SCHEDULES").unwrap_or(4), number("SEED").unwrap_or(1));
    let seeds: Vec<_> = (first..first + count).collect();
    let outcomes = all(seeds.chunks(OF_A_WORLD), |seeds| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let played = std::panic::catch_unwind(|| runtime.block_on(play(seeds)));
        let outcome = played.map_err(|panic| panic.downcast_ref::<String>().cloned().unwrap_or_default());
        eprintln!("[shards] schedules {seeds:?}: {outcome:?}");
        (seeds, outcome)
    });
    let broken: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).collect();
    assert!(broken.is_empty(), "{} worlds of {count} schedules: {broken:#?}", broken.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_divide_the_accounts_and_one_that_ends_hands_over_within_a_second() {
    let world = accounts().await;
    let (calls, owners) = (Calls::default(), Owners::watch(world.cluster.client().await, &world.namespace));
    let mut crowd = Crowd::new(&calls, SHARDS, "replica");
    crowd.scale(&world, 1).await;
    all_ready(&world, &mut crowd).await;
    let shards = |owners: &Owners| -> BTreeMap<String, usize> {
        let now = owners.now();
        let of_shards = now.iter().filter(|(lease, _)| lease.contains("-shard-"));
        of_shards.fold(BTreeMap::new(), |mut counts, (_, pod)| {
            *counts.entry(pod.clone()).or_default() += 1;
            counts
        })
    };
    assert_eq!(shards(&owners), BTreeMap::from([("replica-1".to_owned(), 16)]));
    crowd.scale(&world, 3).await;
    within(PATIENCE, "each has its part", async || {
        // A busy machine may have cost one its Leases.
        crowd.revive(&world).await;
        let now = shards(&owners);
        now.len() == 3 && now.values().sum::<usize>() == 16 && now.values().all(|count| *count <= 6)
    })
    .await;
    for account in 0..ACCOUNTS {
        world.apply(&resources(account, ""));
    }
    all_ready(&world, &mut crowd).await;
    let served: BTreeSet<_> = calls.all().iter().map(|call| call.pod.clone()).collect();
    assert!(served.len() > 1, "{served:?}");
    let (_, text) = world.kubectl(&["get", "leases", "-l", "ping-operator.dev/lease=shard"], "");
    assert_eq!(text.matches("replica-").count(), 16, "{text}");
    let ended: Vec<_> = crowd.pods.iter().skip(1).map(|pod| pod.name.clone()).collect();
    crowd.scale(&world, 1).await;
    let begun = Instant::now();
    (0..ACCOUNTS).for_each(|account| world.apply(&resources(account, "-b")));
    all_ready(&world, &mut crowd).await;
    eprintln!("[shards] all was renamed {:.1} s after two of three had ended", begun.elapsed().as_secs_f64());
    for account in 0..ACCOUNTS {
        assert_eq!(held(&world, account), wanted(account, "-b"));
    }
    let (_, text) = world.kubectl(&["get", "leases", "-l", "ping-operator.dev/lease=member", "-o", "name"], "");
    assert!(ended.iter().all(|name| !text.contains(&format!("-{name}\n"))), "{ended:?}: {text}");
    all_gone(&world, &mut crowd).await;
    one_at_a_time(&world, &owners, &calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_with_another_number_of_shards_stand_by_until_the_last_of_the_others_has_ended() {
    let (world, calls) = (accounts().await, Calls::default());
    let mut working = Crowd::new(&calls, SHARDS, "sixteen");
    working.scale(&world, 2).await;
    all_ready(&world, &mut working).await;
    for (shards, name) in [(4, "four"), (1, "one"), (SHARDS, "again")] {
        let mut next = Crowd::new(&calls, shards, name);
        next.scale(&world, 2).await;
        for pod in &next.pods {
            within(PATIENCE, "it stands by", async || {
                pod.operator.get("/readyz").await.is_some_and(|(_, text)| text.contains("standing by"))
            })
            .await;
        }
        calls.clear();
        world.apply(&resources(0, &format!("-before-{name}")));
        all_ready(&world, &mut working).await;
        working.scale(&world, 1).await;
        world.apply(&resources(0, &format!("-while-{name}")));
        all_ready(&world, &mut working).await;
        working.scale(&world, 0).await;
        working = next;
        world.apply(&resources(0, &format!("-by-{name}")));
        all_ready(&world, &mut working).await;
        // Never both: the others call first, and these only when those have ended, or could not renew their Leases.
        let all = calls.all();
        let turns: Vec<_> =
            all.chunk_by(|one, other| one.pod.starts_with(name) == other.pod.starts_with(name)).collect();
        assert!(turns.len() <= 2 && all.last().is_some_and(|call| call.pod.starts_with(name)), "{}", turns.len());
    }
    assert_eq!(held(&world, 0), wanted(0, "-by-again"));
}
