//! A storm: ten edits a second at five provider calls a second. Everything else goes on beside it: each collection is read again within
//! three resync intervals, deletions are carried out, what failed is tried again, and what is edited all the time is written in its turn.
//!
//! `make test` lets it blow for some seconds over a few Teams, `make storm` for ten minutes over as many as the interval allows. All times
//! are those at which the provider received the calls.

mod calls;
mod size;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use ping_emulator::{Fault, Trouble};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use crate::harness::wait::within;
use crate::harness::world::id_of;
use crate::harness::{Setup, World, condition};
use calls::{Calls, gaps, longest_gap};
use size::Size;

/// Calls a second, and how many at once: the default of a config.
const RATE: u64 = 5;
const BURST: usize = 10;
/// The time between two edits.
const PAUSE: Duration = Duration::from_millis(100);
/// Of so many edits one is in the same Team, which is never left alone.
const HOT: usize = 5;
/// How often the call fails that is to be tried again.
const FAILURES: u32 = 2;
/// How long all may take to become Ready, before and after.
const PATIENCE: Duration = Duration::from_mins(10);

/// What is Ready at its present generation, by name; none: not all are.
async fn ids(world: &World) -> Option<BTreeMap<String, String>> {
    let mut ids = BTreeMap::new();
    for kind in ["pingteam", "pingsvc", "pingnc"] {
        for object in world.api(kind).list(&ListParams::default()).await.expect("a list").items {
            let object = serde_json::to_value(object).expect("an object");
            let ready = condition(&object, "Ready");
            if ready["status"] != "True" || ready["observedGeneration"] != object["metadata"]["generation"] {
                return None;
            }
            ids.insert(object["metadata"]["name"].as_str().unwrap_or_default().to_owned(), id_of(&object));
        }
    }
    Some(ids)
}

async fn all_ready(world: &World) -> BTreeMap<String, String> {
    let mut found = None;
    within(PATIENCE, "all are Ready", async || {
        found = ids(world).await;
        found.is_some()
    })
    .await;
    found.unwrap_or_default()
}

/// A storm in a world at rest.
struct Storm {
    world: World,
    size: Size,
    /// The external ids, by name.
    ids: BTreeMap<String, String>,
    random: fastrand::Rng,
    /// When what was deleted or made to fail was, by the emulator's clock, and its external id.
    deleted: Vec<(u64, String)>,
    failing: Vec<(u64, String)>,
    edits: usize,
}

impl Storm {
    async fn new(size: Size) -> Self {
        let resync = u32::try_from(size.interval).expect("a few");
        let world = Setup { resync, ..Setup::default() }.build().await;
        world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 10000, "windowSeconds": 1}}}"#);
        world.apply(&size.manifests());
        let ids = all_ready(&world).await;
        world.patch(
            "pingpc/default",
            &json!({ "spec": { "rateLimit": { "requestsPerSecond": RATE, "burst": BURST } } }).to_string(),
        );
        world.ready("pingpc/default").await;
        let random = fastrand::Rng::with_seed(1);
        Self { world, size, ids, random, deleted: Vec::new(), failing: Vec::new(), edits: 0 }
    }

    /// Waits until everything was read again that is read by intervals; returns what that is.
    async fn rest(&self) -> Vec<String> {
        let mut reads = Vec::new();
        self.world.emulator.clear_journal();
        let team = |number: usize| self.ids[&format!("team-{number}")].as_str();
        let of = |reads: &[String], team: &str| reads.iter().filter(|line| line.contains(team)).count();
        within(self.size.interval() * 5, "everything is read again", async || {
            reads = Calls::of(&self.world).reads();
            (0..self.size.teams()).all(|number| of(&reads, team(number)) == 4)
        })
        .await;
        reads
    }

    /// The lines of the writes of what is never left alone: the first Team, its service, and its channel.
    fn hot(&self) -> [String; 3] {
        let [team, service] = ["team-0", "service-0"].map(|name| &self.ids[name]);
        [format!("/team/{team}"), format!("/service/{service}"), format!("/team/{team}/notification-channel/enabled")]
    }

    /// Edits what is never left alone, or one of the crowd, or what belongs to any second Team: the others are left alone.
    async fn edit(&mut self) {
        self.edits += 1;
        let (any, second) = (self.random.usize(0..HOT) > 0, self.size.teams().div_ceil(2));
        let number = if any { self.random.usize(0..second + self.size.crowd) } else { 0 };
        let name = json!({ "name": format!("Edit {}", self.edits) });
        let (kind, name, spec) = match number.checked_sub(second) {
            Some(number) => ("pingteam", format!("crowd-{number}"), name),
            None => match self.random.usize(0..4) {
                0 | 1 => ("pingteam", format!("team-{}", 2 * number), name),
                2 => ("pingsvc", format!("service-{}", 2 * number), name),
                _ => ("pingnc", format!("channel-{}", 2 * number), json!({ "enabled": self.edits.is_multiple_of(2) })),
            },
        };
        self.patch(kind, &name, &spec).await;
    }

    async fn patch(&self, kind: &str, name: &str, spec: &Value) {
        let patch = Patch::Merge(json!({ "spec": spec }));
        self.world.api(kind).patch(name, &PatchParams::default(), &patch).await.expect("it is accepted");
    }

    /// Deletes a Team, and edits another one, whose call fails some times.
    async fn trouble(&mut self, number: usize) {
        let at = self.world.emulator.now();
        let (deleted, failing) = (format!("deleted-{number}"), format!("failing-{number}"));
        let path = format!("/team/{}$", self.ids[&failing]);
        self.world.emulator.fault(Fault::new("PUT", &path, FAILURES, Trouble::Before { status: 500 }));
        self.patch("pingteam", &failing, &json!({ "name": format!("Edited {number}") })).await;
        self.world.api("pingteam").delete(&deleted, &DeleteParams::default()).await.expect("it is accepted");
        self.deleted.push((at, self.ids[&deleted].clone()));
        self.failing.push((at, self.ids[&failing].clone()));
    }

    /// Blows for as long as it is large.
    async fn blow(&mut self) -> Blown {
        self.world.emulator.clear_journal();
        let (begun, from, mut ticks) = (Instant::now(), self.world.emulator.now(), interval(PAUSE));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut troubles = 0;
        while begun.elapsed() < self.size.time {
            ticks.tick().await;
            self.edit().await;
            let is_due = begun.elapsed() >= self.size.trouble * u32::try_from(troubles).expect("a few");
            if is_due && troubles < self.size.troubles() {
                self.trouble(troubles).await;
                troubles += 1;
            }
        }
        let to = self.world.emulator.now();
        self.ids = all_ready(&self.world).await;
        Blown { from, to, calls: Calls::of(&self.world) }
    }
}

/// A storm that is over, and what was received from its beginning on; times by the emulator's clock.
struct Blown {
    from: u64,
    to: u64,
    calls: Calls,
}

impl Blown {
    /// The longest time between two of the same calls, for calls whose lines end like this.
    fn longest<'a>(&self, method: &str, lines: impl IntoIterator<Item = &'a String>) -> Duration {
        let gap = |line: &String| longest_gap(&self.calls.times(method, line), self.from, self.to);
        Duration::from_millis(lines.into_iter().map(gap).max().unwrap_or(0))
    }

    /// How long each of these calls took from when it was asked for.
    fn waited(&self, method: &str, asked: &[(u64, String)]) -> Vec<Duration> {
        let first = |(at, id): &(u64, String)| {
            let sent = self.calls.times(method, id).into_iter().next().expect("it was sent");
            Duration::from_millis(sent.saturating_sub(*at))
        };
        asked.iter().map(first).collect()
    }

    /// How long it took from each failure to the next try.
    fn tried_again(&self, failing: &[(u64, String)]) -> Vec<Duration> {
        let tries = failing.iter().map(|(_, id)| self.calls.times("PUT", id));
        let tries: Vec<_> =
            tries.inspect(|tries| assert_eq!(tries.len(), FAILURES as usize + 1, "{tries:?}")).collect();
        tries.iter().flat_map(|tries| gaps(tries)).map(Duration::from_millis).collect()
    }
}

/// Median and most.
fn told(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort();
    let (median, most) = (sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
    format!("{:.1}, {:.1}", median.as_secs_f64(), most.as_secs_f64())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_of_edits_each_collection_is_read_within_three_intervals_and_deletions_and_retries_go_on() {
    let size = Size::asked();
    let mut storm = Storm::new(size).await;
    let reads = storm.rest().await;
    let blown = storm.blow().await;
    let seconds = (blown.to - blown.from) / 1000;
    let (calls, limit) = (blown.calls.count(blown.from, blown.to), size.limit());
    eprintln!("[storm] {} edits and {calls} calls in {seconds} s, {} collections", storm.edits, reads.len());
    let quiet = |line: &&String| {
        (1..size.teams()).step_by(2).any(|number| line.ends_with(&storm.ids[&format!("team-{number}")]))
    };
    let (hot, read) = (storm.hot(), blown.longest("GET", &reads));
    let written = hot.each_ref().map(|line| blown.longest("PUT", [line]));
    let (deleted, again) = (blown.waited("DELETE", &storm.deleted), blown.tried_again(&storm.failing));
    let by_line: Vec<_> = reads.iter().map(|line| (blown.longest("GET", [line]), line)).collect();
    let unedited = blown.longest("GET", reads.iter().filter(quiet));
    eprintln!("[storm] longest between two reads: {read:?}, of what is not edited {unedited:?}");
    eprintln!(
        "[storm] longest between two writes of a Team, a service and a channel that are edited all the time: {written:?}"
    );
    eprintln!(
        "[storm] deletions: {} s; first try of what fails: {} s; next tries: {} s",
        told(&deleted),
        told(&blown.waited("PUT", &storm.failing)),
        told(&again)
    );
    let limits = seconds * RATE * 9 / 10..=seconds * RATE + RATE + BURST as u64;
    assert!(limits.contains(&(calls as u64)), "the rate is used up, and not exceeded: {calls} in {seconds} s");
    let most = size.limit_of_edited();
    assert!(unedited <= limit && read <= most, "a collection is not read within {limit:?}, {most:?}: {by_line:#?}");
    // Of two edits of a channel the second may take back the first.
    let [team, service, _channel] = written;
    assert!(team.max(service) <= most, "what is edited all the time is not written within {most:?}: {written:?}");
    assert!(deleted.iter().chain(&again).all(|time| *time <= size.interval()), "{deleted:?} {again:?}");
}
