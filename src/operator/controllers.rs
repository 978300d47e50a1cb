//! One controller for each kind and each watched namespace, and what a reconcile is counted as.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use kube::runtime::watcher;
use kube::{Resource, ResourceExt};
use tokio::time::Instant as TimerInstant;
use tracing::Instrument;

use crate::api::annotations::EXTERNAL_ID;
use crate::api::conditions::{Condition, ConditionStatus, ConditionType, find, summaries};
use crate::api::kinds::{Kind, managed_kinds};
use crate::api::policies::ManagementPolicy;
use crate::api::provider_config::view::ConfigResource;
use crate::api::provider_config::{ClusterProviderConfig, ProviderConfig};
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::{Context, Shared, TriggerReceivers};
use crate::operator::controller::{Begin, Run, control};
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::operator::kubernetes::listed_people::PAGE;
use crate::operator::options::Options;
use crate::operator::reconcile_result::ReconcileResult;
use crate::operator::state::admission::{Group, ReconcilePermit};
use crate::operator::state::index::claim::Claim;
use crate::operator::state::index::moved::Moved;
use crate::operator::state::index::row::{Age, IndexRow, RefSummary};
use crate::operator::state::index::tables::each_once;
use crate::operator::state::trigger::{Signs, Trigger};
use crate::operator::telemetry::log::reconcile::{reconcile_span, reconciled};
use crate::operator::watch::Watch;
use crate::operator::watch::watched::Watched;
use crate::plan::managed::{Managed, config_key};
use crate::plan::references::Reference;

/// Runs every controller until the operator shuts down.
pub(crate) async fn start(shared: &Arc<Shared>, options: &Options, receivers: TriggerReceivers) {
    let mut controllers = Controllers { shared, receivers, running: Vec::new() };
    for namespace in options.scopes() {
        controllers.config::<ProviderConfig>(&namespace);
        macro_rules! start_each {
            ($($(#[$cfg:meta])* $module:ident::$name:ident: $provider:ident,)*) => {
                $($(#[$cfg])* controllers.managed::<crate::api::$module::$name>(&namespace);)*
            };
        }
        managed_kinds!(start_each);
    }
    if options.reads_cluster_scope() {
        controllers.config::<ClusterProviderConfig>("");
    }
    let running = controllers.running;
    let timetable = shared.timetable.run(&shared.index);
    let all_ready = async {
        shared.caches.until_started().await;
        tracing::info!("all caches are synced");
        shared.admission.open();
        std::future::pending::<()>().await;
    };
    let mut closing = shared.closing.clone();
    // Before all caches are synced no reconcile begins, so nothing is in progress; after the watches ended no cache syncs any more.
    let ends_early = async {
        let _ = closing.wait_for(|closing| *closing).await;
        if shared.caches.has_started() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = join_all(running) => {}
        never = timetable => match never {},
        () = all_ready => {}
        () = ends_early => {}
    }
}

struct Controllers<'a> {
    shared: &'a Arc<Shared>,
    receivers: TriggerReceivers,
    running: Vec<BoxFuture<'static, ()>>,
}

/// How many reconciles the controller of a managed kind runs at once: more than are ever admitted.
const MAX_CONCURRENT: u16 = u16::MAX;

/// How many reconciles the controller of a kind of configs runs at once: they are not admitted.
const MAX_CONCURRENT_CONFIGS: u16 = 1024;

/// How long one watch lasts, in seconds. A connection that broke silently is noticed a few seconds after.
const WATCH_SECONDS: u32 = 110;

fn watched() -> watcher::Config {
    watcher::Config::default().timeout(WATCH_SECONDS).page_size(PAGE)
}

impl Controllers<'_> {
    fn managed<T: Managed>(&mut self, namespace: &str) {
        self.join(namespace, row_of::<T>, MAX_CONCURRENT, begin_managed::<T>);
    }

    fn config<T: ConfigApi>(&mut self, namespace: &str) {
        self.join(namespace, config_row::<T>, MAX_CONCURRENT_CONFIGS, begin_config::<T>);
    }

    fn join<T: Watched>(&mut self, namespace: &str, entry: fn(&T) -> IndexRow, most: u16, begin: Begin<T>) {
        // Each watched scope has a trigger.
        let Some(triggered) = self.receivers.remove(&(T::KIND, namespace.to_owned())) else { return };
        let context = Arc::new(Context::new(Arc::clone(self.shared)));
        let watch = Watch::new(self.shared.client.clone(), watched(), &context, namespace.to_owned(), entry);
        self.shared.metrics.controller_started(T::KIND.as_str(), most);
        self.running.push(control(context, watch, triggered, most, begin).boxed());
    }
}

/// Begins the reconcile of a managed resource if that is admitted; else the resource is triggered when it is.
fn begin_managed<T: Managed>(resource: Arc<T>, context: Arc<Context<T>>) -> Option<Run> {
    // The cache may not have what the last reconcile wrote.
    let resource = context.read_your_writes.newest(resource);
    let (key, uid) = (ResourceKey::of(resource.as_ref()), resource.uid().unwrap_or_default());
    let key = context.shared.index.key(&key);
    let permit = context.shared.admission.enter(&uid, &key, group_of(resource.as_ref(), &context))?;
    let reconcile = crate::operator::reconcile::reconcile(Arc::clone(&resource), Arc::clone(&context), permit.trigger);
    Some(measured(reconcile, resource, context, Some(permit)).boxed())
}

/// Begins the reconcile of a config; it needs no permit, because there are few of them.
#[allow(clippy::unnecessary_wraps, reason = "it is one of the ways to begin a reconcile")]
fn begin_config<T: ConfigApi>(config: Arc<T>, context: Arc<Context<T>>) -> Option<Run> {
    let reconcile = crate::operator::provider_config::reconcile::reconcile(Arc::clone(&config), Arc::clone(&context));
    Some(measured(reconcile, config, context, None).boxed())
}

/// One reconcile, counted and timed. It waits until all caches are synced.
async fn measured<T: Watched>(
    reconcile: impl Future<Output = ReconcileResult> + Send,
    resource: Arc<T>,
    context: Arc<Context<T>>,
    permit: Option<ReconcilePermit>,
) {
    let (kind, shared) = (T::KIND.as_str(), Arc::clone(&context.shared));
    let _active = shared.metrics.active(kind);
    shared.caches.until_started().await;
    if shared.is_closing() {
        return;
    }
    let (_work, begun) = (shared.metrics.workqueue.begin(kind), Instant::now());
    let (key, uid) = (shared.index.key(&ResourceKey::of(resource.as_ref())), resource.uid().unwrap_or_default());
    shared.timetable.set(&key, None);
    let span = reconcile_span(&key);
    let result = reconcile.instrument(span.clone()).await;
    span.in_scope(|| reconciled(&result, begun.elapsed()));
    if shared.index.has_readable(&key, &uid) {
        shared
            .timetable
            .set(&key, result.action.requeue_after.and_then(|pause| TimerInstant::now().checked_add(pause)));
    } else {
        // It may have gone while it was reconciled, or the types cannot read it any more: nobody else forgets what this reconcile kept.
        context.forget(&uid);
    }
    shared.metrics.reconciled(kind, &result, begun.elapsed());
    drop(permit);
}

/// With which others a resource shares the right to be reconciled.
fn group_of<T: Managed>(resource: &T, context: &Context<T>) -> Group {
    let trigger = Trigger::of(Signs::of(resource, context.memory(&resource.uid().unwrap_or_default())));
    Group { trigger, config: config_key(resource, &resource.namespace().unwrap_or_default()) }
}

/// What the index keeps of a resource.
pub(crate) fn row_of<T: Managed>(resource: &T) -> IndexRow {
    let namespace = resource.namespace().unwrap_or_default();
    let teams = resource.references().into_iter().filter_map(|reference| match reference {
        Reference::Team(team) => Some(ResourceKey { kind: Kind::Team, namespace: namespace.clone(), name: team.name }),
        Reference::Secret(_) | Reference::Code(_) => None,
    });
    let uses = each_once(teams.chain([config_key(resource, &namespace)]));
    let status = resource.status().map(|status| &status.common);
    let external_id = status.and_then(|status| status.external_id.as_deref().map(Arc::from));
    let claims = Claim::all(resource.annotations().get(EXTERNAL_ID).map(String::as_str), external_id.as_ref());
    let row = row(resource, status.map(|status| status.conditions.as_slice()));
    let referent = RefSummary { external_id, ..row.referent };
    let is_managed = resource.policies().management_policy == ManagementPolicy::Manage;
    let annotation = |key: &str| resource.annotations().get(key).map(String::as_str);
    let moved = Moved::of(T::KIND, annotation);
    IndexRow { uses, claims, is_managed, referent, mentions: resource.mentions(), moved, ..row }
}

/// What the index keeps of a config.
pub(crate) fn config_row<T: ConfigResource>(resource: &T) -> IndexRow {
    let row = row(resource, resource.status().map(|status| status.conditions.as_slice()));
    let referent = RefSummary { generation: resource.meta().generation.unwrap_or(0), ..row.referent };
    IndexRow { config: Some(Arc::new(resource.view())), referent, ..row }
}

/// Whether a resource with this reason waits until another one gives up a claim.
fn awaits_claim(reason: Reason) -> bool {
    matches!(reason, Reason::NameTaken | Reason::AmbiguousCreate | Reason::Conflict)
}

/// The part of a row that all kinds have.
fn row(resource: &impl Resource, conditions: Option<&[Condition]>) -> IndexRow {
    let conditions = conditions.unwrap_or_default();
    let ready = find(conditions, ConditionType::Ready);
    let is_ready = ready.is_some_and(|ready| ready.status == ConditionStatus::True);
    IndexRow {
        uses: Vec::new(),
        claims: Vec::new(),
        awaits_claim: ready.and_then(Condition::reason).is_some_and(awaits_claim),
        is_managed: false,
        is_deleted: resource.meta().deletion_timestamp.is_some(),
        age: Age::of(resource),
        referent: RefSummary { is_ready, ..RefSummary::default() },
        config: None,
        unreadable: None,
        conditions: summaries(conditions),
        mentions: Vec::new(),
        moved: None,
    }
}
