//! Where scenarios are played, several at once: a world whose operator is started again whenever it has ended, with a fuse on every line.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ping_emulator::Settings;
use tokio::task::JoinHandle;

use super::Scenario;
use super::fuse::{Fuse, Side, plain};
use super::gateway::{Gateway, Lines};
use super::scenario::{Broken, Oracle};
use crate::harness::{Operator, Setup, World};

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) fuse: Fuse,
    pub(crate) gateway: Gateway,
    /// Whoever keeps the operator running.
    keeper: JoinHandle<()>,
}

impl Stage {
    /// Everything but the operator.
    pub(crate) async fn new(settings: Settings, fuse: Fuse) -> Self {
        let world = Setup { settings, is_started: false, ..Setup::default() }.build().await;
        let gateway = Gateway::start(&world.cluster.operator(), fuse.clone()).await;
        let tapped = fuse.clone();
        world.emulator.tap(Arc::new(move |line| tapped.arrives(&plain(line), Side::Provider)));
        Self { world, fuse, gateway, keeper: tokio::spawn(async {}) }
    }

    /// Starts the operator, and again whenever it has ended.
    pub(crate) fn start(&mut self) {
        let (kubeconfig, namespace) = (self.gateway.kubeconfig().to_owned(), self.world.namespace.clone());
        let flags = ["--allow-endpoint".to_owned(), self.world.emulator.address().to_string()];
        let fuse = self.fuse.clone();
        self.keeper = tokio::spawn(async move {
            loop {
                let mut operator = Operator::spawn(&kubeconfig, &namespace, &flags, &[]);
                fuse.runs(operator.id());
                while operator.ended().is_none() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        });
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// How many are played at once.
const AT_ONCE: usize = 5;

/// Plays a scenario in a runtime of its own, while something disturbs the line to the API server; what panics is an
/// outcome like another.
pub(super) fn play<D>(scenario: Scenario, settings: Settings, fuse: Fuse, disturb: impl FnOnce(Lines) -> D) -> Oracle
where
    D: Future<Output = ()> + Send + 'static,
{
    let played = || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut stage = Stage::new(settings, fuse).await;
            tokio::spawn(disturb(stage.gateway.lines()));
            scenario.play(&mut stage).await
        })
    };
    catch_unwind(AssertUnwindSafe(played)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned());
        Err(Broken::Stuck(text.chars().take(8000).collect()))
    })
}

/// Nothing disturbs the line.
pub(super) async fn undisturbed(_: Lines) {}

/// Plays all, a few at once.
pub(super) fn all<J: Send, R: Send>(jobs: impl IntoIterator<Item = J>, play: impl Fn(J) -> R + Sync) -> Vec<R> {
    let (queue, done) =
        (Mutex::new(jobs.into_iter().collect::<std::collections::VecDeque<_>>()), Mutex::new(Vec::new()));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        while let Some(job) = next() {
            let outcome = play(job);
            done.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
        }
    };
    std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}
