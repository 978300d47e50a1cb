//! Ids of external objects. An id is never empty and is safe in a URL path. No IO.

use std::fmt;

use crate::api::annotations::is_id;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) struct $name(String);

        impl $name {
            /// Accepts 1 to 64 letters, digits and hyphens; anything else is not an id.
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
    /// A NodePing account. A call without an id would change the primary account, so the id cannot be empty.
    AccountId
}

/// The owner of notification channels.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum ChannelOwner {
    /// A customer.
    Customer(CustomerId),
    /// A team.
    Team(TeamId),
}

impl ChannelOwner {
    /// The owner's part of a URL path: its kind and its id.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Customer(id) => format!("customer/{id}"),
            Self::Team(id) => format!("team/{id}"),
        }
    }

    /// Parses what [`ChannelOwner::path`] writes.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        match path.split_once('/')? {
            ("customer", id) => CustomerId::parse(id).map(Self::Customer),
            ("team", id) => TeamId::parse(id).map(Self::Team),
            _ => None,
        }
    }
}
