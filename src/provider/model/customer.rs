//! The token's own customer. No IO.

use crate::provider::model::ids::{CustomerId, TeamId};

/// The token's own customer (P1).
#[derive(Clone, PartialEq)]
pub(crate) struct ObservedCustomer {
    /// Its id.
    pub(crate) id: CustomerId,
    /// The organisation's name, or else the customer's own, if told.
    pub(crate) account_name: Option<String>,
    /// The e-mail, if told.
    pub(crate) email: Option<String>,
    /// The first name, if told by itself.
    pub(crate) name: Option<String>,
    /// The surname, if told by itself.
    pub(crate) surname: Option<String>,
    /// Both names in one text, if told.
    pub(crate) full_name: Option<String>,
    /// The team that the customer is in, if told.
    pub(crate) team: Option<TeamId>,
}
