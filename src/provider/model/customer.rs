//! The customer to whom the token belongs. No IO.

use crate::provider::model::ids::{CustomerId, TeamId};

/// The token's own customer (P1). A field is `None` if the provider does not show it.
#[derive(Clone, PartialEq)]
pub(crate) struct ObservedCustomer {
    /// `customer_id`.
    pub(crate) id: CustomerId,
    /// The organisation's name, or else the customer's own name.
    pub(crate) account_name: Option<String>,
    /// The e-mail, which is also the username.
    pub(crate) email: Option<String>,
    /// The first name, if it has a field of its own.
    pub(crate) name: Option<String>,
    /// The surname, if it has a field of its own.
    pub(crate) surname: Option<String>,
    /// First name and surname in one text.
    pub(crate) full_name: Option<String>,
    /// The team that the customer is in.
    pub(crate) team: OwnTeam,
}

/// The team that the token's own customer is in, as far as the provider shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum OwnTeam {
    /// This one.
    Shown(TeamId),
    /// The provider says that there is none.
    Nowhere,
    /// The answer does not say it, or not in a form that the operator knows.
    Unknown,
}
