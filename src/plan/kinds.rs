//! Planning, one file or folder for each kind. No IO.

pub(crate) mod account;
pub(crate) mod account_settings;
pub(crate) mod channel;
pub(crate) mod customer;
pub(crate) mod primary_account;
#[cfg(test)]
pub(crate) mod probe;
pub(crate) mod service;
pub(crate) mod sub_account;
pub(crate) mod team;
