//! The objects of the providers as values: ids, objects, settings and sensitive texts. No IO.

pub(crate) mod account;
pub(crate) mod channel;
pub(crate) mod customer;
pub(crate) mod ids;
pub(crate) mod list;
pub(crate) mod member;
pub(crate) mod sensitive;
pub(crate) mod service;
pub(crate) mod team;
