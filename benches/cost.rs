//! What Teams cost, by their number, as a table: counts exactly, times as ratios of one run.
//!
//! The release binary against the real API server and the emulator. `N=10000 make bench` for one size, `OPERATOR=…` for another binary,
//! `ONLY=…` for one part: `sizes`, `edits`, `thousand`, `people`, `credentials` or `failover`.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "what is not as expected ends the run")]
#![allow(dead_code, unreachable_pub, unused_imports, reason = "the harness is the tests'")]

#[path = "cost/channels.rs"]
mod channels;
#[path = "cost/churn.rs"]
mod churn;
#[path = "cost/credentials.rs"]
mod credentials;
#[path = "cost/edits.rs"]
mod edits;
#[path = "cost/failover.rs"]
mod failover;
#[path = "../tests/e2e/harness.rs"]
mod harness;
#[path = "cost/measure.rs"]
mod measure;
#[path = "cost/people.rs"]
mod people;
#[path = "cost/review.rs"]
mod review;
#[path = "cost/steps.rs"]
mod steps;
#[path = "cost/table.rs"]
mod table;

use std::time::Duration;

use harness::wait::within;
use harness::{Setup, World, condition};
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use measure::Count;
use serde_json::{Value, json};
use table::Table;

/// How many Teams there are, if nobody asks for another number.
const SIZES: [usize; 3] = [250, 1000, 4000];
/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(15);

/// The bench's world, and how to look at its Teams without kubectl.
struct Bench {
    world: World,
    teams: Api<DynamicObject>,
    n: usize,
}

#[tokio::main]
async fn main() {
    let asked = std::env::var("N").ok().and_then(|n| n.parse().ok());
    let sizes = asked.map_or(SIZES.to_vec(), |n| vec![n]);
    let most = sizes.last().copied().unwrap_or_default();
    let only = std::env::var("ONLY").ok();
    let is_asked = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let mut table = Table::default();
    if is_asked("sizes") {
        for n in &sizes {
            steps::all(Bench::new(*n).await, &mut table).await;
        }
    }
    if is_asked("edits") {
        edits::all(&mut table, most.min(300)).await;
        edits::all(&mut table, most.min(1000)).await;
    }
    if is_asked("thousand") {
        let bench = Bench::new(most.min(1000)).await;
        channels::channels(&bench, &mut table).await;
        churn::rounds(&bench, &mut table).await;
        review::review(&bench, &mut table).await;
    }
    if is_asked("people") {
        people::removals(&mut table).await;
    }
    if is_asked("credentials") {
        credentials::many(&mut table).await;
    }
    if is_asked("failover") {
        failover::all(&mut table).await;
    }
    let steep = table.print();
    assert!(steep.is_empty(), "these grow faster than the work: {steep:?}");
}

impl Bench {
    async fn new(n: usize) -> Self {
        eprintln!("[bench] starting an emulator and the operator, for {n} Teams");
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
        count_of(&self.teams, holds).await
    }

    async fn all_ready(&self) {
        until("every Team is Ready", async || self.teams_with(is_ready).await == self.n).await;
    }

    /// Waits until nothing was reconciled for two seconds.
    async fn comes_to_rest(&self) {
        let mut before = None;
        until("nothing is reconciled", async || {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let now = Some(self.reconciles().await);
            std::mem::replace(&mut before, now) == now
        })
        .await;
    }

    async fn rename(&self, i: usize, name: String) {
        let patch = Patch::Merge(json!({ "spec": { "name": name } }));
        self.teams.patch(&format!("team-{i}"), &PatchParams::default(), &patch).await.expect("a patch");
    }

    fn lists(&self) -> usize {
        self.world.calls().iter().filter(|call| call.as_str() == "GET /v1/teams").count()
    }

    async fn reconciles(&self) -> usize {
        let operator = self.world.operator.as_ref().expect("it runs");
        let (_, text) = operator.get("/metrics").await.expect("metrics");
        let reconciles =
            text.lines().filter(|line| line.starts_with("controller_runtime_reconcile_total{controller=\"Team\""));
        reconciles.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum()
    }
}

/// Waits until `holds`.
async fn until(what: &str, holds: impl AsyncFnMut() -> bool) {
    within(PATIENCE, what, holds).await;
}

/// How many resources satisfy this.
async fn count_of(api: &Api<DynamicObject>, holds: impl Fn(&DynamicObject) -> bool) -> usize {
    let all = api.list(&ListParams::default()).await.expect("a list");
    all.iter().filter(|object| holds(object)).count()
}

/// Creates what the manifests say.
fn create(world: &World, manifests: &str) {
    let (made, text) = world.kubectl(&["create", "-f", "-"], manifests);
    assert!(made, "{text}");
}

/// A Team's manifest.
fn team(name: &str, title: &str, members: &[String]) -> String {
    let members: Vec<_> = members.iter().map(|email| json!({ "email": email })).collect();
    let spec = if members.is_empty() { json!({ "name": title }) } else { json!({ "name": title, "members": members }) };
    manifest("Team", name, &spec)
}

/// A manifest.
fn manifest(kind: &str, name: &str, spec: &Value) -> String {
    let metadata = json!({ "name": name });
    let whole = json!({ "apiVersion": "ping-operator.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec });
    format!("{whole}\n---\n")
}

fn is_ready(object: &DynamicObject) -> bool {
    let ready = condition(&object.data, "Ready");
    ready["status"] == "True" && ready["observedGeneration"].as_i64() == object.metadata.generation
}
