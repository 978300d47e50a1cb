//! Where scenarios are played, several at once: a world whose operator is started again whenever it has ended, with a fuse on every line.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ping_emulator::Settings;
use tokio::task::JoinHandle;

use super::crew::Start;
use super::fuse::{Fuse, Side, plain};
use super::gateway::{Gateway, Lines};
use super::neighbour::Neighbour;
use super::oracle::{Broken, Oracle};
use super::{Crew, Scenario};
use crate::harness::{Setup, World};

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) fuse: Fuse,
    pub(crate) gateway: Gateway,
    /// A second config of the account, if there is one.
    pub(super) neighbour: Option<Neighbour>,
    crew: Crew,
    /// The crew at work.
    keeper: JoinHandle<()>,
}

impl Stage {
    /// Everything but the operators.
    pub(crate) async fn new(settings: Settings, fuse: Fuse, crew: Crew) -> Self {
        Self::in_namespaces(0, settings, fuse, crew).await
    }

    /// Everything but the operators, which watch so many further namespaces.
    pub(crate) async fn in_namespaces(neighbours: usize, settings: Settings, fuse: Fuse, crew: Crew) -> Self {
        // A lease that nobody gave up is followed after 45 s, and that may be needed several times. After 45 s of failures the
        // operator pauses for as long again.
        let patience = if crew.elects() { 400 } else { 120 };
        let setup =
            Setup { settings, patience, neighbours, is_home: crew.elects(), is_started: false, ..Setup::default() };
        let world = setup.build().await;
        let gateway = Gateway::start(&world.cluster.operator(), fuse.clone()).await;
        let tapped = fuse.clone();
        world.emulator.tap(Arc::new(move |line| tapped.arrives(&plain(line), Side::Provider)));
        Self { world, fuse, gateway, neighbour: None, crew, keeper: tokio::spawn(async {}) }
    }

    /// Adds a second config of the account, in a namespace of its own.
    fn add_neighbour(&mut self) {
        let patience = Duration::from_secs(if self.crew.elects() { 400 } else { 120 });
        self.neighbour = Some(Neighbour::make(&self.world, patience));
    }

    /// Starts the crew, which keeps its operators running.
    pub(crate) fn start(&mut self) {
        let (_, _, start) = self.parts();
        start();
    }

    /// The world, its neighbour, and what starts the crew.
    pub(super) fn parts(&mut self) -> (&World, Option<&Neighbour>, impl FnOnce()) {
        let Self { world, fuse, gateway, neighbour, crew, keeper } = self;
        let (world, fuse) = (&*world, &*fuse);
        let neighbours = neighbour.as_ref().map(|_| Neighbour::namespace(world));
        let start = Start {
            kubeconfig: gateway.kubeconfig().to_owned(),
            namespace: world.namespace.clone(),
            watched: world.namespaces().into_iter().chain(neighbours).collect::<Vec<_>>().join(","),
            flags: vec!["--allow-endpoint".to_owned(), world.emulator.address().to_string()],
        };
        let start = move || {
            let crew = std::mem::replace(crew, Crew::One);
            *keeper = tokio::spawn(crew.work(start, fuse.clone()));
        };
        (world, neighbour.as_ref(), start)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Who is in a world besides a scenario.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Company {
    /// Nobody.
    Alone,
    /// A second config of the account.
    WithNeighbour,
}

/// Plays a scenario in a runtime of its own, while something disturbs the line to the API server; what panics is an
/// outcome like another.
pub(super) fn play<D>(
    (scenario, company): (Scenario, Company),
    settings: Settings,
    fuse: Fuse,
    crew: Crew,
    disturb: impl FnOnce(Lines) -> D,
) -> Oracle
where
    D: Future<Output = ()> + Send + 'static,
{
    let played = || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut stage = Stage::new(settings, fuse, crew).await;
            if company == Company::WithNeighbour {
                stage.add_neighbour();
            }
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
