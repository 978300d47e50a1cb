//! Models of the providers, one for each kind of object.

pub(crate) mod accounts;
pub(crate) mod channels;
pub(crate) mod customer;
pub(crate) mod primary;
pub(crate) mod services;
pub(crate) mod teams;
