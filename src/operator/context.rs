//! What every reconcile can reach: one [`Shared`] for the operator, one [`Context`] for each controller.

use std::collections::HashMap;
use std::sync::Arc;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use kube::client::ClientBuilder;
use kube::{Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit, watch as signal};

use crate::api::kinds::{HasKind, Kind};
use crate::api::resource_key::ResourceKey;
use crate::connection::clock::Clock;
use crate::connection::http::Http;
use crate::connection::options::{ConnectionOptions, FirstBurst};
use crate::operator::error::Error;
use crate::operator::kubernetes::cluster_id::ClusterId;
use crate::operator::kubernetes::definitions::KindDefinitions;
use crate::operator::kubernetes::deletion_guard::DeletionReservations;
use crate::operator::kubernetes::events::Events;
use crate::operator::kubernetes::lease::Candidate;
use crate::operator::kubernetes::listed_people::ListedPeople;
use crate::operator::kubernetes::orphans::Orphans;
use crate::operator::kubernetes::own_lease::OwnLease;
use crate::operator::kubernetes::patch::Overwrite;
use crate::operator::kubernetes::serving::Services;
use crate::operator::kubernetes::shards::HeldShards;
use crate::operator::kubernetes::time_limit::{API_TIMEOUT, time_limit};
use crate::operator::options::Options;
use crate::operator::state::admission::{Admissions, Places};
use crate::operator::state::awaited_approvals::AwaitedApprovals;
use crate::operator::state::backoff::Backoff;
use crate::operator::state::cache::Cache;
use crate::operator::state::caches::Caches;
use crate::operator::state::connections::Connections;
use crate::operator::state::dropped_records::DroppedRecords;
use crate::operator::state::index::{Index, Triggers};
use crate::operator::state::inputs::Inputs;
use crate::operator::state::kept_attempts::KeptAttempts;
use crate::operator::state::read_in::ReadIn;
use crate::operator::state::read_your_writes::ReadYourWrites;
use crate::operator::state::reported_failures::ReportedFailures;
use crate::operator::state::secrets::Secrets;
use crate::operator::state::timetable::Timetable;
use crate::operator::state::tombstones::Tombstones;
use crate::operator::state::trigger::KnownSoFar;
use crate::operator::telemetry::log::calls;
use crate::operator::telemetry::metrics::Metrics;
use crate::operator::telemetry::metrics::shown::Shown;
use crate::operator::trouble::log::TroubleLog;

/// The receivers of the triggers, by kind and namespace.
pub(crate) type TriggerReceivers = HashMap<(Kind, String), UnboundedReceiver<ResourceKey>>;

/// How many writes of reconciles to the API server may be in progress at once; more would only queue there.
const MAX_WRITES: usize = 64;

/// What all controllers share.
pub(crate) struct Shared {
    /// The client for the API server.
    pub(crate) client: Client,
    /// The source of time.
    pub(crate) clock: Clock,
    /// References and claims of all resources.
    pub(crate) index: Arc<Index>,
    /// What users say in each resource, of whatever kind and namespace.
    pub(crate) inputs: Inputs,
    /// On which approvals resources depend.
    pub(crate) awaited_approvals: AwaitedApprovals,
    /// Secrets and labels of namespaces.
    pub(crate) secrets: Secrets,
    /// The connections to the providers.
    pub(crate) connections: Arc<Connections>,
    /// The metrics.
    pub(crate) metrics: Arc<Metrics>,
    /// Publishes events.
    pub(crate) events: Events,
    /// Whether providers are only read.
    pub(crate) dry_run: bool,
    /// Whether objects without a namespace are read.
    pub(crate) reads_cluster_scope: bool,
    /// The configs that this operator serves.
    pub(crate) services: Services,
    /// Which cluster this is.
    pub(crate) cluster_id: ClusterId,
    /// Reserves deletions of external objects.
    pub(crate) deletion_guard: DeletionReservations,
    /// Which kinds are being uninstalled.
    pub(crate) definitions: KindDefinitions,
    /// Whom Teams list, as the API server has it now.
    pub(crate) listed_people: ListedPeople,
    /// Records external objects that outlive their resource.
    pub(crate) orphans: Orphans,
    /// Limits the writes of reconciles to the API server.
    writes: Semaphore,
    /// Which reconciles may run.
    pub(crate) admission: Arc<Admissions>,
    /// When resources are reconciled again.
    pub(crate) timetable: Timetable,
    /// Which watches have delivered a complete list.
    pub(crate) caches: Arc<Caches>,
    /// Failed requests to the API server, in the log and as a metric.
    pub(crate) troubles: Arc<TroubleLog>,
    /// True when the operator is shutting down.
    pub(crate) closing: signal::Receiver<bool>,
    /// Holds the Lease of this operator; absent: it has none, because it never writes to a provider.
    pub(crate) candidate: Option<Candidate>,
    /// The shards of the accounts that this replica holds; absent: the accounts are not divided.
    pub(crate) shards: Option<Arc<HeldShards>>,
}

/// A trigger for each controller, and its receiver.
fn triggers(options: &Options) -> (Triggers, TriggerReceivers) {
    let (mut triggers, mut receivers) = (Triggers::new(), TriggerReceivers::new());
    let is_read = |kind: &Kind| *kind != Kind::ClusterProviderConfig || options.reads_cluster_scope();
    for kind in Kind::ALL.iter().copied().filter(is_read) {
        let scopes = if kind == Kind::ClusterProviderConfig { vec![String::new()] } else { options.scopes() };
        for namespace in scopes {
            let (trigger, receiver) = unbounded();
            triggers.insert((kind, namespace.clone()), trigger);
            receivers.insert((kind, namespace), receiver);
        }
    }
    (triggers, receivers)
}

/// The client for the API server, whose requests end in time and are counted.
fn client(config: kube::Config, metrics: &Metrics) -> Result<Client, Error> {
    let host = config.cluster_url.authority().map(ToString::to_string).unwrap_or_default();
    let client = ClientBuilder::try_from(config)?.with_layer(&time_limit(API_TIMEOUT));
    Ok(client.with_layer(&metrics.kubernetes.counting(host)).build())
}

fn connections(mut connection: ConnectionOptions, options: &Options, index: &Arc<Index>) -> Arc<Connections> {
    let Options { allowed, removed_tokens, shards, .. } = options;
    // Another replica may have called the accounts just before.
    connection.first_burst = if shards.is_divided() { FirstBurst::Nothing } else { FirstBurst::Whole };
    Arc::new(Connections::new(connection, allowed.clone(), *removed_tokens, Arc::clone(index)))
}

/// What the metrics read when they are asked for.
fn shown(clock: Clock, index: &Arc<Index>, connections: &Arc<Connections>) -> Shown {
    Shown { clock, index: Arc::clone(index), connections: Arc::clone(connections) }
}

/// Which reconciles may run; one that waits is triggered by the index.
fn admission(options: &Options, index: &Arc<Index>) -> Arc<Admissions> {
    let index = Arc::clone(index);
    Arc::new(Admissions::new(Places::for_concurrency(options.concurrency), move |key| index.trigger([key])))
}

impl Shared {
    /// Builds clients and state; returns the receivers of the triggers, too.
    pub(crate) fn new(
        config: kube::Config,
        options: &Options,
        closing: signal::Receiver<bool>,
    ) -> Result<(Arc<Self>, TriggerReceivers), Error> {
        let (triggers, receivers) = triggers(options);
        let (caches, mut metrics) = (Arc::new(Caches::new(receivers.keys().cloned())), Metrics::new());
        let (clock, index) = (Clock::start(), Arc::new(Index::new(triggers)));
        metrics.show_watches(Arc::clone(&caches), Arc::clone(&index));
        let namespace = options.own_namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let (troubles, client) = (Arc::new(TroubleLog::new(metrics.api_errors())), client(config, &metrics)?);
        let own_lease = OwnLease::of(options, &client, &namespace);
        let (http, observer) = (Http::new(&options.network)?, calls::observer(metrics.observer()));
        let connection = ConnectionOptions::new(http, clock, observer, options.concurrency, own_lease.leadership());
        let connections = connections(connection, options, &index);
        metrics.show(shown(clock, &index, &connections), options.resource_metrics);
        let shared = Self {
            connections,
            index: Arc::clone(&index),
            inputs: Inputs::default(),
            awaited_approvals: AwaitedApprovals::default(),
            secrets: Secrets::new(client.clone(), options.reads_cluster_scope(), options.usable_secrets),
            events: Events::start(client.clone(), Arc::clone(&troubles)),
            dry_run: options.dry_run,
            services: Services::new(client.clone(), options, own_lease.shards.clone()),
            reads_cluster_scope: options.reads_cluster_scope(),
            cluster_id: ClusterId::new(client.clone(), options.reads_cluster_scope()),
            deletion_guard: DeletionReservations::new(client.clone(), clock),
            definitions: KindDefinitions::new(client.clone()),
            listed_people: ListedPeople::new(client.clone(), options.scopes()),
            orphans: Orphans::new(client.clone(), &namespace, options.reads_cluster_scope(), clock),
            writes: Semaphore::new(MAX_WRITES),
            admission: admission(options, &index),
            timetable: Timetable::default(),
            client,
            clock,
            metrics: Arc::new(metrics),
            caches,
            troubles,
            closing,
            candidate: own_lease.candidate,
            shards: own_lease.shards,
        };
        Ok((Arc::new(shared), receivers))
    }

    /// Waits for a permit to write to the API server; it is free again when it is dropped.
    pub(crate) async fn write_permit(&self) -> Option<SemaphorePermit<'_>> {
        self.writes.acquire().await.ok()
    }

    /// Whether a status of this operator may take the place of a newer one.
    pub(crate) fn overwrite(&self) -> Overwrite {
        if self.dry_run { Overwrite::Never } else { Overwrite::Always }
    }

    /// Whether the operator is shutting down.
    pub(crate) fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    /// The Lease counts that did not: it was not renewed in time, or this operator had none. Other operators may serve configs that this one
    /// served. What is planned is not sent, and who serves what is decided anew.
    pub(crate) fn lapsed(&self, lease: Option<String>) {
        self.services.hold(lease);
        self.services.lapsed();
        self.connections.restart();
        self.index.trigger(self.index.configs().iter().map(|config| config.key.clone()));
    }

    /// Waits until the operator is shutting down; then no new call to a provider begins.
    pub(crate) async fn close_connections_on(&self, mut closing: signal::Receiver<bool>) {
        let _ = closing.wait_for(|closing| *closing).await;
        self.connections.close();
    }
}

/// What the reconciles of one controller share.
pub(crate) struct Context<T> {
    /// What all controllers share.
    pub(crate) shared: Arc<Shared>,
    /// What the watch delivered last of each resource.
    pub(crate) cache: Cache<T>,
    /// The newest copy of each resource.
    pub(crate) read_your_writes: ReadYourWrites<T>,
    /// In which term of its shard each resource was read.
    pub(crate) read_in: ReadIn,
    /// The failures in a row of each resource.
    pub(crate) backoff: Backoff,
    /// How far the deletion of each resource is.
    pub(crate) tombstones: Tombstones,
    /// The create records that somebody dropped, until they are put back.
    pub(crate) dropped_records: DroppedRecords,
    /// What was tried for each resource in earlier reconciles.
    pub(crate) attempts: KeptAttempts,
    /// The failures of each resource that the log was told of.
    pub(crate) failures: ReportedFailures,
}

impl<T: DeserializeOwned + HasKind + Resource + Serialize> Context<T> {
    /// The context of a controller that starts.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            cache: Cache::default(),
            read_your_writes: ReadYourWrites::default(),
            read_in: ReadIn::default(),
            backoff: Backoff::default(),
            tombstones: Tombstones::default(),
            dropped_records: DroppedRecords::default(),
            attempts: KeptAttempts::default(),
            failures: ReportedFailures::default(),
        }
    }

    /// What this process knows of a resource.
    pub(crate) fn memory(&self, uid: &str) -> KnownSoFar {
        match self.shared.inputs.changed_since_report(uid) {
            Some(true) => KnownSoFar::Changed,
            _ if self.backoff.is_failing(uid) => KnownSoFar::Fails,
            Some(false) => KnownSoFar::Reported,
            None => KnownSoFar::Nothing,
        }
    }

    /// A resource is gone: nothing of it is kept but its tombstone, which ends by itself.
    pub(crate) fn forget(&self, uid: &str) {
        self.shared.admission.forget(uid);
        self.attempts.forget(uid);
        self.failures.forget(uid);
        self.backoff.succeeded(uid);
        self.read_your_writes.forget(uid);
        self.read_in.forget(uid);
        self.shared.inputs.forget(uid);
        self.shared.awaited_approvals.forget(uid);
        self.dropped_records.forget(uid);
    }
}
