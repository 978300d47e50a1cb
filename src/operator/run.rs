//! Starts the admin server and the controllers, and runs until the operator is asked to end or loses leadership.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch as signal;

use crate::operator::context::Shared;
use crate::operator::controllers;
use crate::operator::error::Error;
use crate::operator::kubernetes::lease::Candidate;
use crate::operator::options::Options;
use crate::operator::telemetry::{admin, log};

/// Runs until `closing` is true; then calls in progress finish and their results are recorded.
///
/// # Errors
/// The operator cannot start, or loses leadership.
pub(crate) async fn run(config: kube::Config, options: Options, closing: signal::Receiver<bool>) -> Result<(), Error> {
    log::starting(&config.cluster_url, &options);
    let (standby, is_standby) = signal::channel(options.leader_elect);
    let (shared, receivers) = Shared::new(config, &options, closing.clone())?;
    let (caches, lease) = (Arc::clone(&shared.caches), shared.candidate.as_ref().map(Candidate::answers));
    let signals = admin::Signals { caches, standby: is_standby, lease, closing: closing.clone() };
    let admin = admin::serve(options.admin_address, Arc::clone(&shared.metrics), signals).await?;
    let work = async {
        let controllers = controllers::start(&shared, &options, receivers);
        tokio::join!(controllers, shared.close_connections_on(closing.clone()));
    };
    let outcome = run_as_leader(&shared, standby, closing.clone(), work).await;
    shared.events.finish().await;
    admin.abort();
    outcome
}

/// Runs `work` while this operator is the leader. After a loss of leadership `work` is dropped, and the process ends.
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
    if !candidate.elected(&mut closing).await {
        return Ok(());
    }
    standby.send_replace(false);
    shared.metrics.set_leader(true);
    let lost = tokio::select! {
        () = work => None,
        why = candidate.renew_until_lost() => Some(why),
    };
    shared.metrics.set_leader(false);
    if let Some(why) = lost {
        log::leadership_lost(why);
        return Err(Error::LeadershipLost(why));
    }
    candidate.release().await;
    log::leadership_released();
    Ok(())
}
