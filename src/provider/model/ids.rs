//! Ids of external objects. An id that exists is not empty and can stand in a path. No IO.

use std::fmt;

use crate::api::annotations::is_id;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) struct $name(String);

        impl $name {
            /// Takes 1 to 64 letters, digits and hyphens; anything else is no id.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                is_id(text).then(|| Self(text.to_owned()))
            }

            /// The id as the provider writes it.
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A Pinghome customer.
    CustomerId
    /// A Pinghome team.
    TeamId
    /// A Pinghome service.
    ServiceId
    /// A NodePing account. It cannot be empty, so that no call can mean the primary account by a missing id (NU13).
    AccountId
}

/// Whose notification channels are meant.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum ChannelOwner {
    /// A customer's own.
    Customer(CustomerId),
    /// A team's.
    Team(TeamId),
}

impl ChannelOwner {
    /// The owner's part of a path: the word and the id.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Customer(id) => format!("customer/{id}"),
            Self::Team(id) => format!("team/{id}"),
        }
    }

    /// Reads [`ChannelOwner::path`] back.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        match path.split_once('/')? {
            ("customer", id) => CustomerId::parse(id).map(Self::Customer),
            ("team", id) => TeamId::parse(id).map(Self::Team),
            _ => None,
        }
    }
}
