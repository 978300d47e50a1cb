//! The API that users write and read: the kinds of `ping-operator.dev/v1alpha1`. No IO.
//!
//! Each kind has one file. [`policies`], [`references`], [`conditions`] and [`annotations`] contain
//! the common parts. [`crds`] generates the manifests of `crds/` from the types.

pub(crate) mod account;
pub(crate) mod annotations;
pub(crate) mod approval;
pub(crate) mod conditions;
pub(crate) mod crds;
pub(crate) mod customer;
pub(crate) mod did_you_mean;
pub(crate) mod finalizer;
pub(crate) mod kinds;
pub(crate) mod lenient;
pub(crate) mod notification_channel;
pub(crate) mod object;
pub(crate) mod orphans;
pub(crate) mod policies;
#[cfg(test)]
pub(crate) mod probe;
pub(crate) mod provider_config;
pub(crate) mod quotation;
pub(crate) mod raw_object;
pub(crate) mod reason;
pub(crate) mod references;
pub(crate) mod resource_key;
pub(crate) mod service;
pub(crate) mod status;
pub(crate) mod sub_account;
pub(crate) mod team;
pub(crate) mod words;

/// The API group of every kind, and the prefix of every annotation and finalizer.
pub(crate) const GROUP: &str = "ping-operator.dev";
/// The finalizer: it keeps a deleted resource until its external object is deleted or orphaned.
pub(crate) const FINALIZER: &str = "ping-operator.dev/finalizer";
