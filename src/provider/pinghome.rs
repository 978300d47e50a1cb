//! Pinghome's wire: its 34 calls as values, and what its answers say. No IO.

pub(crate) mod answer;
pub(crate) mod call;
pub(crate) mod request;
