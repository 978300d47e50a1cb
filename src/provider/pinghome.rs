//! The API of Pinghome: its 34 calls as values, their requests, and the reading of their answers. No IO.

pub(crate) mod answer;
pub(crate) mod call;
pub(crate) mod objects;
pub(crate) mod request;
