//! The reconciler of `ProviderConfig` and `ClusterProviderConfig`: whether the credential is accepted, and whether it is in use.

pub(crate) mod account;
pub(crate) mod examine;
pub(crate) mod reconcile;
pub(crate) mod report;
pub(crate) mod serving;
pub(crate) mod users;
