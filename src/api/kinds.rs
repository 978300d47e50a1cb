//! The one list of kinds. What is done for each kind is generated from it, or asks the compiler for its arm. No IO.
//!
//! A kind is one line here, and files of its own: `api/<module>.rs` (spec and status) and `plan/kinds/<module>.rs`
//! (`impl Managed`). The order is that of references: a kind comes after those that it refers to, and is deleted before them.

#[cfg(test)]
mod tests;

use std::fmt;

use kube::Resource;
use serde::{Serialize, Serializer};

use crate::api::policies::Policies;
use crate::api::provider_config::{ClusterProviderConfig, Provider, ProviderConfig};
use crate::api::references::ConfigKind;

/// Hands every managed kind to a macro, after `args`: attributes, module in `api/`, type, provider.
macro_rules! managed_kinds {
    ($then:ident $($args:tt)*) => {
        $then! { $($args)*
            account::Account: NodePing,
            customer::Customer: Pinghome,
            sub_account::SubAccount: NodePing,
            team::Team: Pinghome,
            service::Service: Pinghome,
            notification_channel::NotificationChannel: Pinghome,
            #[cfg(test)]
            probe::Probe: NodePing,
        }
    };
}

pub(crate) use managed_kinds;

const fn is_empty(attributes: &[&str]) -> bool {
    attributes.is_empty()
}

/// A type of the API that has a [`Kind`].
pub(crate) trait HasKind {
    /// Its kind.
    const KIND: Kind;
}

/// A kind that stands for an object of one provider.
pub(crate) trait ManagedKind: HasKind {
    /// Whose API it is about.
    const PROVIDER: Provider;

    /// The common policies.
    fn policies(&self) -> &Policies;
}

macro_rules! declare {
    ($($(#[$cfg:meta])* $module:ident::$name:ident: $provider:ident,)*) => {
        /// The kinds of the API group, configs first.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) enum Kind {
            /// One credential, for its own namespace.
            ProviderConfig,
            /// One credential, for the namespaces that it allows.
            ClusterProviderConfig,
            $(
                $(#[$cfg])*
                #[doc = concat!("A managed kind of ", stringify!($provider), ".")]
                $name,
            )*
        }

        impl Kind {
            /// Every kind.
            pub(crate) const ALL: &[Self] = &[
                Self::ProviderConfig,
                Self::ClusterProviderConfig,
                $($(#[$cfg])* Self::$name,)*
            ];

            /// The kind as a manifest names it.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    Self::ProviderConfig => "ProviderConfig",
                    Self::ClusterProviderConfig => "ClusterProviderConfig",
                    $($(#[$cfg])* Self::$name => stringify!($name),)*
                }
            }

            /// Whether users have it: a kind under a `cfg` is for tests.
            pub(crate) const fn is_released(self) -> bool {
                match self {
                    Self::ProviderConfig | Self::ClusterProviderConfig => true,
                    $($(#[$cfg])* Self::$name => is_empty(&[$(stringify!($cfg)),*]),)*
                }
            }

            /// The kind's name in a URL.
            pub(crate) fn plural(self) -> String {
                match self {
                    Self::ProviderConfig => ProviderConfig::plural(&()),
                    Self::ClusterProviderConfig => ClusterProviderConfig::plural(&()),
                    $($(#[$cfg])* Self::$name => crate::api::$module::$name::plural(&()),)*
                }
                .into_owned()
            }
        }

        $(
            $(#[$cfg])*
            impl HasKind for crate::api::$module::$name {
                const KIND: Kind = Kind::$name;
            }

            $(#[$cfg])*
            impl ManagedKind for crate::api::$module::$name {
                const PROVIDER: Provider = Provider::$provider;

                fn policies(&self) -> &Policies {
                    &self.spec.policies
                }
            }
        )*
    };
}

managed_kinds!(declare);

impl HasKind for ProviderConfig {
    const KIND: Kind = Kind::ProviderConfig;
}

impl HasKind for ClusterProviderConfig {
    const KIND: Kind = Kind::ClusterProviderConfig;
}

impl From<ConfigKind> for Kind {
    fn from(kind: ConfigKind) -> Self {
        match kind {
            ConfigKind::ProviderConfig => Self::ProviderConfig,
            ConfigKind::ClusterProviderConfig => Self::ClusterProviderConfig,
        }
    }
}

impl Kind {
    /// Reads a kind; `None`: it is none of this API group.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|kind| kind.as_str() == text).copied()
    }

    /// Whether its resources are credentials that the others use.
    pub(crate) const fn is_config(self) -> bool {
        matches!(self, Self::ProviderConfig | Self::ClusterProviderConfig)
    }

    /// Whether its resources stand outside of every namespace.
    pub(crate) const fn is_cluster_scoped(self) -> bool {
        matches!(self, Self::ClusterProviderConfig)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
