//! The soak: resources of several kinds are made and deleted again and again, and the operator ends where it began.
//!
//! `make test` plays a few rounds, and asserts what does not depend on the machine; `make soak` plays four thousand, and
//! asserts the memory, too. A round is a Team, a Service and a channel of it.

pub(crate) mod held;

use std::time::{Duration, Instant};

use futures::future::join_all;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, PostParams};
use serde_json::{Value, json};

use crate::harness::wait::{self, until};
use crate::harness::{Operator, World, condition};
use held::{Held, anonymous};

/// So many rounds are played where nobody asks for more by `SOAK=…`.
const FEW: usize = 40;
/// So many rounds are played at once.
const AT_ONCE: usize = 20;
/// From so many rounds on, and after so long, memory counts. Before, what is remembered on purpose grows: the last thousand ids of what is
/// gone, by collection, and what was deleted in the last five minutes.
const WARM: usize = 1000;
const WARM_TIME: Duration = Duration::from_mins(6);
/// How much `RssAnon` may grow from there to the end, in KiB.
const GROWTH: f64 = 1024.0;
/// How long the end of some rounds may take, and that of connections that are not used.
const PATIENCE: Duration = Duration::from_mins(5);
/// The kinds of a round, by short name.
const KINDS: [&str; 3] = ["pingteam", "pingsvc", "pingnc"];

/// The memory after so many rounds.
struct Sample {
    rounds: usize,
    /// Since the start.
    after: Duration,
    /// `RssAnon` of the process in KiB.
    anonymous: usize,
}

/// Who plays the rounds.
struct Soak {
    world: World,
    apis: [Api<DynamicObject>; 3],
    begun: Instant,
    samples: Vec<Sample>,
}

impl Soak {
    async fn new() -> Self {
        let world = World::new().await;
        world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 10000, "windowSeconds": 1}}}"#);
        world.ready("pingpc/default").await;
        let apis = KINDS.map(|kind| world.api(kind));
        Self { world, apis, begun: Instant::now(), samples: Vec::new() }
    }

    fn operator(&self) -> &Operator {
        self.world.operator.as_ref().expect("it runs")
    }

    /// The manifests of a round, in the order of the kinds.
    fn manifests(number: usize) -> [Value; 3] {
        let team = json!({ "name": format!("team-{number}") });
        let specs = [
            ("Team", "team", json!({ "name": format!("Team {number}") })),
            ("Service", "service", json!({ "name": format!("Service {number}"), "teamRef": team })),
            (
                "NotificationChannel",
                "channel",
                json!({ "owner": { "teamRef": team }, "type": "webhook", "value": format!("https://example.com/{number}") }),
            ),
        ];
        specs.map(|(kind, prefix, spec)| {
            let metadata = json!({ "name": format!("{prefix}-{number}") });
            json!({ "apiVersion": "ping-operator.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec })
        })
    }

    /// Makes what some rounds need, waits until all of it is Ready, deletes it, and waits until all of it is gone.
    async fn play(&mut self, rounds: std::ops::Range<usize>) {
        let (count, last) = (rounds.len(), rounds.end);
        let made = rounds.clone().flat_map(|number| {
            let of_kind = |(api, manifest): (&Api<DynamicObject>, Value)| {
                let api = api.clone();
                async move {
                    let object = serde_json::from_value(manifest).expect("an object");
                    api.create(&PostParams::default(), &object).await.expect("it is accepted");
                }
            };
            self.apis.iter().zip(Self::manifests(number)).map(of_kind).collect::<Vec<_>>()
        });
        join_all(made.collect::<Vec<_>>()).await;
        until("all are Ready", async || self.ready().await == count * KINDS.len()).await;
        let (all, how) = (&ListParams::default(), &DeleteParams::default());
        join_all(self.apis.iter().map(|api| api.delete_collection(how, all))).await;
        wait::within(PATIENCE, "all are gone", async || self.there().await.is_empty()).await;
        self.world.emulator.clear_journal();
        self.samples.push(Sample { rounds: last, after: self.begun.elapsed(), anonymous: anonymous(self.operator()) });
    }

    async fn there(&self) -> Vec<Value> {
        let all = ListParams::default();
        let lists = join_all(self.apis.iter().map(|api| api.list(&all))).await;
        let items = lists.into_iter().flat_map(|list| list.expect("a list").items);
        items.map(|item| serde_json::to_value(item).unwrap_or_default()).collect()
    }

    async fn ready(&self) -> usize {
        let all = self.there().await;
        all.iter().filter(|object| condition(object, "Ready")["status"] == "True").count()
    }

    async fn held(&self) -> Held {
        Held::by(self.operator(), &self.world.namespace).await
    }

    /// How much the memory grew from when it was warm to the end, in KiB, by the straight line through all samples.
    fn growth(&self) -> f64 {
        let is_warm = |sample: &&Sample| sample.rounds >= WARM && sample.after >= WARM_TIME;
        let warm: Vec<_> = self.samples.iter().filter(is_warm).collect();
        let float = |number: usize| f64::from(u32::try_from(number).expect("a small number"));
        let mean = |of: &dyn Fn(&Sample) -> usize| {
            warm.iter().map(|sample| float(of(sample))).sum::<f64>() / float(warm.len().max(1))
        };
        let (x, y) = (mean(&|sample| sample.rounds), mean(&|sample| sample.anonymous));
        let distance = |sample: &&&Sample| float(sample.rounds) - x;
        let above = warm.iter().map(|sample| distance(&sample) * (float(sample.anonymous) - y)).sum::<f64>();
        let below = warm.iter().map(|sample| distance(&sample).powi(2)).sum::<f64>();
        let length = warm.last().zip(warm.first()).map_or(0, |(last, first)| last.rounds - first.rounds);
        if below > 0.0 { above / below * float(length) } else { 0.0 }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_and_deleted_again_and_again_leaves_the_operator_as_it_was() {
    let asked = std::env::var("SOAK").ok().and_then(|rounds| rounds.parse::<usize>().ok());
    let rounds = asked.unwrap_or(FEW);
    let mut soak = Soak::new().await;
    soak.play(0..AT_ONCE).await;
    let before = soak.held().await;
    for first in (AT_ONCE..rounds).step_by(AT_ONCE) {
        soak.play(first..rounds.min(first + AT_ONCE)).await;
        if let Some(Sample { rounds, anonymous, after: _ }) =
            soak.samples.last().filter(|sample| sample.rounds % 100 == 0)
        {
            eprintln!("[soak] {rounds} rounds: RssAnon {anonymous} KiB");
        }
    }
    let mut after = soak.held().await;
    // Threads and connections that are not used end by themselves.
    wait::within(PATIENCE, "no more is held than before", async || {
        after = soak.held().await;
        after.is_within(&before, &before)
    })
    .await;
    let growth = soak.growth();
    eprintln!(
        "[soak] before {before:?}\n[soak] after {after:?}\n[soak] {rounds} rounds, RssAnon grows by {growth:.0} KiB after the first {WARM}"
    );
    let state = soak.world.emulator.state(crate::harness::world::TOKEN);
    assert_eq!((&state["teams"], &state["services"]), (&json!({}), &json!({})), "{state}");
    assert!(asked.is_none() || growth <= GROWTH, "RssAnon grows by {growth:.0} KiB");
}
