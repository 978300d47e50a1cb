//! Where a kind is registered: a word in [`KINDS`], a line in [`start`].

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use futures::future::{BoxFuture, join_all};
use futures::{FutureExt, StreamExt};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher;
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tokio::sync::watch as signal;

use crate::api::account::Account;
use crate::api::annotations::EXTERNAL_ID;
use crate::api::conditions::{Condition, ConditionStatus, ConditionType, find, statuses};
use crate::api::customer::Customer;
use crate::api::notification_channel::NotificationChannel;
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};
use crate::api::service::Service;
use crate::api::sub_account::SubAccount;
use crate::api::team::Team;
use crate::operator::Options;
use crate::operator::context::{Context, Shared, TriggerReceivers, kind_of};
use crate::operator::provider_config::view::ConfigResource;
use crate::operator::reconcile::pass::age_of;
use crate::operator::reconcile::resolve::config_key;
use crate::operator::state::index::{IndexRow, Listed, RefSummary, ResourceKey};
use crate::operator::watch::watch;
use crate::plan::managed::{Managed, Reference};
use crate::plan::mention::Mention;

/// Every kind that has a controller.
pub(crate) const KINDS: [&str; 8] = [
    "ProviderConfig",
    "ClusterProviderConfig",
    "Customer",
    "Team",
    "Service",
    "NotificationChannel",
    "Account",
    "SubAccount",
];

/// What a kind must be to be watched.
pub(crate) trait Watched:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}

impl<T: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static> Watched for T {}

/// Runs every controller until the operator ends.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    options: &Options,
    receivers: TriggerReceivers,
    ready: signal::Sender<bool>,
) {
    let mut controllers = Controllers { shared, options, receivers, stores: Vec::new(), controllers: Vec::new() };
    for namespace in options.scopes() {
        controllers.config::<ProviderConfig>(&namespace);
        controllers.managed::<Customer>(&namespace);
        controllers.managed::<Team>(&namespace);
        controllers.managed::<Service>(&namespace);
        controllers.managed::<NotificationChannel>(&namespace);
        controllers.managed::<Account>(&namespace);
        controllers.managed::<SubAccount>(&namespace);
    }
    controllers.config::<ClusterProviderConfig>("");
    let Controllers { stores, controllers, .. } = controllers;
    let all_ready = async {
        join_all(stores).await;
        ready.send_replace(true);
        tracing::info!("every store is complete");
        std::future::pending::<()>().await;
    };
    let mut closing = shared.closing.clone();
    // Until every store is complete no reconcile_once begins, so nothing is under way; and once watches have ended none ever is complete.
    let ends_early = async {
        let _ = closing.wait_for(|closing| *closing).await;
        if *shared.ready.borrow() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = join_all(controllers) => {}
        () = all_ready => {}
        () = ends_early => {}
    }
}

struct Controllers<'a> {
    shared: &'a Arc<Shared>,
    options: &'a Options,
    receivers: TriggerReceivers,
    stores: Vec<BoxFuture<'static, ()>>,
    controllers: Vec<BoxFuture<'static, ()>>,
}

/// Seconds that one watch lasts. A line that falls silent is noticed a few seconds after.
const WATCH: u32 = 110;

fn watched() -> watcher::Config {
    watcher::Config::default().timeout(WATCH)
}

impl Controllers<'_> {
    fn managed<T: Managed>(&mut self, namespace: &str) {
        let client = self.shared.client.clone();
        let api = if namespace.is_empty() { Api::all(client) } else { Api::namespaced(client, namespace) };
        let mut config = watched();
        if let Some(selector) = &self.options.selector {
            config = config.labels(selector);
        }
        self.join(api, config, namespace, entry_of::<T>, crate::operator::reconcile::reconcile::<T>);
    }

    fn config<T: ConfigResource>(&mut self, namespace: &str) {
        let api = T::api(self.shared.client.clone(), namespace);
        self.join(
            api,
            watched(),
            namespace,
            config_entry::<T>,
            crate::operator::provider_config::reconcile::reconcile::<T>,
        );
    }

    fn join<T, Fut>(
        &mut self,
        api: Api<T>,
        config: watcher::Config,
        namespace: &str,
        entry: fn(&T) -> IndexRow,
        reconcile_once: fn(Arc<T>, Arc<Context<T>>) -> Fut,
    ) where
        T: Watched,
        Fut: Future<Output = Action> + Send + 'static,
    {
        let context = Arc::new(Context::new(Arc::clone(self.shared)));
        let (stream, store) = watch(api, config, &context, namespace.to_owned(), entry);
        let receiver = self.receivers.remove(&(kind_of::<T>(), namespace.to_owned()));
        let waiting = store.clone();
        self.stores.push(async move { drop(waiting.wait_until_ready().await) }.boxed());
        let mut closing = self.shared.closing.clone();
        let mut controller = Controller::for_stream(stream, store)
            .graceful_shutdown_on(async move { drop(closing.wait_for(|closing| *closing).await) });
        if let Some(receiver) = receiver {
            controller = controller.reconcile_on(receiver.map(|key| object(&key)));
        }
        let run = controller.run(
            move |resource, context| measured(reconcile_once, resource, context).boxed(),
            |_, never: &Infallible, _| match *never {},
            context,
        );
        self.controllers.push(run.for_each(|_| std::future::ready(())).boxed());
    }
}

/// One reconcile_once, counted and timed.
async fn measured<T: Watched, Fut: Future<Output = Action>>(
    reconcile_once: fn(Arc<T>, Arc<Context<T>>) -> Fut,
    resource: Arc<T>,
    context: Arc<Context<T>>,
) -> Result<Action, Infallible> {
    let (kind, shared) = (kind_of::<T>(), Arc::clone(&context.shared));
    let queued = shared.metrics.queued(kind);
    shared.started().await;
    drop(queued);
    if shared.is_closing() {
        return Ok(Action::await_change());
    }
    let (working, begun) = (shared.metrics.working(kind), Instant::now());
    let action = reconcile_once(resource, context).await;
    drop(working);
    shared.metrics.visited(kind, action != Action::await_change(), begun.elapsed());
    Ok(action)
}

fn object<T: Watched>(key: &ResourceKey) -> ObjectRef<T> {
    let object = ObjectRef::new(&key.name);
    if key.namespace.is_empty() { object } else { object.within(&key.namespace) }
}

fn entry_of<T: Managed>(resource: &T) -> IndexRow {
    let namespace = resource.namespace().unwrap_or_default();
    let teams = resource.references().into_iter().filter_map(|reference| match reference {
        Reference::Team(team) => Some(ResourceKey { kind: "Team", namespace: namespace.clone(), name: team.name }),
        Reference::Secret(_) | Reference::Code(_) => None,
    });
    let uses: BTreeSet<_> = teams.chain([config_key(resource, &namespace)]).collect();
    let status = resource.status().map(|status| &status.common);
    let known_id = status.and_then(|status| status.external_id.clone());
    let adopted = resource.annotations().get(EXTERNAL_ID).cloned();
    let referent = RefSummary {
        external_id: known_id.clone(),
        is_ready: status.is_some_and(|status| is_ready(&status.conditions)),
        generation: 0,
    };
    let conditions = status.map(|status| statuses(&status.conditions)).unwrap_or_default();
    let people = resource
        .mentions()
        .into_iter()
        .map(|Mention { subject, is_wanted, role }| (subject, Listed { now: is_wanted, role }))
        .collect();
    IndexRow { uses, claims: adopted.or(known_id), age: age_of(resource), referent, config: None, conditions, people }
}

fn config_entry<T: ConfigResource>(resource: &T) -> IndexRow {
    let status = resource.status();
    let referent = RefSummary {
        external_id: None,
        is_ready: status.is_some_and(|status| is_ready(&status.conditions)),
        generation: resource.meta().generation.unwrap_or(0),
    };
    let (uses, config) = (BTreeSet::new(), Some(resource.view()));
    let conditions = status.map(|status| statuses(&status.conditions)).unwrap_or_default();
    IndexRow { uses, claims: None, age: age_of(resource), referent, config, conditions, people: BTreeMap::new() }
}

fn is_ready(conditions: &[Condition]) -> bool {
    find(conditions, ConditionType::Ready).is_some_and(|ready| ready.status == ConditionStatus::True)
}
