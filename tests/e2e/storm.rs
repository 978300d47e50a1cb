//! A storm: ten edits a second at five provider calls a second. Everything else goes on beside it: each collection is read again within
//! three resync intervals, deletions are carried out, and what failed is tried again.
//!
//! `make test` lets it blow for some seconds over a few Teams, `make storm` for ten minutes over as many as the interval allows. All times
//! are those at which the provider received the calls.

mod calls;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use ping_emulator::{Fault, Trouble};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use crate::harness::wait::within;
use crate::harness::world::id_of;
use crate::harness::{Setup, World, condition};
use crate::lifecycle::channel;
use calls::{Calls, gaps, longest_gap};

/// Calls a second, and how many at once: the default of a config.
const RATE: u64 = 5;
const BURST: usize = 10;
/// The time between two edits.
const PAUSE: Duration = Duration::from_millis(100);
/// Of so many edits one is that of the same Team, which is never left alone.
const HOT: usize = 5;
/// How often the call fails that is to be tried again.
const FAILURES: u32 = 2;
/// How long all may take to become Ready, before and after.
const PATIENCE: Duration = Duration::from_mins(10);

/// How large the storm is.
#[derive(Clone, Copy)]
struct Size {
    time: Duration,
    /// `resyncIntervalSeconds`
    interval: u64,
    /// Every so often a Team is deleted, and the call of another one fails.
    trouble: Duration,
}

impl Size {
    fn asked() -> Self {
        let minutes = std::env::var("STORM").ok().and_then(|minutes| minutes.parse::<u64>().ok());
        match minutes {
            Some(minutes) => {
                Self { time: Duration::from_mins(minutes), interval: 60, trouble: Duration::from_secs(20) }
            }
            None => Self { time: Duration::from_secs(30), interval: 8, trouble: Duration::from_secs(8) },
        }
    }

    fn interval(self) -> Duration {
        Duration::from_secs(self.interval)
    }

    /// So many Teams, each with four collections, and the two lists beside them need no more than half of the rate in an interval.
    fn teams(self) -> usize {
        usize::try_from((self.interval * RATE / 2 - 2) / 4).expect("a few")
    }

    /// How many of each there are.
    fn troubles(self) -> usize {
        usize::try_from(self.time.as_secs() / self.trouble.as_secs()).expect("a few")
    }
}

/// The Teams of the storm, each with a person, a service and a channel; those that are deleted, and those whose call fails.
fn manifests(size: Size) -> String {
    let head = |kind: &str, name: &str| {
        format!(
            "{{apiVersion: ping-operator.dev/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {{name: {name}"
        )
    };
    let mut all = Vec::new();
    for number in 0..size.teams() {
        let team = format!("{{teamRef: {{name: team-{number}}}}}");
        let person = format!(", members: [{{email: p{number}@example.com}}]}}}}");
        all.push(head("Team", &format!("team-{number}")) + &person);
        all.push(head("Service", &format!("service-{number}")) + &format!(", teamRef: {{name: team-{number}}}}}}}"));
        all.push(channel(&format!("channel-{number}"), &team, "webhook", &format!("https://example.com/{number}")));
    }
    for number in 0..size.troubles() {
        all.extend(["deleted", "failing"].map(|what| head("Team", &format!("{what}-{number}")) + "}}"));
    }
    all.join("\n---\n")
}

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
        world.apply(&manifests(size));
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

    /// The number of a Team that is edited: every other one is left alone.
    fn edited(&mut self) -> usize {
        let hot = self.random.usize(0..HOT) == 0;
        if hot { 0 } else { 2 * self.random.usize(0..self.size.teams().div_ceil(2)) }
    }

    /// The external ids of the Teams that are edited, the one that is never left alone first.
    fn edited_ids(&self) -> Vec<String> {
        (0..self.size.teams()).step_by(2).map(|number| self.ids[&format!("team-{number}")].clone()).collect()
    }

    async fn edit(&mut self) {
        let number = self.edited();
        self.edits += 1;
        let name = json!({ "name": format!("Edit {}", self.edits) });
        let (kind, name, spec) = match self.random.usize(0..4) {
            0 | 1 => ("pingteam", format!("team-{number}"), name),
            2 => ("pingsvc", format!("service-{number}"), name),
            _ => ("pingnc", format!("channel-{number}"), json!({ "enabled": self.edits.is_multiple_of(2) })),
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
    let (calls, limit) = (blown.calls.count(blown.from, blown.to), size.interval() * 3);
    eprintln!("[storm] {} edits and {calls} calls in {seconds} s, {} collections", storm.edits, reads.len());
    let quiet = |line: &&String| {
        (1..size.teams()).step_by(2).any(|number| line.ends_with(&storm.ids[&format!("team-{number}")]))
    };
    let (teams, read) = (storm.edited_ids(), blown.longest("GET", &reads));
    let (hot, edited) = (blown.longest("PUT", teams.first()), blown.longest("PUT", &teams));
    let (deleted, again) = (blown.waited("DELETE", &storm.deleted), blown.tried_again(&storm.failing));
    let by_line: Vec<_> = reads.iter().map(|line| (blown.longest("GET", [line]), line)).collect();
    eprintln!(
        "[storm] longest between two reads: {read:?}, of what is not edited {:?}",
        blown.longest("GET", reads.iter().filter(quiet))
    );
    eprintln!("[storm] between two writes: of the hot Team {hot:?}, of all {edited:?}");
    eprintln!(
        "[storm] deletions: {} s; first try of what fails: {} s; next tries: {} s",
        told(&deleted),
        told(&blown.waited("PUT", &storm.failing)),
        told(&again)
    );
    let limits = seconds * RATE * 9 / 10..=seconds * RATE + RATE + BURST as u64;
    assert!(limits.contains(&(calls as u64)), "the rate is used up, and not exceeded: {calls} in {seconds} s");
    assert!(read <= limit, "a collection is not read within {limit:?}: {by_line:#?}");
    assert!(edited <= limit, "an edit is not sent within {limit:?}");
    assert!(deleted.iter().chain(&again).all(|time| *time <= size.interval()), "{deleted:?} {again:?}");
}
