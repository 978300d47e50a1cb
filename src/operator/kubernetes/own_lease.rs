//! The Lease of this operator, as its options ask for it, and what tells whether calls may be sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::Client;

use crate::connection::options::{LeadershipCheck, Sends};
use crate::operator::kubernetes::lease::hold::Fence;
use crate::operator::kubernetes::lease::{Candidate, Mode};
use crate::operator::kubernetes::shards::HeldShards;
use crate::operator::options::Options;
use crate::provider::call::WRITE_TIMEOUT;

/// The Lease of this operator.
pub(crate) struct OwnLease {
    /// Holds it; absent: there is none, because this operator never writes to a provider.
    pub(crate) candidate: Option<Candidate>,
    /// The shards of the accounts that this replica holds; absent: the accounts are not divided.
    pub(crate) shards: Option<Arc<HeldShards>>,
}

impl OwnLease {
    /// The Lease of an operator that lives in `namespace`.
    pub(crate) fn of(options: &Options, client: &Client, namespace: &str) -> Self {
        let home = options.lease.namespace.as_deref().unwrap_or(namespace);
        let candidate = |mode| Candidate::new(client.clone(), home, &options.lease.name, mode);
        if options.shards.is_divided() {
            let count = options.shards.count();
            let candidate = candidate(Mode::Together).known_as(format!("shards-{count}"), BTreeMap::new());
            let name = format!("{home}/{}", options.lease.name);
            let shards = HeldShards::new(options.shards, &name, candidate.fence());
            return Self { candidate: Some(candidate), shards: Some(Arc::new(shards)) };
        }
        let candidate = match (options.leader_elect, options.dry_run) {
            (true, _) => Some(candidate(Mode::Elected)),
            (false, false) => Some(candidate(Mode::Newest)),
            (false, true) => None,
        };
        Self { candidate, shards: None }
    }

    /// Whether calls may be sent.
    pub(crate) fn leadership(&self) -> LeadershipCheck {
        if let Some(shards) = &self.shards {
            let shards = Arc::clone(shards);
            return Arc::new(move |about, _| shards.may_send(about));
        }
        let fence = self.candidate.as_ref().map(Candidate::fence);
        let may_write = move || fence.as_ref().is_none_or(|fence: &Fence| fence.is_open(WRITE_TIMEOUT));
        Arc::new(move |_, sends| match sends {
            Sends::Read => true,
            Sends::Write => may_write(),
        })
    }
}
