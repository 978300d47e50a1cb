//! What users write and read: the kinds of `ping-operator.dev/v1alpha1`. No IO.
//!
//! One file a kind; what kinds share is in [`policies`], [`references`], [`conditions`] and
//! [`annotations`]. [`crds`] turns the types into the manifests of `crds/`.

pub mod account;
pub mod annotations;
pub mod conditions;
pub mod crds;
pub mod customer;
pub mod notification_channel;
pub mod policies;
pub mod provider_config;
pub mod references;
pub mod service;
pub mod status;
pub mod sub_account;
pub mod team;

pub use account::Account;
pub use annotations::{Annotations, Intent};
pub use conditions::Condition;
pub use customer::Customer;
pub use notification_channel::NotificationChannel;
pub use policies::{AdoptionPolicy, DeletionPolicy, DriftPolicy, ManagementPolicy, Policies};
pub use provider_config::{ClusterProviderConfig, ProviderConfig, ProviderConfigSpec};
pub use references::{ConfigKind, ProviderConfigRef, SecretKeyRef, TeamRef};
pub use service::Service;
pub use status::{CommonStatus, Status};
pub use sub_account::SubAccount;
pub use team::Team;

/// The API group of every kind, and the prefix of every annotation and finalizer.
pub const GROUP: &str = "ping-operator.dev";
/// Holds a resource until its external object is dealt with.
pub const FINALIZER: &str = "ping-operator.dev/finalizer";
