//! Who held which shard when, as a watch of the Leases shows it, and whether the calls fit to that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::coordination::v1::Lease;
use kube::runtime::watcher;
use kube::{Api, Client, ResourceExt};
use tokio::task::JoinHandle;

use super::line::Sent;

/// How late the watch of this test may be.
const LATE: Duration = Duration::from_secs(3);
/// How long a call may be under way to where it is noted.
const UNDER_WAY: Duration = Duration::from_millis(300);

/// One hold of a shard.
#[derive(Clone, Debug)]
struct Hold {
    pod: String,
    from: Instant,
    until: Option<Instant>,
}

type Holds = BTreeMap<String, Vec<Hold>>;

/// The holds of all shards. The watch ends when this is dropped.
pub(super) struct Owners {
    holds: Arc<Mutex<Holds>>,
    task: JoinHandle<()>,
}

impl Owners {
    pub(super) fn watch(client: Client, namespace: &str) -> Self {
        let holds = Arc::<Mutex<Holds>>::default();
        let (seen, leases) = (Arc::clone(&holds), Api::<Lease>::namespaced(client, namespace));
        let task = tokio::spawn(async move {
            let mut events = Box::pin(watcher(leases, watcher::Config::default()));
            while let Some(event) = events.next().await {
                if let Ok(watcher::Event::Apply(lease) | watcher::Event::InitApply(lease)) = event {
                    noted(&mut seen.lock().unwrap_or_else(PoisonError::into_inner), &lease);
                }
            }
        });
        Self { holds, task }
    }

    /// Who holds each shard now.
    pub(super) fn now(&self) -> BTreeMap<String, String> {
        let holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        let current = |holds: &Vec<Hold>| Some(holds.last().filter(|hold| hold.until.is_none())?.pod.clone());
        holds.iter().filter_map(|(lease, holds)| Some((lease.clone(), current(holds)?))).collect()
    }

    /// What is wrong with the calls to an account in the shard of this Lease: sent by a replica that did not hold it, or by turns.
    pub(super) fn wrong(&self, lease: &str, calls: &[Sent]) -> Vec<String> {
        let holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = holds.get(lease).map(Vec::as_slice).unwrap_or_default();
        let fits = |call: &&Sent| holds.iter().any(|hold| hold.covers(call));
        let mut wrong: Vec<_> = calls
            .iter()
            .filter(|call| !fits(call))
            .map(|call| format!("{} sent {} without {lease}, at {:?}: {holds:?}", call.pod, call.what, call.at))
            .collect();
        let turns: Vec<_> = calls.chunk_by(|one, other| one.pod == other.pod).map(|turn| &turn[0]).collect();
        // Each turn is a hold of its own, in the same order.
        let mut rest = holds.iter();
        if !turns.iter().all(|turn| rest.any(|hold| hold.pod == turn.pod)) {
            wrong.push(format!("{lease}: turns {turns:?} with holds {holds:?}"));
        }
        wrong
    }
}

impl Drop for Owners {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hold {
    fn covers(&self, call: &Sent) -> bool {
        let begins = self.from.checked_sub(LATE).is_none_or(|from| call.at >= from);
        self.pod == call.pod && begins && self.until.is_none_or(|until| call.at <= until + UNDER_WAY)
    }
}

fn noted(holds: &mut Holds, lease: &Lease) {
    let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default();
    let pod = holder.rsplit_once('_').map_or("", |(pod, _)| pod);
    let (now, of_shard) = (Instant::now(), holds.entry(lease.name_any()).or_default());
    if let Some(last) = of_shard.last_mut().filter(|last| last.until.is_none()) {
        if last.pod == pod {
            return;
        }
        last.until = Some(now);
    }
    if !pod.is_empty() {
        of_shard.push(Hold { pod: pod.to_owned(), from: now, until: None });
    }
}
