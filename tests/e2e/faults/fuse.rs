//! Where a line may be cut: every request of the operator, to the provider or to the API server, by name and occurrence.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ping_emulator::{Then, Trouble};

/// When, seen from outside, a process ends around a request. That it ends after the answer cannot be told from outside:
/// what it learnt is lost, as it is after the effect.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Moment {
    /// The request has not left.
    BeforeSend,
    /// It was carried out, and nobody heard the answer.
    AfterEffect,
}

/// What a fuse does.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// Nothing: it only records.
    Record,
    /// Kills the process at one boundary.
    Kill(String, Moment),
    /// Lets requests go wrong.
    Trouble(Vec<Spark>),
}

/// So long after the beginning nothing goes wrong any more: the operator answers a row of failures with longer and longer pauses,
/// and a row without end would be waited for without end.
const TROUBLED: Duration = Duration::from_secs(45);

/// One request that goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Spark {
    /// From which request on; the first that fits is meant.
    pub(crate) at: usize,
    /// Whose requests; none: anybody's.
    pub(crate) side: Option<Side>,
    /// Only requests with one of these methods; none: all.
    pub(crate) methods: &'static [&'static str],
    pub(crate) trouble: Trouble,
    /// Whether the process is killed as well, after the effect.
    pub(crate) kills: bool,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Provider,
    Kubernetes,
}

struct State {
    plan: Plan,
    /// How often each name has come.
    seen: BTreeMap<String, usize>,
    /// Every boundary in order.
    trace: Vec<String>,
    /// The process that runs; 0: none.
    process: u32,
    burnt: usize,
    begun: Instant,
}

/// Shared by the emulator, the gateway and whoever keeps the operator running.
#[derive(Clone)]
pub(crate) struct Fuse(Arc<Mutex<State>>);

/// What is to go wrong with one request.
pub(crate) type Cut = Option<(Trouble, Then)>;

impl Fuse {
    pub(crate) fn new(plan: Plan) -> Self {
        let state =
            State { plan, seen: BTreeMap::new(), trace: Vec::new(), process: 0, burnt: 0, begun: Instant::now() };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The operator runs as this process.
    pub(crate) fn runs(&self, process: u32) {
        self.state().process = process;
    }

    /// Every boundary so far, in order.
    pub(crate) fn trace(&self) -> Vec<String> {
        self.state().trace.clone()
    }

    /// How often it has burnt.
    pub(crate) fn burnt(&self) -> usize {
        self.state().burnt
    }

    /// A request arrives.
    pub(crate) fn arrives(&self, name: &str, side: Side) -> Cut {
        let mut state = self.state();
        let count = state.seen.entry(name.to_owned()).or_default();
        *count += 1;
        let boundary = format!("{name} #{count}");
        let number = state.trace.len();
        state.trace.push(boundary.clone());
        let is_troubled = state.begun.elapsed() < TROUBLED;
        let (moment, trouble, kills) = match &mut state.plan {
            Plan::Kill(wanted, moment) if *wanted == boundary => (*moment, None, true),
            Plan::Trouble(coming) if is_troubled => {
                let has_method = |spark: &Spark| {
                    spark.methods.is_empty() || spark.methods.iter().any(|method| name.starts_with(method))
                };
                let is_due = |spark: &Spark| spark.at <= number && spark.side.is_none_or(|wanted| wanted == side);
                let fits = |spark: &Spark| is_due(spark) && has_method(spark);
                let Spark { trouble, kills, .. } = coming.remove(coming.iter().position(fits)?);
                (Moment::AfterEffect, Some(trouble), kills)
            }
            _ => return None,
        };
        state.burnt += 1;
        drop(state);
        if moment == Moment::BeforeSend {
            self.kill();
            return Some((Trouble::DropBefore, Box::new(|| ())));
        }
        let fuse = self.clone();
        let then = move || {
            if kills {
                fuse.kill();
            }
        };
        Some((trouble.unwrap_or(Trouble::DropAfter), Box::new(then)))
    }

    /// Ends the process as a crash does.
    fn kill(&self) {
        let process = std::mem::take(&mut self.state().process);
        if process != 0 {
            let _ = Command::new("kill").args(["-KILL", &process.to_string()]).status();
        }
    }
}

/// A path without what differs from run to run: ids, and the world's namespace.
pub(crate) fn plain(path: &str) -> String {
    let is_id = |part: &&str| part.len() >= 16 && part.bytes().any(|b| b.is_ascii_digit());
    let plain = path.split('/').map(|part| if is_id(&part) { "{id}" } else { part });
    plain.collect::<Vec<_>>().join("/")
}
