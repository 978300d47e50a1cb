//! Starts the admin server and the controllers, and runs until the operator is asked to end or loses leadership.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch as signal;

use crate::operator::context::Shared;
use crate::operator::controllers;
use crate::operator::error::Error;
use crate::operator::options::Options;
use crate::operator::telemetry::admin;

/// Runs until `closing` says so; then lets calls under way finish and records their results.
///
/// # Errors
/// What keeps it from starting.
pub(crate) async fn run(config: kube::Config, options: Options, closing: signal::Receiver<bool>) -> Result<(), Error> {
    let (ready, is_ready) = signal::channel(false);
    let (standby, stands_by) = signal::channel(options.leader_elect);
    let (shared, wakers) = Shared::new(config, &options, is_ready.clone(), closing.clone())?;
    let signals = admin::Signals { ready: is_ready, stands_by, closing: closing.clone() };
    let admin = admin::serve(options.admin_address, Arc::clone(&shared.metrics), signals).await?;
    let work = async {
        let controllers = controllers::start(&shared, &options, wakers, ready);
        tokio::join!(controllers, shared.close_connections_on(closing.clone()));
    };
    let outcome = lead(&shared, standby, closing.clone(), work).await;
    shared.events.finish().await;
    admin.abort();
    outcome
}

/// Works while this operator leads. Who loses the lead ends: nothing that was begun may be finished.
async fn lead(
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
    shared.metrics.leads(true);
    let lost = tokio::select! {
        () = work => None,
        why = candidate.keep() => Some(why),
    };
    shared.metrics.leads(false);
    if let Some(why) = lost {
        return Err(Error::LeadershipLost(why));
    }
    candidate.release().await;
    Ok(())
}
