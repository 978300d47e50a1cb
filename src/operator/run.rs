//! Starts the admin server and the controllers, and runs until the operator is asked to end or loses leadership.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch as signal;

use crate::operator::context::Shared;
use crate::operator::controllers;
use crate::operator::error::Error;
use crate::operator::kubernetes::cluster_scope::may_be_read;
use crate::operator::kubernetes::lease::{Candidate, Mode};
use crate::operator::kubernetes::shards::HeldShards;
use crate::operator::options::{Options, Reach};
use crate::operator::replica;
use crate::operator::replica::Replica;
use crate::operator::telemetry::{admin, log};
use crate::operator::uninstallation::Uninstallation;

/// Runs until `closing` is true; then calls in progress finish and their results are recorded.
///
/// # Errors
/// The operator cannot start, or loses leadership.
pub(crate) async fn run(config: kube::Config, options: Options, closing: signal::Receiver<bool>) -> Result<(), Error> {
    let options = with_rights(&config, options).await;
    log::starting(&config.cluster_url, &options);
    let (standby, is_standby) = signal::channel(options.leader_elect && !options.shards.is_divided());
    let (shared, receivers) = Shared::new(config, &options, closing.clone())?;
    let (caches, lease) = (Arc::clone(&shared.caches), shared.candidate.as_ref().map(Candidate::answers));
    let signals = admin::Signals { caches, standby: is_standby, lease, closing: closing.clone() };
    let admin = admin::serve(options.admin_address, Arc::clone(&shared.metrics), signals).await?;
    let work = async {
        let controllers = controllers::start(&shared, &options, receivers);
        tokio::join!(controllers, shared.close_connections_on(closing.clone()));
    };
    let uninstallation = Arc::new(Uninstallation::new(&shared));
    let watched = Arc::clone(&uninstallation);
    let watching = tokio::spawn(async move { watched.watch().await });
    let outcome = match &shared.shards {
        Some(shards) => run_as_replica(&shared, shards, standby, closing.clone(), work).await,
        None => run_as_leader(&shared, standby, closing.clone(), work).await,
    };
    watching.abort();
    uninstallation.finish().await;
    shared.events.finish().await;
    admin.abort();
    outcome
}

/// An operator for some namespaces may have no right outside of them: then it does without.
async fn with_rights(config: &kube::Config, options: Options) -> Options {
    if options.namespaces.is_empty() || may_be_read(config).await {
        return options;
    }
    tracing::warn!(
        namespaces = options.namespaces.join(","),
        "the operator has rights in namespaces only: it reads no ClusterProviderConfig, Namespace or CRD. So a resource cannot use a \
         ClusterProviderConfig; a resource without a credential is not orphaned when its namespace is deleted; and create records do not name their cluster"
    );
    Options { reach: Reach::Namespaces, ..options }
}

/// Runs `work` while this operator holds its Lease. After a loss of the Lease `work` is dropped, and the process ends.
async fn run_as_leader(
    shared: &Shared,
    standby: signal::Sender<bool>,
    mut closing: signal::Receiver<bool>,
    work: impl Future<Output = ()>,
) -> Result<(), Error> {
    let Some(candidate) = &shared.candidate else {
        work.await;
        return Ok(());
    };
    match candidate.elected(&mut closing).await {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        Err(why) => return Err(lost(why)),
    }
    standby.send_replace(false);
    shared.services.hold(candidate.lease());
    let is_elected = candidate.mode() == Mode::Elected;
    if is_elected {
        shared.metrics.set_leader(candidate.name(), true);
    }
    let ended = tokio::select! {
        () = work => None,
        why = candidate.renew_until_lost(|lease| shared.lapsed(lease)) => Some(why),
    };
    if is_elected {
        shared.metrics.set_leader(candidate.name(), false);
    }
    if let Some(why) = ended {
        return Err(lost(why));
    }
    candidate.release().await;
    Ok(())
}

/// Runs `work` for the shards that this replica holds. After a loss of any Lease `work` is dropped, and the process ends.
async fn run_as_replica(
    shared: &Arc<Shared>,
    shards: &Arc<HeldShards>,
    standby: signal::Sender<bool>,
    closing: signal::Receiver<bool>,
    work: impl Future<Output = ()>,
) -> Result<(), Error> {
    let Some(common) = &shared.candidate else {
        work.await;
        return Ok(());
    };
    let (mut replica, mut losses) = Replica::new(shared, shards, common);
    let ended = tokio::select! {
        () = work => None,
        why = replica::lost(&mut losses) => Some(why),
        why = replica.work(common, &standby, closing) => Some(why),
    };
    match ended {
        None => replica.end().await,
        Some(why) => return Err(lost(why)),
    }
    Ok(())
}

fn lost(why: &'static str) -> Error {
    log::leadership_lost(why);
    Error::LeadershipLost(why)
}
