//! What a thousand Teams cost, as a table: counts exactly, times as ratios of one run.
//!
//! The release binary against the real API server and the emulator; `N=200 make bench` for fewer.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "what is not as expected ends the run")]
#![allow(dead_code, unreachable_pub, unused_imports, reason = "the harness is the tests'")]

#[path = "cost/channels.rs"]
mod channels;
#[path = "../tests/e2e/harness.rs"]
mod harness;
#[path = "cost/measure.rs"]
mod measure;
#[path = "cost/review.rs"]
mod review;

use std::path::PathBuf;
use std::time::Instant;

use futures::{StreamExt, stream};
use harness::wait::until;
use harness::{Setup, World, condition};
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use measure::{Count, Table};
use serde_json::json;

/// The bench's world, and how to look at its Teams without kubectl.
struct Bench {
    world: World,
    teams: Api<DynamicObject>,
    n: usize,
}

#[tokio::main]
async fn main() {
    let n = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let mut bench = Bench::new(n).await;
    let mut table = Table::new(n);
    bench.create(&mut table).await;
    bench.update(&mut table).await;
    channels::channels(&bench, &mut table).await;
    bench.idle(&mut table).await;
    bench.edit_during_resync(&mut table).await;
    bench.restart(&mut table).await;
    review::review(&bench, &mut table);
    bench.delete(&mut table).await;
    table.print();
}

impl Bench {
    async fn new(n: usize) -> Self {
        eprintln!("[bench] starting an API server, an emulator and the operator");
        let world = Setup { read_lag: 120, resync: 600, ..Setup::default() }.build().await;
        world.patch("pingpc/default", r#"{"spec": {"rateLimit": {"requestsPerSecond": 100000, "burst": 100000}, "deletionGuard": {"maxDeletions": 10000}}}"#);
        world.ready("pingpc/default").await;
        let teams = world.api("pingteam");
        Self { world, teams, n }
    }

    fn count(&self) -> Count {
        Count::now(&self.world.emulator.journal(), &self.world.cluster.audit_log(), &self.world.namespace)
    }

    fn pid(&self) -> u32 {
        self.world.operator.as_ref().expect("it runs").id()
    }

    /// How many Teams satisfy this.
    async fn teams_with(&self, holds: impl Fn(&DynamicObject) -> bool) -> usize {
        let all = self.teams.list(&ListParams::default()).await.expect("the Teams");
        all.iter().filter(|team| holds(team)).count()
    }

    async fn all_ready(&self) {
        until("every Team is Ready", async || self.teams_with(is_ready).await == self.n).await;
    }

    async fn create(&self, table: &mut Table) {
        eprintln!("[bench] creating {} Teams", self.n);
        let manifests: String = (0..self.n).map(manifest).collect();
        let (before, cpu) = (self.count(), measure::cpu(self.pid()));
        let begun = Instant::now();
        let (made, text) = self.world.kubectl(&["create", "-f", "-"], &manifests);
        assert!(made, "{text}");
        let by_kubectl = begun.elapsed();
        self.all_ready().await;
        let until_ready = begun.elapsed();
        let cost = self.count().since(&before);
        table.row("create", &cost);
        table.note(
            "time until all are Ready / time of kubectl create",
            &measure::ratio(until_ready, by_kubectl),
            "≤ 1.1",
        );
        let per_resource = measure::cpu(self.pid()).saturating_sub(cpu).as_secs_f64() * 1000.0 / measure::float(self.n);
        table.note("CPU of a create, ms", &format!("{per_resource:.2}"), "≤ 2");
        table.note("RSS with all of them, MB", &measure::rss(self.pid()), "≤ 30");
        table.note("binary, MB", &measure::size(&PathBuf::from(env!("CARGO_BIN_EXE_ping-operator"))), "≤ 16");
        let bound = 1.02 * (measure::float(self.n) + 2.0);
        assert!(measure::float(cost.reads + cost.writes) <= bound, "{cost:?}");
        assert_eq!((cost.writes, cost.kubernetes), (self.n, 2 * self.n), "{cost:?}");
    }

    async fn update(&self, table: &mut Table) {
        eprintln!("[bench] renaming them");
        let before = self.count();
        stream::iter(0..self.n).for_each_concurrent(16, |i| self.rename(i, format!("Renamed {i}"))).await;
        until("every Team is renamed", async || {
            self.teams_with(|team| is_ready(team) && team.metadata.generation == Some(2)).await == self.n
        })
        .await;
        let cost = self.count().since(&before);
        table.row("update", &cost);
        assert_eq!((cost.writes, cost.kubernetes), (self.n, self.n), "{cost:?}");
    }

    async fn rename(&self, i: usize, name: String) {
        let patch = Patch::Merge(json!({ "spec": { "name": name } }));
        self.teams.patch(&format!("team-{i}"), &PatchParams::default(), &patch).await.expect("a patch");
    }

    fn lists(&self) -> usize {
        self.world.calls().iter().filter(|call| call.as_str() == "GET /v1/teams").count()
    }

    /// From one read to the next but one lie two whole resyncs.
    async fn idle(&self, table: &mut Table) {
        eprintln!("[bench] idle resyncs");
        self.world.patch("pingpc/default", r#"{"spec": {"resyncIntervalSeconds": 8}}"#);
        let start = self.lists();
        until("resyncs have begun", async || self.lists() > start + 1).await;
        let (before, reconciles) = (self.count(), self.reconciles().await);
        let reads = self.lists();
        until("two resyncs", async || self.lists() == reads + 2).await;
        let cost = self.count().since(&before);
        let reconciles = self.reconciles().await - reconciles;
        table.row("idle, two resyncs", &cost);
        table.note("reconciles in them", &reconciles.to_string(), "≈ 2 N");
        assert_eq!((cost.reads, cost.writes, cost.kubernetes), (2, 0, 0), "{cost:?}");
    }

    async fn reconciles(&self) -> usize {
        let operator = self.world.operator.as_ref().expect("it runs");
        let (_, text) = operator.get("/metrics").await.expect("metrics");
        let reconciles =
            text.lines().filter(|line| line.starts_with("controller_runtime_reconcile_total{controller=\"Team\""));
        reconciles.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum()
    }

    /// The resync of all begins when its list is read; an edit must not stand behind it.
    async fn edit_during_resync(&self, table: &mut Table) {
        eprintln!("[bench] an edit while a resync runs");
        let reads = self.lists();
        until("a resync begins", async || self.lists() > reads).await;
        let begun = Instant::now();
        self.rename(0, "Edited".to_owned()).await;
        until("the edit is made", async || self.world.writes().iter().any(|call| call.contains("Edited"))).await;
        table.note("time of an edit during a resync, s", &format!("{:.3}", begun.elapsed().as_secs_f64()), "≤ 0.2");
        self.all_ready().await;
    }

    async fn restart(&mut self, table: &mut Table) {
        eprintln!("[bench] restart");
        self.world.patch("pingpc/default", r#"{"spec": {"resyncIntervalSeconds": 600}}"#);
        self.world.stop().await;
        let before = self.count();
        self.world.start().await;
        until("every Team was reconciled", async || self.reconciles().await >= self.n).await;
        let cost = self.count().since(&before);
        table.row("restart", &cost);
        assert!(cost.reads <= 6 && cost.writes == 0 && cost.kubernetes == 0, "{cost:?}");
    }

    async fn delete(&self, table: &mut Table) {
        eprintln!("[bench] deleting them");
        let before = self.count();
        self.teams.delete_collection(&DeleteParams::default(), &ListParams::default()).await.expect("a deletion");
        until("every Team is gone", async || self.teams_with(|_| true).await == 0).await;
        let cost = self.count().since(&before);
        table.row("delete", &cost);
        assert_eq!((cost.writes, cost.kubernetes), (self.n, self.n), "{cost:?}");
    }
}

fn manifest(i: usize) -> String {
    format!(
        "apiVersion: ping-operator.dev/v1alpha1\nkind: Team\nmetadata:\n  name: team-{i}\nspec:\n  name: Team {i}\n---\n"
    )
}

fn is_ready(team: &DynamicObject) -> bool {
    let ready = condition(&team.data, "Ready");
    ready["status"] == "True" && ready["observedGeneration"].as_i64() == team.metadata.generation
}
