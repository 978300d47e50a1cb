//! What every visit can reach: [`Shared`] is one for the operator, [`Context`] one for each controller.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use kube::Client;
use kube::client::ClientBuilder;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit, watch as signal};
use tower::timeout::TimeoutLayer;

use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::connection::clock::Clock;
use crate::connection::http::Http;
use crate::connection::options::LeadershipCheck;
use crate::operator::kubernetes::events::Events;
use crate::operator::kubernetes::lease::Candidate;
use crate::operator::state::backoff::Backoff;
use crate::operator::state::connections::Connections;
use crate::operator::state::index::{Index, Triggers};
use crate::operator::state::read_your_writes::ReadYourWrites;
use crate::operator::state::secrets::Secrets;
use crate::operator::state::tombstones::Tombstones;
use crate::operator::telemetry::metrics::Metrics;
use crate::operator::{Error, Options};
use crate::plan::attempts::Attempts;

/// The other end of each waker.
pub(crate) type TriggerReceivers = HashMap<(Kind, String), UnboundedReceiver<ResourceKey>>;

/// How long the API server may take until an answer begins, a watch's included: a line that is cut somewhere in between
/// would let a visit wait for ever.
const ANSWERED: Duration = Duration::from_secs(30);

/// How many writes to the API server are under way at most.
const WRITES: usize = 64;

pub(crate) struct Shared {
    pub(crate) client: Client,
    /// The operator's own.
    pub(crate) namespace: String,
    pub(crate) clock: Clock,
    pub(crate) index: Arc<Index>,
    pub(crate) secrets: Secrets,
    pub(crate) connections: Connections,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) events: Events,
    pub(crate) dry_run: bool,
    /// The namespaces that are watched, each by itself; an empty one: all.
    pub(crate) scopes: Vec<String>,
    /// What labels resources must have to be watched.
    pub(crate) selector: Option<String>,
    /// Reservations of deletions go one after the other.
    pub(crate) guard: tokio::sync::Mutex<()>,
    /// More writes to the API server at once make none of them faster.
    writes: Semaphore,
    pub(crate) ready: signal::Receiver<bool>,
    pub(crate) closing: signal::Receiver<bool>,
    /// Absent: there is one operator only, and it always leads.
    pub(crate) candidate: Option<Candidate>,
}

/// A waker for each controller.
fn triggers(options: &Options) -> (Triggers, TriggerReceivers) {
    let (mut triggers, mut receivers) = (Triggers::new(), TriggerReceivers::new());
    for kind in Kind::ALL.iter().copied() {
        for namespace in options.scopes() {
            let (trigger, receiver) = unbounded();
            triggers.insert((kind, namespace.clone()), trigger);
            receivers.insert((kind, namespace), receiver);
        }
    }
    (triggers, receivers)
}

impl Shared {
    pub(crate) fn new(
        config: kube::Config,
        options: &Options,
        ready: signal::Receiver<bool>,
        closing: signal::Receiver<bool>,
    ) -> Result<(Arc<Self>, TriggerReceivers), Error> {
        let (triggers, receivers) = triggers(options);
        let (clock, index) = (Clock::start(), Arc::new(Index::new(triggers)));
        let mut metrics = Metrics::new(options.concurrency);
        if options.resource_metrics {
            metrics.show_conditions(Arc::clone(&index));
        }
        let host = config.cluster_url.authority().map(ToString::to_string).unwrap_or_default();
        let namespace = options.own_namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client = ClientBuilder::try_from(config)?.with_layer(&TimeoutLayer::new(ANSWERED));
        let client = client.with_layer(&metrics.counting(host)).build();
        let (allowed, observer) = (options.allowed.clone(), metrics.observer());
        let candidate = options.leader_elect.then(|| Candidate::new(client.clone(), &namespace));
        let leadership =
            candidate.as_ref().map_or_else(|| Arc::new(|_| true) as LeadershipCheck, Candidate::leadership);
        let shared = Self {
            index,
            namespace,
            secrets: Secrets::new(client.clone()),
            connections: Connections::new(Http::new()?, clock, allowed, observer, options.concurrency, leadership),
            events: Events::start(client.clone()),
            dry_run: options.dry_run,
            scopes: options.scopes(),
            selector: options.selector.clone(),
            guard: tokio::sync::Mutex::default(),
            writes: Semaphore::new(WRITES),
            client,
            clock,
            metrics: Arc::new(metrics),
            ready,
            closing,
            candidate,
        };
        Ok((Arc::new(shared), receivers))
    }

    /// Returns when every store is complete: before, an absent Team or claim means nothing.
    pub(crate) async fn started(&self) {
        // If the sender is gone, the operator is ending.
        let _ = self.ready.clone().wait_for(|ready| *ready).await;
    }

    /// The right to write to the API server, until it is dropped.
    pub(crate) async fn may_write(&self) -> Option<SemaphorePermit<'_>> {
        self.writes.acquire().await.ok()
    }

    /// Whether the operator is ending.
    pub(crate) fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    /// When the operator ends, no call begins any more.
    pub(crate) async fn close_connections_on(&self, mut closing: signal::Receiver<bool>) {
        let _ = closing.wait_for(|closing| *closing).await;
        self.connections.close();
    }
}

impl Options {
    /// The namespaces that are watched, each by itself; empty: all at once.
    pub(crate) fn scopes(&self) -> Vec<String> {
        if self.namespaces.is_empty() { vec![String::new()] } else { self.namespaces.clone() }
    }
}

pub(crate) struct Context<T> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) read_your_writes: ReadYourWrites<T>,
    pub(crate) backoff: Backoff,
    pub(crate) tombstones: Tombstones,
    /// What is remembered of each resource between its visits, by uid.
    attempts: Mutex<HashMap<String, Attempts>>,
}

impl<T: kube::Resource<DynamicType = ()>> Context<T> {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            read_your_writes: ReadYourWrites::default(),
            backoff: Backoff::default(),
            tombstones: Tombstones::default(),
            attempts: Mutex::default(),
        }
    }
}

impl<T> Context<T> {
    /// Takes what is remembered of a resource; one visit at a time has it.
    pub(crate) fn recall(&self, uid: &str) -> Attempts {
        self.attempts.lock().remove(uid).unwrap_or_default()
    }

    /// Keeps it for the next visit.
    pub(crate) fn remember(&self, uid: &str, attempts: Attempts) {
        if !attempts.is_empty() {
            self.attempts.lock().insert(uid.to_owned(), attempts);
        }
    }
}
