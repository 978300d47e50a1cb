//! What processes are called in Leases.

use std::sync::LazyLock;

use k8s_openapi::api::coordination::v1::Lease;

/// What this process is called in Leases.
static PROCESS: LazyLock<String> = LazyLock::new(|| name_of_process(std::env::var("POD_NAME").ok()));

/// The name of this process: that of its pod, if it has one.
pub(crate) fn own_name() -> &'static str {
    &PROCESS
}

/// An identity that no other candidate has.
pub(crate) fn own_identity() -> String {
    format!("{}_{:016x}", *PROCESS, fastrand::u64(..))
}

/// The name of the pod. Without it a process has a name of its own, not its id: that is often 1, in every pod.
pub(super) fn name_of_process(pod: Option<String>) -> String {
    pod.unwrap_or_else(|| format!("process-{:08x}", fastrand::u32(..)))
}

/// The identity of the holder; empty: there is none.
pub(crate) fn holder(lease: &Lease) -> &str {
    lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default()
}

/// The part of an identity that all processes of one pod have in common.
pub(super) fn process(identity: &str) -> &str {
    identity.rsplit_once('_').map_or(identity, |(process, _)| process)
}
