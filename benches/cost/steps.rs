//! The life of many Teams: create, update, idle, restart, delete.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use kube::api::{DeleteParams, ListParams};

use crate::measure::{self, Count, Memory, float};
use crate::table::{Growth, Table};
use crate::{Bench, PATIENCE, create, harness, is_ready, team, until};

/// How long the operator is looked at while it has nothing to do.
const IDLE: Duration = Duration::from_secs(20);

/// The size of the pages in which the operator lists resources.
const PAGE: usize = 100;

/// All steps with so many Teams as the bench has.
pub(super) async fn all(mut bench: Bench, table: &mut Table) {
    table.put(bench.n, "RSS empty, MB", Growth::Told, Memory::of(bench.pid()).resident, "≤ 15");
    created(&bench, table).await;
    updated(&bench, table).await;
    resynced(&bench, table).await;
    edited_during_resync(&bench, table).await;
    restarted(&mut bench, table).await;
    relisted(&bench, table).await;
    scraped(&bench, table).await;
    deleted(&bench, table).await;
}

/// The calls of one step.
fn calls(table: &mut Table, n: usize, step: &str, cost: &Count) {
    let Count { reads, writes, kubernetes, api_reads } = cost;
    table.put(n, &format!("{step}: provider reads"), Growth::Work, float(*reads), "");
    table.put(n, &format!("{step}: provider writes"), Growth::Work, float(*writes), "");
    table.put(n, &format!("{step}: Kubernetes writes"), Growth::Work, float(*kubernetes), "");
    table.put(n, &format!("{step}: Kubernetes reads"), Growth::Work, float(cost.all_api_reads()), "");
    if !api_reads.is_empty() {
        table.say(format!("{n} Teams, {step}, reads from the API server: {api_reads:?}"));
    }
}

async fn created(bench: &Bench, table: &mut Table) {
    let n = bench.n;
    let manifests: String = (0..n).map(|i| team(&format!("team-{i}"), &format!("Team {i}"), &[])).collect();
    let (before, cpu) = (bench.count(), measure::cpu(bench.pid()));
    let begun = Instant::now();
    create(&bench.world, &manifests);
    let by_kubectl = begun.elapsed();
    bench.all_ready().await;
    let until_ready = begun.elapsed();
    let cost = bench.count().since(&before);
    calls(table, n, "create", &cost);
    let ratio = until_ready.as_secs_f64() / by_kubectl.as_secs_f64();
    table.put(n, "time until all are Ready ÷ that of kubectl create", Growth::Told, ratio, "≤ 1.1");
    let spent = measure::cpu(bench.pid()).saturating_sub(cpu).as_secs_f64() * 1000.0;
    table.put(n, "CPU of all creates, ms", Growth::Work, spent, "");
    table.put(n, "CPU of a create, ms", Growth::Told, spent / float(n), "≤ 1.5");
    let memory = Memory::of(bench.pid());
    table.put(n, "RSS with all of them, MB", Growth::Work, memory.resident, "≤ 26 with 1,000, ≤ 64 with 10,000");
    table.put(n, "of it anonymous, MB", Growth::Work, memory.anonymous, "");
    table.put(n, "of it files, MB", Growth::Told, memory.files, "");
    table.put(n, "binary, MB", Growth::Told, measure::size(&harness::binary()), "≤ 16");
    let bound = 1.02 * (float(n) + 2.0);
    assert!(float(cost.reads + cost.writes) <= bound, "{cost:?}");
    assert_eq!((cost.writes, cost.kubernetes), (n, 2 * n), "{cost:?}");
}

async fn updated(bench: &Bench, table: &mut Table) {
    let before = bench.count();
    stream::iter(0..bench.n).for_each_concurrent(16, |i| bench.rename(i, format!("Renamed {i}"))).await;
    until("every Team is renamed", async || {
        bench.teams_with(|team| is_ready(team) && team.metadata.generation == Some(2)).await == bench.n
    })
    .await;
    let cost = bench.count().since(&before);
    calls(table, bench.n, "update", &cost);
    assert_eq!((cost.writes, cost.kubernetes), (bench.n, bench.n), "{cost:?}");
}

/// From one read to the next but one lie two whole resyncs.
async fn resynced(bench: &Bench, table: &mut Table) {
    bench.comes_to_rest().await;
    let cpu = measure::cpu(bench.pid());
    tokio::time::sleep(IDLE).await;
    let spent = measure::cpu(bench.pid()).saturating_sub(cpu).as_secs_f64();
    table.put(bench.n, "CPU while idle, % of a core", Growth::Told, spent / IDLE.as_secs_f64() * 100.0, "≤ 0.1");
    bench.world.patch("pingpc/default", r#"{"spec": {"resyncIntervalSeconds": 8}}"#);
    let start = bench.lists();
    until("resyncs have begun", async || bench.lists() > start + 1).await;
    let (before, reconciles) = (bench.count(), bench.reconciles().await);
    let reads = bench.lists();
    until("two resyncs", async || bench.lists() >= reads + 2).await;
    let cost = bench.count().since(&before);
    let reconciles = bench.reconciles().await - reconciles;
    calls(table, bench.n, "two resyncs", &cost);
    table.put(bench.n, "reconciles in two resyncs", Growth::Work, float(reconciles), "");
    assert_eq!((cost.writes, cost.kubernetes), (0, 0), "{cost:?}");
}

/// The resync of all begins when its list is read; an edit must not stand behind it.
async fn edited_during_resync(bench: &Bench, table: &mut Table) {
    let reads = bench.lists();
    until("a resync begins", async || bench.lists() > reads).await;
    let begun = Instant::now();
    bench.rename(0, "Edited".to_owned()).await;
    until("the edit is made", async || bench.world.writes().iter().any(|call| call.contains("Edited"))).await;
    let took = begun.elapsed().as_secs_f64();
    table.put(bench.n, "time of an edit during a resync, s", Growth::Told, took, "≤ 0.2");
    bench.all_ready().await;
    bench.world.patch("pingpc/default", r#"{"spec": {"resyncIntervalSeconds": 600}}"#);
}

async fn restarted(bench: &mut Bench, table: &mut Table) {
    bench.world.stop().await;
    let before = bench.count();
    let begun = Instant::now();
    bench.world.start().await;
    let ready = begun.elapsed().as_secs_f64();
    until("every Team was reconciled", async || bench.reconciles().await >= bench.n).await;
    let n = bench.n;
    table.put(n, "time from the start until it is ready, s", Growth::Told, ready, "≤ 1.5");
    table.put(n, "time until every Team was looked at, s", Growth::Told, begun.elapsed().as_secs_f64(), "");
    let cost = bench.count().since(&before);
    calls(table, n, "restart", &cost);
    let memory = Memory::of(bench.pid());
    table.put(n, "RSS after a restart, MB", Growth::Work, memory.resident, "");
    table.put(n, "most RSS of a restart, MB", Growth::Work, memory.peak, "≤ 96 with 10,000");
    table.put(n, "CPU of a restart, ms", Growth::Work, measure::cpu(bench.pid()).as_secs_f64() * 1000.0, "");
    assert!(cost.writes == 0 && cost.kubernetes == 0, "{cost:?}");
}

/// An API server that is started again has forgotten the events of before: it answers 410 to every watch, and each kind is listed anew.
async fn relisted(bench: &Bench, table: &mut Table) {
    let (n, before, cpu) = (bench.n, bench.count(), measure::cpu(bench.pid()));
    measure::forget_peak(bench.pid());
    bench.world.cluster.signal_server("KILL");
    bench.world.cluster.start_server();
    until("the API server is back", async || bench.world.kubectl(&["get", "--raw", "/readyz"], "").0).await;
    let lists = || bench.count().since(&before).api_reads.get("list teams").copied().unwrap_or(0);
    until("all Teams are listed anew", async || lists() >= n.div_ceil(PAGE)).await;
    bench.comes_to_rest().await;
    let (cost, memory) = (bench.count().since(&before), Memory::of(bench.pid()));
    calls(table, n, "410 on all watches", &cost);
    table.put(n, "RSS after a 410 on all watches, MB", Growth::Work, memory.resident, "");
    table.put(n, "most RSS of a 410 on all watches, MB", Growth::Work, memory.peak, "≤ 96 with 10,000");
    let spent = measure::cpu(bench.pid()).saturating_sub(cpu).as_secs_f64() * 1000.0;
    table.put(n, "CPU of a 410 on all watches, ms", Growth::Work, spent, "");
    assert!(cost.writes == 0 && cost.kubernetes == 0, "{cost:?}");
}

async fn scraped(bench: &Bench, table: &mut Table) {
    let begun = Instant::now();
    let (_, text) = bench.world.operator.as_ref().expect("it runs").get("/metrics").await.expect("metrics");
    table.put(bench.n, "time of a scrape, s", Growth::Told, begun.elapsed().as_secs_f64(), "");
    table.put(bench.n, "size of a scrape, kB", Growth::Work, float(text.len()) / 1000.0, "");
}

/// Deletes all Teams. The API server ends a request after a minute: who has very many asks again.
async fn delete_all(bench: &Bench) {
    let begun = Instant::now();
    while let Err(error) = bench.teams.delete_collection(&DeleteParams::default(), &ListParams::default()).await {
        assert!(begun.elapsed() < PATIENCE, "a deletion: {error}");
    }
}

async fn deleted(bench: &Bench, table: &mut Table) {
    let before = bench.count();
    let begun = Instant::now();
    delete_all(bench).await;
    until("every Team is gone", async || bench.teams_with(|_| true).await == 0).await;
    table.put(bench.n, "time of the deletion of all, s", Growth::Told, begun.elapsed().as_secs_f64(), "");
    let cost = bench.count().since(&before);
    calls(table, bench.n, "delete", &cost);
    assert_eq!((cost.writes, cost.kubernetes), (bench.n, bench.n), "{cost:?}");
}
