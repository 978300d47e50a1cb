//! The API of NodePing: its six account calls as values, their requests, and the reading of their answers. No IO.

pub(crate) mod answer;
pub(crate) mod call;
pub(crate) mod request;
